/**
 * A service account's credentials file: the JSON that a cloud's console gives out once.
 *
 * Read are `type`, `client_email`, `private_key_id`, `private_key` (PEM) and `token_uri`; other
 * members are passed over. The whole text is a secret: no message here holds a byte of it.
 */
#ifndef WEIR_ACCESS_SERVICE_ACCOUNT_H
#define WEIR_ACCESS_SERVICE_ACCOUNT_H

#include "lib/base/span.h"

enum {
    SERVICE_ACCOUNT_BYTES_MAX = 16 * 1024, /* of the JSON */
    SERVICE_ACCOUNT_LINE_BYTES_MAX = 256,  /* of e-mail address and key id */
};

/** Spans into the memory that the parser was given. */
struct service_account {
    struct span email;
    struct span key_id;      /* empty: not given */
    struct span private_key; /* PEM; rs256_signer_new() takes it */
    struct span token_url;   /* empty: not given; its form is not looked at */
};

/**
 * @param memory   json.len bytes at least; afterwards a secret of the caller's
 * @param problem  on failure what is wrong, as the rest of a sentence about the file
 * @return 0, ERR_INVALID, or ERR_NO_SPACE when it is longer than SERVICE_ACCOUNT_BYTES_MAX
 */
int service_account_parse(struct span json, char *memory, struct service_account *out,
                          const char **problem);

#endif
