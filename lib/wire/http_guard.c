#include "lib/wire/http_guard.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/bytes.h"

/** Where in the head the next byte stands; each has one function in `rules`. */
enum guard_state {
    GUARD_START,
    GUARD_LEADING_LF,
    GUARD_METHOD,
    GUARD_TARGET,
    GUARD_VERSION,
    GUARD_LINE_LF,
    GUARD_FIELD,
    GUARD_NAME,
    GUARD_BEFORE_VALUE,
    GUARD_VALUE,
    GUARD_HOST,
    GUARD_LENGTH,
    GUARD_CODING,
    GUARD_AFTER_VALUE,
    GUARD_END_LF,
    GUARD_DONE,
};

enum watched { WATCHED_NONE, WATCHED_HOST, WATCHED_LENGTH, WATCHED_CODING, WATCHED_COUNT };

static const struct {
    const char *name; /* in lower case */
    uint8_t bytes;
    uint8_t value_state;
} watched[WATCHED_COUNT] = {
    [WATCHED_NONE] = {"", 0, GUARD_VALUE},
    [WATCHED_HOST] = {"host", 4, GUARD_HOST},
    [WATCHED_LENGTH] = {"content-length", 14, GUARD_LENGTH},
    [WATCHED_CODING] = {"transfer-encoding", 17, GUARD_CODING},
};

enum {
    BIT_HOST = 1 << WATCHED_HOST,
    BIT_LENGTH = 1 << WATCHED_LENGTH,
    BIT_CODING = 1 << WATCHED_CODING,
};

/** Kinds that a byte can be of (RFC 9110 section 5.6.2, RFC 9112 section 3.2, RFC 3986). */
enum { TOKEN = 1, TARGET = 2, HOST = 4 };

#define DIGITS(kinds)  ['0' ... '9'] = (kinds)
#define LETTERS(kinds) ['A' ... 'Z'] = (kinds), ['a' ... 'z'] = (kinds)

__extension__ static const uint8_t byte_kinds[256] = {
    DIGITS(TOKEN | TARGET | HOST),
    LETTERS(TOKEN | TARGET | HOST),
    ['!'] = TOKEN | TARGET | HOST,
    ['"'] = TARGET,
    ['#'] = TOKEN,
    ['$'] = TOKEN | TARGET | HOST,
    ['%'] = TOKEN | TARGET | HOST,
    ['&'] = TOKEN | TARGET | HOST,
    ['\''] = TOKEN | TARGET | HOST,
    ['('] = TARGET | HOST,
    [')'] = TARGET | HOST,
    ['*'] = TOKEN | TARGET | HOST,
    ['+'] = TOKEN | TARGET | HOST,
    [','] = TARGET,
    ['-'] = TOKEN | TARGET | HOST,
    ['.'] = TOKEN | TARGET | HOST,
    ['/'] = TARGET,
    [':'] = TARGET | HOST,
    [';'] = TARGET | HOST,
    ['<'] = TARGET,
    ['='] = TARGET | HOST,
    ['>'] = TARGET,
    ['?'] = TARGET,
    ['@'] = TARGET,
    ['['] = TARGET | HOST,
    ['\\'] = TARGET,
    [']'] = TARGET | HOST,
    ['^'] = TOKEN | TARGET,
    ['_'] = TOKEN | TARGET | HOST,
    ['`'] = TOKEN | TARGET,
    ['{'] = TARGET,
    ['|'] = TOKEN | TARGET,
    ['}'] = TARGET,
    ['~'] = TOKEN | TARGET | HOST,
};

static inline bool is_kind(char c, unsigned kind)
{
    return (byte_kinds[(unsigned char)c] & kind) != 0;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/** Begin a part whose bytes are counted. */
static void enter_part(struct http_guard *guard, enum guard_state state)
{
    guard->state = (uint8_t)state;
    guard->part_bytes = 0;
}

static int expect_lf(struct http_guard *guard, const char **p, enum guard_state next)
{
    if (**p != '\n')
        return ERR_BAD_REQUEST;
    (*p)++;
    guard->state = (uint8_t)next;
    return 0;
}

static int on_start(struct http_guard *guard, const char **p, const char *end)
{
    (void)end;
    if (**p != '\r') {
        enter_part(guard, GUARD_METHOD);
        return 0;
    }
    if (guard->leading_crlf++ == HTTP_LEADING_CRLF_MAX)
        return ERR_BAD_REQUEST;
    (*p)++;
    guard->state = GUARD_LEADING_LF;
    return 0;
}

static int on_leading_lf(struct http_guard *guard, const char **p, const char *end)
{
    (void)end;
    return expect_lf(guard, p, GUARD_START);
}

static int on_method(struct http_guard *guard, const char **p, const char *end)
{
    for (; *p != end && is_kind(**p, TOKEN); (*p)++) {
        if (guard->part_bytes++ == HTTP_METHOD_BYTES_MAX)
            return ERR_BAD_REQUEST;
    }
    if (*p == end)
        return 0;
    if (**p != ' ' || guard->part_bytes == 0)
        return ERR_BAD_REQUEST;
    (*p)++;
    enter_part(guard, GUARD_TARGET);
    return 0;
}

static int on_target(struct http_guard *guard, const char **p, const char *end)
{
    for (; *p != end && is_kind(**p, TARGET); (*p)++) {
        if (guard->part_bytes++ == HTTP_TARGET_BYTES_MAX)
            return ERR_HEAD_TOO_LARGE;
    }
    if (*p == end)
        return 0;
    if (**p != ' ' || guard->part_bytes == 0)
        return ERR_BAD_REQUEST;
    (*p)++;
    enter_part(guard, GUARD_VERSION);
    return 0;
}

/** One byte of `HTTP/1.0` or `HTTP/1.1` and the CR behind it. */
static int on_version(struct http_guard *guard, const char **p, const char *end)
{
    static const char expected[] = "HTTP/1.x\r";
    char c = *(*p)++;
    uint16_t at = guard->part_bytes++;

    (void)end;
    if (at == 5 || at == 7) {
        if (!is_digit(c))
            return ERR_BAD_REQUEST;
        if (at == 5 ? c != '1' : c > '1')
            return ERR_HTTP_VERSION;
        guard->minor = (uint8_t)(c - '0'); /* the second time it is the minor one */
        return 0;
    }
    if (c != expected[at])
        return ERR_BAD_REQUEST;
    if (c == '\r')
        guard->state = GUARD_LINE_LF;
    return 0;
}

static int on_line_lf(struct http_guard *guard, const char **p, const char *end)
{
    (void)end;
    return expect_lf(guard, p, GUARD_FIELD);
}

/** The first byte of a line: the end of the head, or of a field name (so no folding). */
static int on_field(struct http_guard *guard, const char **p, const char *end)
{
    (void)end;
    if (**p == '\r') {
        (*p)++;
        guard->state = GUARD_END_LF;
        return 0;
    }
    if (!is_kind(**p, TOKEN))
        return ERR_BAD_REQUEST;
    if (guard->headers++ == HTTP_HEADERS_MAX)
        return ERR_HEAD_TOO_LARGE;
    guard->candidates = BIT_HOST | BIT_LENGTH | BIT_CODING;
    enter_part(guard, GUARD_NAME);
    return 0;
}

/** Drops the watched names that do not have `c` at the current place. */
static void narrow(struct http_guard *guard, char c)
{
    for (unsigned i = WATCHED_HOST; i < WATCHED_COUNT; i++) {
        /* Past the name's end stands its NUL, which is no token. */
        if ((guard->candidates & (1U << i)) != 0 &&
            watched[i].name[guard->part_bytes] != bytes_lower(c))
            guard->candidates = (uint8_t)(guard->candidates & ~(1U << i));
    }
    guard->part_bytes++;
}

static uint8_t watched_name(const struct http_guard *guard)
{
    for (unsigned i = WATCHED_HOST; i < WATCHED_COUNT; i++) {
        if ((guard->candidates & (1U << i)) != 0 && watched[i].bytes == guard->part_bytes)
            return (uint8_t)i;
    }
    return WATCHED_NONE;
}

/** The colon has come: may a field of this name stand here? */
static int end_name(struct http_guard *guard)
{
    unsigned bit;

    guard->field = watched_name(guard);
    guard->state = GUARD_BEFORE_VALUE;
    if (guard->field == WATCHED_NONE)
        return 0;
    bit = 1U << guard->field;
    if ((guard->seen & bit) != 0)
        return ERR_BAD_REQUEST;
    guard->seen = (uint8_t)(guard->seen | bit);
    if ((guard->seen & BIT_LENGTH) != 0 && (guard->seen & BIT_CODING) != 0)
        return ERR_BAD_REQUEST;
    if (guard->field == WATCHED_CODING && guard->minor == 0)
        return ERR_BAD_REQUEST;
    return 0;
}

static int on_name(struct http_guard *guard, const char **p, const char *end)
{
    for (; *p != end && is_kind(**p, TOKEN); (*p)++) {
        if (guard->candidates != 0)
            narrow(guard, **p);
    }
    if (*p == end)
        return 0;
    if (**p != ':')
        return ERR_BAD_REQUEST;
    (*p)++;
    return end_name(guard);
}

/** White space around a value; beside a length or a coding an HTAB is taken for an attack. */
static bool is_blank(const struct http_guard *guard, char c)
{
    return c == ' ' || (c == '\t' && guard->field <= WATCHED_HOST);
}

static int on_before_value(struct http_guard *guard, const char **p, const char *end)
{
    while (*p != end && is_blank(guard, **p))
        (*p)++;
    if (*p != end)
        enter_part(guard, (enum guard_state)watched[guard->field].value_state);
    return 0;
}

/** The byte behind a watched value: white space or the line's CR. */
static int end_value(struct http_guard *guard, const char **p)
{
    if (**p != '\r' && !is_blank(guard, **p))
        return ERR_BAD_REQUEST;
    guard->state = GUARD_AFTER_VALUE;
    return 0;
}

static int on_value(struct http_guard *guard, const char **p, const char *end)
{
    *p = bytes_skip_field_text(*p, end);
    if (*p == end)
        return 0;
    if (**p != '\r')
        return ERR_BAD_REQUEST;
    (*p)++;
    guard->state = GUARD_LINE_LF;
    return 0;
}

static int on_host(struct http_guard *guard, const char **p, const char *end)
{
    while (*p != end && is_kind(**p, HOST))
        (*p)++;
    return *p == end ? 0 : end_value(guard, p);
}

static int on_length(struct http_guard *guard, const char **p, const char *end)
{
    for (; *p != end && is_digit(**p); (*p)++) {
        if (guard->part_bytes++ == HTTP_LENGTH_DIGITS_MAX)
            return ERR_BAD_REQUEST;
    }
    if (*p == end)
        return 0;
    return guard->part_bytes == 0 ? ERR_BAD_REQUEST : end_value(guard, p);
}

static int on_coding(struct http_guard *guard, const char **p, const char *end)
{
    static const char chunked[] = "chunked";

    for (; *p != end && chunked[guard->part_bytes] != '\0'; (*p)++) {
        if (bytes_lower(**p) != chunked[guard->part_bytes++])
            return ERR_BAD_REQUEST;
    }
    return *p == end ? 0 : end_value(guard, p);
}

static int on_after_value(struct http_guard *guard, const char **p, const char *end)
{
    while (*p != end && is_blank(guard, **p))
        (*p)++;
    if (*p == end)
        return 0;
    if (**p != '\r')
        return ERR_BAD_REQUEST;
    (*p)++;
    guard->state = GUARD_LINE_LF;
    return 0;
}

static int on_end_lf(struct http_guard *guard, const char **p, const char *end)
{
    (void)end;
    if (guard->minor == 1 && (guard->seen & BIT_HOST) == 0)
        return ERR_BAD_REQUEST;
    return expect_lf(guard, p, GUARD_DONE);
}

/** What may stand in each state: takes bytes from `*p`, at least one or changes the state. */
typedef int guard_rule(struct http_guard *guard, const char **p, const char *end);

static guard_rule *const rules[] = {
    [GUARD_START] = on_start,
    [GUARD_LEADING_LF] = on_leading_lf,
    [GUARD_METHOD] = on_method,
    [GUARD_TARGET] = on_target,
    [GUARD_VERSION] = on_version,
    [GUARD_LINE_LF] = on_line_lf,
    [GUARD_FIELD] = on_field,
    [GUARD_NAME] = on_name,
    [GUARD_BEFORE_VALUE] = on_before_value,
    [GUARD_VALUE] = on_value,
    [GUARD_HOST] = on_host,
    [GUARD_LENGTH] = on_length,
    [GUARD_CODING] = on_coding,
    [GUARD_AFTER_VALUE] = on_after_value,
    [GUARD_END_LF] = on_end_lf,
};

void http_guard_init(struct http_guard *guard, uint32_t bytes_max)
{
    *guard = (struct http_guard){.bytes_max = bytes_max, .state = GUARD_START};
}

int http_guard_feed(struct http_guard *guard, struct span bytes, size_t *head_end)
{
    size_t room = guard->bytes_max - guard->bytes_seen;
    const char *p = bytes.ptr;
    const char *end;

    INVARIANT(guard->state != GUARD_DONE);
    if (guard->err != 0)
        return guard->err;
    if (bytes.len == 0)
        return ERR_AGAIN;
    end = bytes.ptr + (bytes.len < room ? bytes.len : room);
    while (p != end && guard->err == 0 && guard->state != GUARD_DONE)
        guard->err = rules[guard->state](guard, &p, end);
    guard->bytes_seen += (uint32_t)(p - bytes.ptr);
    if (guard->err != 0)
        return guard->err;
    if (guard->state == GUARD_DONE) {
        *head_end = (size_t)(p - bytes.ptr);
        return 0;
    }
    /* Nothing is complete and nothing more may come: also exactly at the bound. */
    if (guard->bytes_seen == guard->bytes_max)
        guard->err = ERR_HEAD_TOO_LARGE;
    return guard->err != 0 ? guard->err : ERR_AGAIN;
}
