/**
 * A JSON reader that is fed bytes as they arrive and tells only of the members that it was asked
 * for. It keeps no text, allocates nothing, and cutting the text anywhere changes nothing.
 *
 * Grammar: RFC 8259, nothing more (no BOM, no NUL, no comment, no trailing comma, no bare control
 * character in a string, escapes well-formed, surrogates paired unless
 * json_scan_allow_lone_surrogates() says otherwise); depth up to the given bound. The
 * text must be one value; only white space may follow. Bytes from 0x80 on pass unchecked inside
 * strings and nowhere else: whether they are UTF-8 is left to whom the text is for.
 *
 * Watched members are paths of keys from the root: {"usage", "prompt_tokens"}; the key
 * JSON_EACH_ITEM stands for each item of an array: {"choices", "[]", "finish_reason"}. Keys are
 * compared after decoding their escapes. A key that is equal but for the case of ASCII letters is
 * told too, with `exact` false, because a provider's parser may take it for the same. Every member
 * with such a key is told, also when a key stands twice in an object.
 */
#ifndef WEIR_WIRE_JSON_SCAN_H
#define WEIR_WIRE_JSON_SCAN_H

#include "lib/base/span.h"

#include <stdint.h>

enum {
    JSON_PATHS_MAX = 32,
    JSON_PATH_DEPTH_MAX = 4,
    JSON_DEPTH_MAX = 1024,
    JSON_CAPTURE_BYTES = 160, /* raw text of a watched string, number or word, without quotes */
};

#define JSON_EACH_ITEM "[]"

/** One watched member. Unused keys are NULL; keys are ASCII, shorter than 256 bytes. */
struct json_path {
    const char *keys[JSON_PATH_DEPTH_MAX];
};

enum json_type {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

enum json_event {
    JSON_MORE,        /* all bytes used; feed more or call json_scan_end() */
    JSON_VALUE_BEGIN, /* the cursor stands ON the first byte of the watched value (its quote) */
    JSON_VALUE_END,   /* the cursor stands just AFTER its last byte */
    JSON_INVALID,     /* not JSON; the scanner stays so */
};

/** What the last event is about; filled on JSON_VALUE_BEGIN and JSON_VALUE_END only. */
struct json_hit {
    uint32_t path; /* index into the table of paths */
    bool exact;    /* the keys have the very letters of the path */
    enum json_type type;
    bool is_empty;   /* on JSON_VALUE_END of an object or array: nothing stands in it */
    uint64_t offset; /* of the cursor, from the first byte that was ever fed */
    /** On JSON_VALUE_END of a scalar: its raw text, still escaped; borrowed until the next call. */
    struct span raw;
    bool raw_is_whole; /* false: longer than JSON_CAPTURE_BYTES, raw holds the beginning */
};

struct json_scan {
    const struct json_path *paths;
    uint64_t offset;
    uint64_t nesting[JSON_DEPTH_MAX / 64];      /* a bit a level: 1 object, 0 array */
    uint32_t ending[JSON_PATH_DEPTH_MAX + 1];   /* paths that have n keys, by n */
    uint32_t matching[JSON_PATH_DEPTH_MAX + 1]; /* paths whose first n keys match, by n */
    uint32_t inexact[JSON_PATH_DEPTH_MAX + 1];  /* of those: paths with a key in another case */
    uint32_t initials[JSON_PATH_DEPTH_MAX];     /* first letters of the nth keys, a bit each */
    uint32_t items[JSON_PATH_DEPTH_MAX];        /* paths whose nth key is JSON_EACH_ITEM */
    uint32_t candidates;                        /* paths that the current key may still match */
    uint32_t candidates_inexact;
    uint16_t depth; /* of the containers that are open */
    uint16_t depth_max;
    uint16_t unit; /* code unit of a \u escape */
    uint16_t high; /* the high surrogate before it, or 0 */
    uint8_t state;
    uint8_t event;     /* enum json_event that the current call returns */
    uint8_t detail;    /* position inside a word, an escape or a number */
    uint8_t type;      /* enum json_type of the current or last value */
    uint8_t key_bytes; /* of the current key, as long as there are candidates */
    uint8_t capture_bytes;
    bool capturing; /* inside a watched scalar */
    bool capture_overflow;
    bool in_key;          /* the string is a key */
    bool lone_surrogates; /* need not be paired */
    bool is_empty;        /* nothing stood in the object or array that was closed last */
    char capture[JSON_CAPTURE_BYTES];
};

/**
 * @param paths      borrowed for the life of the scan; at most JSON_PATHS_MAX
 * @param depth_max  1 … JSON_DEPTH_MAX; deeper nesting is JSON_INVALID
 */
void json_scan_init(struct json_scan *scan, const struct json_path *paths, uint32_t path_count,
                    uint16_t depth_max);

/**
 * From now on a surrogate may stand alone: for text that goes on as it was received whatever is in
 * it. A raw string that is told may then be one that json_decode_string() refuses.
 */
void json_scan_allow_lone_surrogates(struct json_scan *scan);

/** Begin another text with the same paths and rules. */
void json_scan_restart(struct json_scan *scan);

/**
 * Go on until something is to be told.
 *
 * A number ends with the byte behind it: when that one is the first of a later piece,
 * JSON_VALUE_END comes with the cursor at that piece's beginning. Values nested inside a watched
 * object or array are told as well when their own path is watched.
 *
 * @param cursor  in: next byte; out: where the scanner stopped
 */
enum json_event json_scan_next(struct json_scan *scan, const char **cursor, const char *end,
                               struct json_hit *hit);

/**
 * Does the scanner stand between the opening of an object or array and its first byte of content?
 * Also true when the opening has been told but not taken.
 */
bool json_scan_is_opening(const struct json_scan *scan);

/** No more bytes will come. @return 0, or ERR_BAD_JSON when the value is not complete. */
int json_scan_end(struct json_scan *scan);

/**
 * Decode the escapes of a raw JSON string (without quotes).
 *
 * @return 0, ERR_BAD_JSON, or ERR_NO_SPACE
 */
int json_decode_string(struct span raw, char *memory, size_t memory_bytes, struct span *out);

/**
 * A raw JSON number that is a whole number from 0 to 2^53, written without an exponent (`7`, also
 * `7.0`); false for everything else.
 */
bool json_decode_count(struct span raw, uint64_t *out);

#endif
