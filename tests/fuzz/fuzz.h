/** What the fuzzers share: the entry point, and inputs that say where they are cut. */
#ifndef WEIR_TESTS_FUZZ_H
#define WEIR_TESTS_FUZZ_H

#include "lib/base/invariant.h"
#include "lib/base/span.h"

#include <stdint.h>
#include <stdlib.h>

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

#endif
