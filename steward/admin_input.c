#include "steward/admin_input.h"

#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/wire/json_walk.h"
#include "shm/rows.h"

#include <stdarg.h>
#include <stdio.h>

enum { TIME_BYTES_MAX = 64, NAME_BYTES_MAX = 64 };

static const struct {
    struct span word;
    enum admin_value value;
    size_t offset;
} members[ADMIN_MEMBER_COUNT] = {
#define X(name, word, value, member) \
    {{word, sizeof(word) - 1}, ADMIN_VALUE_##value, offsetof(struct admin_input, member)},
    ADMIN_MEMBER_MAP(X)
#undef X
};

static const char *const schemas[ADMIN_VALUE_COUNT] = {
#define X(name, schema) schema,
    ADMIN_VALUE_MAP(X)
#undef X
};

static const struct {
    const char *word;
    uint32_t members;
    uint32_t required;
} bodies[ADMIN_BODY_COUNT] = {
#define X(name, word, members, required) {word, (members), (required)},
    ADMIN_BODY_MAP(X)
#undef X
};

const char *admin_member_word(enum admin_member member)
{
    return members[member].word.ptr;
}

const char *admin_member_schema(enum admin_member member)
{
    return schemas[members[member].value];
}

const char *admin_body_word(enum admin_body body)
{
    return bodies[body].word;
}

uint32_t admin_body_members(enum admin_body body, bool required)
{
    return required ? bodies[body].required : bodies[body].members;
}

/* --- what is wrong ---------------------------------------------------------------------------- */

static int refuse(const struct admin_binding *binding, int err, const char *field,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

static int refuse(const struct admin_binding *binding, int err, const char *field,
                  const char *format, ...)
{
    struct directory_refusal *refusal = binding->refusal;
    va_list arguments;

    refusal->err = err;
    refusal->field = field;
    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() stands right above */
    (void)vsnprintf(refusal->sentence, sizeof(refusal->sentence), format, arguments);
    va_end(arguments);
    return err;
}

static int refuse_memory(const struct admin_binding *binding)
{
    return refuse(binding, ERR_NO_MEMORY, "", "the request is larger than there is room for");
}

static int refuse_type(const struct admin_binding *binding, const char *field, const char *wanted)
{
    return refuse(binding, ERR_INVALID, field, "`%s` must be %s", field, wanted);
}

int admin_input_check(const struct admin_binding *binding, struct span text)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = text.ptr;

    json_scan_init(&scan, NULL, 0, ADMIN_INPUT_DEPTH_MAX);
    if (json_scan_next(&scan, &cursor, text.ptr + text.len, &hit) == JSON_INVALID)
        return refuse(binding, ERR_BAD_JSON, "", "the body is not valid JSON at byte %zu",
                      (size_t)(cursor - text.ptr));
    if (json_scan_end(&scan) != 0)
        return refuse(binding, ERR_BAD_JSON, "", "the JSON of the body ends too early, at byte %zu",
                      text.len);
    return 0;
}

/* --- values ----------------------------------------------------------------------------------- */

static int take_text(const struct admin_binding *binding, const char *field, struct span value,
                     struct span *out)
{
    if (json_walk_type(value) != JSON_STRING)
        return refuse_type(binding, field, "a string");
    struct span raw = {value.ptr + 1, value.len - 2};
    char *memory = arena_take(binding->arena, raw.len + 1);
    if (memory == NULL)
        return refuse_memory(binding);
    return json_decode_string(raw, memory, raw.len + 1, out) == 0
               ? 0
               : refuse_type(binding, field, "a string without a broken escape");
}

static int take_names(const struct admin_binding *binding, const char *field, struct span value,
                      struct admin_names *out)
{
    struct json_walk walk;
    struct span item;
    uint32_t count = 0;

    if (json_walk_type(value) != JSON_ARRAY)
        return refuse_type(binding, field, "a list of strings");
    for (walk = json_walk_begin(value); json_walk_item(&walk, &item);)
        count++;
    if (count > DIRECTORY_LIST_MAX)
        return refuse(binding, ERR_INVALID, field, "`%s` has more than %d items", field,
                      DIRECTORY_LIST_MAX);
    struct span *names = arena_take(binding->arena, (count + 1) * sizeof(*names));
    if (names == NULL)
        return refuse_memory(binding);
    *out = (struct admin_names){count, names};
    count = 0;
    for (walk = json_walk_begin(value); json_walk_item(&walk, &item); count++) {
        int err = take_text(binding, field, item, &names[count]);

        if (err != 0)
            return refuse_type(binding, field, "a list of strings");
    }
    return 0;
}

static int take_models(const struct admin_binding *binding, const char *field, struct span value,
                       struct directory_models *out)
{
    struct admin_names names = {0};
    int err = 0;

    *out = (struct directory_models){.all = span_equal(value, SPAN("\"all\""))};
    if (out->all)
        return 0;
    if (json_walk_type(value) != JSON_ARRAY)
        return refuse_type(binding, field, "\"all\" or a list of slugs");
    err = take_names(binding, field, value, &names);
    out->count = names.count;
    out->slugs = names.names;
    return err;
}

static int take_time(const struct admin_binding *binding, const char *field, struct span value,
                     int64_t *out)
{
    char memory[TIME_BYTES_MAX];
    struct span text;

    *out = 0;
    if (json_walk_type(value) == JSON_NULL)
        return 0;
    if (json_walk_type(value) == JSON_STRING &&
        json_decode_string((struct span){value.ptr + 1, value.len - 2}, memory, sizeof(memory),
                           &text) == 0 &&
        timestamp_parse(text, out) == 0)
        return 0;
    return refuse_type(binding, field,
                       "null, a date such as 2027-01-01 or a time such as 2027-01-01T12:00:00Z");
}

static int take_scopes(const struct admin_binding *binding, const char *field, struct span value,
                       uint32_t *out)
{
    static const struct {
        struct span word;
        uint32_t scope;
    } scopes[] = {
        {{"list", 4}, KEY_SCOPE_LIST},
        {{"call", 4}, KEY_SCOPE_CALL},
        {{"admin", 5}, KEY_SCOPE_ADMIN},
    };
    struct admin_names names = {0};
    int err = take_names(binding, field, value, &names);

    if (err != 0)
        return err;
    *out = 0;
    for (uint32_t i = 0; i < names.count; i++) {
        uint32_t scope = 0;

        for (size_t n = 0; n < sizeof(scopes) / sizeof(scopes[0]); n++)
            scope |= span_equal(names.names[i], scopes[n].word) ? scopes[n].scope : 0;
        if (scope == 0)
            return refuse_type(binding, field, "a list of `list`, `call` and `admin`");
        *out |= scope;
    }
    return 0;
}

static int take_switch(const struct admin_binding *binding, const char *field, struct span value,
                       bool *out)
{
    enum json_type type = json_walk_type(value);

    *out = type == JSON_TRUE;
    return type == JSON_TRUE || type == JSON_FALSE ? 0
                                                   : refuse_type(binding, field, "true or false");
}

static int take_value(const struct admin_binding *binding, enum admin_member member,
                      struct span value, struct admin_input *out)
{
    const char *field = members[member].word.ptr;
    void *at = (char *)out + members[member].offset;

    switch (members[member].value) {
    case ADMIN_VALUE_TEXT_OR_NULL:
        return json_walk_type(value) == JSON_NULL ? 0 : take_text(binding, field, value, at);
    case ADMIN_VALUE_TEXT:
        return take_text(binding, field, value, at);
    case ADMIN_VALUE_SWITCH:
        return take_switch(binding, field, value, at);
    case ADMIN_VALUE_MODELS:
        return take_models(binding, field, value, at);
    case ADMIN_VALUE_NAMES:
        return take_names(binding, field, value, at);
    case ADMIN_VALUE_TIME:
        return take_time(binding, field, value, at);
    case ADMIN_VALUE_SCOPES:
        return take_scopes(binding, field, value, at);
    case ADMIN_VALUE_SECONDS:
        return json_walk_type(value) == JSON_NUMBER && json_decode_count(value, at)
                   ? 0
                   : refuse_type(binding, field, "a whole number of seconds");
    case ADMIN_VALUE_KEYS:
        *(struct span *)at = value;
        return json_walk_type(value) == JSON_ARRAY ? 0
                                                   : refuse_type(binding, field, "a list of keys");
    case ADMIN_VALUE_COUNT:
        break;
    }
    return ERR_INVALID;
}

/* --- objects ---------------------------------------------------------------------------------- */

/* A name that is not known is quoted when it is harmless: it may be a secret in the wrong place. */
static int refuse_unknown(const struct admin_binding *binding, struct span name)
{
    bool is_word = name.len > 0 && name.len <= 32;

    for (size_t i = 0; is_word && i < name.len; i++)
        is_word = (name.ptr[i] >= 'a' && name.ptr[i] <= 'z') || name.ptr[i] == '_' ||
                  (name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
                  (name.ptr[i] >= 'A' && name.ptr[i] <= 'Z');
    struct span kept = is_word ? arena_copy(binding->arena, name) : SPAN("");
    return refuse(binding, ERR_UNKNOWN_MEMBER, kept.ptr == NULL ? "" : kept.ptr,
                  is_word ? "`%.*s` is not a member of this body"
                          : "there is a member%.*s that this body does not have",
                  SPAN_FMT(kept));
}

static int bind_member(const struct admin_binding *binding, enum admin_body body,
                       const struct span pair[2], struct admin_input *out)
{
    char memory[NAME_BYTES_MAX];
    struct span name = SPAN("");

    (void)json_decode_string(pair[0], memory, sizeof(memory), &name);
    for (unsigned n = 0; n < ADMIN_MEMBER_COUNT; n++) {
        const char *word = members[n].word.ptr;

        if ((bodies[body].members & 1U << n) == 0 || !span_equal(name, members[n].word))
            continue;
        if ((out->given & 1U << n) != 0)
            return refuse(binding, ERR_INVALID, word, "`%s` is there twice", word);
        out->given |= 1U << n;
        return take_value(binding, (enum admin_member)n, pair[1], out);
    }
    return refuse_unknown(binding, name);
}

int admin_input_bind(const struct admin_binding *binding, enum admin_body body, struct span object,
                     struct admin_input *out)
{
    struct span pair[2];

    *out = (struct admin_input){0};
    object = json_walk_value(object);
    if (json_walk_type(object) != JSON_OBJECT)
        return refuse(binding, ERR_INVALID, "", "a JSON object is expected");
    for (struct json_walk walk = json_walk_begin(object);
         json_walk_member(&walk, &pair[0], &pair[1]);) {
        int err = bind_member(binding, body, pair, out);

        if (err != 0)
            return err;
    }
    for (unsigned n = 0; n < ADMIN_MEMBER_COUNT; n++) {
        if ((bodies[body].required & ~out->given & 1U << n) != 0)
            return refuse(binding, ERR_INVALID, members[n].word.ptr, "`%s` is missing",
                          members[n].word.ptr);
    }
    return 0;
}

uint32_t admin_input_gives(const struct admin_input *input)
{
    static const struct {
        enum admin_member member;
        uint32_t field;
    } rows[] = {
        {ADMIN_MEMBER_DISPLAY, DIRECTORY_GIVES(DISPLAY)},
        {ADMIN_MEMBER_DISABLED, DIRECTORY_GIVES(DISABLED)},
        {ADMIN_MEMBER_MODELS, DIRECTORY_GIVES(MODELS)},
        {ADMIN_MEMBER_GROUPS, DIRECTORY_GIVES(GROUPS)},
        {ADMIN_MEMBER_USER, DIRECTORY_GIVES(USER)},
        {ADMIN_MEMBER_GROUP, DIRECTORY_GIVES(GROUP)},
        {ADMIN_MEMBER_ALLOWED_MODELS, DIRECTORY_GIVES(ALLOWED_MODELS)},
        {ADMIN_MEMBER_EXPIRES, DIRECTORY_GIVES(EXPIRES)},
        {ADMIN_MEMBER_SCOPES, DIRECTORY_GIVES(SCOPES)},
    };
    uint32_t gives = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((input->given & 1U << rows[i].member) != 0)
            gives |= rows[i].field;
    }
    return gives;
}
