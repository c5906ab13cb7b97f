#include "lib/wire/json_number.h"

enum number_byte {
    BYTE_OTHER,
    BYTE_ZERO,
    BYTE_DIGIT,
    BYTE_MINUS,
    BYTE_PLUS,
    BYTE_DOT,
    BYTE_E,
    NUMBER_BYTE_COUNT,
};

static const uint8_t number_bytes[256] = {
    ['0'] = BYTE_ZERO,  ['1'] = BYTE_DIGIT, ['2'] = BYTE_DIGIT, ['3'] = BYTE_DIGIT,
    ['4'] = BYTE_DIGIT, ['5'] = BYTE_DIGIT, ['6'] = BYTE_DIGIT, ['7'] = BYTE_DIGIT,
    ['8'] = BYTE_DIGIT, ['9'] = BYTE_DIGIT, ['-'] = BYTE_MINUS, ['+'] = BYTE_PLUS,
    ['.'] = BYTE_DOT,   ['e'] = BYTE_E,     ['E'] = BYTE_E,
};

/** RFC 8259 section 6; what is not named is JSON_NUMBER_BAD. */
static const uint8_t number_steps[JSON_NUMBER_STATE_COUNT][NUMBER_BYTE_COUNT] = {
    [JSON_NUMBER_BEGIN] = {[BYTE_ZERO] = JSON_NUMBER_ZERO,
                           [BYTE_DIGIT] = JSON_NUMBER_WHOLE,
                           [BYTE_MINUS] = JSON_NUMBER_MINUS},
    [JSON_NUMBER_MINUS] = {[BYTE_ZERO] = JSON_NUMBER_ZERO, [BYTE_DIGIT] = JSON_NUMBER_WHOLE},
    [JSON_NUMBER_ZERO] =
        {[BYTE_DOT] = JSON_NUMBER_DOT, [BYTE_E] = JSON_NUMBER_E, [BYTE_OTHER] = JSON_NUMBER_OVER},
    [JSON_NUMBER_WHOLE] = {[BYTE_ZERO] = JSON_NUMBER_WHOLE,
                           [BYTE_DIGIT] = JSON_NUMBER_WHOLE,
                           [BYTE_DOT] = JSON_NUMBER_DOT,
                           [BYTE_E] = JSON_NUMBER_E,
                           [BYTE_OTHER] = JSON_NUMBER_OVER},
    [JSON_NUMBER_DOT] = {[BYTE_ZERO] = JSON_NUMBER_FRACTION, [BYTE_DIGIT] = JSON_NUMBER_FRACTION},
    [JSON_NUMBER_FRACTION] = {[BYTE_ZERO] = JSON_NUMBER_FRACTION,
                              [BYTE_DIGIT] = JSON_NUMBER_FRACTION,
                              [BYTE_E] = JSON_NUMBER_E,
                              [BYTE_OTHER] = JSON_NUMBER_OVER},
    [JSON_NUMBER_E] = {[BYTE_ZERO] = JSON_NUMBER_EXPONENT,
                       [BYTE_DIGIT] = JSON_NUMBER_EXPONENT,
                       [BYTE_MINUS] = JSON_NUMBER_SIGN,
                       [BYTE_PLUS] = JSON_NUMBER_SIGN},
    [JSON_NUMBER_SIGN] = {[BYTE_ZERO] = JSON_NUMBER_EXPONENT, [BYTE_DIGIT] = JSON_NUMBER_EXPONENT},
    [JSON_NUMBER_EXPONENT] = {[BYTE_ZERO] = JSON_NUMBER_EXPONENT,
                              [BYTE_DIGIT] = JSON_NUMBER_EXPONENT,
                              [BYTE_OTHER] = JSON_NUMBER_OVER},
};

const char *json_number_run(uint8_t *state, const char *p, const char *end)
{
    uint8_t now = *state;

    for (; p != end; p++) {
        now = number_steps[now][number_bytes[(unsigned char)*p]];
        if (now == JSON_NUMBER_OVER || now == JSON_NUMBER_BAD)
            break;
    }
    *state = now;
    return p;
}

bool json_number_may_end(uint8_t state)
{
    return number_steps[state][BYTE_OTHER] == JSON_NUMBER_OVER;
}
