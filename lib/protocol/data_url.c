#include "lib/protocol/data_url.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"
#include "lib/wire/bytes.h"

enum {
    MEDIA_TYPE_BYTES_MAX = 127, /* RFC 6838 section 4.2, both names together */
    BASE64_PADDING = 64,        /* the digit that stands for none */
    QUAD = 4,                   /* characters of base64 that stand for three bytes */
};

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

/** What is given, decoded; it holds something. @return 0, ERR_INVALID or ERR_NO_MEMORY */
static int decode(struct region *memory, struct span raw, struct span *out)
{
    if (raw.len == 0)
        return ERR_INVALID;
    *out = hub_decode(memory, raw);
    if (out->ptr == NULL)
        return ERR_NO_MEMORY;
    return out->len == 0 ? ERR_INVALID : 0;
}

/* --- media types ------------------------------------------------------------------------------ */

/* RFC 6838 section 4.2. */
static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$&-^_.+", c) != NULL);
}

static bool is_media_type(struct span type)
{
    size_t slashes = 0;

    if (type.len < 3 || type.len > MEDIA_TYPE_BYTES_MAX)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        if (type.ptr[i] == '/')
            slashes++;
        else if (!is_name_char(type.ptr[i]))
            return false;
    }
    return slashes == 1 && type.ptr[0] != '/' && type.ptr[type.len - 1] != '/';
}

static int fit_media_type(struct region *memory, struct span given, struct span *out)
{
    const char *semicolon = memchr(given.ptr, ';', given.len);
    struct span type = span_trim(semicolon == NULL ? given : span_from(given.ptr, semicolon));
    char *lower = region_take(memory, type.len);

    if (lower == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < type.len; i++)
        lower[i] = bytes_lower(type.ptr[i]);
    *out = (struct span){lower, type.len};
    if (span_equal(*out, SPAN("image/jpg")))
        *out = SPAN("image/jpeg");
    return is_media_type(*out) ? 0 : ERR_INVALID;
}

int data_media_type(struct region *memory, struct span raw, struct span *out)
{
    struct span given;
    int err = decode(memory, raw, &given);

    return err != 0 ? err : fit_media_type(memory, given, out);
}

/* --- base64 ----------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f';
}

static size_t run_of_digits(struct span text)
{
    size_t i = 0;

    while (i < text.len && is_digit(text.ptr[i]))
        i++;
    return i;
}

/** Padding as it must be behind so many digits? A lone digit stands for nothing. */
static bool is_padding(struct span padding, size_t digits)
{
    static const size_t wanted[QUAD] = {0, 0, 2, 1};

    return digits > 0 && digits % QUAD != 1 && padding.len == wanted[digits % QUAD] &&
           span_equal(padding, (struct span){"==", padding.len});
}

/** Digits into `to`, of either alphabet. @return how many, or 0 when something else stands there */
static size_t copy_digits(struct span text, char *to)
{
    size_t count = 0;
    size_t i = 0;

    for (; i < text.len && text.ptr[i] != '='; i++) {
        char c = text.ptr[i];

        if (is_space(c))
            continue;
        if (c == '-')
            c = '+';
        else if (c == '_')
            c = '/';
        if (!is_digit(c))
            return 0;
        to[count++] = c;
    }
    for (; i < text.len; i++) {
        if (text.ptr[i] != '=' && !is_space(text.ptr[i]))
            return 0;
    }
    return count;
}

static int fit_base64(struct region *memory, struct span text, struct span *out)
{
    size_t digits = run_of_digits(text);
    size_t mark = region_mark(memory);
    char *to;

    *out = text;
    if (is_padding(span_skip(text, digits), digits))
        return 0;
    to = region_take(memory, text.len + QUAD);
    if (to == NULL)
        return ERR_NO_MEMORY;
    digits = copy_digits(text, to);
    if (digits == 0 || digits % QUAD == 1) {
        region_cut(memory, mark);
        return ERR_INVALID;
    }
    while (digits % QUAD != 0)
        to[digits++] = '=';
    *out = (struct span){to, digits};
    return 0;
}

int data_base64(struct region *memory, struct span raw, struct span *out)
{
    struct span text;
    int err = decode(memory, raw, &text);

    return err != 0 ? err : fit_base64(memory, text, out);
}

/** The reverse of what base64 is for: bytes that stood in a URL become digits. */
static int encode_base64(struct region *memory, struct span bytes, struct span *out)
{
    char *to = region_take(memory, (bytes.len + 2) / 3 * QUAD);
    size_t at = 0;

    if (to == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes.ptr[i] << 16;

        if (left > 1)
            group |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            group |= (uint32_t)(unsigned char)bytes.ptr[i + 2];
        to[at++] = base64_digits[group >> 18];
        to[at++] = base64_digits[group >> 12 & 63];
        to[at++] = base64_digits[left > 1 ? group >> 6 & 63 : BASE64_PADDING];
        to[at++] = base64_digits[left > 2 ? group & 63 : BASE64_PADDING];
    }
    *out = (struct span){to, at};
    return 0;
}

/* --- URLs ------------------------------------------------------------------------------------- */

static bool has_scheme(struct span url)
{
    return url.len >= 5 && span_equal_nocase((struct span){url.ptr, 5}, SPAN("data:"));
}

bool data_url_is(struct span raw)
{
    return has_scheme(raw);
}

/** Is the last parameter of the head `base64`? If so it is taken off. */
static bool take_marker(struct span *head)
{
    static const char marker[] = ";base64";
    size_t len = sizeof(marker) - 1;

    if (head->len < len ||
        !span_equal_nocase((struct span){head->ptr + head->len - len, len}, SPAN(";base64")))
        return false;
    head->len -= len;
    return true;
}

static int decode_percents(struct region *memory, struct span text, struct span *out)
{
    char *to = region_take(memory, text.len);
    size_t len = 0;

    if (to == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && text.len - i > 2 ? bytes_hex_digit(text.ptr[i + 1]) : -1;
        int low = high < 0 ? -1 : bytes_hex_digit(text.ptr[i + 2]);

        to[len] = text.ptr[i];
        if (low >= 0) {
            to[len] = (char)(high * 16 + low);
            i += 2;
        }
        len++;
    }
    *out = (struct span){to, len};
    return 0;
}

static int read_plain_data(struct region *memory, struct span data, struct data_url *out)
{
    struct span bytes;
    int err = decode_percents(memory, data, &bytes);

    if (err != 0)
        return err;
    if (!span_starts_with(out->media_type, SPAN("text/"))) {
        out->source = HUB_SOURCE_BASE64;
        return encode_base64(memory, bytes, &out->data);
    }
    out->source = HUB_SOURCE_TEXT;
    out->data = hub_encode(memory, bytes);
    return out->data.ptr == NULL ? ERR_NO_MEMORY : 0;
}

int data_url_read(struct region *memory, struct span raw, struct data_url *out)
{
    struct span url;
    int err = decode(memory, raw, &url);

    *out = (struct data_url){.source = HUB_SOURCE_BASE64};
    if (err != 0)
        return err;

    const char *comma = memchr(url.ptr, ',', url.len);

    if (comma == NULL || !has_scheme(url))
        return ERR_INVALID;

    struct span head = span_from(url.ptr + 5, comma);
    struct span data = span_from(comma + 1, url.ptr + url.len);
    bool is_base64 = take_marker(&head);

    if (head.len == 0 || head.ptr[0] == ';')
        head = SPAN("text/plain");
    err = fit_media_type(memory, head, &out->media_type);
    if (err != 0 || data.len == 0)
        return err != 0 ? err : ERR_INVALID;
    return is_base64 ? fit_base64(memory, data, &out->data) : read_plain_data(memory, data, out);
}
