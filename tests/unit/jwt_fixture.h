/** Tokens and keys that a test makes for itself. */
#ifndef WEIR_TESTS_JWT_FIXTURE_H
#define WEIR_TESTS_JWT_FIXTURE_H

#include "lib/access/jwt.h"
#include "lib/base/base64url.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MADE_TOKEN_BYTES = JWT_BYTES_MAX + 64 };

struct signing_key {
    EVP_PKEY *pair;
    char modulus_bytes[RS256_MODULUS_BYTES_MAX];
    char exponent_bytes[RS256_EXPONENT_BYTES_MAX];
    struct span modulus;
    struct span exponent;
};

/** NUL-terminated. */
struct made_token {
    char text[MADE_TOKEN_BYTES];
    size_t len;
};

static inline struct span signing_number(EVP_PKEY *pair, const char *name, char *memory,
                                         size_t room)
{
    BIGNUM *number = NULL;

    assert_int_equal(EVP_PKEY_get_bn_param(pair, name, &number), 1);
    assert_in_range(BN_num_bytes(number), 1, room);
    int len = BN_bn2bin(number, (unsigned char *)memory);
    BN_free(number);
    return (struct span){memory, (size_t)len};
}

static inline void signing_key_make(struct signing_key *key, unsigned bits)
{
    key->pair = EVP_RSA_gen(bits);
    assert_non_null(key->pair);
    key->modulus = signing_number(key->pair, "n", key->modulus_bytes, sizeof(key->modulus_bytes));
    key->exponent = signing_number(key->pair, "e", key->exponent_bytes,
                                   sizeof(key->exponent_bytes));
}

static inline void token_add(struct made_token *token, struct span bytes)
{
    token->len += base64url_encode(bytes, token->text + token->len,
                                   sizeof(token->text) - token->len - 1);
    token->text[token->len] = '\0';
}

/** The first two parts, with the dot between them. */
static inline void token_begin(struct made_token *token, const char *header, const char *claims)
{
    token->len = 0;
    token_add(token, span_of(header));
    token->text[token->len++] = '.';
    token_add(token, span_of(claims));
}

/** The third part, for what stands there. */
static inline void token_sign(struct made_token *token, EVP_PKEY *pair, const EVP_MD *algorithm)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char signature[RS256_MODULUS_BYTES_MAX];
    size_t len = sizeof(signature);

    assert_int_equal(EVP_DigestSignInit(context, NULL, algorithm, NULL, pair), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &len, (unsigned char *)token->text, token->len), 1);
    EVP_MD_CTX_free(context);
    token->text[token->len++] = '.';
    token_add(token, (struct span){(char *)signature, len});
}

static inline void token_make(struct made_token *token, const struct signing_key *key,
                              const char *header, const char *claims)
{
    token_begin(token, header, claims);
    token_sign(token, key->pair, EVP_sha256());
}

static inline struct span token_span(const struct made_token *token)
{
    return (struct span){token->text, token->len};
}

#endif
