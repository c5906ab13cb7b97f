/** The grammar of JSON numbers (RFC 8259 section 6), a byte at a time. */
#ifndef WEIR_WIRE_JSON_NUMBER_H
#define WEIR_WIRE_JSON_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

enum json_number_state {
    JSON_NUMBER_BAD,
    JSON_NUMBER_BEGIN,
    JSON_NUMBER_MINUS,
    JSON_NUMBER_ZERO, /* a leading one: no digit may follow */
    JSON_NUMBER_WHOLE,
    JSON_NUMBER_DOT,
    JSON_NUMBER_FRACTION,
    JSON_NUMBER_E,
    JSON_NUMBER_SIGN,
    JSON_NUMBER_EXPONENT,
    JSON_NUMBER_OVER, /* the byte is not part of it any more */
    JSON_NUMBER_STATE_COUNT,
};

/**
 * Go on from `*state` (JSON_NUMBER_BEGIN before the first byte).
 *
 * @param state  out: JSON_NUMBER_OVER or JSON_NUMBER_BAD when the returned byte ended the run
 * @return the first byte that was not taken
 */
const char *json_number_run(uint8_t *state, const char *p, const char *end);

/** May a number end after what has been taken? */
bool json_number_may_end(uint8_t state);

#endif
