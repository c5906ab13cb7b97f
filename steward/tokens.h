/**
 * Provider tokens: asked for at the token endpoints of service accounts, handed to the master, which
 * gives them to every worker.
 *
 * The private keys are in this process alone, in a mapping that no core file shows. What was minted
 * goes out as a new memfd each time (shm/tokens.h) with all tokens that are good.
 */
#ifndef WEIR_STEWARD_TOKENS_H
#define WEIR_STEWARD_TOKENS_H

#include "lib/net/http_client.h"
#include "steward/mint.h"

enum {
    TOKENS_CONNECT_MS = 5000,
    TOKENS_TOTAL_MS = 15000,
    TOKENS_LOOK_MS = 60 *
                     1000, /* at least so often, because timers stand still while the host sleeps */
    TOKENS_RETRY_MS = 200, /* when the master did not take them */
};

struct token_request;

struct token_service {
    uv_loop_t *loop;
    uv_timer_t timer;
    int channel_fd;
    struct http_client *client;                   /* NULL: no generation has had an account yet */
    struct digester *digester;                    /* the owner's */
    struct secrets inherited;                     /* what a predecessor minted; closed: nothing */
    uint64_t number;                              /* of the newest memfd */
    bool is_unpublished;                          /* the master lacks what has changed */
    struct token_request *requests[ACCOUNTS_MAX]; /* by place; NULL: none is open */
    struct mint mint;
};

/** @param digester  borrowed. @param channel_fd  to the master; borrowed. @return 0 or ERR_IO */
int token_service_init(struct token_service *service, uv_loop_t *loop, int channel_fd,
                       struct digester *digester);

/** What a predecessor had minted; before the first generation. @param fd  stays the caller's */
void token_service_inherit(struct token_service *service, uint64_t number, int fd);

/**
 * Tokens for the accounts of this generation from now on, and no others.
 *
 * @param accounts_fd  stays the caller's
 * @return 0, or why they cannot be used: nothing has changed then
 */
int token_service_follow(struct token_service *service, const struct snapshot *snapshot,
                         int accounts_fd);

/** A provider does not take the token of the account with this mark: another one, if it is time. */
void token_service_refused(struct token_service *service, uint64_t mark);

/** Gives everything up; the loop must still run its close callbacks. */
void token_service_close(struct token_service *service);

/** For steward/token_request.c: what an asking came to. The request is gone when they are called. */
void token_service_on_token(struct token_service *service, uint32_t place,
                            const struct jwt_bearer_token *token);
void token_service_on_failure(struct token_service *service, uint32_t place, const char *why);

#endif
