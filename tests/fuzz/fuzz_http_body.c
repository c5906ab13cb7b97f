/* Bodies of requests and of answers by themselves: cut anywhere, the grammar's content comes out. */
#include "lib/base/err.h"
#include "lib/wire/http_body.h"
#include "tests/fuzz/http_reference.h"

struct setup {
    bool is_answer;
    enum http_body_kind kind;
    uint64_t length;
};

static void init(const struct setup *setup, struct http_body *body)
{
    struct http_request request = {.body_kind = setup->kind, .content_length = setup->length};

    if (setup->is_answer)
        http_body_init_answer(body, setup->kind, setup->length);
    else
        http_body_init(body, &request);
}

/* @return false: the body is complete or malformed */
static bool feed(struct http_body *body, struct span *piece, struct fuzz_hash *content, int *err)
{
    while (piece->len > 0 && *err == 0 && !http_body_is_complete(body)) {
        struct span left = *piece;
        struct span part;

        *err = http_body_next(body, piece, &part);
        INVARIANT(*err == 0 || *err == ERR_BAD_REQUEST);
        INVARIANT(*err != 0 || piece->len < left.len);
        INVARIANT(part.len == 0 ||
                  (part.ptr >= left.ptr && part.ptr + part.len <= left.ptr + left.len));
        if (*err == 0)
            fuzz_hash_bytes(content, part);
    }
    return *err == 0 && !http_body_is_complete(body);
}

static void tell(enum reference_verdict verdict, uint64_t content, size_t left,
                 struct fuzz_hash *told)
{
    fuzz_hash_number(told, verdict);
    /* What came before a fault depends on the cuts, and nobody uses it. */
    if (verdict != REFERENCE_BAD) {
        fuzz_hash_number(told, content);
        fuzz_hash_number(told, left);
    }
}

static void read_body(const void *setup, struct span input, size_t step, struct fuzz_hash *told)
{
    enum reference_verdict verdict = REFERENCE_MORE;
    struct fuzz_hash content = {0};
    struct http_body body;
    struct span piece;
    size_t left = 0;
    bool goes_on = true;
    int err = 0;

    init(setup, &body);
    goes_on = !http_body_is_complete(&body);
    while (goes_on && fuzz_take_piece(&input, step, &piece)) {
        struct span rest = piece;

        goes_on = feed(&body, &rest, &content, &err);
        left = rest.len;
        fuzz_free(piece);
    }
    if (err != 0)
        verdict = REFERENCE_BAD;
    else if (http_body_is_complete(&body))
        verdict = REFERENCE_GOOD;
    tell(verdict, content.value, left + input.len, told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum http_body_kind kinds[] = {HTTP_BODY_NONE, HTTP_BODY_LENGTH, HTTP_BODY_CHUNKED,
                                                HTTP_BODY_CHUNKED};
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    size_t flags = fuzz_take_number(&input);
    struct setup setup = {.is_answer = (flags & 4) != 0, .kind = kinds[flags & 3]};
    struct reference reference = {.left = input};
    struct fuzz_hash content = {0};
    struct fuzz_hash expected = {0};

    if (setup.kind == HTTP_BODY_LENGTH)
        setup.length = flags >> 8;
    if (setup.kind == HTTP_BODY_CHUNKED)
        reference_chunks(&reference, setup.is_answer, &content);
    else
        reference_content(&reference, setup.length, &content);
    tell(reference.verdict, content.value, reference.left.len, &expected);
    INVARIANT(fuzz_cut(read_body, &setup, input, step) == expected.value);
    return 0;
}
