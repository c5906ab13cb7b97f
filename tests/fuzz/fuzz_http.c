/*
 * What a client sends on one connection, request behind request, through gate, parser and body: cut
 * anywhere, the same comes out, and it is what the grammar says.
 */
#include "lib/base/err.h"
#include "lib/wire/http_body.h"
#include "lib/wire/url.h"
#include "tests/fuzz/http_reference.h"

enum {
    HEAD_BYTES_MAX = 4096,
    VERDICT_AGAIN = 1, /* what is told of a connection's end */
    VERDICT_REFUSED,
    VERDICT_NOT_PARSED,
};

struct server {
    struct http_guard guard;
    struct http_body body;
    struct http_request request;
    struct fuzz_hash content; /* of the current body */
    struct fuzz_hash *told;
    size_t head_len;
    bool is_in_body;
    int verdict; /* what ended the connection; 0: nothing */
    char head[HEAD_BYTES_MAX];
};

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_request(const struct http_request *request, struct span head)
{
    char memory[64];
    struct span out;

    INVARIANT(request->header_count <= HTTP_HEADERS_MAX);
    INVARIANT(is_inside(request->target, head) && request->target.len > 0);
    INVARIANT(is_inside(request->query, head) && request->path.len > 0);
    (void)url_decode(request->path, memory, sizeof(memory), &out);
    (void)url_query_find(request->query, SPAN("key"), &out);
}

/* --- as the server does it -------------------------------------------------------------------- */

static void begin_request(struct server *server)
{
    server->head_len = 0;
    server->is_in_body = false;
    http_guard_init(&server->guard, HEAD_BYTES_MAX);
}

static void end_head(struct server *server)
{
    struct span head = fuzz_copy((struct span){server->head, server->head_len});
    struct http_request *request = &server->request;
    int err = http_request_parse(head, request);

    INVARIANT(err == 0 || err == ERR_BAD_REQUEST || err == ERR_METHOD_UNKNOWN ||
              err == ERR_EXPECTATION);
    fuzz_hash_bytes(server->told, head);
    if (err == 0) {
        check_request(request, head);
        fuzz_hash_number(server->told, request->body_kind);
        http_body_init(&server->body, request);
        server->content = (struct fuzz_hash){0};
        server->is_in_body = true;
    } else {
        server->verdict = VERDICT_NOT_PARSED;
    }
    fuzz_free(head);
}

static void feed_head(struct server *server, struct span *bytes)
{
    size_t len = bytes->len;
    int err = http_guard_feed(&server->guard, *bytes, &len);

    if (err != 0 && err != ERR_AGAIN) {
        INVARIANT(http_guard_feed(&server->guard, SPAN("\r\n"), &len) == err);
        server->verdict = VERDICT_REFUSED;
        return;
    }
    INVARIANT(len <= bytes->len && server->head_len + len <= HEAD_BYTES_MAX);
    memcpy(server->head + server->head_len, bytes->ptr, len);
    server->head_len += len;
    *bytes = span_skip(*bytes, len);
    if (err == 0)
        end_head(server);
}

static void feed_body(struct server *server, struct span *bytes)
{
    struct span content;
    size_t left = bytes->len;

    if (http_body_next(&server->body, bytes, &content) != 0) {
        server->verdict = VERDICT_REFUSED;
        return;
    }
    INVARIANT(bytes->len < left);
    fuzz_hash_bytes(&server->content, content);
}

static void feed(struct server *server, struct span bytes)
{
    while (bytes.len > 0 && server->verdict == 0) {
        if (server->is_in_body)
            feed_body(server, &bytes);
        else
            feed_head(server, &bytes);
        if (server->is_in_body && http_body_is_complete(&server->body)) {
            fuzz_hash_number(server->told, server->content.value);
            begin_request(server);
        }
    }
}

static void serve(const void *setup, struct span input, size_t step, struct fuzz_hash *told)
{
    static struct server server;
    struct span piece;

    (void)setup;
    server.told = told;
    server.verdict = 0;
    begin_request(&server);
    while (server.verdict == 0 && fuzz_take_piece(&input, step, &piece)) {
        feed(&server, piece);
        fuzz_free(piece);
    }
    /* What came of a body before it went wrong depends on the cuts, and nobody uses it. */
    if (server.verdict == 0 && server.is_in_body)
        fuzz_hash_number(told, server.content.value);
    fuzz_hash_number(told, server.verdict == 0 ? VERDICT_AGAIN : (uint64_t)server.verdict);
}

/* --- as the grammar says it ------------------------------------------------------------------- */

static struct span request_line(struct reference *reference, struct reference_head *head)
{
    if (reference_peek(reference) == '\r')
        reference_literal(reference, "\r\n");
    struct span method = reference_run(reference, reference_is_token, HTTP_METHOD_BYTES_MAX);

    reference_demand(reference, method.len > 0);
    reference_literal(reference, " ");
    struct span target = reference_run(reference, reference_is_target, HTTP_TARGET_BYTES_MAX);
    reference_demand(reference, target.len > 0);
    reference_literal(reference, " ");
    reference_version(reference, head);
    reference_literal(reference, "\r\n");
    return target;
}

/* A head within its bound. @return its target */
static struct span take_head(struct reference *reference, struct reference_head *head)
{
    struct span all = reference->left;
    size_t len = all.len < HEAD_BYTES_MAX ? all.len : HEAD_BYTES_MAX;

    *head = (struct reference_head){.minor = 0};
    reference->left = (struct span){all.ptr, len};
    struct span target = request_line(reference, head);
    reference_fields(reference, head, true);
    if (reference->verdict == REFERENCE_MORE && len == HEAD_BYTES_MAX)
        reference->verdict = REFERENCE_BAD;
    reference->left = span_skip(all, len - reference->left.len);
    return target;
}

static void compare_heads(const struct http_request *request, const struct reference_head *head,
                          struct span target)
{
    INVARIANT(request->minor == head->minor);
    INVARIANT(span_equal(request->target, target));
    INVARIANT(request->header_count == head->fields);
    for (size_t i = 0; i < head->fields; i++) {
        INVARIANT(request->headers[i].name.ptr == head->names[i].ptr);
        INVARIANT(request->headers[i].name.len == head->names[i].len);
        INVARIANT(span_equal(request->headers[i].value, head->values[i]));
    }
    INVARIANT(request->content_length == head->length);
    INVARIANT((request->body_kind == HTTP_BODY_CHUNKED) == head->is_chunked);
    INVARIANT((request->body_kind == HTTP_BODY_LENGTH) == (head->length > 0));
}

/* One request. @return what it does to the connection; 0: it goes on */
static int expect_request(struct reference *reference, struct fuzz_hash *told)
{
    static struct http_request request;
    static struct reference_head head;
    struct fuzz_hash content = {0};
    struct span bytes = reference->left;
    struct span target = take_head(reference, &head);

    if (reference->verdict == REFERENCE_BAD)
        return VERDICT_REFUSED;
    if (reference->verdict == REFERENCE_MORE)
        return VERDICT_AGAIN;
    bytes.len -= reference->left.len;
    fuzz_hash_bytes(told, bytes);
    /* The gate is passed: there is more that the parser does not know, but nothing it reads otherwise. */
    if (http_request_parse(bytes, &request) != 0)
        return VERDICT_NOT_PARSED;
    compare_heads(&request, &head, target);
    fuzz_hash_number(told, request.body_kind);
    if (head.is_chunked)
        reference_chunks(reference, false, &content);
    else
        reference_content(reference, head.length, &content);
    if (reference->verdict == REFERENCE_BAD)
        return VERDICT_REFUSED;
    fuzz_hash_number(told, content.value);
    return reference->verdict == REFERENCE_MORE ? VERDICT_AGAIN : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    struct reference reference = {.left = input};
    struct fuzz_hash expected = {0};
    int verdict = 0;

    while (verdict == 0)
        verdict = expect_request(&reference, &expected);
    fuzz_hash_number(&expected, (uint64_t)verdict);
    INVARIANT(fuzz_cut(serve, NULL, input, step) == expected.value);
    return 0;
}
