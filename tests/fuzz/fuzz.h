/** What the fuzzers share: the entry point, and inputs that say where they are cut. */
#ifndef WEIR_TESTS_FUZZ_H
#define WEIR_TESTS_FUZZ_H

#include "lib/base/invariant.h"
#include "lib/base/span.h"

#include <stdint.h>
#include <stdlib.h>

/* The name is libFuzzer's. NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** A little-endian number of two bytes off the front of an input; 0 when it is too short. */
static inline size_t fuzz_take_number(struct span *input)
{
    size_t number;

    if (input->len < 2)
        return 0;
    number = (size_t)(unsigned char)input->ptr[0] | (size_t)(unsigned char)input->ptr[1] << 8;
    *input = span_skip(*input, 2);
    return number;
}

/** Bytes in memory of exactly their size, so that reading past them is seen. */
static inline struct span fuzz_copy(struct span bytes)
{
    char *memory = malloc(bytes.len == 0 ? 1 : bytes.len);

    INVARIANT(memory != NULL);
    if (bytes.len > 0)
        memcpy(memory, bytes.ptr, bytes.len);
    return (struct span){memory, bytes.len};
}

static inline void fuzz_free(struct span bytes)
{
    free((void *)(uintptr_t)bytes.ptr);
}

/** FNV-1a over what was told, to compare two ways of telling it. */
struct fuzz_hash {
    uint64_t value;
};

static inline void fuzz_hash_bytes(struct fuzz_hash *hash, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        hash->value = (hash->value ^ (unsigned char)bytes.ptr[i]) * UINT64_C(0x100000001b3);
}

static inline void fuzz_hash_number(struct fuzz_hash *hash, uint64_t number)
{
    fuzz_hash_bytes(hash, (struct span){(const char *)&number, sizeof(number)});
}

/**
 * The next at most `step` bytes of `*input`, in memory of their own to give to fuzz_free().
 *
 * @return false: there are none
 */
static inline bool fuzz_take_piece(struct span *input, size_t step, struct span *piece)
{
    size_t len = input->len < step ? input->len : step;

    if (len == 0)
        return false;
    *piece = fuzz_copy((struct span){input->ptr, len});
    *input = span_skip(*input, len);
    return true;
}

/**
 * Reads all of `input` in pieces of `step` bytes, which is at least 1, with fuzz_take_piece().
 *
 * @param setup  what else the input says; NULL when there is nothing
 * @param told   takes all that the reader tells, and nothing of how it was cut
 */
typedef void fuzz_reader(const void *setup, struct span input, size_t step, struct fuzz_hash *told);

/** Cut anywhere, the same is told: whole, in pieces, in single bytes. @return the hash of it */
static inline uint64_t fuzz_cut(fuzz_reader *reader, const void *setup, struct span input,
                                size_t step)
{
    struct fuzz_hash whole = {0};
    struct fuzz_hash pieces = {0};
    struct fuzz_hash single = {0};

    reader(setup, input, input.len + 1, &whole);
    reader(setup, input, step % (input.len + 1) + 1, &pieces);
    reader(setup, input, 1, &single);
    INVARIANT(whole.value == pieces.value);
    INVARIANT(whole.value == single.value);
    return whole.value;
}

#endif
