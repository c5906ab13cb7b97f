#include "lib/protocol/hub_text.h"

#include "lib/base/err.h"
#include "lib/wire/json_scan.h"

#include <stdlib.h>

enum {
    ESCAPE_BYTES = 2,   /* of a short one */
    UNICODE_BYTES = 6,  /* \u0041 */
    PAIR_BYTES = 12,    /* two of them */
    NUMBER_BYTES = 512, /* a longer number is none */
};

struct span hub_decode(struct region *memory, struct span raw)
{
    struct text text;
    struct span decoded;

    if (raw.len == 0)
        return SPAN("");
    if (memchr(raw.ptr, '\\', raw.len) == NULL)
        return raw;
    text = region_text(memory);
    if (json_decode_string(raw, text.ptr, text.cap, &decoded) != 0)
        return (struct span){NULL, 0};
    text.len = decoded.len;
    region_keep_text(memory, &text);
    return text_span(&text);
}

static bool must_escape(struct span utf8)
{
    for (size_t i = 0; i < utf8.len; i++) {
        unsigned char c = (unsigned char)utf8.ptr[i];

        if (c < 0x20 || c == '"' || c == '\\')
            return true;
    }
    return false;
}

struct span hub_encode(struct region *memory, struct span utf8)
{
    struct text text;

    if (utf8.len == 0)
        return SPAN("");
    if (!must_escape(utf8))
        return utf8;
    text = region_text(memory);
    text_add_json(&text, utf8);
    if (text.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(memory, &text);
    return (struct span){text.ptr + 1, text.len - 2};
}

/** How many bytes of raw text are one character; raw is not empty. */
static size_t character_bytes(struct span raw)
{
    unsigned char c = (unsigned char)raw.ptr[0];
    size_t len = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

    if (c == '\\') {
        bool is_unicode = raw.len > 1 && raw.ptr[1] == 'u';
        bool is_pair = is_unicode && raw.len >= PAIR_BYTES &&
                       (raw.ptr[2] == 'd' || raw.ptr[2] == 'D') &&
                       strchr("89abAB", raw.ptr[3]) != NULL;

        len = is_pair ? PAIR_BYTES : is_unicode ? UNICODE_BYTES : ESCAPE_BYTES;
    }
    return len < raw.len ? len : raw.len;
}

/** The next character as UTF-8; `memory` holds it where it was escaped. Empty at the end. */
static struct span take_character(struct span *raw, char memory[static 4])
{
    struct span character = {raw->ptr, 0};
    struct span decoded;

    if (raw->len == 0)
        return character;
    character.len = character_bytes(*raw);
    *raw = span_skip(*raw, character.len);
    if (character.ptr[0] == '\\' && json_decode_string(character, memory, 4, &decoded) == 0)
        return decoded;
    return character;
}

/** Unicode's White_Space. */
static bool is_white(struct span character)
{
    static const char *const wide[] = {
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
        "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
        "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
        "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80",
    };

    if (character.len == 1)
        return character.ptr[0] == ' ' || (character.ptr[0] >= '\t' && character.ptr[0] <= '\r');
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        if (span_equal(character, span_of(wide[i])))
            return true;
    }
    return false;
}

bool hub_is_blank(struct span raw)
{
    char memory[4];

    while (raw.len > 0) {
        if (!is_white(take_character(&raw, memory)))
            return false;
    }
    return true;
}

bool hub_equal(struct span raw_a, struct span raw_b)
{
    char memory_a[4];
    char memory_b[4];

    if (span_equal(raw_a, raw_b))
        return true;
    while (raw_a.len > 0 && raw_b.len > 0) {
        struct span a = take_character(&raw_a, memory_a);
        struct span b = take_character(&raw_b, memory_b);

        if (!span_equal(a, b))
            return false;
    }
    return raw_a.len == raw_b.len;
}

bool hub_number(struct span raw, double *out)
{
    char memory[NUMBER_BYTES];
    char *end;
    double value;

    if (raw.len == 0 || raw.len >= sizeof(memory) ||
        (raw.ptr[0] != '-' && (raw.ptr[0] < '0' || raw.ptr[0] > '9')))
        return false;
    memcpy(memory, raw.ptr, raw.len);
    memory[raw.len] = '\0';
    value = strtod(memory, &end);
    if (end != memory + raw.len)
        return false;
    *out = value;
    return true;
}

enum hub_effort hub_effort_of(struct span word)
{
    for (unsigned i = HUB_EFFORT_UNSET + 1; i < HUB_EFFORT_COUNT; i++) {
        if (hub_equal(word, hub_effort_word((enum hub_effort)i)))
            return (enum hub_effort)i;
    }
    return HUB_EFFORT_UNSET;
}

struct span hub_effort_word(enum hub_effort effort)
{
    static const char *const words[HUB_EFFORT_COUNT] = {[HUB_EFFORT_UNSET] = "",
#define X(name, word) [HUB_EFFORT_##name] = (word),
                                                        HUB_EFFORT_MAP(X)
#undef X
    };

    return span_of(words[effort]);
}

enum hub_effort hub_effort_of_budget(uint64_t tokens)
{
    static const struct {
        uint64_t below;
        enum hub_effort effort;
    } rows[] = {
        {1024, HUB_EFFORT_MINIMAL},
        {2048, HUB_EFFORT_LOW},
        {8192, HUB_EFFORT_MEDIUM},
        {24576, HUB_EFFORT_HIGH},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (tokens < rows[i].below)
            return rows[i].effort;
    }
    return HUB_EFFORT_XHIGH;
}
