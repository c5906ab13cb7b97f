/** The value of Retry-After (RFC 9110, section 10.2.3): seconds, or a date of section 5.6.7. */
#ifndef WEIR_WIRE_RETRY_AFTER_H
#define WEIR_WIRE_RETRY_AFTER_H

#include "lib/base/span.h"

#include <stdint.h>

/** A longer wait is taken as that: a day. */
#define RETRY_AFTER_MS_MAX UINT64_C(86400000)

/**
 * @param value  the field's value; blanks around it are passed over
 * @param now_s  Unix time, which a date is relative to
 * @return milliseconds, at most RETRY_AFTER_MS_MAX; 0 for none: an empty value, one that is
 *         neither, a date that has passed
 */
uint64_t retry_after_ms(struct span value, int64_t now_s);

#endif
