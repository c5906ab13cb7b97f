#include "lib/wire/json_scan.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/bytes.h"
#include "lib/wire/json_number.h"
#include "lib/wire/json_watch.h"

/** What the next byte belongs to. */
enum scan_state {
    AT_VALUE,
    AT_TOLD_VALUE,   /* its first byte; JSON_VALUE_BEGIN has been returned */
    AT_ARRAY_FIRST,  /* a value or `]` */
    AT_OBJECT_FIRST, /* a key or `}` */
    AT_KEY,
    AT_COLON,
    AFTER_VALUE,
    IN_KEY,
    IN_STRING,
    IN_ESCAPE,
    IN_HEX,
    AT_LOW_BACKSLASH, /* of the escape that must follow a high surrogate */
    AT_LOW_U,
    IN_NUMBER,
    IN_WORD,
    IS_INVALID,
};

/** The type of a value by its first byte, plus one; 0 where no value begins. */
static const uint8_t type_plus_one[256] = {
    ['{'] = JSON_OBJECT + 1, ['['] = JSON_ARRAY + 1,  ['"'] = JSON_STRING + 1,
    ['-'] = JSON_NUMBER + 1, ['0'] = JSON_NUMBER + 1, ['1'] = JSON_NUMBER + 1,
    ['2'] = JSON_NUMBER + 1, ['3'] = JSON_NUMBER + 1, ['4'] = JSON_NUMBER + 1,
    ['5'] = JSON_NUMBER + 1, ['6'] = JSON_NUMBER + 1, ['7'] = JSON_NUMBER + 1,
    ['8'] = JSON_NUMBER + 1, ['9'] = JSON_NUMBER + 1, ['t'] = JSON_TRUE + 1,
    ['f'] = JSON_FALSE + 1,  ['n'] = JSON_NULL + 1,
};

static const char *const words[] = {"true", "false", "null"}; /* from JSON_TRUE on */

/* Every rule takes bytes from `p` and returns where it stopped; what it tells stands in `event`. */

static const char *fail(struct json_scan *scan, const char *p)
{
    scan->state = IS_INVALID;
    scan->event = JSON_INVALID;
    return p;
}

static inline const char *skip_space(const char *p, const char *end)
{
    while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

static inline bool is_in_object(const struct json_scan *scan)
{
    unsigned level = scan->depth - 1U;

    return (scan->nesting[level / 64] >> (level % 64) & 1) != 0;
}

static void capture(struct json_scan *scan, const char *begin, const char *end)
{
    size_t len = (size_t)(end - begin);
    size_t room = JSON_CAPTURE_BYTES - (size_t)scan->capture_bytes;

    if (len > room) {
        len = room;
        scan->capture_overflow = true;
    }
    memcpy(scan->capture + scan->capture_bytes, begin, len);
    scan->capture_bytes = (uint8_t)(scan->capture_bytes + len);
}

/** The byte at `p`, which is part of a string's escape. */
static const char *take_escaped(struct json_scan *scan, const char *p)
{
    if (scan->capturing)
        capture(scan, p, p + 1);
    return p + 1;
}

static const char *push(struct json_scan *scan, bool is_object, const char *p)
{
    unsigned level = scan->depth;
    uint64_t bit = UINT64_C(1) << (level % 64);

    if (level == scan->depth_max)
        return fail(scan, p);
    if (is_object)
        scan->nesting[level / 64] |= bit;
    else
        scan->nesting[level / 64] &= ~bit;
    scan->depth++;
    json_watch_enter(scan, is_object);
    scan->state = is_object ? AT_OBJECT_FIRST : AT_ARRAY_FIRST;
    return p;
}

static void pop(struct json_scan *scan)
{
    scan->type = is_in_object(scan) ? JSON_OBJECT : JSON_ARRAY;
    scan->is_empty = scan->state == AT_OBJECT_FIRST || scan->state == AT_ARRAY_FIRST;
    scan->depth--;
    scan->state = AFTER_VALUE;
    if (json_watch_here(scan) != 0)
        scan->event = JSON_VALUE_END;
}

static void end_scalar(struct json_scan *scan)
{
    scan->state = AFTER_VALUE;
    if (scan->capturing)
        scan->event = JSON_VALUE_END;
    scan->capturing = false;
}

static const char *on_string(struct json_scan *scan, const char *p, const char *end)
{
    const char *begin = p;

    p = bytes_skip_json_text(p, end);
    if (scan->capturing)
        capture(scan, begin, p);
    if (p == end)
        return p;
    if (*p == '"') {
        end_scalar(scan);
        return p + 1;
    }
    if (*p != '\\')
        return fail(scan, p);
    scan->state = IN_ESCAPE;
    return take_escaped(scan, p);
}

/** The first byte of a value whose type is known. */
static const char *enter_value(struct json_scan *scan, const char *p, const char *end)
{
    switch ((enum json_type)scan->type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return push(scan, scan->type == JSON_OBJECT, p + 1);
    case JSON_STRING:
        scan->in_key = false;
        scan->state = IN_STRING;
        return on_string(scan, p + 1, end);
    case JSON_NUMBER:
        scan->detail = JSON_NUMBER_BEGIN;
        scan->state = IN_NUMBER;
        break;
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        scan->detail = 0;
        scan->state = IN_WORD;
        break;
    }
    return p;
}

static const char *on_value(struct json_scan *scan, const char *p, const char *end)
{
    uint8_t type;

    p = skip_space(p, end);
    if (p == end)
        return p;
    type = type_plus_one[(unsigned char)*p];
    if (type == 0)
        return fail(scan, p);
    scan->type = (uint8_t)(type - 1);
    if (json_watch_here(scan) == 0)
        return enter_value(scan, p, end);
    scan->capturing = scan->type >= JSON_STRING;
    scan->capture_overflow = false;
    scan->capture_bytes = 0;
    scan->state = AT_TOLD_VALUE;
    scan->event = JSON_VALUE_BEGIN;
    return p;
}

static const char *on_array_first(struct json_scan *scan, const char *p, const char *end)
{
    p = skip_space(p, end);
    if (p == end || *p != ']')
        return on_value(scan, p, end);
    pop(scan);
    return p + 1;
}

static const char *on_colon(struct json_scan *scan, const char *p, const char *end)
{
    p = skip_space(p, end);
    if (p == end)
        return p;
    if (*p != ':')
        return fail(scan, p);
    scan->state = AT_VALUE;
    return on_value(scan, p + 1, end);
}

static const char *on_key_text(struct json_scan *scan, const char *p, const char *end)
{
    const char *begin = p;

    p = bytes_skip_json_text(p, end);
    if (scan->candidates != 0)
        json_watch_key_text(scan, begin, p);
    if (p == end)
        return p;
    if (*p == '"') {
        json_watch_end_key(scan);
        scan->state = AT_COLON;
        return on_colon(scan, p + 1, end);
    }
    if (*p != '\\')
        return fail(scan, p);
    scan->state = IN_ESCAPE;
    return p + 1;
}

/** A key's quote, or the end of an object that has no member. */
static const char *on_key(struct json_scan *scan, const char *p, const char *end)
{
    p = skip_space(p, end);
    if (p == end)
        return p;
    if (*p == '}' && scan->state == AT_OBJECT_FIRST) {
        pop(scan);
        return p + 1;
    }
    if (*p != '"')
        return fail(scan, p);
    scan->in_key = true;
    scan->state = IN_KEY;
    json_watch_begin_key(scan);
    return on_key_text(scan, p + 1, end);
}

static const char *on_after_value(struct json_scan *scan, const char *p, const char *end)
{
    bool in_object;

    p = skip_space(p, end);
    if (p == end)
        return p;
    if (scan->depth == 0)
        return fail(scan, p);
    in_object = is_in_object(scan);
    if (*p == ',') {
        scan->state = in_object ? AT_KEY : AT_VALUE;
        return in_object ? on_key(scan, p + 1, end) : p + 1;
    }
    if (*p != (in_object ? '}' : ']'))
        return fail(scan, p);
    pop(scan);
    return p + 1;
}

/** Behind an escape the string goes on. */
static void resume_string(struct json_scan *scan)
{
    scan->state = scan->in_key ? IN_KEY : IN_STRING;
}

/** The byte that an escape's letter stands for; 0 for a letter that has none. */
static char escaped_byte(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

static const char *on_escape(struct json_scan *scan, const char *p)
{
    char byte = escaped_byte(*p);

    if (*p == 'u') {
        scan->unit = 0;
        scan->detail = 0;
        scan->state = IN_HEX;
        return take_escaped(scan, p);
    }
    if (byte == '\0')
        return fail(scan, p);
    json_watch_key_unit(scan, (unsigned char)byte);
    resume_string(scan);
    return take_escaped(scan, p);
}

/** All four digits of an escape are there. */
static const char *end_unit(struct json_scan *scan, const char *p)
{
    bool is_high = (scan->unit & 0xFC00) == 0xD800;
    bool is_low = (scan->unit & 0xFC00) == 0xDC00;

    json_watch_key_unit(scan, scan->unit);
    if (scan->lone_surrogates) {
        resume_string(scan);
        return p;
    }
    if (is_low != (scan->high != 0))
        return fail(scan, p);
    scan->high = is_high ? scan->unit : 0;
    if (is_high)
        scan->state = AT_LOW_BACKSLASH;
    else
        resume_string(scan);
    return p;
}

static const char *on_hex(struct json_scan *scan, const char *p)
{
    int digit = bytes_hex_digit(*p);

    if (digit < 0)
        return fail(scan, p);
    scan->unit = (uint16_t)((unsigned)scan->unit << 4 | (unsigned)digit);
    p = take_escaped(scan, p);
    return ++scan->detail == 4 ? end_unit(scan, p) : p;
}

/** The backslash and the `u` between two surrogates. */
static const char *on_low(struct json_scan *scan, const char *p)
{
    bool at_backslash = scan->state == AT_LOW_BACKSLASH;

    if (*p != (at_backslash ? '\\' : 'u'))
        return fail(scan, p);
    scan->unit = 0;
    scan->detail = 0;
    scan->state = at_backslash ? AT_LOW_U : IN_HEX;
    return take_escaped(scan, p);
}

static const char *on_number(struct json_scan *scan, const char *p, const char *end)
{
    const char *begin = p;

    p = json_number_run(&scan->detail, begin, end);
    if (scan->detail == JSON_NUMBER_BAD)
        return fail(scan, p);
    if (scan->capturing)
        capture(scan, begin, p);
    if (scan->detail == JSON_NUMBER_OVER)
        end_scalar(scan);
    return p;
}

static const char *on_word(struct json_scan *scan, const char *p, const char *end)
{
    const char *word = words[scan->type - JSON_TRUE];
    const char *begin = p;

    for (; p != end && word[scan->detail] != '\0'; p++) {
        if (*p != word[scan->detail++])
            return fail(scan, p);
    }
    if (scan->capturing)
        capture(scan, begin, p);
    if (word[scan->detail] == '\0')
        end_scalar(scan);
    return p;
}

/** Takes at least one byte, changes the state, or tells something. */
static inline const char *step(struct json_scan *scan, const char *p, const char *end)
{
    switch ((enum scan_state)scan->state) {
    case AT_VALUE:
        return on_value(scan, p, end);
    case AT_TOLD_VALUE:
        return enter_value(scan, p, end);
    case AT_ARRAY_FIRST:
        return on_array_first(scan, p, end);
    case AT_OBJECT_FIRST:
    case AT_KEY:
        return on_key(scan, p, end);
    case AT_COLON:
        return on_colon(scan, p, end);
    case AFTER_VALUE:
        return on_after_value(scan, p, end);
    case IN_KEY:
        return on_key_text(scan, p, end);
    case IN_STRING:
        return on_string(scan, p, end);
    case IN_ESCAPE:
        return on_escape(scan, p);
    case IN_HEX:
        return on_hex(scan, p);
    case AT_LOW_BACKSLASH:
    case AT_LOW_U:
        return on_low(scan, p);
    case IN_NUMBER:
        return on_number(scan, p, end);
    case IN_WORD:
        return on_word(scan, p, end);
    case IS_INVALID:
        break;
    }
    return fail(scan, p);
}

static void fill_hit(const struct json_scan *scan, struct json_hit *hit)
{
    json_watch_name(scan, hit);
    hit->type = (enum json_type)scan->type;
    hit->offset = scan->offset;
    hit->raw = (struct span){NULL, 0};
    hit->raw_is_whole = false;
    hit->is_empty = scan->is_empty;
    if (scan->event == JSON_VALUE_END && scan->type >= JSON_STRING) {
        hit->raw = (struct span){scan->capture, scan->capture_bytes};
        hit->raw_is_whole = !scan->capture_overflow;
    }
}

void json_scan_init(struct json_scan *scan, const struct json_path *paths, uint32_t path_count,
                    uint16_t depth_max)
{
    INVARIANT(depth_max >= 1 && depth_max <= JSON_DEPTH_MAX);
    memset(scan, 0, sizeof(*scan));
    scan->depth_max = depth_max;
    json_watch_init(scan, paths, path_count);
    json_scan_restart(scan);
}

void json_scan_allow_lone_surrogates(struct json_scan *scan)
{
    scan->lone_surrogates = true;
}

void json_scan_restart(struct json_scan *scan)
{
    /* Everything else is set when a value, a key or an escape begins. */
    scan->offset = 0;
    scan->depth = 0;
    scan->state = AT_VALUE;
    scan->high = 0;
    scan->candidates = 0;
    scan->capturing = false;
}

enum json_event json_scan_next(struct json_scan *scan, const char **cursor, const char *end,
                               struct json_hit *hit)
{
    const char *p = *cursor;

    scan->event = JSON_MORE;
    while (p != end && scan->event == JSON_MORE)
        p = step(scan, p, end);
    scan->offset += (uint64_t)(p - *cursor);
    *cursor = p;
    if (scan->event == JSON_VALUE_BEGIN || scan->event == JSON_VALUE_END)
        fill_hit(scan, hit);
    return (enum json_event)scan->event;
}

bool json_scan_is_opening(const struct json_scan *scan)
{
    if (scan->state == AT_TOLD_VALUE)
        return scan->type == JSON_OBJECT || scan->type == JSON_ARRAY;
    return scan->state == AT_OBJECT_FIRST || scan->state == AT_ARRAY_FIRST;
}

int json_scan_end(struct json_scan *scan)
{
    if (scan->depth == 0 && scan->state == AFTER_VALUE)
        return 0;
    if (scan->depth == 0 && scan->state == IN_NUMBER && json_number_may_end(scan->detail))
        return 0;
    return ERR_BAD_JSON;
}
