/* Request bytes through gate, parser and body: cut anywhere, the same comes out. */
#include "lib/base/err.h"
#include "lib/wire/http_body.h"
#include "lib/wire/url.h"
#include "tests/fuzz/fuzz.h"

enum { HEAD_BYTES_MAX = 4096 };

/** Passes `bytes` in two pieces; the result of the first that ends the head. */
static int guard_in_two(struct span bytes, size_t cut, size_t *head_end)
{
    struct http_guard guard;
    struct span first = fuzz_copy((struct span){bytes.ptr, cut});
    struct span second = fuzz_copy(span_skip(bytes, cut));
    int err;

    http_guard_init(&guard, HEAD_BYTES_MAX);
    err = http_guard_feed(&guard, first, head_end);
    if (err == ERR_AGAIN) {
        err = http_guard_feed(&guard, second, head_end);
        *head_end += cut;
    }
    fuzz_free(first);
    fuzz_free(second);
    return err;
}

static int body_piece(struct http_body *body, struct span bytes, struct fuzz_hash *hash,
                      uint64_t *taken)
{
    size_t before = bytes.len;

    while (bytes.len > 0 && !http_body_is_complete(body)) {
        struct span content;
        size_t left = bytes.len;
        int err = http_body_next(body, &bytes, &content);

        if (err != 0)
            return err;
        INVARIANT(bytes.len < left);
        fuzz_hash_bytes(hash, content);
    }
    *taken += before - bytes.len;
    return 0;
}

static int body_in_two(const struct http_request *request, struct span bytes, size_t cut,
                       struct fuzz_hash *hash)
{
    struct http_body body;
    uint64_t taken = 0;
    int err;

    http_body_init(&body, request);
    err = body_piece(&body, (struct span){bytes.ptr, cut}, hash, &taken);
    if (err == 0)
        err = body_piece(&body, span_skip(bytes, cut), hash, &taken);
    if (err == 0)
        fuzz_hash_number(hash, taken << 1 | http_body_is_complete(&body));
    return err;
}

static bool is_inside(struct span part, struct span whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_request(const struct http_request *request, struct span head)
{
    char memory[64];
    struct span out;

    INVARIANT(request->header_count <= HTTP_HEADERS_MAX);
    INVARIANT(request->minor == 0 || request->header_count > 0);
    for (uint32_t i = 0; i < request->header_count; i++) {
        INVARIANT(request->headers[i].name.len > 0);
        INVARIANT(is_inside(request->headers[i].name, head));
        INVARIANT(is_inside(request->headers[i].value, head));
    }
    INVARIANT(is_inside(request->target, head) && request->target.len > 0);
    INVARIANT(is_inside(request->query, head) && request->path.len > 0);
    (void)url_decode(request->path, memory, sizeof(memory), &out);
    (void)url_query_find(request->query, SPAN("key"), &out);
}

static void check_body(const struct http_request *request, struct span bytes, size_t cut)
{
    struct fuzz_hash whole = {0};
    struct fuzz_hash halves = {0};
    int err = body_in_two(request, bytes, bytes.len, &whole);

    INVARIANT(body_in_two(request, bytes, cut, &halves) == err);
    INVARIANT(err != 0 || whole.value == halves.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t cut = fuzz_take_number(&input);
    static struct http_request request;
    struct span head;
    size_t head_end = 0;
    size_t other_end = 0;
    int err;

    if (input.len == 0)
        return 0;
    cut %= input.len + 1;
    err = guard_in_two(input, input.len, &head_end);
    INVARIANT(guard_in_two(input, cut, &other_end) == err);
    if (err != 0)
        return 0;
    INVARIANT(head_end == other_end && head_end <= HEAD_BYTES_MAX);
    head = fuzz_copy((struct span){input.ptr, head_end});
    err = http_request_parse(head, &request);
    INVARIANT(err == 0 || err == ERR_BAD_REQUEST || err == ERR_EXPECTATION);
    if (err == 0) {
        input = span_skip(input, head_end);
        check_request(&request, head);
        check_body(&request, input, cut % (input.len + 1));
    }
    fuzz_free(head);
    return 0;
}
