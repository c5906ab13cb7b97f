/**
 * The tokens memfd (`weir-tokens-N`): access tokens that the steward minted, for workers.
 *
 * It has the form of secrets, with two rows a token: who it is for and until when, then the token
 * itself. It belongs to no generation: a worker finds the token of a provider by the identity of
 * the provider's account (shm/accounts.h), so that a reload takes no token away. N grows with each
 * memfd, also from one steward to the next; the newest holds all tokens that are still good.
 */
#ifndef WEIR_SHM_TOKENS_H
#define WEIR_SHM_TOKENS_H

#include "lib/base/clock.h"
#include "shm/accounts.h"

/** Times are CLOCK_BOOTTIME, which all processes of a host share and nobody sets. */
struct token_row {
    struct digest account;
    struct monotime minted;
    struct monotime expires; /* from here on it must not be sent */
};

struct token {
    struct token_row row;
    struct span text;
};

/** @return 0, or ERR_CORRUPT for secrets that are no tokens */
int tokens_check(const struct secrets *tokens);

uint32_t tokens_count(const struct secrets *tokens);

/** Token `number`, which must be below tokens_count() of tokens that were checked. */
struct token tokens_get(const struct secrets *tokens, uint32_t number);

/**
 * The token of an account that is good at `now`.
 *
 * @param tokens    may be closed: none then
 * @param identity  the bytes of the account's digest
 * @return false when there is none
 */
bool tokens_find(const struct secrets *tokens, struct span identity, struct monotime now,
                 struct token *out);

/** Make the memfd. @return 0, ERR_NO_MEMORY or ERR_IO */
int tokens_write(uint64_t number, const struct token *tokens, uint32_t count,
                 struct digester *digester, int *fd);

#endif
