#include "lib/base/err.h"
#include "lib/net/client_inner.h"

#include <limits.h>

int tls_load_store(struct span ca_file, X509_STORE **out)
{
    char path[PATH_MAX];
    X509_STORE *store = NULL;

    if (ca_file.len >= sizeof(path))
        return ERR_CONFIG;
    memcpy(path, ca_file.ptr, ca_file.len);
    path[ca_file.len] = '\0';
    store = X509_STORE_new();
    if (store == NULL)
        return ERR_NO_MEMORY;
    if (X509_STORE_load_file(store, path) != 1) {
        X509_STORE_free(store);
        return ERR_CONFIG;
    }
    X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    *out = store;
    return 0;
}

CURLcode tls_on_context(CURL *easy, void *ssl_context, void *owner)
{
    const struct http_client *client = owner;

    (void)easy;
    if (client->store == NULL)
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(ssl_context, client->store);
    return CURLE_OK;
}
