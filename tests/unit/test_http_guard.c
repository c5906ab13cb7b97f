/* The strict gate: what it takes, what it refuses, and that cuts change nothing. */
#include "lib/wire/http_guard.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 16384, OK = 0, BAD = ERR_BAD_REQUEST, VERSION = ERR_HTTP_VERSION };

struct row {
    int result;
    struct span bytes;
};

/** A row of raw bytes, which may hold a NUL. */
#define RAW(result, literal)                \
    {                                       \
        result,                             \
        {                                   \
            "" literal, sizeof(literal) - 1 \
        }                                   \
    }

/** A request line with the fields that a good head needs. */
#define LINE(result, line) RAW(result, line "\r\nHost: a\r\n\r\n")

/** Field lines, each with its line end, in a good HTTP/1.1 head. */
#define FIELDS(result, fields) RAW(result, "GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n")

/** All of the fields, Host included. */
#define ONLY(result, fields) RAW(result, "GET / HTTP/1.1\r\n" fields "\r\n")

static const struct row request_lines[] = {
    LINE(OK, "GET / HTTP/1.1"),
    LINE(OK, "GET / HTTP/1.0"),
    LINE(OK, "POST /v1/chat/completions HTTP/1.1"),
    LINE(OK, "OPTIONS * HTTP/1.1"),
    LINE(OK, "GET http://a/b?c=d HTTP/1.1"),
    LINE(OK, "CONNECT a:443 HTTP/1.1"),
    LINE(OK, "GET /?a=b&c=%20d HTTP/1.1"),
    LINE(OK, "GET /!$&'()*+,;=:@-._~[]{}|^`\\\"<> HTTP/1.1"),
    LINE(OK, "get / HTTP/1.1"),
    LINE(OK, "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1"),
    LINE(OK, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF / HTTP/1.1"),
    LINE(ERR_METHOD_UNKNOWN, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1"),
    LINE(OK, "\r\nGET / HTTP/1.1"),
    LINE(BAD, "\r\n\r\nGET / HTTP/1.1"),
    LINE(BAD, "\nGET / HTTP/1.1"),
    LINE(BAD, "\rGET / HTTP/1.1"),
    LINE(BAD, "\r\n GET / HTTP/1.1"),
    LINE(BAD, " GET / HTTP/1.1"),
    LINE(BAD, "\tGET / HTTP/1.1"),
    LINE(BAD, "GET  / HTTP/1.1"),
    LINE(BAD, "GET /  HTTP/1.1"),
    LINE(BAD, "GET / HTTP/1.1 "),
    LINE(BAD, "GET\t/ HTTP/1.1"),
    LINE(BAD, "GET /\tHTTP/1.1"),
    LINE(BAD, "GET / HTTP/1.1\t"),
    LINE(BAD, "GET\v/ HTTP/1.1"),
    LINE(BAD, "GET /a b HTTP/1.1"),
    LINE(BAD, "GET /a\tb HTTP/1.1"),
    LINE(BAD, "GET /a\x7f HTTP/1.1"),
    LINE(BAD, "GET /a\0b HTTP/1.1"),
    LINE(BAD, "GET /a\x01 HTTP/1.1"),
    LINE(BAD, "GET /\xc3\xa9 HTTP/1.1"),
    LINE(BAD, "GET /#a HTTP/1.1"),
    LINE(BAD, "GET /a#b HTTP/1.1"),
    LINE(BAD, "GET"),
    LINE(BAD, "GET "),
    LINE(BAD, "GET /"),
    LINE(BAD, "GET / "),
    LINE(BAD, "GET HTTP/1.1"),
    LINE(BAD, "GET  HTTP/1.1"),
    LINE(BAD, " / HTTP/1.1"),
    LINE(BAD, "/ HTTP/1.1"),
    LINE(BAD, "HTTP/1.1 200 OK"),
    LINE(BAD, "G(T / HTTP/1.1"),
    LINE(BAD, "G\"T / HTTP/1.1"),
    LINE(BAD, "GE:T / HTTP/1.1"),
    LINE(BAD, "G\xc3\xa9T / HTTP/1.1"),
    LINE(BAD, "G\0T / HTTP/1.1"),
    LINE(BAD, "GET / http/1.1"),
    LINE(BAD, "GET / Http/1.1"),
    LINE(BAD, "GET / HTTP 1.1"),
    LINE(BAD, "GET / HTTP/"),
    LINE(BAD, "GET / HTTP/1"),
    LINE(BAD, "GET / HTTP/1."),
    LINE(BAD, "GET / HTTP/.1"),
    LINE(BAD, "GET / HTTP/1,1"),
    LINE(BAD, "GET / HTTP/1.10"),
    LINE(BAD, "GET / HTTP/1.1.1"),
    LINE(VERSION, "GET / HTTP/01.1"),
    LINE(BAD, "GET / HTTP/+1.1"),
    LINE(BAD, "GET / HTTP/1.x"),
    LINE(BAD, "GET / HTTP/x.1"),
    LINE(BAD, "GET / HTTPS/1.1"),
    LINE(BAD, "GET / ICE/1.1"),
    LINE(BAD, "GET / RTSP/1.1"),
    LINE(VERSION, "GET / HTTP/0.9"),
    LINE(VERSION, "GET / HTTP/1.2"),
    LINE(VERSION, "GET / HTTP/1.9"),
    LINE(VERSION, "GET / HTTP/2.0"),
    LINE(VERSION, "GET / HTTP/3"),
    RAW(VERSION, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    RAW(BAD, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    RAW(BAD, "\0\0\0\0"),
};

static const struct row line_ends[] = {
    RAW(BAD, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\rHost: a\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\rHost: a\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\n\nHost: a\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\n\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\n\rX"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX: y\nZ: w\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX: y\rZ: w\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\r\nZ: w\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX:\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX: \ny\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.1\r\nHost: a\r\nX\n\r\n"),
};

static const struct row fields[] = {
    FIELDS(OK, ""),
    FIELDS(OK, "X: y\r\n"),
    FIELDS(OK, "X:y\r\n"),
    FIELDS(OK, "X:\r\n"),
    FIELDS(OK, "X: \r\n"),
    FIELDS(OK, "X: \t y \t \r\n"),
    FIELDS(OK, "X: y\tz w\r\n"),
    FIELDS(OK, "X: \"#,;:=()<>@[]{}?/\\\r\n"),
    FIELDS(OK, "X: \xc3\xa9\x80\xff\r\n"),
    FIELDS(OK, "!#$%&'*+-.^_`|~09azAZ: y\r\n"),
    FIELDS(OK, "X: y\r\nX: y\r\n"),
    FIELDS(OK, "Hostx: b\r\nHos: b\r\nX-Host: b\r\n"),
    FIELDS(OK, "Content-Lengthy: b\r\nContent-Lengt: b\r\nContent-Type: b\r\n"),
    FIELDS(OK, "Transfer-Encodings: gzip\r\nTransfer-Encodin: gzip\r\nTE: gzip\r\n"),
    FIELDS(OK, "Upgrade: websocket\r\nConnection: Upgrade\r\n"),
    FIELDS(OK, "Authorization: Bearer weir_0123456789\r\n"),
    FIELDS(BAD, "X : y\r\n"),
    FIELDS(BAD, "X\t: y\r\n"),
    FIELDS(BAD, " X: y\r\n"),
    FIELDS(BAD, "\tX: y\r\n"),
    FIELDS(BAD, "X: y\r\n z\r\n"),
    FIELDS(BAD, "X: y\r\n\tz\r\n"),
    FIELDS(BAD, "X: y\r\n \r\n"),
    FIELDS(BAD, "X:\r\n y\r\n"),
    FIELDS(BAD, ": y\r\n"),
    FIELDS(BAD, ":\r\n"),
    FIELDS(BAD, " : y\r\n"),
    FIELDS(BAD, "X y\r\n"),
    FIELDS(BAD, "X\r\n"),
    FIELDS(BAD, "X Y: z\r\n"),
    FIELDS(BAD, "X(: y\r\n"),
    FIELDS(BAD, "X/: y\r\n"),
    FIELDS(BAD, "X@: y\r\n"),
    FIELDS(BAD, "X[]: y\r\n"),
    FIELDS(BAD, "X=: y\r\n"),
    FIELDS(BAD, "X\0: y\r\n"),
    FIELDS(BAD, "X\x7f: y\r\n"),
    FIELDS(BAD, "X\x01: y\r\n"),
    FIELDS(BAD, "\xc3\xa9: y\r\n"),
    FIELDS(BAD, "\xef\xbb\xbfX: y\r\n"),
    FIELDS(BAD, "X: \0\r\n"),
    FIELDS(BAD, "X: y\0z\r\n"),
    FIELDS(BAD, "X: y\x01\r\n"),
    FIELDS(BAD, "X: y\x08\r\n"),
    FIELDS(BAD, "X: y\v\r\n"),
    FIELDS(BAD, "X: y\f\r\n"),
    FIELDS(BAD, "X: y\x1b\r\n"),
    FIELDS(BAD, "X: y\x1f\r\n"),
    FIELDS(BAD, "X: y\x7f\r\n"),
    FIELDS(BAD, "X: 0123456789abcdef\x7f"
                "0123456789abcdef\r\n"),
    FIELDS(BAD, "X: 0123456789abcdef\x00"
                "0123456789abcdef\r\n"),
};

static const struct row hosts[] = {
    ONLY(OK, "Host: a\r\n"),
    ONLY(OK, "host:a\r\n"),
    ONLY(OK, "HOST: \t a:8080 \t\r\n"),
    ONLY(OK, "Host:\r\n"),
    ONLY(OK, "Host: \r\n"),
    ONLY(OK, "Host: [::1]:80\r\n"),
    ONLY(OK, "Host: a%20b.example-1_2~\r\n"),
    ONLY(OK, "X: y\r\nHost: a\r\n"),
    ONLY(BAD, ""),
    ONLY(BAD, "X: y\r\n"),
    ONLY(BAD, "Host: a\r\nHost: a\r\n"),
    ONLY(BAD, "Host: a\r\nhOST: b\r\n"),
    ONLY(BAD, "Host: a\r\nX: y\r\nHost:\r\n"),
    ONLY(BAD, "Host: a,b\r\n"),
    ONLY(BAD, "Host: a, b\r\n"),
    ONLY(BAD, "Host: a b\r\n"),
    ONLY(BAD, "Host: a\tb\r\n"),
    ONLY(BAD, "Host: a/b\r\n"),
    ONLY(BAD, "Host: a@b\r\n"),
    ONLY(BAD, "Host: a?b\r\n"),
    ONLY(BAD, "Host: a#b\r\n"),
    ONLY(BAD, "Host: a\\b\r\n"),
    ONLY(BAD, "Host: \"a\"\r\n"),
    ONLY(BAD, "Host: http://a\r\n"),
    ONLY(BAD, "Host: a\xc3\xa9\r\n"),
    ONLY(BAD, "Host: a\0\r\n"),
    ONLY(BAD, "Host : a\r\n"),
    ONLY(BAD, "Host\r\n"),
    RAW(OK, "GET / HTTP/1.0\r\n\r\n"),
    RAW(OK, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"),
    RAW(BAD, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"),
};

static const struct row lengths[] = {
    FIELDS(OK, "Content-Length: 0\r\n"),
    FIELDS(OK, "Content-Length:5\r\n"),
    FIELDS(OK, "content-length:  5  \r\n"),
    FIELDS(OK, "CONTENT-LENGTH: 007\r\n"),
    FIELDS(OK, "Content-Length: 123456789012345678\r\n"),
    FIELDS(BAD, "Content-Length: 1234567890123456789\r\n"),
    FIELDS(BAD, "Content-Length: 18446744073709551616\r\n"),
    FIELDS(BAD, "Content-Length: 000000000000000000005\r\n"),
    FIELDS(BAD, "Content-Length:\r\n"),
    FIELDS(BAD, "Content-Length: \r\n"),
    FIELDS(BAD, "Content-Length: 5\r\nContent-Length: 5\r\n"),
    FIELDS(BAD, "Content-Length: 5\r\nContent-Length: 6\r\n"),
    FIELDS(BAD, "Content-Length: 0\r\nX: y\r\ncontent-length: 0\r\n"),
    FIELDS(BAD, "Content-Length: 5, 5\r\n"),
    FIELDS(BAD, "Content-Length: 5,6\r\n"),
    FIELDS(BAD, "Content-Length: 5 5\r\n"),
    FIELDS(BAD, "Content-Length: 1 0\r\n"),
    FIELDS(BAD, "Content-Length: 5;x=y\r\n"),
    FIELDS(BAD, "Content-Length: +5\r\n"),
    FIELDS(BAD, "Content-Length: -5\r\n"),
    FIELDS(BAD, "Content-Length: -0\r\n"),
    FIELDS(BAD, "Content-Length: 5.0\r\n"),
    FIELDS(BAD, "Content-Length: 1e2\r\n"),
    FIELDS(BAD, "Content-Length: 0x5\r\n"),
    FIELDS(BAD, "Content-Length: 1_0\r\n"),
    FIELDS(BAD, "Content-Length: a\r\n"),
    FIELDS(BAD, "Content-Length: 5a\r\n"),
    FIELDS(BAD, "Content-Length: \"5\"\r\n"),
    FIELDS(BAD, "Content-Length: \t5\r\n"),
    FIELDS(BAD, "Content-Length:\t5\r\n"),
    FIELDS(BAD, "Content-Length: 5\t\r\n"),
    FIELDS(BAD, "Content-Length: 5 \t\r\n"),
    FIELDS(BAD, "Content-Length: 5\0\r\n"),
    FIELDS(BAD, "Content-Length: \xd9\xa5\r\n"),
    FIELDS(BAD, "Content-Length: 5\v\r\n"),
    FIELDS(BAD, "Content-Length : 5\r\n"),
    FIELDS(BAD, "Content-Length: 5\r\n 6\r\n"),
    FIELDS(BAD, "Content-Length: 5\n\r\n"),
};

static const struct row codings[] = {
    FIELDS(OK, "Transfer-Encoding: chunked\r\n"),
    FIELDS(OK, "transfer-encoding:  CHUNKED  \r\n"),
    FIELDS(OK, "TRANSFER-ENCODING:Chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding:\r\n"),
    FIELDS(BAD, "Transfer-Encoding: \r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunke\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunkedd\r\n"),
    FIELDS(BAD, "Transfer-Encoding: xchunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: gzip\r\n"),
    FIELDS(BAD, "Transfer-Encoding: identity\r\n"),
    FIELDS(BAD, "Transfer-Encoding: gzip, chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked, gzip\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked, identity\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked, chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked,\r\n"),
    FIELDS(BAD, "Transfer-Encoding: ,chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked;a=b\r\n"),
    FIELDS(BAD, "Transfer-Encoding: \"chunked\"\r\n"),
    FIELDS(BAD, "Transfer-Encoding: 'chunked'\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: \tchunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding:\tchunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\t\r\n"),
    FIELDS(BAD, "Transfer-Encoding: \vchunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\0\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chun\xe2\x84\xaa"
                "ed\r\n"),
    FIELDS(BAD, "Transfer-Encoding : chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding\r\n: chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding:\r\n chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\r\n , identity\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
    FIELDS(BAD, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
    FIELDS(BAD, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    FIELDS(BAD, "Content-Length: 0\r\nX: y\r\nTransfer-Encoding: chunked\r\n"),
    RAW(BAD, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    RAW(OK, "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n"),
};

struct table {
    const struct row *rows;
    size_t count;
};

#define TABLE(rows) (&(struct table){rows, sizeof(rows) / sizeof((rows)[0])})

static int feed_in_pieces(struct span bytes, size_t first, size_t step, size_t *head_end)
{
    struct http_guard guard;
    size_t done = 0;
    size_t size = first;

    http_guard_init(&guard, BYTES_MAX);
    while (done < bytes.len) {
        size_t len = bytes.len - done < size ? bytes.len - done : size;
        char *copy = malloc(len);
        size_t end = 0;
        int err;

        assert_non_null(copy);
        memcpy(copy, bytes.ptr + done, len);
        err = http_guard_feed(&guard, (struct span){copy, len}, &end);
        free(copy);
        if (err != ERR_AGAIN) {
            *head_end = done + end;
            return err;
        }
        done += len;
        size = step;
    }
    return ERR_AGAIN;
}

static void check_row(const struct row *row)
{
    for (size_t first = 0; first <= row->bytes.len; first++) {
        size_t head_end = 0;
        size_t step = first == 0 ? 1 : row->bytes.len;
        int err = feed_in_pieces(row->bytes, first == 0 ? 1 : first, step, &head_end);

        if (err != row->result)
            fail_msg("%s, not %s, cut at %zu: %.*s", err_name(err), err_name(row->result), first,
                     SPAN_FMT(row->bytes));
        if (err == 0)
            assert_int_equal(head_end, row->bytes.len);
    }
}

/** A test that takes every row of one table. */
static void check_table(void **state)
{
    const struct table *table = *state;

    for (size_t i = 0; i < table->count; i++)
        check_row(&table->rows[i]);
}

static void what_follows_the_head_is_left_alone(void **state)
{
    struct span bytes = SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n\n\0GET / HTTP/9");
    size_t head = sizeof("GET / HTTP/1.1\r\nHost: a\r\n\r\n") - 1;

    (void)state;
    for (size_t first = 1; first <= bytes.len; first++) {
        size_t head_end = 0;

        assert_int_equal(feed_in_pieces(bytes, first, bytes.len, &head_end), 0);
        assert_int_equal(head_end, head);
    }
}

static void a_prefix_of_a_head_wants_more(void **state)
{
    struct span bytes = SPAN(
        "\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y \r\n\r\n");

    (void)state;
    for (size_t len = 0; len < bytes.len; len++) {
        size_t head_end = 0;

        assert_int_equal(feed_in_pieces((struct span){bytes.ptr, len}, 1, 1, &head_end), ERR_AGAIN);
    }
}

static void a_refusal_stays(void **state)
{
    struct http_guard guard;
    size_t head_end;

    (void)state;
    http_guard_init(&guard, BYTES_MAX);
    assert_int_equal(http_guard_feed(&guard, SPAN("GET / HTTP/2.0"), &head_end), ERR_HTTP_VERSION);
    assert_int_equal(http_guard_feed(&guard, SPAN(""), &head_end), ERR_HTTP_VERSION);
    assert_int_equal(http_guard_feed(&guard, SPAN("GET / HTTP/1.0\r\n\r\n"), &head_end),
                     ERR_HTTP_VERSION);
}

/** Appends `text` `times` times. */
static struct span repeat(char *memory, struct span so_far, const char *text, size_t times)
{
    struct span piece = span_of(text);

    for (size_t i = 0; i < times; i++) {
        memcpy(memory + so_far.len, piece.ptr, piece.len);
        so_far.len += piece.len;
    }
    return (struct span){memory, so_far.len};
}

static void a_head_has_room_for_so_many_fields_and_no_more(void **state)
{
    static char memory[BYTES_MAX];

    (void)state;
    for (size_t extra = HTTP_HEADERS_MAX - 1; extra <= HTTP_HEADERS_MAX; extra++) {
        struct span head = repeat(memory, (struct span){memory, 0}, "GET / HTTP/1.1\r\nHost: a\r\n",
                                  1);

        head = repeat(memory, head, "X: y\r\n", extra);
        head = repeat(memory, head, "\r\n", 1);
        check_row(&(struct row){extra < HTTP_HEADERS_MAX ? 0 : ERR_HEAD_TOO_LARGE, head});
    }
}

static void a_target_has_room_for_so_many_bytes_and_no_more(void **state)
{
    static char memory[BYTES_MAX];

    (void)state;
    for (size_t bytes = HTTP_TARGET_BYTES_MAX; bytes <= HTTP_TARGET_BYTES_MAX + 1; bytes++) {
        struct span head = repeat(memory, (struct span){memory, 0}, "GET ", 1);
        size_t head_end;

        head = repeat(memory, head, "/", bytes);
        head = repeat(memory, head, " HTTP/1.1\r\nHost: a\r\n\r\n", 1);
        for (size_t step = 1; step <= head.len; step += 997)
            assert_int_equal(feed_in_pieces(head, step, step, &head_end),
                             bytes == HTTP_TARGET_BYTES_MAX ? 0 : ERR_TARGET_TOO_LONG);
    }
}

static void method_and_target_are_known_from_their_ends_on(void **state)
{
    struct span head = SPAN("\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nX\n");
    const size_t method_end = 6;
    const size_t target_end = 11;

    (void)state;
    for (size_t cut = 1; cut <= head.len; cut++) {
        struct span seen = {head.ptr, cut};
        struct http_guard guard;
        size_t head_end = 0;

        http_guard_init(&guard, BYTES_MAX);
        (void)http_guard_feed(&guard, (struct span){head.ptr, cut / 2}, &head_end);
        (void)http_guard_feed(&guard, span_skip(seen, cut / 2), &head_end);
        assert_true(span_equal(http_guard_method(&guard, seen),
                               cut > method_end ? SPAN("POST") : SPAN("")));
        assert_true(span_equal(http_guard_target(&guard, seen),
                               cut > target_end ? SPAN("/a?b") : SPAN("")));
    }
}

static void a_head_of_exactly_the_bound_fits(void **state)
{
    struct span head = SPAN("\r\nGET / HTTP/1.1\r\nHost: a\r\nX: 0123456789\r\n\r\n");

    (void)state;
    for (uint32_t bytes_max = 0; bytes_max <= head.len + 1; bytes_max++) {
        for (size_t first = 1; first <= head.len; first++) {
            struct http_guard guard;
            size_t head_end = 0;
            int err;

            http_guard_init(&guard, bytes_max);
            err = http_guard_feed(&guard, (struct span){head.ptr, first}, &head_end);
            if (err == ERR_AGAIN)
                err = http_guard_feed(&guard, span_skip(head, first), &head_end);
            assert_int_equal(err, bytes_max < head.len ? ERR_HEAD_TOO_LARGE : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"request_lines_have_one_form", check_table, NULL, NULL, TABLE(request_lines)},
        {"every_line_ends_in_crlf", check_table, NULL, NULL, TABLE(line_ends)},
        {"fields_are_tokens_with_printable_values", check_table, NULL, NULL, TABLE(fields)},
        {"one_host_names_the_gateway", check_table, NULL, NULL, TABLE(hosts)},
        {"a_length_stands_once_in_digits", check_table, NULL, NULL, TABLE(lengths)},
        {"the_only_coding_is_chunked", check_table, NULL, NULL, TABLE(codings)},
        cmocka_unit_test(what_follows_the_head_is_left_alone),
        cmocka_unit_test(a_prefix_of_a_head_wants_more),
        cmocka_unit_test(a_refusal_stays),
        cmocka_unit_test(a_head_has_room_for_so_many_fields_and_no_more),
        cmocka_unit_test(a_target_has_room_for_so_many_bytes_and_no_more),
        cmocka_unit_test(method_and_target_are_known_from_their_ends_on),
        cmocka_unit_test(a_head_of_exactly_the_bound_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
