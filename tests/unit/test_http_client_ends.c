/* Calls that end badly: aborts, cuts, nonsense, silence. */
#include "tests/unit/client_fixture.h"

/* --- aborts ----------------------------------------------------------------------------------- */

static void an_abort_closes_the_upstream_in_the_same_turn(void **state)
{
    /* What the upstream has sent when the call is aborted. */
    static const char *const sent[] = {
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\n",
        OK_HEAD "Content-Length: 100\r\n\r\n",
        OK_HEAD "Content-Length: 100\r\n\r\nab",
        OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        struct test_call call = {.body = SPAN("x")};

        start_plain(&call);
        upstream_accepts();
        upstream_gets_request(1);
        upstream_sends(sent[i]);
        turn_often();
        assert_false(upstream_is_closed());
        http_transfer_abort(&call.transfer);
        assert_null(call.transfer);
        /* Not a turn of the loop later. */
        assert_true(upstream_is_closed());
        turn_often();
        assert_int_equal(call.ends, 0);
        call_free(&call);
    }
    assert_int_equal(cx.accepted, sizeof(sent) / sizeof(sent[0]));
    assert_int_equal(http_client_open_count(cx.client), 0);
}

static void an_abort_before_anything_is_sent_connects_to_nobody(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    http_transfer_abort(&call.transfer);
    turn_often();
    assert_false(try_accept());
    assert_int_equal(call.ends, 0);
    http_transfer_abort(&call.transfer);
}

static void an_abort_while_a_large_body_is_sent_closes_the_upstream(void **state)
{
    size_t len = 8U << 20;
    char *bytes = calloc(1, len);
    struct test_call call = {.body = {bytes, len}};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    turn_often();
    http_transfer_abort(&call.transfer);
    assert_true(upstream_is_closed());
    free(bytes);
}

static void a_call_may_abort_itself_from_its_callbacks(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct test_call call = {
            .body = SPAN("x"), .abort_in_head = i == 0, .abort_in_body = i == 1};

        start_plain(&call);
        upstream_accepts();
        upstream_gets_request(1);
        upstream_sends(OK_HEAD "Content-Length: 4\r\n\r\nabcd");
        RUN_UNTIL(&cx.loop, call.transfer == NULL);
        assert_int_equal(http_client_open_count(cx.client), 0);
        assert_true(upstream_is_closed());
        turn_often();
        assert_int_equal(call.ends, 0);
        assert_int_equal(call.pieces, i);
        call_free(&call);
    }
}

static void a_call_may_abort_another_from_its_callback(void **state)
{
    (void)state;
    /* On a new connection, and on one that was used before. */
    for (size_t i = 0; i < 2; i++) {
        struct test_call victim = {.body = SPAN("x")};
        struct test_call call = {.body = SPAN("y"), .victim = &victim};
        struct http_call http = http_call_of(&victim);

        start(&http);
        upstream_accepts();
        upstream_gets_request(1);
        int victim_fd = cx.fd;
        cx.fd = -1;
        start_plain(&call);
        upstream_accepts();
        upstream_gets_request(1);
        /* Both have something to say in the same turn. */
        send_all(victim_fd, SPAN(OK_HEAD "Content-Length: 4\r\n\r\nabcd"));
        upstream_sends(OK_HEAD "Content-Length: 4\r\n\r\nabcd");
        RUN_UNTIL(&cx.loop, call.ends == 1);
        assert_int_equal(call.err, 0);
        assert_true(victim.transfer == NULL);
        close(victim_fd);
        call_free(&call);
        call_free(&victim);
        close(cx.fd);
        cx.fd = -1;
        turn_often();
    }
    assert_int_equal(http_client_open_count(cx.client), 0);
}

static void a_refused_piece_ends_the_call(void **state)
{
    struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_ABORT};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 4\r\n\r\nab");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, ERR_CLIENT_GONE);
    assert_int_equal(call.pieces, 1);
    assert_true(upstream_is_closed());
}

/* libcurl does not end a transfer by itself when the write callback fails while it is resumed. */
static void a_piece_that_is_refused_after_a_pause_ends_the_call(void **state)
{
    static const enum http_body_verdict ways[] = {HTTP_BODY_ABORT, HTTP_BODY_GO_ON};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_PAUSE};

        start_plain(&call);
        upstream_accepts();
        upstream_gets_request(1);
        upstream_sends(OK_HEAD "Content-Length: 4\r\n\r\nab");
        RUN_UNTIL(&cx.loop, call.pieces == 1);
        call.verdict = ways[i];
        call.abort_in_body = ways[i] == HTTP_BODY_GO_ON;
        http_transfer_resume(call.transfer);
        turn_often();
        assert_int_equal(call.pieces, 2);
        assert_null(call.transfer);
        assert_int_equal(call.ends, ways[i] == HTTP_BODY_ABORT ? 1 : 0);
        assert_int_equal(call.err, ways[i] == HTTP_BODY_ABORT ? ERR_CLIENT_GONE : 0);
        assert_true(upstream_is_closed());
        call_free(&call);
    }
}

static void a_paused_call_can_be_aborted_after_its_resume(void **state)
{
    struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_PAUSE};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 4\r\n\r\nab");
    RUN_UNTIL(&cx.loop, call.pieces == 1);
    http_transfer_resume(call.transfer);
    http_transfer_abort(&call.transfer);
    assert_true(upstream_is_closed());
    turn_often();
    assert_int_equal(call.pieces, 1);
    assert_int_equal(call.ends, 0);
}

/* --- what upstreams do ------------------------------------------------------------------------ */

static char *repeated(const char *before, const char *part, size_t count, const char *after)
{
    size_t len = strlen(part);
    char *text = malloc(strlen(before) + count * len + strlen(after) + 1);
    char *at = stpcpy(text, before);

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, part);
    stpcpy(at, after);
    return text;
}

static void check_answer(const char *answer, int err)
{
    struct test_call call = {.body = SPAN("x")};

    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    /* The client may have closed before all is sent. */
    size_t sent = 0;
    RUN_UNTIL(&cx.loop, (sent += send_some(cx.fd, span_of(answer + sent))) == strlen(answer) ||
                            call.ends > 0);
    shutdown(cx.fd, SHUT_WR);
    RUN_UNTIL(&cx.loop, call.ends == 1);
    if (call.err != err)
        fail_msg("%.60s: %s instead of %s", answer, err_name(call.err), err_name(err));
    call_free(&call);
}

static void broken_answers_have_an_error_each(void **state)
{
    static const struct {
        const char *answer;
        int err;
    } rows[] = {
        {"", ERR_UPSTREAM_CONNECT},
        {"HTTP/1.1 200 OK\r\n", ERR_UPSTREAM_CUT},
        {"HTTP/1.1 100 Continue\r\n\r\n", ERR_UPSTREAM_CUT},
        {OK_HEAD "Content-Length: 3\r\n\r\nab", ERR_UPSTREAM_CUT},
        {OK_HEAD "Content-Length: 3\r\n\r\n", ERR_UPSTREAM_CUT},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", ERR_UPSTREAM_CUT},
        {OK_HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", ERR_UPSTREAM_CUT},
        {"SMTP 220 hello\r\n\r\n", ERR_UPSTREAM_PROTOCOL},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello", ERR_UPSTREAM_PROTOCOL},
        {OK_HEAD "Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc", ERR_UPSTREAM_PROTOCOL},
        {OK_HEAD "Content-Length: 2,2\r\n\r\nab", ERR_UPSTREAM_PROTOCOL},
        {OK_HEAD "Content-Length: -2\r\n\r\nab", ERR_UPSTREAM_PROTOCOL},
        {OK_HEAD "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", ERR_UPSTREAM_PROTOCOL},
        {OK_HEAD "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         ERR_UPSTREAM_PROTOCOL},
        {"HTTP/1.1 200 OK\r\nContent-Type: a\rb\r\nContent-Length: 0\r\n\r\n",
         ERR_UPSTREAM_PROTOCOL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_answer(rows[i].answer, rows[i].err);
}

static void heads_have_a_bound(void **state)
{
    static const char interim[] = "HTTP/1.1 102 Processing\r\n\r\n";
    static const char line[] = "x-padding: 0123456789012345678901234567890123456789\r\n";
    char *some = repeated("", interim, 16, OK_HEAD "Content-Length: 0\r\n\r\n");
    char *many = repeated("", interim, 17, OK_HEAD "Content-Length: 0\r\n\r\n");
    char *large = repeated(OK_HEAD, line, 1300, "Content-Length: 0\r\n\r\n");

    (void)state;
    check_answer(some, 0);
    check_answer(many, ERR_UPSTREAM_PROTOCOL);
    check_answer(large, ERR_UPSTREAM_PROTOCOL);
    free(some);
    free(many);
    free(large);
}

static void control_bytes_in_what_is_passed_on_are_not_told(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends("HTTP/1.1 200 OK\r\nContent-Type: a\tb\r\nRetry-After: 1\t2\r\n"
                   "Content-Length: 0\r\n\r\n");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_string_equal(call.content_type, "");
    assert_string_equal(call.retry_after, "");
}

/* --- time ------------------------------------------------------------------------------------- */

static void silence_has_an_end_in_every_phase(void **state)
{
    static const struct {
        const char *sent;
        uint64_t first_byte_ms;
        uint64_t between_ms;
        uint64_t total_ms;
    } rows[] = {
        {"", 40, 30000, 30000},
        {OK_HEAD "Content-Le", 40, 30000, 30000},
        {"", 30000, 30000, 40},
        {OK_HEAD "Content-Length: 9\r\n\r\n", 30000, 40, 30000},
        {OK_HEAD "Content-Length: 9\r\n\r\nabc", 30000, 40, 30000},
        {OK_HEAD "Content-Length: 9\r\n\r\nabc", 30000, 30000, 40},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct test_call call = {.body = SPAN("x")};
        struct http_call http = http_call_of(&call);

        /* The wait for the first byte begins when the request is on its way. */
        http.connect_ms = 40;
        http.first_byte_ms = rows[i].first_byte_ms;
        http.between_ms = rows[i].between_ms;
        http.total_ms = rows[i].total_ms;
        start(&http);
        upstream_accepts();
        upstream_sends(rows[i].sent);
        RUN_UNTIL(&cx.loop, call.ends == 1);
        assert_int_equal(call.err, ERR_UPSTREAM_TIMEOUT);
        assert_true(upstream_is_closed());
        call_free(&call);
    }
}

static void a_paused_call_is_not_silent(void **state)
{
    struct test_call call = {.body = SPAN("x"), .verdict = HTTP_BODY_PAUSE};
    struct http_call http = http_call_of(&call);

    (void)state;
    http.between_ms = 40;
    start(&http);
    upstream_accepts();
    upstream_sends(OK_HEAD "Content-Length: 9\r\n\r\nabc");
    RUN_UNTIL(&cx.loop, call.pieces == 1);
    uint64_t then_ms = uv_now(&cx.loop);
    RUN_UNTIL(&cx.loop, uv_now(&cx.loop) > then_ms + 120);
    assert_int_equal(call.ends, 0);
    call.verdict = HTTP_BODY_GO_ON;
    http_transfer_resume(call.transfer);
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, ERR_UPSTREAM_TIMEOUT);
    assert_string_equal(call.got.bytes, "abc");
    call_free(&call);
}

static void without_authorities_nobody_is_trusted(void **state)
{
    struct test_call call = {.body = SPAN("x")};
    struct http_endpoint *endpoint = NULL;
    struct http_call http = http_call_of(&call);

    (void)state;
    assert_int_equal(new_endpoint("https://127.0.0.1", &endpoint), 0);
    http.endpoint = endpoint;
    start(&http);
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, ERR_UPSTREAM_TLS);
    http_endpoint_free(&endpoint);
}

/* --- life ------------------------------------------------------------------------------------- */

static void an_endpoint_may_be_given_up_under_an_open_call(void **state)
{
    struct test_call call = {.body = SPAN("x")};

    (void)state;
    start_plain(&call);
    http_endpoint_free(&cx.endpoint);
    assert_null(cx.endpoint);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 2\r\n\r\nok");
    RUN_UNTIL(&cx.loop, call.ends == 1);
    assert_int_equal(call.err, 0);
    call_free(&call);
}

static void a_freed_client_ends_its_calls_without_a_word(void **state)
{
    struct test_call calls[3] = {{.body = SPAN("x")}, {.body = SPAN("x")}, {.body = SPAN("x")}};

    (void)state;
    start_plain(&calls[0]);
    upstream_accepts();
    upstream_gets_request(1);
    upstream_sends(OK_HEAD "Content-Length: 9\r\n\r\nabc");
    RUN_UNTIL(&cx.loop, calls[0].pieces == 1);
    start_plain(&calls[1]);
    turn_often();
    start_plain(&calls[2]);
    http_client_free(&cx.client);
    assert_true(upstream_is_closed());
    uv_run(&cx.loop, UV_RUN_DEFAULT);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(calls[i].ends, 0);
        received_free(&calls[i].got);
    }
}

static void an_endpoint_must_be_an_http_url_with_clean_lines(void **state)
{
    static const char *const urls[] = {
        "",
        "x",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "https://user:word@host/x",
        "http://ho st/",
        "//host/x",
    };
    static const struct span lines[] = {{"a: b\r\nc: d", 10}, {"a: b\nc", 6}, {"a: \0", 4}};
    struct http_endpoint *endpoint = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct http_endpoint_config config = {.url = span_of(urls[i])};

        if (http_endpoint_new(cx.client, &config, &endpoint) != ERR_INVALID)
            fail_msg("taken: %s", urls[i]);
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct http_endpoint_config config = {
            .url = SPAN("http://127.0.0.1/"), .header_lines = &lines[i], .header_count = 1};

        assert_int_equal(http_endpoint_new(cx.client, &config, &endpoint), ERR_INVALID);
    }
    assert_null(endpoint);
}

static void a_call_cannot_smuggle_a_field(void **state)
{
    static char split[] = "a: b\r\nc: d";
    static char *const lines[] = {split, split, split, split, split};
    struct test_call call = {.body = SPAN("x")};
    struct http_call http = http_call_of(&call);

    (void)state;
    http.header_lines = lines;
    http.header_count = 1;
    assert_int_equal(http_transfer_start(cx.client, &http, &call.transfer), ERR_INVALID);
    split[4] = '\0';
    http.header_count = HTTP_CALL_HEADERS_MAX + 1;
    assert_int_equal(http_transfer_start(cx.client, &http, &call.transfer), ERR_INVALID);
    assert_int_equal(http_client_open_count(cx.client), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)
    const struct CMUnitTest tests[] = {
        T(an_abort_closes_the_upstream_in_the_same_turn),
        T(an_abort_before_anything_is_sent_connects_to_nobody),
        T(an_abort_while_a_large_body_is_sent_closes_the_upstream),
        T(a_call_may_abort_itself_from_its_callbacks),
        T(a_call_may_abort_another_from_its_callback),
        T(a_refused_piece_ends_the_call),
        T(a_piece_that_is_refused_after_a_pause_ends_the_call),
        T(a_paused_call_can_be_aborted_after_its_resume),
        T(broken_answers_have_an_error_each),
        T(heads_have_a_bound),
        T(control_bytes_in_what_is_passed_on_are_not_told),
        T(silence_has_an_end_in_every_phase),
        T(a_paused_call_is_not_silent),
        T(without_authorities_nobody_is_trusted),
        T(an_endpoint_may_be_given_up_under_an_open_call),
        T(a_freed_client_ends_its_calls_without_a_word),
        T(a_call_cannot_smuggle_a_field),
        T(an_endpoint_must_be_an_http_url_with_clean_lines),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
