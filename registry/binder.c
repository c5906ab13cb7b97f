#include "registry/binder.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "registry/references.h"
#include "registry/suggest.h"

#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_BYTES_MAX = 64, HINT_BYTES = 128, MESSAGE_BYTES = 768 };

/* Cut where a UTF-8 character begins. */
static struct span cut(struct span text)
{
    if (text.len <= SHOWN_BYTES_MAX)
        return text;
    text.len = SHOWN_BYTES_MAX;
    while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80)
        text.len--;
    return text;
}

static void write_path(const struct binder *binder, char path[static BINDER_PATH_BYTES])
{
    size_t len = 0;

    path[0] = '\0';
    for (uint32_t i = 0; i < binder->depth && len < BINDER_PATH_BYTES; i++) {
        const struct path_part *part = &binder->path[i];
        size_t room = BINDER_PATH_BYTES - len;
        int added = 0;

        if (part->name.len == 0)
            added = snprintf(path + len, room, "[%u]", part->number);
        else
            added = snprintf(path + len, room, "%s%.*s", i == 0 ? "" : ".",
                             SPAN_FMT(cut(part->name)));
        len += added > 0 ? (size_t)added : 0;
    }
}

static void report_at_path(struct binder *binder, enum report_severity severity,
                           struct report_place place, const char *hint, const char *message)
{
    char path[BINDER_PATH_BYTES];

    write_path(binder, path);
    report_add(binder->report, severity, place, path, hint, "%s", message);
}

void bind_error(struct binder *binder, struct report_place place, const char *hint,
                const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    report_at_path(binder, REPORT_ERROR, place, hint, message);
}

void bind_warning(struct binder *binder, struct report_place place, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    report_at_path(binder, REPORT_WARNING, place, "", message);
}

void bind_push(struct binder *binder, struct span name)
{
    INVARIANT(binder->depth < sizeof(binder->path) / sizeof(binder->path[0]));
    binder->path[binder->depth++] = (struct path_part){name, 0};
}

void bind_push_item(struct binder *binder, uint32_t number)
{
    bind_push(binder, (struct span){NULL, 0});
    binder->path[binder->depth - 1].number = number;
}

void bind_pop(struct binder *binder)
{
    INVARIANT(binder->depth > 0);
    binder->depth--;
}

struct span bind_keep(struct binder *binder, struct span text)
{
    struct span kept = arena_copy(binder->arena, text);

    if (kept.ptr == NULL)
        binder->out_of_memory = true;
    return kept;
}

const char *bind_quote(struct binder *binder, const struct bind_value *value)
{
    if (value->hidden)
        return "the value";
    struct span shown = cut(value->text);
    (void)snprintf(binder->shown, sizeof(binder->shown), "\"%.*s%s\"", SPAN_FMT(shown),
                   shown.len < value->text.len ? "\u2026" : "");
    return binder->shown;
}

/* The complaint about a node of another kind; one that was refused has its complaint. */
static void refuse_node(struct binder *binder, const char *wanted)
{
    struct yaml_events *yaml = binder->yaml;

    if (yaml->node != NODE_BAD && yaml->node != NODE_STOP)
        bind_error(binder, yaml->place, "", "%s is expected here", wanted);
    yaml_events_skip(yaml);
}

/* Replaces what stands in value->text by the resolved text, or says why it cannot. */
static bool resolve_value(struct binder *binder, struct bind_value *value)
{
    char problem[REFERENCE_PROBLEM_BYTES];
    struct text resolved = text_over(binder->value, BINDER_SCALAR_BYTES_MAX);
    int err = references_resolve(value->text, binder->folder == NULL ? "." : binder->folder,
                                 &resolved, problem);

    if (err != 0) {
        report_at_path(binder,
                       err == ERR_NOT_FOUND && !binder->resolve ? REPORT_WARNING : REPORT_ERROR,
                       value->place, "", problem);
        return false;
    }
    value->text = text_span(&resolved);
    value->hidden = true;
    return true;
}

static bool copy_value(struct binder *binder, struct bind_value *value)
{
    if (value->text.len > BINDER_SCALAR_BYTES_MAX) {
        bind_error(binder, value->place, "", "the value is longer than %d bytes",
                   BINDER_SCALAR_BYTES_MAX);
        return false;
    }
    memcpy(binder->value, value->text.ptr, value->text.len);
    value->text.ptr = binder->value;
    return true;
}

bool bind_take_value(struct binder *binder, const char *wanted, struct bind_value *value)
{
    struct yaml_events *yaml = binder->yaml;

    *value = (struct bind_value){yaml->scalar, yaml->place, false};
    if (yaml->node != NODE_SCALAR) {
        refuse_node(binder, wanted);
        return false;
    }
    if (value->text.len == 0) {
        bind_error(binder, value->place, "", "the value is empty; %s is expected here", wanted);
        yaml_events_next(yaml);
        return false;
    }
    bool usable = references_in(value->text) ? resolve_value(binder, value)
                                             : copy_value(binder, value);
    yaml_events_next(yaml);
    return usable;
}

/* `key:` with nothing after it is a scalar of no length; say so instead of naming the kind. */
static bool enter(struct binder *binder, enum yaml_node node, const char *wanted)
{
    struct yaml_events *yaml = binder->yaml;

    if (yaml->node == NODE_SCALAR && yaml->scalar.len == 0) {
        bind_error(binder, yaml->place, "", "the value is empty; %s is expected here", wanted);
        yaml_events_next(yaml);
        return false;
    }
    if (yaml->node != node) {
        refuse_node(binder, wanted);
        return false;
    }
    yaml_events_next(yaml);
    return true;
}

bool bind_enter_list(struct binder *binder, const char *wanted)
{
    return enter(binder, NODE_LIST, wanted);
}

bool bind_enter_map(struct binder *binder, const char *wanted)
{
    return enter(binder, NODE_MAP, wanted);
}

bool bind_has_more(struct binder *binder)
{
    enum yaml_node node = binder->yaml->node;

    if (node == NODE_END)
        yaml_events_next(binder->yaml);
    return node != NODE_END && node != NODE_STOP;
}

/* True at a key that can be looked up. What cannot is skipped with its value. */
static bool check_key(struct binder *binder)
{
    struct yaml_events *yaml = binder->yaml;
    const char *complaint = NULL;

    if (yaml->node == NODE_BAD) {
        yaml_events_skip(yaml);
        yaml_events_skip(yaml);
        return false;
    }
    if (yaml->node != NODE_SCALAR)
        complaint = "a key must be plain text";
    else if (yaml->scalar.len == 0)
        complaint = "the key is empty";
    else if (span_equal(yaml->scalar, SPAN("<<")))
        complaint = "merge keys are not accepted";
    if (complaint == NULL)
        return true;
    bind_error(binder, yaml->place, "", "%s", complaint);
    yaml_events_skip(yaml);
    yaml_events_skip(yaml);
    return false;
}

bool bind_take_key(struct binder *binder, struct span *key, struct report_place *place)
{
    if (!check_key(binder))
        return false;
    *place = binder->yaml->place;
    *key = bind_keep(binder, binder->yaml->scalar);
    yaml_events_next(binder->yaml);
    return true;
}

static const struct field *field_at(const struct shape *shape, uint32_t number)
{
    while (shape != NULL && number >= shape->count) {
        number -= shape->count;
        shape = shape->more;
    }
    return shape == NULL ? NULL : &shape->fields[number];
}

static const struct field *find_field(const struct shape *shape, struct span name, uint32_t *number)
{
    *number = 0;
    for (; shape != NULL; shape = shape->more) {
        for (uint32_t i = 0; i < shape->count; i++, (*number)++) {
            if (span_equal(shape->fields[i].name, name))
                return &shape->fields[i];
        }
    }
    return NULL;
}

static void refuse_unknown_key(struct binder *binder, const struct shape *shape)
{
    struct suggestion suggestion = suggestion_begin(binder->yaml->scalar);
    const struct field *field;
    char hint[HINT_BYTES];

    for (uint32_t i = 0; (field = field_at(shape, i)) != NULL; i++)
        suggestion_offer(&suggestion, field->name);
    bind_error(binder, binder->yaml->place, suggestion_hint(&suggestion, hint, sizeof(hint)),
               "unknown key \"%.*s\"", SPAN_FMT(cut(binder->yaml->scalar)));
}

/* What one pass over a mapping's keys has to remember. */
struct map_pass {
    const struct shape *shape;
    void *target;
    bind_seen seen;
    uint32_t lines[BINDER_FIELDS_MAX];
};

static bool may_stand_here(struct binder *binder, const struct field *field, struct map_pass *pass,
                           uint32_t number)
{
    struct report_place place = binder->yaml->place;
    bind_seen bit = UINT64_C(1) << number;

    if ((pass->seen & bit) != 0) {
        bind_error(binder, place, "", "\"%.*s\" is written twice; the first is in line %u",
                   SPAN_FMT(field->name), pass->lines[number]);
        return false;
    }
    pass->seen |= bit;
    pass->lines[number] = place.line;
    if (binder->included && binder->depth == 0 && !field->included) {
        bind_error(binder, place, "", "\"%.*s\" may only stand in the main file",
                   SPAN_FMT(field->name));
        return false;
    }
    return true;
}

static void bind_entry(struct binder *binder, struct map_pass *pass)
{
    uint32_t number = 0;

    if (!check_key(binder))
        return;
    const struct field *field = find_field(pass->shape, binder->yaml->scalar, &number);
    if (field == NULL)
        refuse_unknown_key(binder, pass->shape);
    if (field == NULL || !may_stand_here(binder, field, pass, number)) {
        yaml_events_next(binder->yaml);
        yaml_events_skip(binder->yaml);
        return;
    }
    yaml_events_next(binder->yaml);
    bind_push(binder, field->name);
    field->bind(binder, field, pass->target);
    bind_pop(binder);
}

static void refuse_missing(struct binder *binder, const struct map_pass *pass,
                           struct report_place place)
{
    const struct field *field;

    for (uint32_t i = 0; (field = field_at(pass->shape, i)) != NULL; i++) {
        if (field->required && (pass->seen & UINT64_C(1) << i) == 0)
            bind_error(binder, place, "", "\"%.*s\" is missing", SPAN_FMT(field->name));
    }
}

bind_seen bind_map(struct binder *binder, const struct shape *shape, void *target)
{
    struct map_pass pass = {.shape = shape, .target = target};
    struct report_place place = binder->yaml->place;

    if (!bind_enter_map(binder, "a mapping"))
        return BIND_SEEN_ALL;
    while (bind_has_more(binder))
        bind_entry(binder, &pass);
    if (binder->yaml->failed)
        return BIND_SEEN_ALL;
    refuse_missing(binder, &pass, place);
    return pass.seen;
}
