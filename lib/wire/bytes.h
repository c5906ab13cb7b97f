/**
 * Questions about single bytes, and runs of ordinary ones, eight at a time.
 *
 * The word tests say exactly whether a word holds a byte of a kind; of several flagged bytes only the
 * lowest is sure, because a borrow can flag the ones above it.
 */
#ifndef WEIR_WIRE_BYTES_H
#define WEIR_WIRE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BYTES_ONES  UINT64_C(0x0101010101010101)
#define BYTES_HIGHS UINT64_C(0x8080808080808080)

/** The value of a hexadecimal digit of either case; -1 for every other byte. */
static inline int bytes_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/** Of ASCII letters the lower-case one; every other byte as it is. */
static inline char bytes_lower(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c | 0x20);
    return c;
}

static inline uint64_t bytes_load(const char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/** Flags bytes below `limit`, which is at most 128. */
static inline uint64_t bytes_below(uint64_t word, uint8_t limit)
{
    return (word - BYTES_ONES * limit) & ~word & BYTES_HIGHS;
}

static inline uint64_t bytes_equal(uint64_t word, uint8_t byte)
{
    return bytes_below(word ^ (BYTES_ONES * byte), 1);
}

/** How many bytes of a word stand before its first flagged one; `flags` is not 0. */
static inline unsigned bytes_before(uint64_t flags)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (unsigned)__builtin_ctzll(flags) / 8;
#else
    (void)flags;
    return 0; /* the caller's byte loop finds it */
#endif
}

/** The first byte in [p, end) that a JSON string does not hold as it is: `"`, `\`, a control. */
static inline const char *bytes_skip_json_text(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word = bytes_load(p);
        uint64_t flags = bytes_equal(word, '"') | bytes_equal(word, '\\') | bytes_below(word, 0x20);

        if (flags != 0) {
            p += bytes_before(flags);
            break;
        }
        p += 8;
    }
    while (p != end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

static inline bool bytes_is_field_text(char c)
{
    return ((unsigned char)c >= 0x20 && c != 0x7F) || c == '\t';
}

/** The first byte in [p, end) that a field value may not hold: a control but HTAB, or DEL. */
static inline const char *bytes_skip_field_text(const char *p, const char *end)
{
    while (end - p >= 8) {
        uint64_t word = bytes_load(p);
        uint64_t flags = bytes_below(word, 0x20) | bytes_equal(word, 0x7F);

        if (flags != 0) {
            p += bytes_before(flags);
            break;
        }
        p += 8;
    }
    while (p != end && bytes_is_field_text(*p))
        p++;
    return p;
}

#endif
