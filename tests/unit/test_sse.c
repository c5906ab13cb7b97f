/* The framing of event streams, and that cuts change nothing. */
#include "lib/wire/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TRACE_BYTES = 512 };

/**
 * A stream as it was cut: framing bytes as `.`, data as it is, `;` the end of a data line, and
 * events in parentheses.
 */
struct trace {
    char text[TRACE_BYTES];
    size_t len;
};

static void note(struct trace *trace, const char *c)
{
    assert_true(trace->len + 1 < sizeof(trace->text));
    trace->text[trace->len++] = *c;
    trace->text[trace->len] = '\0';
}

static void note_piece(struct trace *trace, const struct sse_piece *piece)
{
    static const char *const marks[] = {
        [SSE_DATA_END] = ";", [SSE_EVENT_BEGIN] = "(", [SSE_EVENT_END] = ")"};

    if (piece->kind != SSE_FRAMING && piece->kind != SSE_DATA) {
        assert_int_equal(piece->bytes.len, 0);
        note(trace, marks[piece->kind]);
        return;
    }
    assert_true(piece->bytes.len > 0);
    for (size_t i = 0; i < piece->bytes.len; i++)
        note(trace, piece->kind == SSE_DATA ? &piece->bytes.ptr[i] : ".");
}

static void feed(struct sse *sse, struct span bytes, struct trace *trace)
{
    char *copy = malloc(bytes.len);
    struct span left = {copy, bytes.len};

    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    while (true) {
        const char *at = left.ptr;
        struct sse_piece piece = sse_next(sse, &left);

        if (piece.kind == SSE_MORE)
            break;
        /* The pieces are the bytes, in order. */
        if (piece.bytes.len > 0)
            assert_ptr_equal(piece.bytes.ptr, at);
        assert_ptr_equal(left.ptr, at + piece.bytes.len);
        note_piece(trace, &piece);
    }
    assert_int_equal(left.len, 0);
    free(copy);
}

static bool cut(struct span stream, size_t first, size_t step, struct trace *trace)
{
    struct sse sse;
    size_t size = first;

    sse_init(&sse);
    trace->len = 0;
    trace->text[0] = '\0';
    while (stream.len > 0) {
        size_t len = stream.len < size ? stream.len : size;

        feed(&sse, (struct span){stream.ptr, len}, trace);
        stream = span_skip(stream, len);
        size = step;
    }
    return sse_is_inside_event(&sse);
}

struct stream_row {
    const char *stream;
    const char *trace;
    bool inside;
};

static const struct stream_row streams[] = {
    {"", "", false},
    {"data: a\n\n", "(......a;..)", false},
    {"data:a\n\n", "(.....a;..)", false},
    {"data:  a\n\n", "(...... a;..)", false},
    {"data: a\r\n\r\n", "(......a;...).", false},
    {"data: a\r\r", "(......a;..)", false},
    {"data: a\n\r\n", "(......a;..).", false},
    {"data: a\r\n\n", "(......a;...)", false},
    {"data: a\ndata: b\n\n", "(......a;.......b;..)", false},
    {"data: a\n\ndata: b\n\n", "(......a;..)(......b;..)", false},
    {"data: a\r\n\r\ndata: b\r\n\r\n", "(......a;...).(......b;...).", false},
    {"data: a\r\rdata: b\r\r", "(......a;..)(......b;..)", false},
    {"data:\n\n", "(.....;..)", false},
    {"data: \n\n", "(......;..)", false},
    {"data\n\n", "(....;..)", false},
    {"data\r\r", "(....;..)", false},
    {"data:a:b\n\n", "(.....a:b;..)", false},
    {"data: \xc3\xa9\xff\n\n", "(......\xc3\xa9\xff;..)", false},
    {"datax: a\n\n", "(..........)", false},
    {"dat: a\n\n", "(........)", false},
    {"data : a\n\n", "(..........)", false},
    {" data: a\n\n", "(..........)", false},
    {"Data: a\n\n", "(.........)", false},
    {"event: x\nid: 1\ndata: a\nretry: 5\n\n", "(.....................a;...........)", false},
    {": comment\n\n", "...........", false},
    {":\n\n\n", "....", false},
    {": comment\ndata: a\n\n", "..........(......a;..)", false},
    {"data: a\n: comment\ndata: b\n\n", "(......a;.................b;..)", false},
    {"\n\n\r\n\r", ".....", false},
    {"\n\ndata: a\n\n\n\n", "..(......a;..)..", false},
    {"\xef\xbb\xbf"
     "data: a\n\n",
     "...(......a;..)", false},
    {"\xef\xbb\xbf", "...", false},
    {"\xef\xbb"
     "data: a\n\n",
     "..(.........)", false},
    {"\xef\n\n", ".(..)", false},
    {"\n\xef\xbb\xbf"
     "data: a\n\n",
     ".(............)", false},
    {"data: a\n\n\xef\xbb\xbf"
     "data: b\n\n",
     "(......a;..)(............)", false},
    {"data: a", "(......a", true},
    {"data: a\n", "(......a;.", true},
    {"data: a\r\n", "(......a;..", true},
    {"da", "(..", true},
    {"event: x\n", "(.........", true},
    {"\xef\xbb", "..", true},
    {": comment", ".........", true},
    {": comment\n", "..........", false},
    {"data: a\n\nd", "(......a;..)(.", true},
};

static void check_stream(const struct stream_row *row, size_t first, size_t step)
{
    struct trace trace;
    bool inside = cut(span_of(row->stream), first, step, &trace);

    if (strcmp(trace.text, row->trace) != 0 || inside != row->inside)
        fail_msg("cut at %zu: %s, not %s (%d)", first, trace.text, row->trace, inside);
}

static void streams_are_cut_into_lines_and_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
        check_stream(&streams[i], 1, 1);
        for (size_t first = 1; first <= strlen(streams[i].stream); first++)
            check_stream(&streams[i], first, SIZE_MAX);
    }
}

static void an_event_ends_with_its_last_byte(void **state)
{
    struct span bytes = SPAN("data: a\n\n");
    struct sse sse;

    (void)state;
    sse_init(&sse);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_EVENT_BEGIN);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_FRAMING);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_DATA);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_DATA_END);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_FRAMING);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_EVENT_END);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_MORE);
    assert_int_equal(sse_next(&sse, &bytes).kind, SSE_MORE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_cut_into_lines_and_events),
        cmocka_unit_test(an_event_ends_with_its_last_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
