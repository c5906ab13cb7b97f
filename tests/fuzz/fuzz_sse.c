/* Event streams: the pieces are the bytes, and cut anywhere they mean the same. */
#include "lib/wire/sse.h"
#include "tests/fuzz/fuzz.h"

/** Bytes with their kind, and the empty pieces between them: where a piece is cut is not in it. */
static void hash_piece(struct fuzz_hash *hash, const struct sse_piece *piece)
{
    if (piece->bytes.len == 0)
        fuzz_hash_number(hash, piece->kind);
    for (size_t i = 0; i < piece->bytes.len; i++)
        fuzz_hash_number(hash, (uint64_t)piece->kind << 8 | (unsigned char)piece->bytes.ptr[i]);
}

static void feed(struct sse *sse, struct span bytes, struct fuzz_hash *hash)
{
    while (true) {
        const char *at = bytes.ptr;
        struct sse_piece piece = sse_next(sse, &bytes);

        if (piece.kind == SSE_MORE)
            break;
        INVARIANT(piece.bytes.len == 0 || piece.bytes.ptr == at);
        INVARIANT(bytes.ptr == at + piece.bytes.len);
        hash_piece(hash, &piece);
    }
    INVARIANT(bytes.len == 0);
}

static bool cut_in_pieces(struct span stream, size_t step, struct fuzz_hash *hash)
{
    struct sse sse;

    sse_init(&sse);
    while (stream.len > 0) {
        struct span piece = {stream.ptr, stream.len < step ? stream.len : step};
        struct span copy = fuzz_copy(piece);

        feed(&sse, copy, hash);
        fuzz_free(copy);
        stream = span_skip(stream, piece.len);
    }
    return sse_is_inside_event(&sse);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    struct fuzz_hash whole = {0};
    struct fuzz_hash pieces = {0};
    struct fuzz_hash single = {0};
    bool inside;

    if (input.len == 0)
        return 0;
    inside = cut_in_pieces(input, input.len, &whole);
    INVARIANT(cut_in_pieces(input, step % input.len + 1, &pieces) == inside);
    INVARIANT(cut_in_pieces(input, 1, &single) == inside);
    INVARIANT(whole.value == pieces.value && whole.value == single.value);
    return 0;
}
