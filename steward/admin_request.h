/** What a request's head says, into the call. Of use to admin_call.c alone. */
#ifndef WEIR_STEWARD_ADMIN_REQUEST_H
#define WEIR_STEWARD_ADMIN_REQUEST_H

#include "steward/admin_call.h"

/**
 * Path parameters, query, preconditions, idempotency key, the wish to wait: copied into the arena.
 *
 * @return 0 or ERR_INVALID, refused with the field
 */
int admin_request_read(struct admin_call *call, const struct http_request *http,
                       const struct admin_match *match);

/**
 * Who asks? On the machine's socket whoever the kernel says; over TCP the key, which must work and
 * have the scope `admin`. The credential's bytes are wiped.
 *
 * @return 0, ERR_NO_CREDENTIAL, ERR_CREDENTIALS_DIFFER, ERR_UNKNOWN_KEY, ERR_KEY_DISABLED,
 *         ERR_KEY_EXPIRED, ERR_SCOPE, or an error of the database, refused
 */
int admin_request_identify(struct admin_call *call, const struct http_request *http);

#endif
