/* Differences, for people and for programs. */
#include "tools/diff.h"

#include "lib/wire/json_walk.h"
#include "tools/cells.h"
#include "tools/terminal.h"
#include "tools/value_text.h"

#include <stdio.h>

enum { VALUE_BYTES_MAX = 64 * 1024, PATH_WIDTH = 27 };

static const struct diff_change *change_at(const struct diff *diff, uint32_t i)
{
    return list_at(&diff->changes, i);
}

static struct span span_at(const struct list *list, uint32_t i)
{
    return *(const struct span *)list_at(list, i);
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_styled(const struct terminal *terminal, enum terminal_style style,
                         const char *text)
{
    printf("%s%s%s", terminal_style(terminal, style), text, terminal_plain(terminal));
}

static void print_value(struct span path, struct span value)
{
    static char memory[VALUE_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory));

    value_add(&text, path, value);
    printf("%.*s", SPAN_FMT(text_span(&text)));
}

static void print_path(struct span path)
{
    fputs("      ", stdout);
    cells_print(stdout, path, PATH_WIDTH);
    putchar(' ');
}

static void print_change(const struct terminal *terminal, const struct diff_change *change)
{
    print_path(change->path);
    if (change->to.len == 0) {
        print_styled(terminal, TERMINAL_BAD, "- ");
        print_value(change->path, change->from);
    } else if (change->from.len == 0) {
        print_styled(terminal, TERMINAL_GOOD, "+ ");
        print_value(change->path, change->to);
    } else {
        print_value(change->path, change->from);
        fputs(" -> ", stdout);
        print_value(change->path, change->to);
    }
    puts(change->restart ? "  (needs a restart)" : "");
}

static bool is_same_thing(const struct diff_change *a, const struct diff_change *b)
{
    return a != NULL && strcmp(a->section, b->section) == 0 && span_equal(a->name, b->name);
}

/* Of what is new or gone people read what is not usual; programs get all of it. */
static bool is_usual(struct span path, struct span value)
{
    static const struct {
        const char *path;
        const char *value; /* NULL: whatever it is */
    } rows[] = {
        {"slug", NULL},
        {"sha256", NULL},
        {"scopes", "[\"list\",\"call\"]"},
        {"enabled", "true"},
        {"in_api", "true"},
        {"lifecycle", "\"active\""},
        {"input_modalities", "[\"text\"]"},
        {"output_modalities", "[\"text\"]"},
        {"media_tokens", "2048"},
        {"priority", "0"},
        {"allowed_models", "\"all\""},
    };
    static const char *const nothings[] = {"null", "false", "[]", "\"\""};

    if (span_equal(path, SPAN("price.input")) || span_equal(path, SPAN("price.output")))
        return false;
    for (size_t i = 0; i < sizeof(nothings) / sizeof(nothings[0]); i++) {
        if (span_equal(value, span_of(nothings[i])))
            return true;
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_equal(path, span_of(rows[i].path)) &&
            (rows[i].value == NULL || span_equal(value, span_of(rows[i].value))))
            return true;
    }
    return false;
}

static int print_member_of_thing(void *context, struct span path, struct span value)
{
    struct span label = path;
    struct span item;

    (void)context;
    if (is_usual(path, value))
        return 0;
    if (!span_equal(path, SPAN("deployments"))) {
        print_path(path);
        print_value(path, value);
        putchar('\n');
        return 0;
    }
    for (struct json_walk walk = json_walk_begin(value); json_walk_item(&walk, &item);) {
        print_path(label);
        print_value(path, item);
        putchar('\n');
        label = SPAN("");
    }
    return 0;
}

static void print_reach(const struct diff *diff, const struct diff_change *change)
{
    static char memory[VALUE_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));

    if (!diff_add_reach(diff, change, &out))
        return;
    print_path(strcmp(change->section, "keys") == 0 ? SPAN("may call") : SPAN("callable by"));
    printf("%.*s\n", SPAN_FMT(text_span(&out)));
}

/* The name of what is changed, and all of what is new or gone. */
static void print_thing(const struct diff *diff, const struct terminal *terminal,
                        const struct diff_change *change)
{
    switch (change->kind) {
    case DIFF_ADDED:
        print_styled(terminal, TERMINAL_GOOD, "  + ");
        break;
    case DIFF_REMOVED:
        print_styled(terminal, TERMINAL_BAD, "  - ");
        break;
    case DIFF_CHANGED:
        fputs("  ~ ", stdout);
        break;
    }
    printf("%.*s\n", SPAN_FMT(change->name));
    if (change->kind == DIFF_CHANGED)
        return;
    (void)value_walk(change->kind == DIFF_ADDED ? change->to : change->from, print_member_of_thing,
                     NULL);
    print_reach(diff, change);
}

static void print_changes(const struct diff *diff, const struct terminal *terminal)
{
    const struct diff_change *last = NULL;

    for (uint32_t i = 0; i < diff->changes.count; i++) {
        const struct diff_change *change = change_at(diff, i);

        if (last == NULL || strcmp(last->section, change->section) != 0) {
            fputs(last == NULL ? "" : "\n", stdout);
            print_styled(terminal, TERMINAL_BOLD, change->section);
            putchar('\n');
        }
        if (change->name.len > 0 && !is_same_thing(last, change))
            print_thing(diff, terminal, change);
        if (change->kind == DIFF_CHANGED)
            print_change(terminal, change);
        last = change;
    }
}

static void print_keys(const struct diff *diff, const struct diff_access *access)
{
    fputs("  ", stdout);
    for (uint32_t i = 0; i < access->key_count && i < DIFF_NAMES_SHOWN; i++) {
        const struct span key = span_at(&diff->keys, access->key_first + i);

        printf("%s%.*s", i == 0 ? "" : ", ", SPAN_FMT(key.len == 0 ? SPAN("(no key)") : key));
    }
    if (access->key_count > DIFF_NAMES_SHOWN)
        printf(" and %u more", access->key_count - DIFF_NAMES_SHOWN);
    putchar('\n');
}

static void print_slugs(const struct diff *diff, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        printf("%s%.*s", i == 0 ? "" : ", ", SPAN_FMT(span_at(&diff->slugs, first + i)));
    putchar('\n');
}

static void print_access(const struct diff *diff, const struct terminal *terminal)
{
    if (diff->access.count == 0)
        return;
    fputs(diff->changes.count == 0 ? "" : "\n", stdout);
    print_styled(terminal, TERMINAL_BOLD, "who may call what");
    putchar('\n');
    for (uint32_t i = 0; i < diff->access.count; i++) {
        const struct diff_access *access = list_at(&diff->access, i);

        print_keys(diff, access);
        if (access->gain_count > 0) {
            print_styled(terminal, TERMINAL_GOOD, "      gains ");
            print_slugs(diff, access->slug_first, access->gain_count);
        }
        if (access->loss_count > 0) {
            print_styled(terminal, TERMINAL_BAD, "      loses ");
            print_slugs(diff, access->slug_first + access->gain_count, access->loss_count);
        }
    }
}

static bool needs_restart(const struct diff *diff)
{
    for (uint32_t i = 0; i < diff->changes.count; i++) {
        if (change_at(diff, i)->restart)
            return true;
    }
    return false;
}

/* An address that is new and one that is gone are one setting. */
static void print_restart(const struct diff *diff)
{
    struct span last = SPAN("");
    uint32_t count = 0;

    fputs("\nA reload would refuse this file: ", stdout);
    for (uint32_t i = 0; i < diff->changes.count; i++) {
        const struct diff_change *change = change_at(diff, i);

        if (!change->restart || span_equal(change->path, last))
            continue;
        printf("%s`%.*s`", count == 0 ? "" : ", ", SPAN_FMT(change->path));
        last = change->path;
        count++;
    }
    puts(count == 1 ? " needs a restart." : " need a restart.");
}

void diff_print(const struct diff *diff)
{
    const struct terminal terminal = terminal_of(stdout);

    print_changes(diff, &terminal);
    print_access(diff, &terminal);
    if (needs_restart(diff))
        print_restart(diff);
}

/* --- for programs ----------------------------------------------------------------------------- */

static void print_json_string(struct span text)
{
    static char memory[VALUE_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));

    text_add_json(&out, text);
    printf("%.*s", SPAN_FMT(text_span(&out)));
}

static void print_member(const char *name, struct span text)
{
    fputs(name, stdout);
    if (text.len == 0)
        fputs("null", stdout);
    else
        print_json_string(text);
}

static void print_raw(const char *name, struct span value)
{
    printf("%s%.*s", name, SPAN_FMT(value.len == 0 ? SPAN("null") : value));
}

static void print_change_json(const struct diff_change *change)
{
    static const char *const words[] = {
        [DIFF_ADDED] = "added", [DIFF_REMOVED] = "removed", [DIFF_CHANGED] = "changed"};
    const bool is_gone = change->kind == DIFF_CHANGED && change->to.len == 0;
    const bool is_new = change->kind == DIFF_CHANGED && change->from.len == 0;

    printf("{\"section\":\"%s\"", change->section);
    print_member(",\"name\":", change->name);
    printf(",\"change\":\"%s\"", is_gone  ? "item_removed"
                                 : is_new ? "item_added"
                                          : words[change->kind]);
    print_member(",\"path\":", change->path);
    print_raw(",\"from\":", change->from);
    print_raw(",\"to\":", change->to);
    print_member(",\"unit\":", value_unit_word(value_unit_of(change->path)));
    printf(",\"restart\":%s}", change->restart ? "true" : "false");
}

static void print_names_json(const char *name, const struct list *list, uint32_t first,
                             uint32_t count)
{
    printf("%s[", name);
    for (uint32_t i = 0; i < count; i++)
        print_member(i == 0 ? "" : ",", span_at(list, first + i));
    putchar(']');
}

void diff_print_json(const struct diff *diff)
{
    printf("{\"differs\":%s,\"restart\":%s,\"changes\":[", diff_is_empty(diff) ? "false" : "true",
           needs_restart(diff) ? "true" : "false");
    for (uint32_t i = 0; i < diff->changes.count; i++) {
        fputs(i == 0 ? "" : ",", stdout);
        print_change_json(change_at(diff, i));
    }
    fputs("],\"access\":[", stdout);
    for (uint32_t i = 0; i < diff->access.count; i++) {
        const struct diff_access *access = list_at(&diff->access, i);

        fputs(i == 0 ? "" : ",", stdout);
        print_names_json("{\"keys\":", &diff->keys, access->key_first, access->key_count);
        print_names_json(",\"gains\":", &diff->slugs, access->slug_first, access->gain_count);
        print_names_json(",\"loses\":", &diff->slugs, access->slug_first + access->gain_count,
                         access->loss_count);
        putchar('}');
    }
    puts("]}");
}
