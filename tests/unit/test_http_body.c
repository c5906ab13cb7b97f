/* Body framing: lengths, strict chunks, and that cuts change nothing. */
#include "lib/wire/http_body.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CONTENT_BYTES = 256 };

struct content {
    char bytes[CONTENT_BYTES];
    size_t len;
    size_t left; /* bytes behind the body */
};

/** Reads one received piece as a server does. */
static int read_piece(struct http_body *body, struct span piece, struct content *content)
{
    while (piece.len > 0 && !http_body_is_complete(body)) {
        struct span part;
        int err = http_body_next(body, &piece, &part);

        if (err != 0)
            return err;
        assert_true(content->len + part.len <= sizeof(content->bytes));
        if (part.len > 0)
            memcpy(content->bytes + content->len, part.ptr, part.len);
        content->len += part.len;
    }
    content->left = piece.len;
    return 0;
}

static int read_in_pieces(const struct http_request *request, struct span bytes, size_t first,
                          struct content *content)
{
    struct http_body body;
    size_t size = first == 0 ? 1 : first;
    int err = 0;

    content->len = 0;
    content->left = 0;
    http_body_init(&body, request);
    while (err == 0 && bytes.len > 0 && !http_body_is_complete(&body)) {
        size_t len = bytes.len < size ? bytes.len : size;
        char *copy = malloc(len);

        assert_non_null(copy);
        memcpy(copy, bytes.ptr, len);
        err = read_piece(&body, (struct span){copy, len}, content);
        free(copy);
        bytes = span_skip(bytes, len);
        size = first == 0 ? 1 : bytes.len;
    }
    content->left += bytes.len;
    if (err == 0 && !http_body_is_complete(&body))
        return ERR_AGAIN;
    return err;
}

struct row {
    struct span bytes;
    int result;
    const char *content;
    size_t left;
};

#define ROW(literal, result, content, left)                      \
    {                                                            \
        {"" literal, sizeof(literal) - 1}, result, content, left \
    }

static void check_row(const struct http_request *request, const struct row *row, size_t first)
{
    struct content content;
    int err = read_in_pieces(request, row->bytes, first, &content);

    if (err != row->result)
        fail_msg("%s: %.*s", err_name(err), SPAN_FMT(row->bytes));
    /* What came before an error is of no use to anybody. */
    if (err == ERR_BAD_REQUEST)
        return;
    assert_true(span_equal((struct span){content.bytes, content.len}, span_of(row->content)));
    assert_int_equal(content.left, row->left);
}

static void check_rows(const struct http_request *request, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t first = 0; first <= rows[i].bytes.len; first++)
            check_row(request, &rows[i], first);
    }
}

static void chunks_are_read_strictly(void **state)
{
    const struct http_request request = {.body_kind = HTTP_BODY_CHUNKED};
    static const struct row rows[] = {
        ROW("0\r\n\r\n", 0, "", 0),
        ROW("5\r\nhello\r\n0\r\n\r\n", 0, "hello", 0),
        ROW("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 0, "hello world", 0),
        ROW("00000009\r\n0\r\n0\r\n0\r\n\r\n0\r\n\r\n", 0, "0\r\n0\r\n0\r\n", 0),
        ROW("a\r\n0123456789\r\n0\r\n\r\n", 0, "0123456789", 0),
        ROW("0a\r\n0123456789\r\n00\r\n\r\n", 0, "0123456789", 0),
        ROW("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1", 0, "x", 14),
        ROW("FFFFFFFF\r\nx", ERR_AGAIN, "x", 0),
        ROW("5\r\nhell", ERR_AGAIN, "hell", 0),
        ROW("5\r\nhello\r\n0\r\n", ERR_AGAIN, "hello", 0),
        ROW("5\r\nhello\r\n0\r\n\r", ERR_AGAIN, "hello", 0),
        ROW("100000000\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("000000001\r\nx\r\n0\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("FFFFFFFFFFFFFFFF1\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("\n", ERR_BAD_REQUEST, "", 0),
        ROW("g\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("0x5\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("+5\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("-5\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("1_0\r\n", ERR_BAD_REQUEST, "", 0),
        ROW(" 5\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5 \r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\t\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5;\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5;a=b\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5;a\nb\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\nhello\n0\n\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\rhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\0\r\nhello\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhello\n0\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhello\r0\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhelloXX0\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhello world\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhello0\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("5\r\nhello\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("0\r\nX: y\r\n\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("0\r\n \r\n", ERR_BAD_REQUEST, "", 0),
        ROW("0\r\n\n", ERR_BAD_REQUEST, "", 0),
        ROW("0\r\n\r\r\n", ERR_BAD_REQUEST, "", 0),
        ROW("0\n\r\n", ERR_BAD_REQUEST, "", 0),
    };

    (void)state;
    check_rows(&request, rows, sizeof(rows) / sizeof(rows[0]));
}

static void a_length_takes_so_many_bytes(void **state)
{
    const struct http_request request = {.body_kind = HTTP_BODY_LENGTH, .content_length = 5};
    static const struct row rows[] = {
        ROW("hello", 0, "hello", 0),
        ROW("hello world", 0, "hello", 6),
        ROW("hell", ERR_AGAIN, "hell", 0),
        ROW("", ERR_AGAIN, "", 0),
    };

    (void)state;
    check_rows(&request, rows, sizeof(rows) / sizeof(rows[0]));
}

static void no_body_is_complete_at_once(void **state)
{
    static const struct http_request requests[] = {
        {.body_kind = HTTP_BODY_NONE},
        {.body_kind = HTTP_BODY_LENGTH, .content_length = 0},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct http_body body;
        struct span bytes = SPAN("GET");
        struct span content;

        http_body_init(&body, &requests[i]);
        assert_true(http_body_is_complete(&body));
        assert_int_equal(http_body_next(&body, &bytes, &content), 0);
        assert_int_equal(bytes.len, 3);
        assert_int_equal(content.len, 0);
    }
}

static void the_last_piece_comes_with_the_end(void **state)
{
    const struct http_request request = {.body_kind = HTTP_BODY_CHUNKED};
    struct span bytes = SPAN("5\r\nhello\r\n0\r\n\r\nGET");
    struct http_body body;
    struct span content;

    (void)state;
    http_body_init(&body, &request);
    assert_int_equal(http_body_next(&body, &bytes, &content), 0);
    assert_true(span_equal(content, SPAN("hello")));
    assert_true(http_body_is_complete(&body));
    assert_true(span_equal(bytes, SPAN("GET")));
}

static void a_refused_body_stays_so(void **state)
{
    const struct http_request request = {.body_kind = HTTP_BODY_CHUNKED};
    struct span bytes = SPAN("x");
    struct http_body body;
    struct span content;

    (void)state;
    http_body_init(&body, &request);
    assert_int_equal(http_body_next(&body, &bytes, &content), ERR_BAD_REQUEST);
    bytes = SPAN("0\r\n\r\n");
    assert_int_equal(http_body_next(&body, &bytes, &content), ERR_BAD_REQUEST);
    assert_false(http_body_is_complete(&body));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_read_strictly),
        cmocka_unit_test(a_length_takes_so_many_bytes),
        cmocka_unit_test(no_body_is_complete_at_once),
        cmocka_unit_test(the_last_piece_comes_with_the_end),
        cmocka_unit_test(a_refused_body_stays_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
