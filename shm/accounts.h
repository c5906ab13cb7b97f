/**
 * The accounts memfd of a generation (`weir-accounts-G`): service accounts whose keys only the
 * steward sees. It has the form of secrets, with ACCOUNT_FIELD_COUNT rows an account.
 *
 * What joins an account to the token that is minted for it, over reloads and over the life of any
 * process, is its identity. A new private key is no new identity: tokens go on while the next one
 * is asked for with the new key.
 */
#ifndef WEIR_SHM_ACCOUNTS_H
#define WEIR_SHM_ACCOUNTS_H

#include "lib/base/digest.h"
#include "shm/snapshot.h"

enum { ACCOUNTS_MAX = 64 };

/** What a provider's row in the secrets memfd holds. */
enum provider_auth {
    PROVIDER_AUTH_KEY,   /* the key that goes with each call */
    PROVIDER_AUTH_TOKEN, /* the identity of the account whose token goes with it (shm/tokens.h) */
    PROVIDER_AUTH_COUNT,
};

/** X(name, is part of the identity, what it is) */
#define ACCOUNT_FIELD_MAP(X)                           \
    X(provider, true, "its name in the configuration") \
    X(email, true, "who asks")                         \
    X(token_url, true, "where")                        \
    X(scope, true, "what for")                         \
    X(key_id, false, "which key it is, may be empty")  \
    X(private_key, false, "PEM")

enum account_field {
#define X(name, ...) ACCOUNT_##name,
    ACCOUNT_FIELD_MAP(X) ACCOUNT_FIELD_COUNT,
#undef X
};

/** Borrowed from whoever made it: the configuration, or the mapping. */
struct account {
#define X(name, ...) struct span name;
    ACCOUNT_FIELD_MAP(X)
#undef X
};

static inline uint32_t accounts_count(const struct secrets *accounts)
{
    return accounts->header == NULL ? 0 : accounts->header->rows / ACCOUNT_FIELD_COUNT;
}

/** Account `number`, which must be below accounts_count(). */
struct account accounts_get(const struct secrets *accounts, uint32_t number);

/** The account as the rows that accounts_get() reads. */
void account_rows(const struct account *account, struct span rows[static ACCOUNT_FIELD_COUNT]);

/** Pauses between words about refused tokens are kept by account_mark(), in so many places. */
enum { TOKEN_REFUSAL_PLACES = 8 };

/** Which account it is, where a number must do. @param identity  the bytes of its digest */
static inline uint64_t account_mark(struct span identity)
{
    uint64_t mark = 0;

    memcpy(&mark, identity.ptr, identity.len < sizeof(mark) ? identity.len : sizeof(mark));
    return mark;
}

struct digest account_identity(const struct account *account, struct digester *digester);

#endif
