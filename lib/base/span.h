/** Borrowed bytes: a pointer and a length that somebody else owns. */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/** Borrowed bytes: never owned, never NUL-terminated, never freed. An empty span may have ptr NULL. */
struct span {
    const char *ptr;
    size_t len;
};

/** A span over a string literal; does not compile for anything else. */
#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})

/** The span as the two arguments that printf's `%.*s` wants. */
#define SPAN_FMT(span) (int)(span).len, (span).len == 0 ? "" : (span).ptr

/** A span over a NUL-terminated string; NULL gives the empty span. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, text == NULL ? 0 : strlen(text)};
}

static inline struct span span_from(const char *begin, const char *end)
{
    return (struct span){begin, (size_t)(end - begin)};
}

/** Byte for byte; two empty spans are equal. */
static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/** Equal but for the case of ASCII letters (header names, auth schemes). */
static inline bool span_equal_nocase(struct span a, struct span b)
{
    const int case_bit = 'a' ^ 'A';

    if (a.len != b.len || a.len == 0)
        return a.len == b.len;
    /* Most that differ do so in the first byte. */
    return ((a.ptr[0] ^ b.ptr[0]) & ~case_bit) == 0 && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static inline bool span_starts_with(struct span bytes, struct span prefix)
{
    return bytes.len >= prefix.len &&
           (prefix.len == 0 || memcmp(bytes.ptr, prefix.ptr, prefix.len) == 0);
}

/** What is left after the first `count` bytes; `count` must not exceed the length. */
static inline struct span span_skip(struct span bytes, size_t count)
{
    /* An empty span may have no address, and nothing may be added to NULL. */
    return count == 0 ? bytes : (struct span){bytes.ptr + count, bytes.len - count};
}

/**
 * The same address without `const`: for system interfaces that take borrowed bytes by a plain
 * pointer and do not write through it, and for wiping a secret out of a buffer that we own.
 */
static inline void *span_writable(struct span bytes)
{
    union {
        const char *borrowed;
        void *plain;
    } address = {.borrowed = bytes.ptr};

    return address.plain;
}

/** Overwrite borrowed bytes that hold a secret, in a buffer that we own; never optimised away. */
static inline void span_wipe(struct span secret)
{
    if (secret.len > 0)
        explicit_bzero(span_writable(secret), secret.len);
}

/** Without blanks and tabs at both ends. */
static inline struct span span_trim(struct span bytes)
{
    while (bytes.len > 0 && (bytes.ptr[0] == ' ' || bytes.ptr[0] == '\t'))
        bytes = span_skip(bytes, 1);
    while (bytes.len > 0 && (bytes.ptr[bytes.len - 1] == ' ' || bytes.ptr[bytes.len - 1] == '\t'))
        bytes.len--;
    return bytes;
}

/**
 * Cut off what stands before the first separator, or all when there is none.
 *
 * @param rest  goes on behind the separator
 */
static inline struct span span_cut(struct span *rest, char separator)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->ptr, separator, rest->len);
    struct span part = {rest->ptr, end == NULL ? rest->len : (size_t)(end - rest->ptr)};

    *rest = span_skip(*rest, part.len + (end != NULL));
    return part;
}

#endif
