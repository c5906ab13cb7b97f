#include "tools/value_text.h"

#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "registry/scalars.h"
#include "registry/settings.h"
#include "tools/admin_json.h"
#include "tools/money.h"

static const struct span units[] = {
    [VALUE_PLAIN] = {"", 0},
    [VALUE_USD_PER_1M] = {"usd_per_1m_tokens", 17},
    [VALUE_USD] = {"usd", 3},
    [VALUE_BYTES] = {"bytes", 5},
};

/* @param path  "limits.body_bytes" */
static bool is_bytes(struct span path)
{
    for (uint32_t n = 0; n < SETTING_NUMBER_COUNT; n++) {
        const struct span section = span_of(settings_table[n].section);
        const struct span name = setting_fields[n].name;

        if (settings_table[n].kind == SETTING_KIND_BYTES &&
            path.len == section.len + 1 + name.len && span_starts_with(path, section) &&
            span_equal(span_skip(path, section.len + 1), name))
            return true;
    }
    return false;
}

enum value_unit value_unit_of(struct span path)
{
    if (span_equal(path, SPAN("budget.usd")))
        return VALUE_USD;
    if (is_bytes(path))
        return VALUE_BYTES;
    if (!span_starts_with(path, SPAN("price.")) || span_equal(path, SPAN("price.above.tokens")))
        return VALUE_PLAIN;
    if (span_equal(path, SPAN("price.request")) || span_equal(path, SPAN("price.image")) ||
        span_starts_with(path, SPAN("price.image_sizes")))
        return VALUE_USD;
    return VALUE_USD_PER_1M;
}

struct span value_unit_word(enum value_unit unit)
{
    return units[unit];
}

static void add_object(struct text *out, struct span object)
{
    struct span name;
    struct span value;
    bool any = false;

    for (struct json_walk walk = json_walk_begin(object); json_walk_member(&walk, &name, &value);) {
        if (json_walk_type(value) == JSON_NULL)
            continue;
        text_add(out, any ? SPAN(" ") : SPAN(""));
        text_add(out, name);
        text_add_char(out, '=');
        admin_json_add(out, SPAN(""), value);
        any = true;
    }
    if (!any)
        text_add_char(out, '-');
}

/* 33554432 is 32MiB; what is no whole number of a unit keeps the smaller one. */
static void add_bytes(struct text *out, struct span digits)
{
    uint64_t bytes = 0;

    (void)scalar_count(digits, &bytes);
    scalar_add_bytes(out, bytes);
}

static void add_money(struct text *out, struct span number, enum value_unit unit)
{
    text_add_char(out, '$');
    const size_t begin = out->len;
    text_add(out, number);
    money_pad(out, begin);
    text_add(out, unit == VALUE_USD_PER_1M ? SPAN("/Mtok") : SPAN(""));
}

void value_add(struct text *out, struct span path, struct span value)
{
    const enum json_type type = json_walk_type(value);
    const enum value_unit unit = value_unit_of(path);

    uint64_t count;

    if (type == JSON_OBJECT)
        add_object(out, value);
    else if (type == JSON_NUMBER && unit == VALUE_PLAIN && scalar_count(value, &count) == 0)
        money_add_count(out, count);
    else if (type != JSON_NUMBER || unit == VALUE_PLAIN)
        admin_json_add(out, SPAN(""), value);
    else if (unit == VALUE_BYTES)
        add_bytes(out, value);
    else
        add_money(out, value, unit);
}

struct walker {
    value_visit_fn *visit;
    void *context;
    struct text path;
};

/* NOLINTNEXTLINE(misc-no-recursion): describe.h nests three deep */
static int walk_object(struct walker *walker, struct span object)
{
    const size_t depth = walker->path.len;
    struct span name;
    struct span value;
    int err = 0;

    for (struct json_walk walk = json_walk_begin(object);
         err == 0 && json_walk_member(&walk, &name, &value);) {
        text_add(&walker->path, depth > 0 ? SPAN(".") : SPAN(""));
        text_add(&walker->path, name);
        err = walker->path.err;
        if (err == 0)
            err = json_walk_type(value) == JSON_OBJECT
                      ? walk_object(walker, value)
                      : walker->visit(walker->context, text_span(&walker->path), value);
        walker->path.len = depth;
    }
    return err;
}

int value_walk(struct span object, value_visit_fn *visit, void *context)
{
    char memory[VALUE_PATH_BYTES];
    struct walker walker = {visit, context, text_over(memory, sizeof(memory))};

    return walk_object(&walker, json_walk_value(object));
}
