/** The handlers of requests; each takes a request whose route is known, and answers or keeps it. */
#ifndef WEIR_WORKER_HANDLERS_H
#define WEIR_WORKER_HANDLERS_H

#include "worker/exchange.h"
#include "worker/routes.h"

/** How long an answer that depends on who asks may be kept, and what else it depends on. */
#define LISTING_CACHE_FIELDS                                                         \
    "cache-control: private, no-cache\r\n"                                           \
    "vary: Authorization, x-api-key, x-goog-api-key, api-key, x-firebase-appcheck, " \
    "anthropic-version, x-goog-api-client, Accept, Cookie\r\n"

/** What the server calls; see lib/net/server.h. */
extern const struct server_handlers request_handlers;

/**
 * Who calls? The credential's bytes are wiped from the receive buffer.
 *
 * @return 0 or as access_identify()
 */
int request_identify(const struct request *request, const struct http_request *http,
                     enum key_flag scope, const struct generation *generation, struct access *out);

/** Sizes of the records that the handlers keep in the worker's pools. */
size_t call_record_bytes(void);
size_t call_request_record_bytes(void);
size_t listing_record_bytes(void);
size_t signin_record_bytes(void);
size_t web_record_bytes(void);

/** A list of models, or how many it has: takes over the hold on `generation`. */
void listing_answer(const struct request *request, const struct http_request *http,
                    const struct route_match *match, struct generation *generation);

/** The model that `match->rest` names; the same. */
void listing_answer_one(const struct request *request, const struct http_request *http,
                        const struct route_match *match, struct generation *generation);

/** The form with a key: gives the browser a session; takes over the hold on `generation`. */
void signin_begin(const struct request *request, const struct http_request *http,
                  struct generation *generation);

/** The form without fields: takes the session away; the same. */
void signout_answer(const struct request *request, const struct http_request *http,
                    struct generation *generation);
/** A page for people; the same. */
void web_answer(const struct request *request, const struct http_request *http,
                const struct route_match *match, struct generation *generation);

/** What pages refer to, by its name; needs no generation. */
void web_answer_asset(const struct request *request, const struct http_request *http,
                      struct span name);

/** A completion in the route's protocol; the same. */
void call_begin(const struct request *request, const struct http_request *http,
                const struct route_match *match, struct generation *generation);

#endif
