#include "tools/admin_request.h"

#include "lib/base/err.h"

/* --- values ----------------------------------------------------------------------------------- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void admin_request_add_encoded(struct text *out, struct span bytes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];

        if (is_unreserved(c)) {
            text_add_char(out, c);
            continue;
        }
        text_add_char(out, '%');
        text_add_char(out, digits[(unsigned char)c >> 4]);
        text_add_char(out, digits[(unsigned char)c & 15]);
    }
}

void admin_request_add_list(struct text *out, struct span names, const char *separators)
{
    bool first = true;

    text_add_char(out, '[');
    while (names.len > 0) {
        size_t len = 0;

        while (len < names.len && strchr(separators, names.ptr[len]) == NULL)
            len++;
        if (len > 0) {
            if (!first)
                text_add_char(out, ',');
            first = false;
            text_add_json(out, (struct span){names.ptr, len});
        }
        names = span_skip(names, len < names.len ? len + 1 : len);
    }
    text_add_char(out, ']');
}

void admin_request_add_models(struct text *out, struct span models, const char *separators)
{
    if (span_equal(models, SPAN("all")))
        text_add(out, SPAN("\"all\""));
    else
        admin_request_add_list(out, models, separators);
}

static void add_value(struct text *out, enum admin_form form, const char *value)
{
    uint64_t seconds = 0;

    switch (form) {
    case ADMIN_FORM_SWITCH:
        text_add(out, SPAN("true"));
        break;
    case ADMIN_FORM_LIST:
        admin_request_add_list(out, span_of(value), ",");
        break;
    case ADMIN_FORM_MODELS:
        admin_request_add_models(out, span_of(value), ",");
        break;
    case ADMIN_FORM_TIME:
        if (strcmp(value, "never") == 0)
            text_add(out, SPAN("null"));
        else
            text_add_json(out, span_of(value));
        break;
    case ADMIN_FORM_DURATION:
        (void)admin_words_duration(value, &seconds);
        text_add_unsigned(out, seconds);
        break;
    case ADMIN_FORM_TEXT:
    case ADMIN_FORM_COUNT:
    case ADMIN_FORM_WORD:
    case ADMIN_FORM_FILE:
        text_add_json(out, span_of(value));
        break;
    }
}

/* --- parts ------------------------------------------------------------------------------------ */

static bool is_given(const struct admin_words *words, unsigned option, enum admin_place place)
{
    return (words->given & UINT64_C(1) << option) != 0 && admin_options[option].place == place;
}

static void add_owner(struct text *out, const struct admin_words *words)
{
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if (!is_given(words, n, ADMIN_PLACE_OWNER))
            continue;
        text_add(out, span_of(admin_options[n].member));
        text_add_char(out, '/');
        admin_request_add_encoded(out, span_of(words->values[n]));
    }
}

/* Without an argument the segment that it would be is not there either. */
static void add_path(struct text *out, const struct admin_words *words)
{
    struct span template = span_of(words->command->path);

    while (template.len > 0) {
        if (span_starts_with(template, SPAN("/{}")) && words->argument == NULL) {
            template = span_skip(template, 3);
        } else if (span_starts_with(template, SPAN("{}"))) {
            admin_request_add_encoded(out, span_of(words->argument));
            template = span_skip(template, 2);
        } else if (span_starts_with(template, SPAN("{owner}"))) {
            add_owner(out, words);
            template = span_skip(template, 7);
        } else {
            text_add_char(out, template.ptr[0]);
            template = span_skip(template, 1);
        }
    }
}

static void add_query(struct text *out, const struct admin_words *words)
{
    char separator = '?';

    if (strcmp(words->command->method, "GET") != 0 &&
        !admin_words_have(words, ADMIN_OPT(NO_WAIT))) {
        text_add(out, SPAN("?wait=true"));
        separator = '&';
    }
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if (!is_given(words, n, ADMIN_PLACE_QUERY))
            continue;
        text_add_char(out, separator);
        text_add(out, span_of(admin_options[n].member));
        text_add_char(out, '=');
        admin_request_add_encoded(out, words->values[n] == NULL ? SPAN("true")
                                                                : span_of(words->values[n]));
        separator = '&';
    }
}

static void add_member(struct text *out, const char *member)
{
    if (out->len > 1)
        text_add_char(out, ',');
    text_add_char(out, '"');
    text_add(out, span_of(member));
    text_add(out, SPAN("\":"));
}

static void add_body(struct text *out, const struct admin_words *words)
{
    const struct admin_command *command = words->command;

    text_add_char(out, '{');
    text_add(out, span_of(command->body));
    if (command->member[0] != '\0' && words->argument != NULL) {
        add_member(out, command->member);
        text_add_json(out, span_of(words->argument));
    }
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if (!is_given(words, n, ADMIN_PLACE_BODY))
            continue;
        add_member(out, admin_options[n].member);
        add_value(out, admin_options[n].form, words->values[n]);
    }
    text_add_char(out, '}');
}

int admin_request_make(const struct admin_words *words, struct admin_request_memory *memory,
                       struct admin_request *out)
{
    struct text path = text_over(memory->path, sizeof(memory->path));
    struct text body = text_over(memory->body, sizeof(memory->body));
    const char *method = words->command->method;
    uint64_t version = 0;

    add_path(&path, words);
    add_query(&path, words);
    text_add_char(&path, '\0');
    if (strcmp(method, "POST") == 0 || strcmp(method, "PATCH") == 0)
        add_body(&body, words);
    if (path.err != 0 || body.err != 0)
        return ERR_NO_SPACE;
    if (admin_words_have(words, ADMIN_OPT(IF_VERSION)))
        (void)admin_words_count(words->values[ADMIN_OPTION_IF_VERSION], &version);
    *out = (struct admin_request){
        .method = method,
        .path = memory->path,
        .body = body.len == 0 ? (struct span){NULL, 0} : text_span(&body),
        .if_version = version,
    };
    return 0;
}
