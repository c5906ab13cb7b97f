/* The order that the encoder of a streamed answer can rely on, whatever the decoder tells. */
#include "lib/base/err.h"
#include "lib/protocol/hub_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { BYTES = 256 * 1024, STEPS_MAX = 12, SEED = 7 };

/* --- what is told, and what comes of it as text ----------------------------------------------- */

enum step_kind { STEP_NONE, TEXT, REASON, REDACT, SIGN, BREAK, TOOL, WHOLE, FINISH, FAIL };

struct step {
    enum step_kind kind;
    uint64_t key;
    const char *id;
    const char *name;
    const char *arguments; /* also text */
};

struct feed {
    struct region memory;
    struct hub_stream stream;
    struct text told;
    char text[4096];
};

static int open_feed(void **state)
{
    static struct feed feed;

    *state = &feed;
    feed.told = text_over(feed.text, sizeof(feed.text));
    return region_init(&feed.memory, BYTES);
}

static int close_feed(void **state)
{
    struct feed *feed = *state;

    region_close(&feed->memory);
    return 0;
}

static const char *word_of(enum hub_block_kind kind)
{
    static const char *const words[HUB_BLOCK_KIND_COUNT] = {
#define X(name, word) [HUB_##name] = (word),
        HUB_BLOCK_MAP(X)
#undef X
    };

    return words[kind];
}

static void write_start(struct text *out, const struct hub_event *event)
{
    text_add_char(out, '[');
    text_add_unsigned(out, event->index);
    text_add_char(out, ' ');
    text_add(out, span_of(word_of(event->block)));
    if (event->block == HUB_TOOL_CALL) {
        text_add_char(out, ' ');
        text_add_unsigned(out, event->tool);
        text_add_char(out, ' ');
        text_add(out, event->id);
        text_add_char(out, ' ');
        text_add(out, event->name);
        text_add(out, event->signature);
    }
    text_add_char(out, ':');
}

static void write_event(void *ctx, const struct hub_event *event)
{
    static const char *const finishes[HUB_FINISH_COUNT] = {
#define X(name, openai, ...) [HUB_FINISH_##name] = #name,
        HUB_FINISH_MAP(X)
#undef X
    };
    struct text *out = ctx;

    switch (event->kind) {
    case HUB_EVENT_START:
        text_add(out, SPAN("S"));
        break;
    case HUB_EVENT_BLOCK_START:
        write_start(out, event);
        break;
    case HUB_EVENT_DELTA:
        text_add(out, SPAN("<"));
        text_add(out, event->text);
        text_add(out, SPAN(">"));
        break;
    case HUB_EVENT_SIGNATURE:
        text_add(out, SPAN("~"));
        text_add(out, event->text);
        break;
    case HUB_EVENT_BLOCK_END:
        text_add(out, SPAN("]"));
        break;
    case HUB_EVENT_FINISH:
        text_add(out, SPAN("."));
        text_add(out, span_of(finishes[event->finish]));
        break;
    case HUB_EVENT_ERROR:
        text_add(out, SPAN("!"));
        text_add(out, event->error.message);
        break;
    }
}

static void tell_tool(struct hub_stream *stream, const struct step *step)
{
    const struct hub_tool_delta delta = {
        .key = step->key,
        .id = span_of(step->id),
        .name = span_of(step->name),
        .arguments = span_of(step->arguments),
        .is_whole = step->kind == WHOLE,
    };

    hub_stream_tool(stream, &delta);
}

static void tell(struct hub_stream *stream, const struct step *step)
{
    struct span text = span_of(step->arguments);

    switch (step->kind) {
    case TEXT:
        hub_stream_text(stream, HUB_TEXT, text);
        break;
    case REASON:
        hub_stream_text(stream, HUB_REASONING, text);
        break;
    case REDACT:
        hub_stream_text(stream, HUB_REDACTED, text);
        break;
    case SIGN:
        hub_stream_signature(stream, HUB_SIGNER_ANTHROPIC, text);
        break;
    case BREAK:
        hub_stream_break(stream);
        break;
    case TOOL:
    case WHOLE:
        tell_tool(stream, step);
        break;
    case FINISH:
        hub_stream_finish(stream, HUB_FINISH_STOP, SPAN(""));
        break;
    case FAIL:
        hub_stream_error(stream, ERR_UPSTREAM_FAILED, text);
        break;
    case STEP_NONE:
        break;
    }
}

static struct span run(struct feed *feed, const struct step *steps)
{
    feed->told.len = 0;
    hub_stream_init(&feed->stream, &feed->memory, SEED, write_event, &feed->told);
    for (size_t i = 0; i < STEPS_MAX; i++)
        tell(&feed->stream, &steps[i]);
    if (hub_stream_end(&feed->stream, PROTOCOL_OPENAI) != 0)
        text_add(&feed->told, SPAN("#"));
    region_reset(&feed->memory);
    assert_int_equal(feed->told.err, 0);
    return text_span(&feed->told);
}

struct row {
    struct step steps[STEPS_MAX];
    const char *told;
};

static void check(struct feed *feed, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct span told = run(feed, rows[i].steps);

        if (!span_equal(told, span_of(rows[i].told)))
            fail_msg("row %zu: %.*s is not %s", i, SPAN_FMT(told), rows[i].told);
    }
}

#define CHECK_ROWS(rows) check(*state, (rows), sizeof(rows) / sizeof((rows)[0]))

/* --- vectors ---------------------------------------------------------------------------------- */

static const struct row contiguous[] = {
    /* Vector 21. */
    {{{.kind = REASON, .arguments = "t"},
      {.kind = TEXT, .arguments = "a"},
      {TOOL, 0, "A", "f", ""},
      {.kind = TOOL, .key = 0, .arguments = "{\\\"x\\\":1}"},
      {.kind = FINISH}},
     "S[0 reasoning:<t>][1 text:<a>][2 tool call 0 A f:<{\\\"x\\\":1}>].TOOL_CALLS"},
    /* Vector 27: what begins a block is not lost. */
    {{{.kind = REASON, .arguments = "t"},
      {.kind = TEXT, .arguments = "He"},
      {.kind = TEXT, .arguments = "llo"},
      {.kind = FINISH}},
     "S[0 reasoning:<t>][1 text:<He><llo>].STOP"},
    /* Vector 28. */
    {{{.kind = TEXT, .arguments = ""}, {TOOL, 0, "A", "f", "{\\\"x\\\":1}"}, {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"x\\\":1}>].TOOL_CALLS"},
    {{{.kind = REASON, .arguments = "t"},
      {.kind = SIGN, .arguments = "s"},
      {.kind = REASON, .arguments = "u"},
      {.kind = BREAK},
      {.kind = REASON, .arguments = "v"},
      {.kind = FINISH}},
     "S[0 reasoning:<t>~s][1 reasoning:<u>][2 reasoning:<v>].STOP"},
    {{{.kind = SIGN, .arguments = "s"},
      {.kind = REDACT, .arguments = "d"},
      {.kind = REDACT, .arguments = "e"},
      {.kind = FINISH}},
     "S[0 reasoning:~s][1 redacted reasoning:<d>][2 redacted reasoning:<e>].STOP"},
    {{{.kind = FINISH}}, "S.STOP"},
};

static void blocks_are_contiguous_and_nothing_of_them_is_lost(void **state)
{
    CHECK_ROWS(contiguous);
}

static const struct row interleaved[] = {
    /* Vector 22. */
    {{{TOOL, 0, "A", "f", ""},
      {TOOL, 1, "B", "g", ""},
      {.kind = TOOL, .key = 0, .arguments = "{1}"},
      {.kind = TOOL, .key = 1, .arguments = "{2}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1}>][1 tool call 1 B g:<{2}>].TOOL_CALLS"},
    /* Vector 23. */
    {{{TOOL, 0, "A", "f", "{\\\"a\\\":"},
      {TOOL, 1, "B", "g", "{2}"},
      {.kind = TOOL, .key = 0, .arguments = "1}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"a\\\":><1}>][1 tool call 1 B g:<{2}>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{"},
      {.kind = TEXT, .arguments = "x"},
      {TOOL, 1, "B", "g", "{2"},
      {.kind = TEXT, .arguments = "y"},
      {.kind = TOOL, .key = 0, .arguments = "}"},
      {.kind = TOOL, .key = 1, .arguments = "}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{><}>][1 text:<x>][2 tool call 1 B g:<{2><}>][3 text:<y>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{"},
      {.kind = REASON, .arguments = "x"},
      {.kind = SIGN, .arguments = "s"},
      {.kind = REASON, .arguments = "y"},
      {.kind = BREAK},
      {.kind = REASON, .arguments = "z"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{>][1 reasoning:<x>~s][2 reasoning:<y>][3 reasoning:<z>].TOOL_CALLS"},
    /* A call without arguments ends when another one begins only if it was told whole. */
    {{{WHOLE, 0, "A", "f", ""},
      {WHOLE, 1, "B", "g", ""},
      {.kind = TEXT, .arguments = "x"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:][1 tool call 1 B g:][2 text:<x>].TOOL_CALLS"},
};

static void calls_that_are_told_at_once_stand_one_behind_the_other(void **state)
{
    CHECK_ROWS(interleaved);
}

static const struct row identities[] = {
    /* Vector 24. */
    {{{TOOL, 0, "A", "f", ""},
      {TOOL, 0, "A", "f", "{\\\"x\\\""},
      {TOOL, 0, "A", "f", ":1}"},
      {TOOL, 0, "A", "f", ""},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"x\\\"><:1}>].TOOL_CALLS"},
    /* Vector 25. */
    {{{TOOL, 0, "A", "f", "{1}"}, {TOOL, 0, "B", "g", "{2}"}, {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1}>][1 tool call 1 B g:<{2}>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{1"},
      {TOOL, 0, "B", "g", "{2"},
      {.kind = TOOL, .key = 0, .id = "A", .arguments = "}"},
      {.kind = TOOL, .key = 0, .id = "B", .arguments = "}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1><}>][1 tool call 1 B g:<{2><}>].TOOL_CALLS"},
    /* An id of its own for each piece. */
    {{{TOOL, 0, "A", "f", "{1"},
      {.kind = TOOL, .key = 0, .id = "X", .arguments = "}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1><}>].TOOL_CALLS"},
    /* The name comes late. */
    {{{.kind = TOOL, .key = 0, .id = "A", .arguments = "{1"},
      {.kind = TEXT, .arguments = "x"},
      {.kind = TOOL, .key = 0, .name = "f", .arguments = "}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1><}>][1 text:<x>].TOOL_CALLS"},
    /* It never comes. */
    {{{.kind = TOOL, .key = 0, .id = "A", .arguments = "{1}"},
      {.kind = TEXT, .arguments = "x"},
      {.kind = FINISH}},
     "S[0 text:<x>].STOP"},
    /* Without ids: two calls, the name repeated, and one whose id comes too late. */
    {{{.kind = WHOLE, .key = 0, .name = "f", .arguments = "{1}"},
      {.kind = WHOLE, .key = 0, .name = "f", .arguments = "{2}"},
      {.kind = FINISH}},
     "S[0 tool call 0 call_b8b4c2977eabce45 f:<{1}>]"
     "[1 tool call 1 call_27e8ac81e7bc3b89 f:<{2}>].TOOL_CALLS"},
    {{{.kind = TOOL, .key = 0, .name = "f", .arguments = "{1"},
      {TOOL, 0, "A", "f", "}"},
      {.kind = TOOL, .key = 0, .name = "f"},
      {.kind = FINISH}},
     "S[0 tool call 0 call_b8b4c2977eabce45 f:<{1><}>].TOOL_CALLS"},
};

static void a_call_is_known_by_its_key_and_its_id(void **state)
{
    CHECK_ROWS(identities);
}

static const struct row arguments[] = {
    /* Vector 26. */
    {{{TOOL, 0, "c", "Read", "{\\\"p\\\":\\\"x\\\"}"}, {.kind = FINISH}},
     "S[0 tool call 0 c Read:<{\\\"p\\\":\\\"x\\\"}>].TOOL_CALLS"},
    /* Vector 4. */
    {{{TOOL, 0, "A", "f", ""}, {.kind = FINISH}}, "S[0 tool call 0 A f:].TOOL_CALLS"},
    /* Vector 5: an empty object, and then the real one. */
    {{{TOOL, 0, "A", "f", "{}"},
      {.kind = TOOL, .key = 0, .arguments = "{\\\"a\\\":"},
      {.kind = TOOL, .key = 0, .arguments = "1}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"a\\\":><1}>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{}"},
      {TOOL, 1, "B", "g", " { } "},
      {.kind = TEXT, .arguments = "x"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:][1 tool call 1 B g:][2 text:<x>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{}{}{\\\"a\\\":1}{\\\"b\\\":1}"}, {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"a\\\":1}>].TOOL_CALLS"},
    /* White space, what is no object, and signs inside strings. */
    {{{TOOL, 0, "A", "f", "\\n "},
      {.kind = TOOL, .key = 0, .arguments = " {1} \\n"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{1}>].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "null"}, {.kind = FINISH}}, "S[0 tool call 0 A f:].TOOL_CALLS"},
    {{{TOOL, 0, "A", "f", "{\\\"}\\\\\\\"}"},
      {.kind = TOOL, .key = 0, .arguments = "\\u0022\\u007d}"},
      {.kind = FINISH}},
     "S[0 tool call 0 A f:<{\\\"}\\\\\\\"}><\\u0022\\u007d>].TOOL_CALLS"},
    /* Cut by the answer's length. */
    {{{TOOL, 0, "A", "f", "{\\\"a"}, {.kind = FINISH}}, "S[0 tool call 0 A f:<{\\\"a>].TOOL_CALLS"},
};

static void arguments_are_one_object_or_nothing(void **state)
{
    CHECK_ROWS(arguments);
}

static const struct row ends[] = {
    {{{.kind = TEXT, .arguments = "x"}}, "S[0 text:<x>#"},
    {{{.kind = STEP_NONE}}, "#"},
    {{{.kind = TEXT, .arguments = "x"},
      {.kind = FAIL, .arguments = "no"},
      {.kind = TEXT, .arguments = "y"},
      {.kind = FINISH}},
     "S[0 text:<x>!no"},
    {{{.kind = FAIL, .arguments = "no"}, {.kind = FAIL, .arguments = "again"}}, "!no"},
    {{{.kind = FINISH}, {.kind = TEXT, .arguments = "late"}}, "S[0 text:<late>].STOP"},
};

static void a_stream_ends_once(void **state)
{
    CHECK_ROWS(ends);
}

static void the_last_reason_counts_and_a_call_that_is_missing_is_no_reason(void **state)
{
    struct feed *feed = *state;

    hub_stream_init(&feed->stream, &feed->memory, SEED, write_event, &feed->told);
    hub_stream_finish(&feed->stream, HUB_FINISH_LENGTH, SPAN(""));
    hub_stream_finish(&feed->stream, HUB_FINISH_TOOL_CALLS, SPAN(""));
    assert_int_equal(hub_stream_end(&feed->stream, PROTOCOL_OPENAI), 0);
    assert_true(span_equal(text_span(&feed->told), SPAN("S.STOP")));
}

static void a_stream_that_needs_more_than_the_region_holds_gives_up(void **state)
{
    struct feed *feed = *state;
    static char long_text[BYTES];
    struct hub_tool_delta delta = {.id = SPAN("A"), .name = SPAN("f"), .arguments = SPAN("{")};

    memset(long_text, 'x', sizeof(long_text));
    hub_stream_init(&feed->stream, &feed->memory, SEED, write_event, &feed->told);
    hub_stream_tool(&feed->stream, &delta);
    hub_stream_text(&feed->stream, HUB_TEXT, (struct span){long_text, sizeof(long_text)});
    assert_int_equal(feed->stream.err, ERR_NO_MEMORY);
    hub_stream_finish(&feed->stream, HUB_FINISH_STOP, SPAN(""));
    assert_int_equal(hub_stream_end(&feed->stream, PROTOCOL_OPENAI), ERR_NO_MEMORY);
    assert_true(span_equal(text_span(&feed->told), SPAN("S[0 tool call 0 A f:<{>")));
}

static void a_stream_has_a_bound_of_calls(void **state)
{
    struct feed *feed = *state;
    struct hub_tool_delta delta = {.name = SPAN("f"), .is_whole = true};

    feed->told = text_over(NULL, 0);
    hub_stream_init(&feed->stream, &feed->memory, SEED, write_event, &feed->told);
    for (uint64_t i = 0; i <= HUB_STREAM_TOOLS_MAX; i++) {
        assert_int_equal(feed->stream.err, 0);
        delta.key = i;
        hub_stream_tool(&feed->stream, &delta);
    }
    assert_int_equal(feed->stream.err, ERR_UPSTREAM_PROTOCOL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_feed, close_feed)
    const struct CMUnitTest tests[] = {
        TEST(blocks_are_contiguous_and_nothing_of_them_is_lost),
        TEST(calls_that_are_told_at_once_stand_one_behind_the_other),
        TEST(a_call_is_known_by_its_key_and_its_id),
        TEST(arguments_are_one_object_or_nothing),
        TEST(a_stream_ends_once),
        TEST(the_last_reason_counts_and_a_call_that_is_missing_is_no_reason),
        TEST(a_stream_that_needs_more_than_the_region_holds_gives_up),
        TEST(a_stream_has_a_bound_of_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
