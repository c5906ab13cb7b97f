/**
 * JSON text from elsewhere in which surrogates stand alone: `"\ud83d"`, as whoever cuts a text
 * between the two halves of a character writes it. RFC 8259 lets that happen and does not say what it
 * means; many readers refuse the whole text for it. Where a text is written anew, U+FFFD stands
 * for each.
 */
#ifndef WEIR_WIRE_JSON_MEND_H
#define WEIR_WIRE_JSON_MEND_H

#include "lib/base/region.h"

/**
 * The text with `\ufffd` for each escaped surrogate that has no other half. Nothing else is
 * changed, what is not JSON neither.
 *
 * @param memory  where a text that is changed is copied to
 * @return `text` itself when there is nothing to mend; ptr NULL for a region that is full
 */
struct span json_mend(struct region *memory, struct span text);

#endif
