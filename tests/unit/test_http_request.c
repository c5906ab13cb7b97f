/* Request heads as spans; every head here has passed the gate. */
#include "lib/wire/http_request.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** Parses a head that the gate takes; `*memory` is exactly the head and belongs to the caller. */
static int parse(const char *text, struct http_request *request, char **memory)
{
    struct http_guard guard;
    size_t len = strlen(text);
    size_t head_end = 0;

    http_guard_init(&guard, 65536);
    assert_int_equal(http_guard_feed(&guard, (struct span){text, len}, &head_end), 0);
    *memory = malloc(head_end);
    assert_non_null(*memory);
    memcpy(*memory, text, head_end);
    return http_request_parse((struct span){*memory, head_end}, request);
}

static void check_span(struct span span, const char *text)
{
    if (!span_equal(span, span_of(text)))
        fail_msg("%.*s, not %s", SPAN_FMT(span), text);
}

static void a_target_is_cut_into_path_and_query(void **state)
{
    static const struct {
        const char *line;
        enum http_method method;
        const char *path;
        const char *query;
    } rows[] = {
        {"GET / HTTP/1.1", HTTP_METHOD_GET, "/", ""},
        {"HEAD /a HTTP/1.1", HTTP_METHOD_HEAD, "/a", ""},
        {"POST /v1/chat/completions?key=a%20b HTTP/1.1", HTTP_METHOD_POST, "/v1/chat/completions",
         "key=a%20b"},
        {"OPTIONS * HTTP/1.1", HTTP_METHOD_OPTIONS, "*", ""},
        {"PUT /a/../b//c HTTP/1.1", HTTP_METHOD_OTHER, "/a/../b//c", ""},
        {"PATCH / HTTP/1.1", HTTP_METHOD_PATCH, "/", ""},
        {"DELETE /%2e%2F? HTTP/1.1", HTTP_METHOD_DELETE, "/%2e%2F", ""},
        {"GET /a?b?c=d HTTP/1.1", HTTP_METHOD_GET, "/a", "b?c=d"},
        {"GET /a:b HTTP/1.1", HTTP_METHOD_GET, "/a:b", ""},
        {"GET /?u=http://b/c HTTP/1.1", HTTP_METHOD_GET, "/", "u=http://b/c"},
        {"GET http://a HTTP/1.1", HTTP_METHOD_GET, "/", ""},
        {"GET http://a/ HTTP/1.1", HTTP_METHOD_GET, "/", ""},
        {"GET http://a:80/b/c?d HTTP/1.1", HTTP_METHOD_GET, "/b/c", "d"},
        {"GET https://a?b=c HTTP/1.1", HTTP_METHOD_GET, "/", "b=c"},
        {"CONNECT a:443 HTTP/1.1", HTTP_METHOD_OTHER, "a:443", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        char text[256];
        char *memory;

        (void)snprintf(text, sizeof(text), "%s\r\nHost: a\r\n\r\n", rows[i].line);
        assert_int_equal(parse(text, &request, &memory), 0);
        assert_int_equal(request.method, rows[i].method);
        check_span(request.path, rows[i].path);
        check_span(request.query, rows[i].query);
        assert_memory_equal(request.target.ptr, strchr(rows[i].line, ' ') + 1, request.target.len);
        free(memory);
    }
}

static void fields_are_told_in_order_and_trimmed(void **state)
{
    struct http_request request;
    struct span value;
    char *memory;

    (void)state;
    assert_int_equal(parse("\r\nGET / HTTP/1.1\r\nhost:a\r\nX-Empty:\r\nX-Blank: \t \r\n"
                           "X-Two: \t b  c \t\r\nx-two: d\r\nX-Last: \xc3\xa9\"\r\n\r\n",
                           &request, &memory),
                     0);
    assert_int_equal(request.header_count, 6);
    check_span(request.headers[0].name, "host");
    check_span(request.headers[0].value, "a");
    check_span(request.headers[1].name, "X-Empty");
    check_span(request.headers[1].value, "");
    check_span(request.headers[2].value, "");
    check_span(request.headers[3].value, "b  c");
    check_span(request.headers[5].value, "\xc3\xa9\"");
    assert_true(http_request_find(&request, SPAN("X-TWO"), &value));
    check_span(value, "b  c");
    assert_true(http_request_find(&request, SPAN("x-empty"), &value));
    check_span(value, "");
    assert_false(http_request_find(&request, SPAN("x-tw"), &value));
    free(memory);
}

static void as_many_fields_as_the_gate_takes_are_kept(void **state)
{
    static char text[8192];
    struct http_request request;
    size_t len = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
    char *memory;

    (void)state;
    for (unsigned i = 1; i < HTTP_HEADERS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "X-%u: %u\r\n", i, i);
    (void)snprintf(text + len, sizeof(text) - len, "\r\n");
    assert_int_equal(parse(text, &request, &memory), 0);
    assert_int_equal(request.header_count, HTTP_HEADERS_MAX);
    check_span(request.headers[HTTP_HEADERS_MAX - 1].name, "X-95");
    check_span(request.headers[HTTP_HEADERS_MAX - 1].value, "95");
    free(memory);
}

static void a_body_is_announced_by_length_or_chunks(void **state)
{
    static const struct {
        const char *head;
        enum http_body_kind kind;
        uint64_t length;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_BODY_NONE, 0},
        {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", HTTP_BODY_NONE, 0},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", HTTP_BODY_NONE, 0},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 \r\n\r\n", HTTP_BODY_LENGTH, 5},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007\r\n\r\n", HTTP_BODY_LENGTH, 7},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", HTTP_BODY_LENGTH, 5},
        {"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", HTTP_BODY_LENGTH, 5},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999999999\r\n\r\n",
         HTTP_BODY_LENGTH, UINT64_C(999999999999999999)},
        {"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", HTTP_BODY_LENGTH, 5},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BODY_CHUNKED, 0},
        {"GET / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked \r\n\r\n", HTTP_BODY_CHUNKED, 0},
        {"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 5"
         "\r\n\r\n",
         HTTP_BODY_LENGTH, 5},
        {"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
         "Transfer-Encoding: chunked\r\n\r\n",
         HTTP_BODY_CHUNKED, 0},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", HTTP_BODY_LENGTH, 5},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        char *memory;

        assert_int_equal(parse(rows[i].head, &request, &memory), 0);
        assert_int_equal(request.body_kind, rows[i].kind);
        assert_int_equal(request.content_length, rows[i].length);
        free(memory);
    }
}

static void connections_persist_as_http_says(void **state)
{
    static const struct {
        unsigned minor;
        const char *fields;
        bool keep_alive;
    } rows[] = {
        {1, "", true},
        {1, "Connection: close\r\n", false},
        {1, "connection: CLOSE\r\n", false},
        {1, "Connection: close\t\r\n", false},
        {1, "Connection: foo ,\tclose\r\n", false},
        {1, "Connection: foo\r\nConnection: close\r\n", false},
        {1, "Connection: keep-alive\r\n", true},
        {1, "Connection: keep-alive, close\r\n", false},
        {1, "Connection: closed, xclose, close x\r\n", true},
        {1, "Connection: ,,\r\n", true},
        {1, "Connection:\r\n", true},
        {1, "Proxy-Connection: close\r\n", true},
        {1, "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
        {0, "", false},
        {0, "Connection: keep-alive\r\n", true},
        {0, "Connection: foo, Keep-Alive\r\n", true},
        {0, "Connection: keep-alive\r\nConnection: close\r\n", false},
        {0, "Proxy-Connection: keep-alive\r\n", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        char text[256];
        char *memory;

        (void)snprintf(text, sizeof(text), "GET / HTTP/1.%u\r\nHost: a\r\n%s\r\n", rows[i].minor,
                       rows[i].fields);
        assert_int_equal(parse(text, &request, &memory), 0);
        assert_int_equal(request.minor, rows[i].minor);
        if (request.keep_alive != rows[i].keep_alive)
            fail_msg("HTTP/1.%u %s", rows[i].minor, rows[i].fields);
        free(memory);
    }
}

static void the_only_expectation_is_100_continue(void **state)
{
    static const struct {
        unsigned minor;
        const char *fields;
        int err;
        bool expect_continue;
    } rows[] = {
        {1, "", 0, false},
        {1, "Expect: 100-continue\r\n", 0, true},
        {1, "expect: \t100-Continue \r\n", 0, true},
        {1, "Expect: 100-continue\r\nExpect: 100-continue\r\n", 0, true},
        {1, "Expect:\r\n", ERR_EXPECTATION, false},
        {1, "Expect: 200-ok\r\n", ERR_EXPECTATION, false},
        {1, "Expect: 100-continue, x\r\n", ERR_EXPECTATION, false},
        {1, "Expect: 100-continue\r\nExpect: x\r\n", ERR_EXPECTATION, true},
        {0, "Expect: 100-continue\r\n", 0, false},
        {0, "Expect: x\r\n", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        char text[256];
        char *memory;

        (void)snprintf(text, sizeof(text),
                       "POST / HTTP/1.%u\r\nHost: a\r\nContent-Length: 1\r\n"
                       "%s\r\n",
                       rows[i].minor, rows[i].fields);
        assert_int_equal(parse(text, &request, &memory), rows[i].err);
        assert_int_equal(request.expect_continue, rows[i].expect_continue);
        free(memory);
    }
}

static void a_method_that_http_does_not_define_is_not_implemented(void **state)
{
    static const char *const lines[] = {
        "BREW / ",  "get / ",      "Post / ",  "GETS / ",     "GE / ",         "PRI * ",
        "PURGE / ", "DESCRIBE / ", "QUERY / ", "M-SEARCH * ", "\r\nOPTION / ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct http_request request;
        char text[256];
        char *memory;

        (void)snprintf(text, sizeof(text), "%sHTTP/1.1\r\nHost: a\r\n\r\n", lines[i]);
        assert_int_equal(parse(text, &request, &memory), ERR_METHOD_UNKNOWN);
        free(memory);
    }
}

static void a_get_with_a_body_ends_its_connection(void **state)
{
    static const struct {
        const char *method;
        const char *fields;
        bool keep_alive;
    } rows[] = {
        {"GET", "Content-Length: 0\r\n", true},   {"GET", "Content-Length: 1\r\n", false},
        {"HEAD", "Content-Length: 1\r\n", false}, {"GET", "Transfer-Encoding: chunked\r\n", false},
        {"POST", "Content-Length: 1\r\n", true},  {"DELETE", "Content-Length: 1\r\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request;
        char text[256];
        char *memory;

        (void)snprintf(text, sizeof(text), "%s / HTTP/1.1\r\nHost: a\r\n%s\r\n", rows[i].method,
                       rows[i].fields);
        assert_int_equal(parse(text, &request, &memory), 0);
        assert_int_equal(request.keep_alive, rows[i].keep_alive);
        free(memory);
    }
}

static void a_target_of_no_form_of_its_method_is_a_bad_request(void **state)
{
    static const char *const heads[] = {
        "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:/a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:// HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://?a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:1,b:1 HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a?b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a,b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct http_request request;
        char *memory;

        assert_int_equal(parse(heads[i], &request, &memory), ERR_BAD_REQUEST);
        free(memory);
    }
}

static void a_head_that_is_cut_or_empty_is_a_bad_request(void **state)
{
    struct span head = SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

    (void)state;
    for (size_t len = 0; len < head.len; len++) {
        struct http_request request;

        assert_int_equal(http_request_parse((struct span){head.ptr, len}, &request),
                         ERR_BAD_REQUEST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_is_cut_into_path_and_query),
        cmocka_unit_test(fields_are_told_in_order_and_trimmed),
        cmocka_unit_test(as_many_fields_as_the_gate_takes_are_kept),
        cmocka_unit_test(a_body_is_announced_by_length_or_chunks),
        cmocka_unit_test(connections_persist_as_http_says),
        cmocka_unit_test(the_only_expectation_is_100_continue),
        cmocka_unit_test(a_method_that_http_does_not_define_is_not_implemented),
        cmocka_unit_test(a_get_with_a_body_ends_its_connection),
        cmocka_unit_test(a_target_of_no_form_of_its_method_is_a_bad_request),
        cmocka_unit_test(a_head_that_is_cut_or_empty_is_a_bad_request),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
