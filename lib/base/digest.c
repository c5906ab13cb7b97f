/*
 * OpenSSL's own functions of SHA-256 and not EVP, which frees and allocates its context for every
 * digest (3.0) and costs a thousand instructions around the one block that a key is.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "lib/base/digest.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <openssl/sha.h>
#include <stdlib.h>

struct digester {
    SHA256_CTX context;
};

struct digester *digester_new(void)
{
    return calloc(1, sizeof(struct digester));
}

void digester_free(struct digester **digester)
{
    free(*digester);
    *digester = NULL;
}

void digester_begin(struct digester *digester)
{
    int ok = SHA256_Init(&digester->context);
    INVARIANT(ok == 1);
}

void digester_add(struct digester *digester, struct span bytes)
{
    int ok = SHA256_Update(&digester->context, bytes.ptr, bytes.len);
    INVARIANT(ok == 1);
}

/* The context holds the digest too, and that of a key opens as much as the key. */
struct digest digester_end(struct digester *digester)
{
    struct digest digest;
    int ok = SHA256_Final(digest.bytes, &digester->context);

    INVARIANT(ok == 1);
    span_wipe((struct span){(const char *)&digester->context, sizeof(digester->context)});
    return digest;
}

struct digest digester_hash(struct digester *digester, struct span bytes)
{
    digester_begin(digester);
    digester_add(digester, bytes);
    return digester_end(digester);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    uint64_t left[DIGEST_BYTES / sizeof(uint64_t)];
    uint64_t right[DIGEST_BYTES / sizeof(uint64_t)];
    uint64_t differing = 0;

    memcpy(left, a->bytes, sizeof(left));
    memcpy(right, b->bytes, sizeof(right));
    for (size_t i = 0; i < DIGEST_BYTES / sizeof(uint64_t); i++)
        differing |= left[i] ^ right[i];
    return differing == 0;
}

uint64_t digest_prefix(const struct digest *digest)
{
    uint64_t prefix;

    memcpy(&prefix, digest->bytes, sizeof(prefix));
    return prefix;
}

void digest_to_hex(const struct digest *digest, char hex[static DIGEST_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        hex[2 * i] = digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int digest_from_hex(struct span hex, struct digest *out)
{
    if (hex.len != DIGEST_HEX_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        int high = hex_value(hex.ptr[2 * i]);
        int low = hex_value(hex.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return ERR_INVALID;
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return 0;
}
