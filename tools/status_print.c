#include "tools/status_print.h"

#include "lib/base/clock.h"
#include "lib/base/text.h"

#include <stdio.h>
#include <string.h>

enum { JSON_BYTES_MAX = 256 * 1024 };

/* --- slots ----------------------------------------------------------------------------------- */

uint64_t status_heartbeat_age_ms(const struct worker_slot *slot)
{
    uint64_t now = monotime_now().ms;
    uint64_t beat = atomic_load(&slot->heartbeat_ms);

    return beat == 0 || beat > now ? 0 : now - beat;
}

bool status_is_used(const struct worker_slot *slot)
{
    return atomic_load(&slot->phase) != WORKER_NONE;
}

struct status_figures status_read(const struct worker_slot *slot, struct status_figures *totals)
{
    struct status_figures figures = {0};

    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        figures.counters[i] = atomic_load_explicit(&slot->counters.counters[i],
                                                   memory_order_relaxed);
        totals->counters[i] += figures.counters[i];
    }
    for (unsigned i = 0; i < GAUGE_COUNT; i++) {
        figures.gauges[i] = atomic_load_explicit(&slot->counters.gauges[i], memory_order_relaxed);
        totals->gauges[i] += figures.gauges[i];
    }
    return figures;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_member(struct text *out, struct span name, bool *first)
{
    if (!*first)
        text_add_char(out, ',');
    *first = false;
    text_add_json(out, name);
    text_add_char(out, ':');
}

static bool is_number(struct span word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9')
            return false;
    }
    return word.len > 0;
}

/* The line is "weir VERSION key=value key=value …". */
static void add_line(struct text *out, struct span line)
{
    bool first = true;

    for (uint32_t position = 0; line.len > 0; position++) {
        const char *space = memchr(line.ptr, ' ', line.len);
        struct span word = span_from(line.ptr, space == NULL ? line.ptr + line.len : space);
        const char *sign = memchr(word.ptr, '=', word.len);

        line = span_skip(line, word.len + (space == NULL ? 0 : 1));
        if (position == 1) {
            add_member(out, SPAN("version"), &first);
            text_add_json(out, word);
        } else if (sign != NULL) {
            struct span value = span_from(sign + 1, word.ptr + word.len);

            add_member(out, span_from(word.ptr, sign), &first);
            if (is_number(value))
                text_add(out, value);
            else
                text_add_json(out, value);
        }
    }
}

static void add_counters(struct text *out, const uint64_t *values)
{
    bool first = true;

    for (unsigned i = 0; i < COUNTER_COUNT; i++) {
        add_member(out, span_of(counters_name((enum counter)i)), &first);
        text_add_unsigned(out, values[i]);
    }
}

static void add_gauges(struct text *out, const uint64_t *values)
{
    bool first = true;

    for (unsigned i = 0; i < GAUGE_COUNT; i++) {
        add_member(out, span_of(counters_gauge_name((enum gauge)i)), &first);
        text_add_unsigned(out, values[i]);
    }
}

static void add_figures(struct text *out, const struct status_figures *figures)
{
    text_add(out, SPAN("\"counters\":{"));
    add_counters(out, figures->counters);
    text_add(out, SPAN("},\"gauges\":{"));
    add_gauges(out, figures->gauges);
    text_add_char(out, '}');
}

static void add_worker(struct text *out, uint32_t number, const struct worker_slot *slot,
                       const struct status_figures *figures)
{
    bool first = true;

    text_add_char(out, '{');
    add_member(out, SPAN("number"), &first);
    text_add_unsigned(out, number);
    add_member(out, SPAN("phase"), &first);
    text_add_json(out, span_of(state_phase_word(atomic_load(&slot->phase))));
    add_member(out, SPAN("generation"), &first);
    text_add_unsigned(out, atomic_load(&slot->generation));
    add_member(out, SPAN("heartbeat_age_ms"), &first);
    text_add_unsigned(out, status_heartbeat_age_ms(slot));
    text_add_char(out, ',');
    add_figures(out, figures);
    text_add_char(out, '}');
}

int status_print_json(const char *line, const struct state *state)
{
    static char memory[JSON_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));
    struct status_figures totals = {0};
    bool first = true;

    text_add_char(&out, '{');
    add_line(&out, span_of(line));
    text_add(&out, SPAN(",\"processes\":["));
    for (uint32_t number = 0; number < SETTINGS_WORKERS_MAX; number++) {
        const struct worker_slot *slot = state_slot(state, number);
        struct status_figures figures = status_read(slot, &totals);

        if (!status_is_used(slot))
            continue;
        if (!first)
            text_add_char(&out, ',');
        first = false;
        add_worker(&out, number, slot, &figures);
    }
    text_add(&out, SPAN("],\"totals\":{"));
    add_figures(&out, &totals);
    text_add(&out, SPAN("}}\n"));
    if (out.err != 0)
        return out.err;
    fwrite(out.ptr, 1, out.len, stdout);
    return 0;
}
