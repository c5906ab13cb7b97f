#include "lib/base/hmac.h"

/* Of SHA-256: what it takes in at once. */
enum { BLOCK_BYTES = 64 };

/* The pads of RFC 2104 section 2, named there. */
enum { INNER_PAD = 0x36, OUTER_PAD = 0x5c };

static void add_padded(struct digester *digester, const uint8_t key[static BLOCK_BYTES],
                       uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ pad;
    digester_add(digester, (struct span){(const char *)block, sizeof(block)});
    explicit_bzero(block, sizeof(block));
}

struct digest hmac_sha256(struct digester *digester, struct span key, const struct span *pieces,
                          size_t count)
{
    uint8_t block[BLOCK_BYTES] = {0};

    if (key.len > sizeof(block)) {
        struct digest shorter = digester_hash(digester, key);

        memcpy(block, shorter.bytes, sizeof(shorter.bytes));
        explicit_bzero(&shorter, sizeof(shorter));
    } else if (key.len > 0) {
        memcpy(block, key.ptr, key.len);
    }
    digester_begin(digester);
    add_padded(digester, block, INNER_PAD);
    for (size_t i = 0; i < count; i++)
        digester_add(digester, pieces[i]);
    struct digest inner = digester_end(digester);

    digester_begin(digester);
    add_padded(digester, block, OUTER_PAD);
    digester_add(digester, (struct span){(const char *)inner.bytes, sizeof(inner.bytes)});
    explicit_bzero(block, sizeof(block));
    return digester_end(digester);
}
