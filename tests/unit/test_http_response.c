/* Answers of upstreams: heads, bodies, ends, and that cuts change nothing. */
#include "lib/wire/http_response.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** What came out of an answer, as text: "200 type=… retry=… length=… body=…", and the end. */
struct told {
    char text[1024];
    size_t len;
    int err;
    bool has_ended;
    size_t left;
};

#define OK "HTTP/1.1 200 OK\r\n"

/** Longer than any value that is kept. */
#define BLANKS    BLANKS_50 BLANKS_50 BLANKS_50
#define BLANKS_50 "                                                  "

static void add(struct told *told, struct span bytes)
{
    assert_true(told->len + bytes.len < sizeof(told->text));
    if (bytes.len > 0)
        memcpy(told->text + told->len, bytes.ptr, bytes.len);
    told->len += bytes.len;
    told->text[told->len] = '\0';
}

static void add_head(struct told *told, const struct http_response *response)
{
    char head[512];

    snprintf(head, sizeof(head), "%d type=%.*s retry=%.*s length=%d body=", response->status,
             SPAN_FMT(http_response_type(response)), SPAN_FMT(http_response_retry(response)),
             (int)response->content_length);
    add(told, span_of(head));
}

/* Feeds from memory of its own, so that a read beyond the piece is seen. */
static void feed(struct http_response *response, struct span piece, struct told *told)
{
    char *copy = malloc(piece.len);
    struct span bytes = {copy, piece.len};
    enum http_response_event event = HTTP_RESPONSE_HEAD;

    assert_non_null(copy);
    memcpy(copy, piece.ptr, piece.len);
    while (told->err == 0 && event != HTTP_RESPONSE_MORE && event != HTTP_RESPONSE_END) {
        struct span content;

        told->err = http_response_next(response, &bytes, &event, &content);
        if (told->err == 0 && event == HTTP_RESPONSE_HEAD)
            add_head(told, response);
        if (told->err == 0 && event == HTTP_RESPONSE_BODY) {
            assert_true(content.len > 0);
            add(told, content);
        }
        told->has_ended = event == HTTP_RESPONSE_END;
        told->left = bytes.len;
    }
    free(copy);
}

/* In pieces of `first` and the rest; in single bytes when `first` is 0. */
static struct told read_answer(struct http_response *response, struct span bytes, size_t first)
{
    struct told told = {.len = 0};
    size_t size = first == 0 ? 1 : first;

    http_response_init(response);
    while (bytes.len > 0 && told.err == 0 && !told.has_ended) {
        size_t len = bytes.len < size ? bytes.len : size;

        feed(response, (struct span){bytes.ptr, len}, &told);
        bytes = span_skip(bytes, len);
        told.left += bytes.len;
        size = first == 0 ? 1 : bytes.len;
    }
    return told;
}

static const struct {
    const char *answer;
    const char *told;
    bool has_ended;
    bool is_kept;
    size_t left;
} same_answers[] = {
    {OK "Content-Length: 2\r\n\r\nok", "200 type= retry= length=2 body=ok", true, true, 0},
    {OK "content-length:2\r\n\r\nok", "200 type= retry= length=2 body=ok", true, true, 0},
    {OK "Content-Length: 2\r\n\r\nok+", "200 type= retry= length=2 body=ok", true, true, 1},
    {OK "Content-Length: 0\r\n\r\n", "200 type= retry= length=0 body=", true, true, 0},
    {"HTTP/1.1 429 \r\nRetry-After:  7 \r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
     "429 type=text/plain retry=7 length=1 body=x", true, true, 0},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Type: a\r\n\r\n"
     "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
     "201 type= retry= length=1 body=x", true, true, 0},
    {OK "Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\nA\r\n0123456789\r\n0\r\nT: 1\r\nU:\r\n\r\n",
     "200 type= retry= length=-1 body=ok0123456789", true, true, 0},
    {OK "\r\nuntil the end", "200 type= retry= length=-1 body=until the end", false, false, 0},
    {OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x", true,
     false, 0},
    {OK "Connection: a , CLOSE\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x",
     true, false, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x", true,
     false, 0},
    {"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x", true, true,
     0},
    {"HTTP/1.1 599 a\tb  \xff \r\nContent-Length: 0\r\n\r\n",
     "599 type= retry= length=0 body=", true, true, 0},
    {"HTTP/1.0 200 OK\r\n\r\nuntil the end", "200 type= retry= length=-1 body=until the end", false,
     false, 0},
    {OK "Content-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx",
     "200 type= retry= length=1 body=x", true, true, 0},
    {"HTTP/1.1 204 No Content\r\n\r\n", "204 type= retry= length=-1 body=", true, true, 0},
    {"HTTP/1.1 204 \r\nContent-Length: 0\r\n\r\nx", "204 type= retry= length=0 body=", true, true,
     1},
    {"HTTP/1.1 304 \r\nContent-Length: 5\r\n\r\nhello", "304 type= retry= length=5 body=", true,
     true, 5},
    {"HTTP/1.1 304 \r\nTransfer-Encoding: chunked\r\n\r\n",
     "304 type= retry= length=-1 body=", true, true, 0},
    {OK "Host: a,b\r\nHost: c\r\nContent-Length: 000000000000000001\r\n\r\nx",
     "200 type= retry= length=1 body=x", true, true, 0},
    {OK "Content-Type: a\tb\r\nContent-Length: 0\r\n\r\n", "200 type= retry= length=0 body=", true,
     true, 0},
    {OK "Content-Length:  1" BLANKS "\r\n\r\nx", "200 type= retry= length=1 body=x", true, true, 0},
    {OK "Transfer-Encoding-Of-Another-Kind: x\r\nContent-Length: 0\r\n\r\n",
     "200 type= retry= length=0 body=", true, true, 0},
};

static void answers_mean_the_same_wherever_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(same_answers) / sizeof(same_answers[0]); i++) {
        struct span answer = span_of(same_answers[i].answer);

        for (size_t cut = 0; cut <= answer.len; cut++) {
            struct http_response response;
            struct told told = read_answer(&response, answer, cut);

            assert_int_equal(told.err, 0);
            assert_string_equal(told.text, same_answers[i].told);
            assert_int_equal(told.has_ended, same_answers[i].has_ended);
            assert_int_equal(told.left, same_answers[i].left);
            assert_int_equal(http_response_is_kept_alive(&response), same_answers[i].is_kept);
            assert_int_equal(http_response_close(&response),
                             same_answers[i].has_ended ? ERR_UPSTREAM_CUT : 0);
        }
    }
}

/** A row of raw bytes, which may hold a NUL. */
#define RAW(literal)                    \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

/** A status line in an answer that is good otherwise; fields in one; a chunked body. */
#define STATUS(line)    RAW(line "Content-Length: 0\r\n\r\n")
#define FIELDS(lines)   RAW(OK lines "\r\n\r\nx")
#define CHUNKS(literal) RAW(OK "Transfer-Encoding: chunked\r\n\r\n" literal)

/* By the rules that lib/wire/http_response.h lists. */
static const struct span malformed[] = {
    /* the status line */
    STATUS("SMTP 220 hello\r\n"),
    STATUS("\r\n" OK),
    STATUS("\n" OK),
    STATUS(" " OK),
    STATUS("http/1.1 200 OK\r\n"),
    STATUS("HTTP/1.1 200 OK\n"),
    STATUS("HTTP/1.1 200 OK\r"),
    STATUS("HTTP/1.1 200 OK\r\r\n"),
    STATUS("HTTP/1.1 200 O\rK\r\n"),
    STATUS("HTTP/1.1 200 O\0K\r\n"),
    STATUS("HTTP/1.1 200 O\x7fK\r\n"),
    STATUS("HTTP/1.1 200\n"),
    STATUS("HTTP/1.1  200 OK\r\n"),
    STATUS("HTTP/1.1\t200 OK\r\n"),
    STATUS("HTTP/1.1 200\tOK\r\n"),
    STATUS("HTTP/1.1 200OK\r\n"),
    STATUS("HTTP/1.1 \r\n"),
    STATUS("HTTP/1.1\r\n"),
    STATUS("HTTP/1.2 200 OK\r\n"),
    STATUS("HTTP/1.10 200 OK\r\n"),
    STATUS("HTTP/11 200 OK\r\n"),
    STATUS("HTTP/0.9 200 OK\r\n"),
    STATUS("HTTP/2 200 OK\r\n"),
    STATUS("HTTP/2.0 200 OK\r\n"),
    STATUS("HTTP/1.1 99 Odd\r\n"),
    STATUS("HTTP/1.1 099 Odd\r\n"),
    STATUS("HTTP/1.1 1000 Odd\r\n"),
    STATUS("HTTP/1.1 600 Odd\r\n"),
    STATUS("HTTP/1.1 2 Odd\r\n"),
    STATUS("HTTP/1.1 20x Odd\r\n"),
    STATUS("HTTP/1.1 -20 Odd\r\n"),
    /* lines and names */
    RAW(OK "Content-Length: 0\n\r\n"),
    RAW(OK "Content-Length: 0\r\n\n"),
    FIELDS("a: b\rc"),
    FIELDS("a: b\r"),
    FIELDS("a: b\nc: d"),
    FIELDS("a: b\r\n c"),
    FIELDS("a: b\r\n\tc"),
    FIELDS(" a: b"),
    FIELDS("a : b"),
    FIELDS("a\t: b"),
    FIELDS(": b"),
    FIELDS("a b: c"),
    FIELDS("a\0: b"),
    FIELDS("(a): b"),
    FIELDS("\xc3\xa4: b"),
    FIELDS("no colon"),
    FIELDS("a: \x01"),
    FIELDS("a: \0"),
    FIELDS("a: b\0c"),
    FIELDS("a: \x7f"),
    /* lengths and codings */
    FIELDS("Content-Length: 1\r\nContent-Length: 1"),
    FIELDS("Content-Length: 1\r\nCONTENT-LENGTH: 2"),
    FIELDS("Content-Length: 1\r\nTransfer-Encoding: chunked"),
    FIELDS("Transfer-Encoding: chunked\r\nContent-Length: 1"),
    FIELDS("Content-Length: 1,1"),
    FIELDS("Content-Length: 1 1"),
    FIELDS("Content-Length: -1"),
    FIELDS("Content-Length: +1"),
    FIELDS("Content-Length: 0x1"),
    FIELDS("Content-Length: 1_0"),
    FIELDS("Content-Length: 1.0"),
    FIELDS("Content-Length:\t1"),
    FIELDS("Content-Length: 1\t"),
    FIELDS("Content-Length: "),
    FIELDS("Content-Length:"),
    FIELDS("Content-Length: 0000000000000000001"),
    FIELDS("Content-Length: 99999999999999999999"),
    FIELDS("Transfer-Encoding: gzip, chunked"),
    FIELDS("Transfer-Encoding: chunked, gzip"),
    FIELDS("Transfer-Encoding: chunked;q=1"),
    FIELDS("Transfer-Encoding: chunked,"),
    FIELDS("Transfer-Encoding: xchunked"),
    FIELDS("Transfer-Encoding: chunkedx"),
    FIELDS("Transfer-Encoding: \"chunked\""),
    FIELDS("Transfer-Encoding:\tchunked"),
    FIELDS("Transfer-Encoding: \x0b"
           "chunked"),
    FIELDS("Transfer-Encoding: gzip"),
    FIELDS("Transfer-Encoding: identity"),
    FIELDS("Transfer-Encoding:"),
    FIELDS("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    FIELDS("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
    RAW("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    FIELDS("Content-Encoding: gzip"),
    FIELDS("Content-Encoding: identity, br"),
    FIELDS("Content-Encoding: identity\r\nContent-Encoding: gzip"),
    FIELDS("Content-Encoding: identity" BLANKS),
    FIELDS("Content-Encoding:"),
    /* answers that are none, and answers without a body */
    RAW("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    RAW("HTTP/1.1 100 \r\n\r\nHTTP/1.1 101 \r\n\r\n"),
    RAW("HTTP/1.1 100 \r\nContent-Length: 1\r\n\r\n" OK "\r\n"),
    RAW("HTTP/1.1 103 \r\nTransfer-Encoding: chunked\r\n\r\n" OK "\r\n"),
    RAW("HTTP/1.1 100 \r\n\r\n\r\n" OK "\r\n"),
    RAW("HTTP/1.1 204 \r\nContent-Length: 1\r\n\r\n"),
    RAW("HTTP/1.1 204 \r\nTransfer-Encoding: chunked\r\n\r\n"),
    /* chunks and trailers */
    CHUNKS("x\r\n"),
    CHUNKS("\r\n"),
    CHUNKS("000000001\r\nx"),
    CHUNKS("100000000\r\nx"),
    CHUNKS("0x1\r\nx\r\n"),
    CHUNKS("+1\r\nx\r\n"),
    CHUNKS("1 \r\nx\r\n"),
    CHUNKS("1\nx\r\n"),
    CHUNKS("1\rx\r\n"),
    CHUNKS("1\r\nxy\r\n"),
    CHUNKS("1\r\nx\n"),
    CHUNKS("1;a=b\r\nx\r\n"),
    CHUNKS("1;\r\nx\r\n"),
    CHUNKS("0;a\r\n\r\n"),
    CHUNKS("0\r\n\n"),
    CHUNKS("0\r\nT: 1\n\r\n"),
    CHUNKS("0\r\n T: 1\r\n\r\n"),
    CHUNKS("0\r\nT: 1\r\n 2\r\n\r\n"),
    CHUNKS("0\r\nT : 1\r\n\r\n"),
    CHUNKS("0\r\n: 1\r\n\r\n"),
    CHUNKS("0\r\nT\r\n\r\n"),
    CHUNKS("0\r\nT: \0\r\n\r\n"),
    CHUNKS("0\r\nT: 1\r2\r\n\r\n"),
};

static void check_refused(struct span answer, size_t cut)
{
    struct http_response response;

    if (read_answer(&response, answer, cut).err != ERR_UPSTREAM_PROTOCOL)
        fail_msg("taken when cut at %zu: %.*s", cut, SPAN_FMT(answer));
}

static void malformed_answers_are_refused_wherever_they_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        for (size_t cut = 0; cut <= malformed[i].len; cut++)
            check_refused(malformed[i], cut);
    }
}

static void an_answer_is_cut_short_by_its_connection(void **state)
{
    static const struct span cut_short[] = {
        RAW("H"),
        RAW(OK "Content-Length: 1\r\n"),
        RAW(OK "\r"),
        RAW(OK "Content-Length: 2\r\n\r\nx"),
        RAW("HTTP/1.1 100 \r\n\r\n"),
        CHUNKS(""),
        CHUNKS("1\r\nx"),
        CHUNKS("1\r\nx\r\n0\r\n"),
        CHUNKS("0\r\nT: 1\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cut_short) / sizeof(cut_short[0]); i++) {
        struct http_response response;
        struct told told = read_answer(&response, cut_short[i], cut_short[i].len);

        assert_int_equal(told.err, 0);
        assert_false(told.has_ended);
        assert_int_equal(http_response_close(&response), ERR_UPSTREAM_CUT);
        assert_false(http_response_is_kept_alive(&response));
    }
}

static int read_repeated(const char *before, const char *part, size_t count, const char *after)
{
    struct http_response response;
    struct told told = {.len = 0};

    http_response_init(&response);
    feed(&response, span_of(before), &told);
    for (size_t i = 0; i < count && told.err == 0; i++)
        feed(&response, span_of(part), &told);
    if (told.err == 0)
        feed(&response, span_of(after), &told);
    return told.err;
}

static void every_bound_holds(void **state)
{
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    static const char end[] = OK "Content-Length: 0\r\n\r\n";
    static const char line[] = "x-padding: 01234567890123456789012345678901\r\n";
    static const char chunked[] = OK "Transfer-Encoding: chunked\r\n\r\n0\r\n";
    char reason[4096 + 1];

    (void)state;
    assert_int_equal(read_repeated("", interim, 16, end), 0);
    assert_int_equal(read_repeated("", interim, 17, end), ERR_UPSTREAM_PROTOCOL);
    assert_int_equal(read_repeated(OK, line, HTTP_HEADERS_MAX, "\r\n"), 0);
    assert_int_equal(read_repeated(OK, line, HTTP_HEADERS_MAX + 1, ""), ERR_UPSTREAM_PROTOCOL);
    assert_int_equal(read_repeated(chunked, line, 180, "\r\n"), 0);
    assert_int_equal(read_repeated(chunked, line, 200, ""), ERR_UPSTREAM_PROTOCOL);
    assert_int_equal(read_repeated(chunked, "a:\r\n", 4096, "\r\n"), 0);
    assert_int_equal(read_repeated(chunked, "a:\r\n", 4097, ""), ERR_UPSTREAM_PROTOCOL);

    /* 64 KiB of heads: in one, and in several. */
    memset(reason, 'a', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    assert_int_equal(read_repeated("HTTP/1.1 200 ", reason, 15, "\r\n\r\n"), 0);
    assert_int_equal(read_repeated("HTTP/1.1 200 ", reason, 16, ""), ERR_UPSTREAM_PROTOCOL);
    memcpy(reason, "HTTP/1.1 100 ", 13);
    memcpy(reason + 4092, "\r\n\r\n", 4);
    assert_int_equal(read_repeated("", reason, 15, end), 0);
    assert_int_equal(read_repeated("", reason, 16, end), ERR_UPSTREAM_PROTOCOL);
}

static void long_values_are_not_told(void **state)
{
    char answer[1024];
    struct http_response response;

    (void)state;
    for (int len = 60; len < 140; len++) {
        snprintf(answer, sizeof(answer),
                 OK "Content-Type: %0*d\r\nRetry-After: %0*d\r\nContent-Length: 0\r\n\r\n", len, 7,
                 len, 7);
        read_answer(&response, span_of(answer), 0);
        assert_int_equal(http_response_type(&response).len, len <= 128 ? len : 0);
        assert_int_equal(http_response_retry(&response).len, len <= 64 ? len : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_mean_the_same_wherever_they_are_cut),
        cmocka_unit_test(malformed_answers_are_refused_wherever_they_are_cut),
        cmocka_unit_test(an_answer_is_cut_short_by_its_connection),
        cmocka_unit_test(every_bound_holds),
        cmocka_unit_test(long_values_are_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
