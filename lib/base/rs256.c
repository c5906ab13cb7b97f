#include "lib/base/rs256.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

struct rs256_key {
    EVP_PKEY *key;
    EVP_PKEY_CTX *context; /* ready to verify, again and again */
    size_t modulus_bytes;
};

static bool is_number(struct span bytes)
{
    return bytes.len > 0 && bytes.ptr[0] != 0 && ((unsigned char)bytes.ptr[bytes.len - 1] & 1) != 0;
}

bool rs256_is_key(struct span modulus, struct span exponent)
{
    /* A modulus of 256 bytes has 2048 bits only with the highest one set. */
    return is_number(modulus) && is_number(exponent) && modulus.len >= RS256_MODULUS_BYTES_MIN &&
           modulus.len <= RS256_MODULUS_BYTES_MAX &&
           (modulus.len > RS256_MODULUS_BYTES_MIN || ((unsigned char)modulus.ptr[0] & 0x80) != 0) &&
           exponent.len <= RS256_EXPONENT_BYTES_MAX && (exponent.len > 1 || exponent.ptr[0] != 1);
}

static BIGNUM *number_of(struct span bytes)
{
    return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

static EVP_PKEY *import(OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;

    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *make_key(struct span modulus, struct span exponent)
{
    BIGNUM *n = number_of(modulus);
    BIGNUM *e = number_of(exponent);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (n != NULL && e != NULL && builder != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params != NULL)
        key = import(params);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}

static bool prepare(struct rs256_key *key)
{
    key->context = key->key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    return key->context != NULL && EVP_PKEY_verify_init(key->context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(key->context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(key->context, EVP_sha256()) == 1;
}

struct rs256_key *rs256_key_new(struct span modulus, struct span exponent)
{
    struct rs256_key *key = rs256_is_key(modulus, exponent) ? calloc(1, sizeof(*key)) : NULL;

    if (key == NULL)
        return NULL;
    key->modulus_bytes = modulus.len;
    key->key = make_key(modulus, exponent);
    if (!prepare(key))
        rs256_key_free(&key);
    ERR_clear_error();
    return key;
}

void rs256_key_free(struct rs256_key **key)
{
    if (*key == NULL)
        return;
    EVP_PKEY_CTX_free((*key)->context);
    EVP_PKEY_free((*key)->key);
    free(*key);
    *key = NULL;
}

bool rs256_verify(struct rs256_key *key, const struct digest *digest, struct span signature)
{
    if (signature.len != key->modulus_bytes)
        return false;
    bool good = EVP_PKEY_verify(key->context, (const unsigned char *)signature.ptr, signature.len,
                                digest->bytes, DIGEST_BYTES) == 1;

    /* A bad signature leaves an entry in OpenSSL's queue, which TLS would read as its own. */
    if (!good)
        ERR_clear_error();
    return good;
}
