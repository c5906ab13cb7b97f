/* `weir models show SLUG`: what the configuration says of a model, and who may use it. */
#include "tools/models.h"

#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "registry/locate.h"
#include "tools/cells.h"
#include "tools/describe.h"
#include "tools/offline.h"
#include "tools/tools.h"
#include "tools/value_text.h"

#include <stdio.h>

enum { JSON_BYTES_MAX = 4 << 20, VALUE_BYTES_MAX = 64 * 1024, LABEL_WIDTH = 28 };

/* --- who may use it --------------------------------------------------------------------------- */

struct subjects {
    const struct data_subject *rows;
    uint32_t count;
};

static bool grants(const struct data_subject *subject, uint32_t model)
{
    const struct data_grant *grant = &subject->grant;

    if (subject->disabled)
        return false;
    for (uint32_t i = 0; !grant->all && i < grant->count; i++) {
        if (grant->models[i] == model)
            return true;
    }
    return grant->all;
}

static void add_subjects(struct text *out, struct span name, struct subjects subjects,
                         uint32_t model)
{
    bool any = false;

    text_add(out, name);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < subjects.count; i++) {
        if (!grants(&subjects.rows[i], model))
            continue;
        text_add(out, any ? SPAN(",") : SPAN(""));
        text_add_json(out, subjects.rows[i].name);
        any = true;
    }
    text_add_char(out, ']');
}

/* Those that the gateway would let call it. */
static uint64_t count_keys(const struct offline *offline, struct span slug)
{
    const struct data *data = offline_data(offline);
    uint64_t count = 0;

    for (uint32_t key = 0; key < data->key_count - data->directory.old_digest_count; key++) {
        const struct caller caller = {.key = key};

        count += offline_admit(offline, &caller, slug) == 0 ? 1 : 0;
    }
    return count;
}

static void add_granted(struct text *out, const struct offline *offline, uint32_t model)
{
    const struct data *data = offline_data(offline);
    const struct caller anonymous = {.is_anonymous = true, .key = ROW_NONE};
    const struct span slug = data->models[model].slug;

    add_subjects(out, SPAN(",\"granted_by\":{\"groups\":"),
                 (struct subjects){data->groups, data->group_count}, model);
    add_subjects(out, SPAN(",\"users\":"), (struct subjects){data->users, data->user_count}, model);
    text_add(out, SPAN("},\"callable_by\":{\"keys\":"));
    text_add_unsigned(out, count_keys(offline, slug));
    text_add(out, SPAN(",\"anonymous\":"));
    text_add(out, offline_admit(offline, &anonymous, slug) == 0 ? SPAN("true") : SPAN("false"));
    text_add_char(out, '}');
}

static void add_place(struct text *out, const struct offline *offline, struct span slug)
{
    struct location location = {.parts = {SPAN("models"), slug}, .part_count = 2};

    if (registry_locate(offline->registry, &location, 1) != 0 || location.place.file == NULL) {
        text_add(out, SPAN(",\"where\":null"));
        return;
    }
    text_add(out, SPAN(",\"where\":{\"file\":"));
    text_add_json(out, span_of(location.place.file));
    text_add(out, SPAN(",\"line\":"));
    text_add_unsigned(out, location.place.line);
    text_add(out, SPAN(",\"column\":"));
    text_add_unsigned(out, location.place.column);
    text_add_char(out, '}');
}

/* --- showing ---------------------------------------------------------------------------------- */

static void print_line(struct span label, struct span path, struct span value)
{
    static char memory[VALUE_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory));

    value_add(&text, path, value);
    cells_print(stdout, label, LABEL_WIDTH);
    printf("%s%.*s\n", cells_width(label) < LABEL_WIDTH ? "" : " ", SPAN_FMT(text_span(&text)));
}

/* Of what is made of parts only those are shown that are given, but for the price, which is missing. */
static bool is_shown(struct span path, struct span value)
{
    return json_walk_type(value) != JSON_NULL || memchr(path.ptr, '.', path.len) == NULL ||
           span_equal(path, SPAN("price.input")) || span_equal(path, SPAN("price.output"));
}

static int show_value(void *context, struct span path, struct span value)
{
    struct span label = path;
    struct span item;

    (void)context;
    if (!span_equal(path, SPAN("deployments"))) {
        if (is_shown(path, value))
            print_line(path, path, value);
        return 0;
    }
    for (struct json_walk walk = json_walk_begin(value); json_walk_item(&walk, &item);) {
        print_line(label, path, item);
        label = SPAN("");
    }
    return 0;
}

static int show(const struct offline *offline, uint32_t model, struct arena *arena, bool is_json)
{
    const struct data *data = offline_data(offline);
    struct text out = text_over(arena_take(arena, JSON_BYTES_MAX), JSON_BYTES_MAX);
    int err = out.ptr == NULL ? ERR_NO_MEMORY : 0;

    if (err == 0) {
        describe_model(data, &data->models[model], &out);
        out.len -= out.err == 0 ? 1 : 0; /* its closing brace */
        add_granted(&out, offline, model);
        add_place(&out, offline, data->models[model].slug);
        text_add_char(&out, '}');
        err = out.err;
    }
    if (err == 0 && is_json)
        printf("%.*s\n", SPAN_FMT(text_span(&out)));
    else if (err == 0)
        err = value_walk(text_span(&out), show_value, NULL);
    if (err == 0 && fflush(stdout) == 0 && ferror(stdout) == 0)
        return TOOL_OK;
    fprintf(stderr, "%s: the model cannot be shown: %s\n", offline->who, err_text(err));
    return TOOL_FAILED;
}

static int show_named(const struct offline *offline, const struct admin_words *words)
{
    const struct data *data = offline_data(offline);
    char memory[OFFLINE_HINT_BYTES];
    uint32_t model = 0;

    while (model < data->model_count &&
           !span_equal(data->models[model].slug, span_of(words->argument)))
        model++;
    if (model == data->model_count) {
        const char *hint = offline_model_hint(offline, words->argument, memory);

        fprintf(stderr, "%s: there is no model \"%s\"%s\n", offline->who, words->argument,
                hint[0] == '\0' ? "; `weir models list` lists those that are enabled" : hint);
        return TOOL_FAILED;
    }
    struct arena *arena = arena_new(MODELS_ARENA_BYTES_MAX);
    if (arena == NULL) {
        fprintf(stderr, "%s: out of memory\n", offline->who);
        return TOOL_FAILED;
    }
    int result = show(offline, model, arena, admin_words_have(words, ADMIN_OPT(AS_JSON)));
    arena_free(&arena);
    return result;
}

int models_show(const char *who, const struct admin_words *words)
{
    struct offline offline;
    int result = TOOL_FAILED;

    if (offline_open(&offline, who, words->values[ADMIN_OPTION_FROM_CONFIG]) &&
        offline_knows_directory(&offline))
        result = show_named(&offline, words);
    offline_close(&offline);
    return result;
}
