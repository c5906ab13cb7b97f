/** The hub form's raw text (hub.h): decoding, comparing, numbers, words. */
#ifndef WEIR_PROTOCOL_HUB_TEXT_H
#define WEIR_PROTOCOL_HUB_TEXT_H

#include "lib/protocol/hub.h"

/** Raw text as UTF-8, in the region when it has escapes, else where it stands; ptr NULL: full. */
struct span hub_decode(struct region *memory, struct span raw);

/** UTF-8 as raw text, in the region when something must be escaped, else where it stands. */
struct span hub_encode(struct region *memory, struct span utf8);

/** Nothing but white space, also written as escapes? */
bool hub_is_blank(struct span raw);

/** Equal after decoding? */
bool hub_equal(struct span raw_a, struct span raw_b);

/** A raw JSON number as this decimal. False for what is no number. */
bool hub_number(struct span raw, double *out);

/** The effort of a word ("low"), HUB_EFFORT_UNSET for what is none. */
enum hub_effort hub_effort_of(struct span word);

/** "low" … ; empty for HUB_EFFORT_UNSET. */
struct span hub_effort_word(enum hub_effort effort);

/** The effort that a budget of thinking tokens amounts to: <1024, <2048, <8192, <24576, more. */
enum hub_effort hub_effort_of_budget(uint64_t tokens);

#endif
