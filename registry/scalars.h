/**
 * Numbers, money, rates and times as people write them in the configuration. Pure.
 *
 * All return 0; ERR_INVALID when the text is not of the form; ERR_NO_SPACE when the form is right
 * and the number is too large for what is asked.
 */
#ifndef WEIR_REGISTRY_SCALARS_H
#define WEIR_REGISTRY_SCALARS_H

#include "lib/base/span.h"
#include "lib/base/text.h"

#include <stdint.h>

/** Digits, no sign, no leading zero (which YAML 1.1 would read as octal). */
int scalar_count(struct span text, uint64_t *out);

/** The same with an optional minus. */
int scalar_integer(struct span text, int64_t *out);

/** A count, optionally with KiB, MiB or GiB: `64KiB`. */
int scalar_bytes(struct span text, uint64_t *out);

/** As scalar_bytes() reads it, in the largest unit of which it is a whole number: 32MiB. */
void scalar_add_bytes(struct text *out, uint64_t bytes);

/** A count, optionally with K (1,000) or M (1,000,000). */
int scalar_amount(struct span text, uint64_t *out);

/** An amount per minute: `600/min`, `1M/min`. Never 0. */
int scalar_rate(struct span text, uint64_t *per_minute);

/** `true` or `false`, nothing else. */
int scalar_switch(struct span text, bool *out);

/**
 * A decimal number of at most `scale` decimals, times 10^`scale`: "3.75" with scale 6 is 3750000.
 *
 * @param scale  0 … 18
 */
int scalar_decimal(struct span text, unsigned scale, uint64_t *out);

#endif
