#include "lib/base/base64url.h"

#include "lib/base/err.h"

#include <stdint.h>

enum { SEXTET_BITS = 6, BYTE_BITS = 8 };

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* -1 for what is not in the alphabet. */
static int sextet_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

int base64url_decode(struct span text, char *memory, size_t memory_bytes, struct span *out)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t len = 0;

    if (text.len % 4 == 1)
        return ERR_INVALID;
    for (size_t i = 0; i < text.len; i++) {
        int sextet = sextet_of(text.ptr[i]);

        if (sextet < 0)
            return ERR_INVALID;
        bits = bits << SEXTET_BITS | (uint32_t)sextet;
        held += SEXTET_BITS;
        if (held < BYTE_BITS)
            continue;
        if (len == memory_bytes)
            return ERR_NO_SPACE;
        held -= BYTE_BITS;
        memory[len++] = (char)(bits >> held & 0xFF);
        bits &= (1U << held) - 1;
    }
    if (bits != 0)
        return ERR_INVALID;
    *out = (struct span){memory, len};
    return 0;
}

size_t base64url_encode(struct span bytes, char *memory, size_t memory_bytes)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t len = 0;

    if (base64url_length(bytes.len) > memory_bytes)
        return 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = bits << BYTE_BITS | (unsigned char)bytes.ptr[i];
        held += BYTE_BITS;
        while (held >= SEXTET_BITS) {
            held -= SEXTET_BITS;
            memory[len++] = alphabet[bits >> held & 63];
        }
        bits &= (1U << held) - 1;
    }
    if (held > 0)
        memory[len++] = alphabet[bits << (SEXTET_BITS - held) & 63];
    return len;
}
