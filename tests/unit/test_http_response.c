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

static void answers_mean_the_same_wherever_they_are_cut(void **state)
{
    static const struct {
        const char *answer;
        const char *told;
        bool has_ended;
        bool is_kept;
        size_t left;
    } rows[] = {
        {OK "Content-Length: 2\r\n\r\nok", "200 type= retry= length=2 body=ok", true, true, 0},
        {OK "content-length:2\r\n\r\nok", "200 type= retry= length=2 body=ok", true, true, 0},
        {OK "Content-Length: 2\r\n\r\nok+", "200 type= retry= length=2 body=ok", true, true, 1},
        {OK "Content-Length: 0\r\n\r\n", "200 type= retry= length=0 body=", true, true, 0},
        {"HTTP/1.1 429 \r\nRetry-After:  7 \r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx",
         "429 type=text/plain retry=7 length=1 body=x", true, true, 0},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nContent-Type: a\r\n\r\n"
         "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
         "201 type= retry= length=1 body=x", true, true, 0},
        {OK
         "Transfer-Encoding: Chunked\r\n\r\n2\r\nok\r\nA\r\n0123456789\r\n0\r\nT: 1\r\nU:\r\n\r\n",
         "200 type= retry= length=-1 body=ok0123456789", true, true, 0},
        {OK "\r\nuntil the end", "200 type= retry= length=-1 body=until the end", false, false, 0},
        {OK "Connection: close\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x",
         true, false, 0},
        {OK "Connection: a , CLOSE\r\nContent-Length: 1\r\n\r\nx",
         "200 type= retry= length=1 body=x", true, false, 0},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "200 type= retry= length=1 body=x", true,
         false, 0},
        {OK "Content-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx",
         "200 type= retry= length=1 body=x", true, true, 0},
        {"HTTP/1.1 204 No Content\r\n\r\n", "204 type= retry= length=-1 body=", true, true, 0},
        {OK "Content-Type: a\tb\r\nContent-Length: 0\r\n\r\n",
         "200 type= retry= length=0 body=", true, true, 0},
        {OK "Transfer-Encoding-Of-Another-Kind: x\r\nContent-Length: 0\r\n\r\n",
         "200 type= retry= length=0 body=", true, true, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span answer = span_of(rows[i].answer);

        for (size_t cut = 0; cut <= answer.len; cut++) {
            struct http_response response;
            struct told told = read_answer(&response, answer, cut);

            assert_int_equal(told.err, 0);
            assert_string_equal(told.text, rows[i].told);
            assert_int_equal(told.has_ended, rows[i].has_ended);
            assert_int_equal(told.left, rows[i].left);
            assert_int_equal(http_response_is_kept_alive(&response), rows[i].is_kept);
            assert_int_equal(http_response_close(&response),
                             rows[i].has_ended ? ERR_UPSTREAM_CUT : 0);
        }
    }
}

static const char *const malformed[] = {
    "SMTP 220 hello\r\n\r\n",
    "\r\n" OK "Content-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
    OK "Content-Length: 0\n\r\n",
    OK "Content-Length: 0\r\n\n",
    OK "a: b\rc\r\n\r\n",
    OK "a: b\r\r\n\r\n",
    OK "a: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    OK "a: b\r\n\tc\r\nContent-Length: 0\r\n\r\n",
    OK " a: b\r\nContent-Length: 0\r\n\r\n",
    OK "a : b\r\nContent-Length: 0\r\n\r\n",
    OK "a: \x01\r\nContent-Length: 0\r\n\r\n",
    OK "no colon\r\nContent-Length: 0\r\n\r\n",
    OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
    OK "Content-Length: 1,1\r\n\r\nx",
    OK "Content-Length: -1\r\n\r\nx",
    OK "Content-Length: +1\r\n\r\nx",
    OK "Content-Length: \r\n\r\nx",
    OK "Content-Length: 99999999999999999999\r\n\r\nx",
    OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    OK "Transfer-Encoding: gzip\r\n\r\nx",
    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n",
    OK ": empty\r\nContent-Length: 0\r\n\r\n",
    OK "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
    OK "Content-Encoding: identity, br\r\nContent-Length: 1\r\n\r\nx",
    OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n000000001\r\nx",
    OK "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n0\r\nT: 1\n\r\n",
    OK "Transfer-Encoding: chunked\r\n\r\n0\r\n T: 1\r\n\r\n",
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
        for (size_t cut = 0; cut <= strlen(malformed[i]); cut++)
            check_refused(span_of(malformed[i]), cut);
    }
}

static void a_nul_in_a_head_is_refused_wherever_it_is_cut(void **state)
{
    const struct span rows[] = {
        SPAN("HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"),
             SPAN(OK "a: b\0c\r\nContent-Length: 0\r\n\r\n"),
                  SPAN(OK "a\0: b\r\nContent-Length: 0\r\n\r\n"),
             };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t cut = 0; cut <= rows[i].len; cut++)
            check_refused(rows[i], cut);
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

    (void)state;
    assert_int_equal(read_repeated("HTTP/1.1 100 \r\n\r\n", interim, 15, end), 0);
    assert_int_equal(read_repeated("HTTP/1.1 100 \r\n\r\n", interim, 16, end),
                     ERR_UPSTREAM_PROTOCOL);
    assert_int_equal(read_repeated(OK, line, 65000 / (sizeof(line) - 1), "\r\n"), 0);
    assert_int_equal(read_repeated(OK, line, 66000 / (sizeof(line) - 1), "\r\n"),
                     ERR_UPSTREAM_PROTOCOL);
    assert_int_equal(read_repeated(chunked, line, 180, "\r\n"), 0);
    assert_int_equal(read_repeated(chunked, line, 200, "\r\n"), ERR_UPSTREAM_PROTOCOL);
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
        cmocka_unit_test(a_nul_in_a_head_is_refused_wherever_it_is_cut),
        cmocka_unit_test(every_bound_holds),
        cmocka_unit_test(long_values_are_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
