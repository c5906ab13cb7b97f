#include "lib/access/session.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/base/hmac.h"
#include "lib/base/invariant.h"

enum { EXPIRY_BYTES = 8 };

/* A token without its spelling. */
struct sealed {
    uint8_t expiry[EXPIRY_BYTES]; /* the highest byte first */
    struct digest tag;
    struct digest masked;
};

_Static_assert(sizeof(struct sealed) == (size_t)SESSION_TOKEN_BYTES / 4 * 3,
               "no padding, no bits left over");

static struct span bytes_of(const struct digest *digest)
{
    return (struct span){(const char *)digest->bytes, sizeof(digest->bytes)};
}

static struct digest tag_of(const struct session_signer *signer, const struct sealed *sealed,
                            const struct digest *key)
{
    const struct span pieces[] = {
        SPAN("weir session 1 tag"),
        {(const char *)sealed->expiry, sizeof(sealed->expiry)},
        bytes_of(key),
    };

    return hmac_sha256(signer->digester, signer->key, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* Twice masked is what it was. */
static struct digest mask(const struct session_signer *signer, const struct digest *tag,
                          const struct digest *digest)
{
    const struct span pieces[] = {SPAN("weir session 1 mask"), bytes_of(tag)};
    struct digest masked = hmac_sha256(signer->digester, signer->key, pieces,
                                       sizeof(pieces) / sizeof(pieces[0]));

    for (size_t i = 0; i < sizeof(masked.bytes); i++)
        masked.bytes[i] ^= digest->bytes[i];
    return masked;
}

static void write_expiry(int64_t expires_s, uint8_t out[static EXPIRY_BYTES])
{
    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        out[i] = (uint8_t)((uint64_t)expires_s >> (8 * (EXPIRY_BYTES - 1 - i)));
}

static int64_t read_expiry(const uint8_t bytes[static EXPIRY_BYTES])
{
    uint64_t number = 0;

    for (size_t i = 0; i < EXPIRY_BYTES; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

void session_write(const struct session_signer *signer, const struct session *session,
                   char token[static SESSION_TOKEN_BYTES])
{
    struct sealed sealed;

    INVARIANT(signer->key.len == SESSION_KEY_BYTES && session->expires_s >= 0);
    write_expiry(session->expires_s, sealed.expiry);
    sealed.tag = tag_of(signer, &sealed, &session->key);
    sealed.masked = mask(signer, &sealed.tag, &session->key);
    size_t len = base64url_encode((struct span){(const char *)&sealed, sizeof(sealed)}, token,
                                  SESSION_TOKEN_BYTES);
    INVARIANT(len == SESSION_TOKEN_BYTES);
}

int session_read(const struct session_signer *signer, struct span token, int64_t now_s,
                 struct session *out)
{
    struct sealed sealed;
    struct span decoded;

    INVARIANT(signer->key.len == SESSION_KEY_BYTES);
    if (token.len != SESSION_TOKEN_BYTES ||
        base64url_decode(token, (char *)&sealed, sizeof(sealed), &decoded) != 0)
        return ERR_BAD_SESSION;
    struct digest key = mask(signer, &sealed.tag, &sealed.masked);
    struct digest tag = tag_of(signer, &sealed, &key);

    if (!digest_equal(&tag, &sealed.tag))
        return ERR_BAD_SESSION;
    int64_t expires_s = read_expiry(sealed.expiry);
    if (now_s >= expires_s)
        return ERR_SESSION_ENDED;
    *out = (struct session){key, expires_s};
    return 0;
}
