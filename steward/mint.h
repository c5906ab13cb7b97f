/**
 * When to ask for which provider token: one place an account, and no I/O.
 *
 *   a place is   when
 *   due          it is new, its key is, its token has lived for most of its time or was refused
 *                by the provider, or the pause after a failure is over
 *   asking       the ask port took it; never twice at a time
 *   good         it has a token that has not expired, whatever the asking comes to
 *
 * A token is refreshed at 80 % of its life, at the latest MINT_SPARE_MS before its end, and a token
 * too short for that at half of its life; a little earlier by chance, so that hosts that started
 * together do not ask together. A place is known by the identity of its account (shm/accounts.h): a
 * reload that keeps that keeps the token.
 */
#ifndef WEIR_STEWARD_MINT_H
#define WEIR_STEWARD_MINT_H

#include "lib/access/jwt_bearer.h"
#include "shm/tokens.h"

enum {
    MINT_SPARE_MS = 5 * 60 * 1000,
    MINT_LIFE_MAX_S = 24 * 60 * 60, /* longer lives are taken as this */
    MINT_PAUSE_FIRST_MS = 1000,     /* after a failure; doubles */
    MINT_PAUSE_MAX_MS = 60 * 1000,
    MINT_GAP_MS = 250,           /* at least, between a token and the asking for the next */
    MINT_REFUSED_MS = 60 * 1000, /* at least, between two askings because a token was refused */
};

struct mint_ports {
    /**
     * Ask for a token; mint_on_token() or mint_on_failure() follows, but not from inside.
     *
     * @param account  borrowed for the call
     * @return 0 or an ERR_ value
     */
    int (*ask)(void *ctx, uint32_t place, const struct account *account);
    /** Nobody waits for it any more, and neither of the two follows. */
    void (*cancel)(void *ctx, uint32_t place);
    /** The good tokens are others than before. */
    void (*changed)(void *ctx);
};

struct mint_place {
    bool is_used;
    bool is_asking;
    struct digest key;   /* of the private key and its id */
    uint32_t account;    /* number in `accounts` */
    uint32_t failures;   /* in a row */
    uint32_t text_bytes; /* 0: no token */
    struct monotime asked;
    struct monotime due;
    struct monotime refused_from; /* before it nothing is asked for because a token was refused */
    struct token_row row;         /* whose it is; and of the token, when there is one */
    char text[JWT_BEARER_TOKEN_BYTES_MAX];
};

struct mint {
    const struct mint_ports *ports;
    void *ctx;
    struct digester *digester;
    uint64_t random; /* state of the draws; never 0 */
    struct secrets accounts;
    struct mint_place places[ACCOUNTS_MAX];
};

/** @param digester  borrowed. @param random  any */
void mint_init(struct mint *mint, const struct mint_ports *ports, void *ctx,
               struct digester *digester, uint64_t random);

/**
 * These accounts from now on, and no others; what is due is asked for by the next mint_tick().
 *
 * @param accounts   taken over
 * @param inherited  tokens of a predecessor, or closed; borrowed
 */
void mint_follow(struct mint *mint, struct secrets accounts, const struct secrets *inherited,
                 struct monotime now);

/** Ask for what is due, drop what has expired. @return when to come again; UINT64_MAX ms: never */
struct monotime mint_tick(struct mint *mint, struct monotime now);

/**
 * @param number  the place
 * @return 0, or ERR_TIMEOUT when it came so late that it has expired: that is a failure
 */
int mint_on_token(struct mint *mint, uint32_t number, const struct jwt_bearer_token *token,
                  struct monotime now);
void mint_on_failure(struct mint *mint, uint32_t number, struct monotime now);

/**
 * A provider does not take the token of this account any more: the next mint_tick() asks for another
 * one, unless that is under way, has just failed, or was done for the same reason a moment ago.
 *
 * @param mark     account_mark()
 * @param number   the place, when it is asked for
 * @return whether it is
 */
bool mint_refused(struct mint *mint, uint64_t mark, struct monotime now, uint32_t *number);

/** The good tokens, borrowed until anything changes. @return how many */
uint32_t mint_tokens(const struct mint *mint, struct token out[static ACCOUNTS_MAX]);

/** The account of a place that is in use. */
struct account mint_account(const struct mint *mint, uint32_t place);

/** Cancels what is asked for, wipes all. */
void mint_close(struct mint *mint);

/** How long after its asking a token is asked for anew. @param random  64 bits */
uint64_t mint_refresh_ms(uint64_t life_ms, uint64_t random);

/** The pause after that many failures in a row (1 …). @param random  64 bits */
uint64_t mint_pause_ms(uint32_t failures, uint64_t random);

#endif
