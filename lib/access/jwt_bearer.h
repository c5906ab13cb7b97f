/**
 * An access token for a signed assertion: the JWT bearer grant of OAuth 2.0 (RFC 7523), by which a
 * service account proves itself with its private key and gets a token that lives for an hour.
 *
 *   jwt_bearer_write()  what to POST, as application/x-www-form-urlencoded
 *   jwt_bearer_read()   what a 200 answers (RFC 6749, section 5.1)
 *   jwt_bearer_error()  what anything else answers (section 5.2)
 *
 * Pure: no clock and no network.
 */
#ifndef WEIR_ACCESS_JWT_BEARER_H
#define WEIR_ACCESS_JWT_BEARER_H

#include "lib/base/digest.h"
#include "lib/base/rs256_signer.h"
#include "lib/base/text.h"

#include <stdint.h>

enum {
    JWT_BEARER_LIFE_S = 3600, /* of the assertion: the most that Google takes */
    JWT_BEARER_REQUEST_BYTES_MAX = 8192,
    JWT_BEARER_ANSWER_BYTES_MAX = 16 * 1024,
    JWT_BEARER_TOKEN_BYTES_MAX = 4096, /* what one is mostly: 1 to 2 KiB */
    JWT_BEARER_ERROR_BYTES = 40,
};

/** Who asks whom for what. */
struct jwt_bearer_claims {
    struct span issuer;   /* the account's e-mail address */
    struct span key_id;   /* empty: left out of the header */
    struct span scope;    /* words with blanks between them */
    struct span audience; /* the token endpoint's own URL */
    int64_t issued_s;
};

/**
 * @return 0, ERR_NO_SPACE, or ERR_INTERNAL when the key does not sign. The assertion is worth a
 *         token for an hour: wipe it when it was sent
 */
int jwt_bearer_write(const struct jwt_bearer_claims *claims, struct rs256_signer *signer,
                     struct digester *digester, struct text *out);

struct jwt_bearer_token {
    struct span token;
    uint64_t life_s; /* from when it was asked for; at least 1 */
};

/**
 * @param memory  body.len bytes at least; `out` points into it
 * @return 0, or ERR_INVALID: no JSON, no token that could stand in a header, no `expires_in`, or
 *         another type than Bearer
 */
int jwt_bearer_read(struct span body, char *memory, struct jwt_bearer_token *out);

/** The word of an error body, "invalid_grant", for a log line; "" for anything but a plain word. */
void jwt_bearer_error(struct span body, char out[static JWT_BEARER_ERROR_BYTES]);

#endif
