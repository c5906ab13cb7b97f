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

static void frame(const void *setup, struct span stream, size_t step, struct fuzz_hash *told)
{
    struct sse sse;
    struct span piece;

    (void)setup;
    sse_init(&sse);
    while (fuzz_take_piece(&stream, step, &piece)) {
        feed(&sse, piece, told);
        fuzz_free(piece);
    }
    fuzz_hash_number(told, sse_is_inside_event(&sse));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);

    (void)fuzz_cut(frame, NULL, input, step);
    return 0;
}
