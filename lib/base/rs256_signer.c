#include "lib/base/rs256_signer.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

struct rs256_signer {
    EVP_PKEY *key;
    EVP_PKEY_CTX *context;
};

/* Without this OpenSSL would ask a terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int no_passphrase(char *to, int room, int writing, void *ctx)
{
    (void)to;
    (void)room;
    (void)writing;
    (void)ctx;
    return -1;
}

static EVP_PKEY *read_key(struct span pem)
{
    BIO *text = pem.len == 0 || pem.len > INT_MAX ? NULL : BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = text == NULL ? NULL : PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL);

    BIO_free(text);
    return key;
}

static bool is_usable(const EVP_PKEY *key)
{
    return key != NULL && EVP_PKEY_is_a(key, "RSA") == 1 &&
           EVP_PKEY_get_size(key) >= RS256_MODULUS_BYTES_MIN &&
           EVP_PKEY_get_size(key) <= RS256_MODULUS_BYTES_MAX;
}

static bool prepare(struct rs256_signer *signer)
{
    signer->context = EVP_PKEY_CTX_new_from_pkey(NULL, signer->key, NULL);
    return signer->context != NULL && EVP_PKEY_sign_init(signer->context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(signer->context, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(signer->context, EVP_sha256()) == 1;
}

struct rs256_signer *rs256_signer_new(struct span pem)
{
    struct rs256_signer *signer = calloc(1, sizeof(*signer));

    if (signer == NULL)
        return NULL;
    signer->key = read_key(pem);
    if (!is_usable(signer->key) || !prepare(signer))
        rs256_signer_free(&signer);
    /* What stays in OpenSSL's queue, TLS would read as its own. */
    ERR_clear_error();
    return signer;
}

void rs256_signer_free(struct rs256_signer **signer)
{
    if (*signer == NULL)
        return;
    EVP_PKEY_CTX_free((*signer)->context);
    EVP_PKEY_free((*signer)->key);
    free(*signer);
    *signer = NULL;
}

size_t rs256_sign(struct rs256_signer *signer, const struct digest *digest,
                  char signature[static RS256_MODULUS_BYTES_MAX])
{
    size_t bytes = RS256_MODULUS_BYTES_MAX;

    if (EVP_PKEY_sign(signer->context, (unsigned char *)signature, &bytes, digest->bytes,
                      DIGEST_BYTES) == 1)
        return bytes;
    ERR_clear_error();
    return 0;
}
