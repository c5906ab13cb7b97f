/** One asking for a token: the signed assertion on its way, and the answer to it. */
#ifndef WEIR_STEWARD_TOKEN_REQUEST_H
#define WEIR_STEWARD_TOKEN_REQUEST_H

#include "steward/tokens.h"

/**
 * Sign and send. One of token_service_on_token() and token_service_on_failure() follows later, and
 * service->requests[place] is NULL again.
 *
 * @return 0 with service->requests[place] set; ERR_NO_MEMORY; ERR_TOO_MANY_CALLS; ERR_INVALID for an
 *         account that cannot ask
 */
int token_request_start(struct token_service *service, uint32_t place,
                        const struct account *account);

/** End it without a word; clears the pointer, NULL is fine. */
void token_request_cancel(struct token_request **request);

#endif
