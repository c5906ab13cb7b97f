/** How long an answer stays fresh, by its Cache-Control field (RFC 9111, section 5.2). Pure. */
#ifndef WEIR_WIRE_CACHE_CONTROL_H
#define WEIR_WIRE_CACHE_CONTROL_H

#include "lib/base/span.h"

#include <stdint.h>

enum { CACHE_CONTROL_NOT_TOLD = -1 };

/**
 * @param value  of the field
 * @return seconds, at most 2^31 - 1; 0 for no-store and no-cache, and for a max-age that is no number
 *         or stands twice; CACHE_CONTROL_NOT_TOLD without any of them
 */
int64_t cache_control_max_age(struct span value);

#endif
