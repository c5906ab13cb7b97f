/** A provider's refusal in hub form: what its status means, and what its message may say. */
#ifndef WEIR_PROTOCOL_HUB_ERROR_H
#define WEIR_PROTOCOL_HUB_ERROR_H

#include "lib/protocol/hub_answer.h"

enum { HUB_ERROR_MESSAGE_BYTES_MAX = 2048 };

/** ERR_UPSTREAM_… of an HTTP status, also of one that an error object tells: never 0. */
int hub_error_of_status(int status);

/**
 * A provider's message as a client may read it: decoded, words that look like keys, URLs or
 * resource names left out, at most HUB_ERROR_MESSAGE_BYTES_MAX.
 *
 * @return in the region; empty when there is none, or no room for it
 */
struct span hub_error_message(struct region *memory, struct span raw);

/**
 * An error with that message; without one where it is about the gateway's own key or the provider's
 * name for the model, which are no client's business.
 */
struct hub_error hub_error_of(struct region *memory, int err, struct span raw);

#endif
