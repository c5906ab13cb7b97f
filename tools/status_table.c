/* `weir status` for people. */
#include "tools/status_print.h"

#include "lib/base/text.h"
#include "registry/scalars.h"
#include "tools/cells.h"
#include "tools/money.h"
#include "tools/terminal.h"

#include <inttypes.h>
#include <stdio.h>

enum { ROW_BYTES_MAX = 1024, LABEL_CELLS = 14, LINE_INDENT = 2 };

/* --- workers ---------------------------------------------------------------------------------- */

/** X(heading, width, is a gauge, which) */
#define COLUMN_MAP(X)                           \
    X("conns", 8, true, GAUGE_connections_open) \
    X("calls", 8, true, GAUGE_calls_open)       \
    X("requests", 12, false, COUNTER_requests)  \
    X("5xx", 9, false, COUNTER_responses_5xx)

static const struct {
    const char *heading;
    int width;
    bool is_gauge;
    unsigned which;
} columns[] = {
#define X(heading, width, is_gauge, which) {heading, width, is_gauge, (unsigned)(which)},
    COLUMN_MAP(X)
#undef X
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static void print_worker(uint32_t number, const struct worker_slot *slot,
                         const struct status_figures *figures)
{
    const uint64_t age_ms = status_heartbeat_age_ms(slot);

    printf("%6" PRIu32 "  %-9s %10" PRIu64 " %5" PRIu64 ".%" PRIu64 " s", number,
           state_phase_word(atomic_load(&slot->phase)), atomic_load(&slot->generation),
           age_ms / 1000, age_ms % 1000 / 100);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        printf(" %*" PRIu64, columns[i].width,
               columns[i].is_gauge ? figures->gauges[columns[i].which]
                                   : figures->counters[columns[i].which]);
    putchar('\n');
}

static void print_workers(const struct state *state, const struct terminal *terminal,
                          struct status_figures *totals)
{
    fputs(terminal_style(terminal, TERMINAL_BOLD), stdout);
    printf("%6s  %-9s %10s %9s", "worker", "phase", "generation", "heartbeat");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        printf(" %*s", columns[i].width, columns[i].heading);
    puts(terminal_plain(terminal));
    for (uint32_t number = 0; number < SETTINGS_WORKERS_MAX; number++) {
        const struct worker_slot *slot = state_slot(state, number);
        const struct status_figures figures = status_read(slot, totals);

        if (status_is_used(slot))
            print_worker(number, slot, &figures);
    }
}

/* --- sums ------------------------------------------------------------------------------------- */

/** What a figure is of the sums. */
enum source { COUNTED, OPEN, RETRIED };

/**
 * All of them: X(group, row, source, which, words behind the number). Those of one row stand
 * together, and so do the rows of a group.
 */
#define FIGURE_MAP(X)                                                                         \
    X("clients", "connections", OPEN, GAUGE_connections_open, "open")                         \
    X("clients", "connections", COUNTED, COUNTER_connections_accepted, "accepted")            \
    X("clients", "connections", COUNTED, COUNTER_connections_refused, "refused at the limit") \
    X("clients", "requests", COUNTED, COUNTER_requests, "")                                   \
    X("clients", "requests", COUNTED, COUNTER_requests_malformed, "malformed")                \
    X("clients", "requests", COUNTED, COUNTER_body_memory_refused,                            \
      "refused for want of body memory")                                                      \
    X("clients", "bodies", OPEN, GAUGE_body_bytes, "bytes held")                              \
    X("clients", "answers", COUNTED, COUNTER_responses_2xx, "2xx")                            \
    X("clients", "answers", COUNTED, COUNTER_responses_3xx, "3xx")                            \
    X("clients", "answers", COUNTED, COUNTER_responses_4xx, "4xx")                            \
    X("clients", "answers", COUNTED, COUNTER_responses_5xx, "5xx")                            \
    X("clients", "listings", COUNTED, COUNTER_listings, "")                                   \
    X("clients", "sign-ins", COUNTED, COUNTER_signins, "")                                    \
    X("clients", "sign-ins", COUNTED, COUNTER_signins_refused, "refused")                     \
    X("upstreams", "calls", OPEN, GAUGE_calls_open, "open")                                   \
    X("upstreams", "calls", COUNTED, COUNTER_calls, "started")                                \
    X("upstreams", "calls", COUNTED, COUNTER_calls_completed, "complete")                     \
    X("upstreams", "not complete", COUNTED, COUNTER_calls_failed, "failed")                   \
    X("upstreams", "not complete", COUNTED, COUNTER_calls_truncated, "cut short")             \
    X("upstreams", "not complete", COUNTED, COUNTER_calls_client_gone, "client gone")         \
    X("upstreams", "not complete", COUNTED, COUNTER_calls_revoked, "key not valid any more")  \
    X("upstreams", "attempts", COUNTED, COUNTER_attempts, "")                                 \
    X("upstreams", "attempts", RETRIED, 0, "of them retries")                                 \
    X("upstreams", "attempts", COUNTED, COUNTER_attempts_translated, "translated")            \
    X("upstreams", "breakers", COUNTED, COUNTER_breakers_opened, "times opened")              \
    X("upstreams", "streams", COUNTED, COUNTER_held, "pauses for slow clients")               \
    X("upstreams", "streams", COUNTED, COUNTER_comments, "keep-alive comments")               \
    X("upstreams", "tokens", COUNTED, COUNTER_input_tokens, "in")                             \
    X("upstreams", "tokens", COUNTED, COUNTER_output_tokens, "out")                           \
    X("upstreams", "tokens", COUNTED, COUNTER_usage_seen, "answers told their usage")         \
    X("configuration", "generations", OPEN, GAUGE_generations_held, "held in memory")         \
    X("configuration", "generations", COUNTED, COUNTER_generations_adopted, "switches to a new one")

static const struct figure {
    const char *group;
    const char *label;
    enum source source;
    unsigned which;
    const char *words;
} figures[] = {
#define X(group, label, source, which, words) {group, label, source, (unsigned)(which), words},
    FIGURE_MAP(X)
#undef X
};

enum { FIGURE_COUNT = sizeof(figures) / sizeof(figures[0]), DERIVED_COUNT = 1 };
_Static_assert(FIGURE_COUNT == (int)COUNTER_COUNT + (int)GAUGE_COUNT + DERIVED_COUNT,
               "every counter and gauge is shown");

static uint64_t value_of(const struct status_figures *totals, const struct figure *figure)
{
    const uint64_t attempts = totals->counters[COUNTER_attempts];
    const uint64_t calls = totals->counters[COUNTER_calls];

    switch (figure->source) {
    case OPEN:
        return totals->gauges[figure->which];
    case COUNTED:
        return totals->counters[figure->which];
    case RETRIED:
        break;
    }
    return attempts > calls ? attempts - calls : 0; /* they are read one after the other */
}

static bool is_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* @return one past the row's last figure */
static size_t print_row(const struct status_figures *totals, size_t first, size_t line)
{
    char memory[ROW_BYTES_MAX];
    struct text row = text_over(memory, sizeof(memory));
    size_t n = first;

    for (; n < FIGURE_COUNT && is_same(figures[n].label, figures[first].label); n++) {
        text_add(&row, n > first ? SPAN(", ") : SPAN(""));
        money_add_count(&row, value_of(totals, &figures[n]));
        text_add(&row, figures[n].words[0] == '\0' ? SPAN("") : SPAN(" "));
        text_add(&row, span_of(figures[n].words));
    }
    printf("  %-*s", LABEL_CELLS, figures[first].label);
    cells_wrap(stdout, text_span(&row), LINE_INDENT + LABEL_CELLS, line);
    return n;
}

static void print_sums(const struct status_figures *totals, const struct terminal *terminal)
{
    const char *group = "";

    for (size_t n = 0; n < FIGURE_COUNT;) {
        if (!is_same(figures[n].group, group)) {
            group = figures[n].group;
            printf("\n%s%s%s\n", terminal_style(terminal, TERMINAL_BOLD), group,
                   terminal_plain(terminal));
        }
        n = print_row(totals, n, terminal->width);
    }
}

/* --- the state -------------------------------------------------------------------------------- */

/* The two largest units, in one word: 2h5m. */
static void add_duration(struct text *out, uint64_t seconds)
{
    static const struct {
        uint64_t seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    enum { UNIT_COUNT = sizeof(units) / sizeof(units[0]) };
    size_t n = 0;

    while (n + 1 < UNIT_COUNT && seconds < units[n].seconds)
        n++;
    text_add_unsigned(out, seconds / units[n].seconds);
    text_add_char(out, units[n].letter);
    if (n + 1 < UNIT_COUNT && seconds % units[n].seconds >= units[n + 1].seconds) {
        text_add_unsigned(out, seconds % units[n].seconds / units[n + 1].seconds);
        text_add_char(out, units[n + 1].letter);
    }
}

/* What is counted in seconds is told in larger units to people; programs read the seconds. */
static void add_word(struct text *out, struct span word)
{
    static const struct span durations[] = {{"uptime=", 7}, {"last_reload_age=", 16}};
    uint64_t seconds;

    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        if (!span_starts_with(word, durations[i]) ||
            scalar_count(span_skip(word, durations[i].len), &seconds) != 0)
            continue;
        text_add(out, durations[i]);
        add_duration(out, seconds);
        return;
    }
    text_add(out, word);
}

static void print_state(struct span line, const struct terminal *terminal)
{
    char memory[ROW_BYTES_MAX * 2];
    struct text out = text_over(memory, sizeof(memory));
    struct span rest = line;

    while (rest.len > 0) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        const struct span word = span_from(rest.ptr, space == NULL ? rest.ptr + rest.len : space);

        add_word(&out, word);
        text_add(&out, space == NULL ? SPAN("") : SPAN(" "));
        rest = span_skip(rest, word.len + (space == NULL ? 0 : 1));
    }
    cells_wrap(stdout, out.err == 0 && terminal->width > 0 ? text_span(&out) : line, LINE_INDENT,
               terminal->width);
}

void status_print_table(const char *line, const struct state *state)
{
    const struct terminal terminal = terminal_of(stdout);
    struct status_figures totals = {0};

    print_state(span_of(line), &terminal);
    putchar('\n');
    print_workers(state, &terminal, &totals);
    print_sums(&totals, &terminal);
}
