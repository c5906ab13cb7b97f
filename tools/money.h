/** Prices and counts as text. Pure. */
#ifndef WEIR_TOOLS_MONEY_H
#define WEIR_TOOLS_MONEY_H

#include "lib/base/text.h"

/**
 * USD for a million tokens from pico-dollars for one, exactly, with two decimals or as many as it
 * takes: "3.00", "0.075". PRICE_NONE is a dash: a price that is missing is none of 0.
 */
void money_add_per_million(struct text *out, uint64_t pico_usd);

/** Give the decimal that `out` holds from byte `begin` on two decimals, if it has fewer. */
void money_pad(struct text *out, size_t begin);

/** A number with commas between thousands. */
void money_add_count(struct text *out, uint64_t count);

/** The same of what may be missing: 0, which is not given, is a dash. */
void money_add_tokens(struct text *out, uint64_t tokens);

#endif
