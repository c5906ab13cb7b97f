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
    GUARD_STATUS,
    GUARD_REASON,
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

static inline const char *skip_kind(const char *p, const char *end, unsigned kind)
{
    while (p != end && is_kind(*p, kind))
        p++;
    return p;
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/**
 * What may stand in each state: takes bytes from `p`, which is not `end`, and returns where it
 * stopped. It takes at least one, changes the state, or refuses.
 */
typedef const char *guard_rule(struct http_guard *guard, const char *p, const char *end);

static const char *refuse(struct http_guard *guard, const char *p, int err)
{
    guard->err = err;
    return p;
}

/** Begin a part whose bytes are counted. */
static void enter_part(struct http_guard *guard, enum guard_state state)
{
    guard->state = (uint8_t)state;
    guard->part_bytes = 0;
}

/** Counts more bytes of the part; false when it would be longer than `bytes_max`. */
static bool grow_part(struct http_guard *guard, ptrdiff_t bytes, uint16_t bytes_max)
{
    if (bytes > bytes_max - guard->part_bytes)
        return false;
    guard->part_bytes = (uint16_t)(guard->part_bytes + bytes);
    return true;
}

static const char *expect_lf(struct http_guard *guard, const char *p, enum guard_state next)
{
    if (*p != '\n')
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->state = (uint8_t)next;
    return p + 1;
}

static const char *on_start(struct http_guard *guard, const char *p, const char *end)
{
    (void)end;
    if (*p != '\r') {
        enter_part(guard, GUARD_METHOD);
        return p;
    }
    if (guard->leading_crlf++ == HTTP_LEADING_CRLF_MAX)
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->state = GUARD_LEADING_LF;
    return p + 1;
}

static const char *on_leading_lf(struct http_guard *guard, const char *p, const char *end)
{
    (void)end;
    return expect_lf(guard, p, GUARD_START);
}

static const char *on_method(struct http_guard *guard, const char *p, const char *end)
{
    const char *begin = p;

    p = skip_kind(p, end, TOKEN);
    if (!grow_part(guard, p - begin, HTTP_METHOD_BYTES_MAX))
        return refuse(guard, p, ERR_METHOD_UNKNOWN);
    if (p == end)
        return p;
    if (*p != ' ' || guard->part_bytes == 0)
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->target_begin = (uint16_t)(2 * guard->leading_crlf + guard->part_bytes + 1);
    enter_part(guard, GUARD_TARGET);
    return p + 1;
}

static const char *on_target(struct http_guard *guard, const char *p, const char *end)
{
    const char *begin = p;

    p = skip_kind(p, end, TARGET);
    if (!grow_part(guard, p - begin, HTTP_TARGET_BYTES_MAX))
        return refuse(guard, p, ERR_TARGET_TOO_LONG);
    if (p == end)
        return p;
    if (*p != ' ' || guard->part_bytes == 0)
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->target_bytes = guard->part_bytes;
    enter_part(guard, GUARD_VERSION);
    return p + 1;
}

/** The usual end of a request line, or one byte of `HTTP/1.0` or `HTTP/1.1` and the CR behind it. */
static const char *on_version(struct http_guard *guard, const char *p, const char *end)
{
    static const char expected[] = "HTTP/1.x\r";
    const struct span usual = SPAN("HTTP/1.1\r\n");

    if (guard->part_bytes == 0 && span_starts_with(span_from(p, end), usual)) {
        guard->minor = 1;
        guard->state = GUARD_FIELD;
        return p + usual.len;
    }
    uint16_t at = guard->part_bytes++;

    if (at == 5 || at == 7) {
        if (!is_digit(*p))
            return refuse(guard, p, ERR_BAD_REQUEST);
        if (at == 5 ? *p != '1' : *p > '1')
            return refuse(guard, p, ERR_HTTP_VERSION);
        guard->minor = (uint8_t)(*p - '0'); /* the second time it is the minor one */
        return p + 1;
    }
    if (*p != expected[at])
        return refuse(guard, p, ERR_BAD_REQUEST);
    if (*p == '\r')
        guard->state = GUARD_LINE_LF;
    return p + 1;
}

static const char *on_line_lf(struct http_guard *guard, const char *p, const char *end)
{
    (void)end;
    return expect_lf(guard, p, GUARD_FIELD);
}

/** Takes the CR that ends a line, and the LF when it is there. */
static const char *end_line(struct http_guard *guard, const char *p, const char *end)
{
    if (*p != '\r')
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->state = GUARD_LINE_LF;
    p++;
    return p == end ? p : on_line_lf(guard, p, end);
}

/** A status line up to the byte behind its code. */
static const char *on_status(struct http_guard *guard, const char *p, const char *end)
{
    static const char expected[] = "HTTP/n.n nnn";
    uint16_t at = guard->part_bytes++;
    bool is_number = at < sizeof(expected) - 1 && expected[at] == 'n';

    (void)end;
    if (at == sizeof(expected) - 1) {
        if (*p == ' ') {
            guard->state = GUARD_REASON;
            return p + 1;
        }
        return end_line(guard, p, end);
    }
    if (is_number ? !is_digit(*p) : *p != expected[at])
        return refuse(guard, p, ERR_BAD_REQUEST);
    if ((at == 5 && *p != '1') || (at == 7 && *p > '1'))
        return refuse(guard, p, ERR_HTTP_VERSION);
    if (at == 7)
        guard->minor = (uint8_t)(*p - '0');
    /* RFC 9110 section 15: there is no other class. */
    if (at == 9 && (*p < '1' || *p > '5'))
        return refuse(guard, p, ERR_BAD_REQUEST);
    return p + 1;
}

static const char *on_reason(struct http_guard *guard, const char *p, const char *end)
{
    p = bytes_skip_field_text(p, end);
    return p == end ? p : end_line(guard, p, end);
}

/** White space around a value; beside a length or a coding an HTAB is taken for an attack. */
static const char *skip_blanks(const struct http_guard *guard, const char *p, const char *end)
{
    bool takes_tab = guard->field <= WATCHED_HOST;

    while (p != end && (*p == ' ' || (*p == '\t' && takes_tab)))
        p++;
    return p;
}

static const char *on_value(struct http_guard *guard, const char *p, const char *end)
{
    p = bytes_skip_field_text(p, end);
    return p == end ? p : end_line(guard, p, end);
}

static const char *on_before_value(struct http_guard *guard, const char *p, const char *end)
{
    p = skip_blanks(guard, p, end);
    if (p == end)
        return p;
    enter_part(guard, (enum guard_state)watched[guard->field].value_state);
    return guard->field == WATCHED_NONE ? on_value(guard, p, end) : p;
}

/** The colon has come: may a field of this name stand here? */
static bool is_name_fine(struct http_guard *guard)
{
    unsigned bit = 1U << guard->field;

    if (guard->field == WATCHED_NONE)
        return true;
    if ((guard->seen & bit) != 0)
        return false;
    guard->seen = (uint8_t)(guard->seen | bit);
    if ((guard->seen & BIT_LENGTH) != 0 && (guard->seen & BIT_CODING) != 0)
        return false;
    return guard->field != WATCHED_CODING || guard->minor > 0;
}

/** The name goes on: is it still the watched one? */
static const char *match_name(struct http_guard *guard, const char *p, const char *end)
{
    for (; guard->field != WATCHED_NONE && p != end && is_kind(*p, TOKEN); p++) {
        /* Past the name's end stands its NUL, which is no token. */
        if (watched[guard->field].name[guard->part_bytes] != bytes_lower(*p))
            guard->field = WATCHED_NONE;
        guard->part_bytes++;
    }
    return p;
}

static const char *on_name(struct http_guard *guard, const char *p, const char *end)
{
    p = skip_kind(match_name(guard, p, end), end, TOKEN);
    if (p == end)
        return p;
    if (watched[guard->field].bytes != guard->part_bytes)
        guard->field = WATCHED_NONE;
    if (*p != ':' || !is_name_fine(guard))
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->state = GUARD_BEFORE_VALUE;
    return on_before_value(guard, p + 1, end);
}

/** The watched name that begins with `c` in either case: most fields have none. */
static uint8_t watched_from(const struct http_guard *guard, char c)
{
    switch (bytes_lower(c)) {
    case 'h':
        return guard->is_answer ? WATCHED_NONE : WATCHED_HOST;
    case 'c':
        return WATCHED_LENGTH;
    case 't':
        return WATCHED_CODING;
    default:
        return WATCHED_NONE;
    }
}

/** The first byte of a line: the end of the head, or of a field name (so no folding). */
static const char *on_field(struct http_guard *guard, const char *p, const char *end)
{
    if (*p == '\r') {
        guard->state = GUARD_END_LF;
        return p + 1;
    }
    if (!is_kind(*p, TOKEN))
        return refuse(guard, p, ERR_BAD_REQUEST);
    if (guard->headers++ == HTTP_HEADERS_MAX)
        return refuse(guard, p, ERR_HEAD_TOO_LARGE);
    guard->field = watched_from(guard, *p);
    enter_part(guard, GUARD_NAME);
    return on_name(guard, p, end);
}

static const char *on_host(struct http_guard *guard, const char *p, const char *end)
{
    p = skip_kind(p, end, HOST);
    if (p != end)
        guard->state = GUARD_AFTER_VALUE;
    return p;
}

static const char *on_length(struct http_guard *guard, const char *p, const char *end)
{
    for (; p != end && is_digit(*p); p++) {
        if (guard->part_bytes++ == HTTP_LENGTH_DIGITS_MAX)
            return refuse(guard, p, ERR_BAD_REQUEST);
    }
    if (p == end)
        return p;
    if (guard->part_bytes == 0)
        return refuse(guard, p, ERR_BAD_REQUEST);
    guard->state = GUARD_AFTER_VALUE;
    return p;
}

static const char *on_coding(struct http_guard *guard, const char *p, const char *end)
{
    static const char chunked[] = "chunked";

    for (; p != end && chunked[guard->part_bytes] != '\0'; p++) {
        if (bytes_lower(*p) != chunked[guard->part_bytes++])
            return refuse(guard, p, ERR_BAD_REQUEST);
    }
    if (p != end)
        guard->state = GUARD_AFTER_VALUE;
    return p;
}

static const char *on_after_value(struct http_guard *guard, const char *p, const char *end)
{
    p = skip_blanks(guard, p, end);
    return p == end ? p : end_line(guard, p, end);
}

static const char *on_end_lf(struct http_guard *guard, const char *p, const char *end)
{
    (void)end;
    if (guard->minor == 1 && !guard->is_answer && (guard->seen & BIT_HOST) == 0)
        return refuse(guard, p, ERR_BAD_REQUEST);
    return expect_lf(guard, p, GUARD_DONE);
}

static guard_rule *const rules[] = {
    [GUARD_START] = on_start,
    [GUARD_LEADING_LF] = on_leading_lf,
    [GUARD_METHOD] = on_method,
    [GUARD_TARGET] = on_target,
    [GUARD_VERSION] = on_version,
    [GUARD_STATUS] = on_status,
    [GUARD_REASON] = on_reason,
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

void http_guard_init_answer(struct http_guard *guard, uint32_t bytes_max)
{
    *guard = (struct http_guard){.bytes_max = bytes_max, .state = GUARD_STATUS, .is_answer = true};
}

bool http_guard_is_token(char c)
{
    return is_kind(c, TOKEN);
}

bool http_guard_is_host(char c)
{
    return is_kind(c, HOST);
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
        p = rules[guard->state](guard, p, end);
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

struct span http_guard_method(const struct http_guard *guard, struct span head)
{
    size_t begin = 2 * (size_t)guard->leading_crlf;

    if (guard->target_begin == 0)
        return (struct span){NULL, 0};
    INVARIANT(head.len >= guard->target_begin && begin < guard->target_begin);
    return (struct span){head.ptr + begin, guard->target_begin - 1U - begin};
}

struct span http_guard_target(const struct http_guard *guard, struct span head)
{
    if (guard->target_bytes == 0)
        return (struct span){NULL, 0};
    INVARIANT(head.len >= (size_t)guard->target_begin + guard->target_bytes);
    return (struct span){head.ptr + guard->target_begin, guard->target_bytes};
}
