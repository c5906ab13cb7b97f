/**
 * Host names, resolved in the background and remembered.
 *
 *   phase      entered by                     resolver_name_addresses()
 *   asking     first resolver_take()          empty: wait
 *   known      an answer                      the last good answer, also while it is asked again
 *   failed     no answer has ever been good   empty; asked again by the next wait
 *
 * libcurl never resolves: it is handed `host:port:address,…` (CURLOPT_RESOLVE). An answer is asked
 * again after RESOLVER_TTL_MS; a failing refresh keeps the last good answer.
 */
#ifndef WEIR_NET_RESOLVER_H
#define WEIR_NET_RESOLVER_H

#include "lib/base/span.h"
#include "lib/net/link.h"

#include <uv.h>

enum { RESOLVER_TTL_MS = 60000, RESOLVER_NAMES_MAX = 4096, RESOLVER_ADDRESSES_MAX = 8 };

struct resolver;
struct resolver_name;

/** What waits for a name: called once, with 0 or ERR_UPSTREAM_RESOLVE; never from resolver_wait(). */
typedef void resolver_answered_fn(struct link *waiting, int err);

/** @return NULL when out of memory */
struct resolver *resolver_new(uv_loop_t *loop, resolver_answered_fn *on_answered);

/** Nothing may wait any more; memory goes with the last running look-up. Clears the pointer. */
void resolver_free(struct resolver **resolver);

/** The entry of host and port, shared by all that take it; NULL at RESOLVER_NAMES_MAX. */
struct resolver_name *resolver_take(struct resolver *resolver, const char *host, const char *port);

/**
 * The entry as CURLOPT_RESOLVE wants it; NULL when it is not known yet: wait for it. Begins a
 * refresh in the background when the answer is old. Valid until the loop's next turn.
 */
char *resolver_name_addresses(struct resolver_name *name);

/** Be told when the name is known or has failed; leave by link_remove(). */
void resolver_wait(struct resolver_name *name, struct link *waiting);

#endif
