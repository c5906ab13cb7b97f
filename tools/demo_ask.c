#include "tools/demo.h"

#include "lib/base/err.h"
#include "lib/wire/json_scan.h"

/** The value of a member, in the text that was scanned. */
struct member {
    bool is_given;
    enum json_type type;
    struct span value; /* strings with their quotes */
};

enum { MEMBERS_MAX = 6 };

/** Look several members of an object up, in one pass; the last of equal names counts. */
static int find_members(struct span text, const struct json_path *paths, uint32_t count,
                        struct member *out)
{
    struct json_scan scan;
    struct json_hit hit;
    uint64_t begin[MEMBERS_MAX] = {0};
    const char *cursor = text.ptr;
    const char *end = text.ptr + text.len;

    json_scan_init(&scan, paths, count, DEMO_JSON_DEPTH);
    for (;;) {
        enum json_event event = json_scan_next(&scan, &cursor, end, &hit);

        if (event == JSON_MORE)
            return json_scan_end(&scan);
        if (event == JSON_INVALID)
            return ERR_BAD_JSON;
        if (!hit.exact)
            continue;
        if (event == JSON_VALUE_BEGIN) {
            begin[hit.path] = hit.offset;
            continue;
        }
        out[hit.path] = (struct member){
            true, hit.type, span_from(text.ptr + begin[hit.path], text.ptr + hit.offset)};
    }
}

/** Length of the JSON string at the beginning of valid text, with its quotes. */
static size_t string_bytes(struct span text)
{
    size_t len = 1;

    while (len < text.len && text.ptr[len] != '"')
        len += text.ptr[len] == '\\' ? 2 : 1;
    return len + 1;
}

/** Length of the JSON value at the beginning of text that is known to be valid. */
static size_t value_bytes(struct span text)
{
    unsigned depth = 0;
    size_t len = 0;

    while (len < text.len) {
        char c = text.ptr[len];

        if (depth == 0 && strchr(",]} \t\r\n", c) != NULL)
            return len;
        len += c == '"' ? string_bytes(span_skip(text, len)) : 1;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        if (depth == 0 && strchr("}]\"", c) != NULL)
            return len;
    }
    return len;
}

/** Step through an array that is known to be valid; `rest` begins just after its bracket. */
static bool next_element(struct span *rest, struct span *element)
{
    while (rest->len > 0 && (*rest->ptr == ',' || (unsigned char)*rest->ptr <= ' '))
        *rest = span_skip(*rest, 1);
    if (rest->len == 0 || *rest->ptr == ']')
        return false;
    *element = (struct span){rest->ptr, value_bytes(*rest)};
    *rest = span_skip(*rest, element->len);
    return element->len > 0;
}

static struct span without_quotes(const struct member *member)
{
    return (struct span){member->value.ptr + 1, member->value.len - 2};
}

/** The text of a message: `content` itself, or the last text among its parts. */
static struct span content_text(const struct member *content)
{
    static const struct json_path paths[] = {{{"text"}}};
    struct span found = {NULL, 0};
    struct span part;

    if (!content->is_given)
        return found;
    if (content->type == JSON_STRING)
        return without_quotes(content);
    if (content->type != JSON_ARRAY)
        return found;

    struct span rest = span_skip(content->value, 1);
    while (next_element(&rest, &part)) {
        struct member text = {0};

        if (find_members(part, paths, 1, &text) == 0 && text.type == JSON_STRING && text.is_given)
            found = without_quotes(&text);
    }
    return found;
}

/** Words between blanks; an escaped newline, return or tab is a blank, too. */
static uint64_t count_words(struct span text)
{
    uint64_t words = 0;
    bool in_word = false;

    for (size_t i = 0; i < text.len; i++) {
        bool is_escape = text.ptr[i] == '\\' && i + 1 < text.len;
        char c = text.ptr[is_escape ? i + 1 : i];
        bool is_blank = is_escape ? c == 'n' || c == 'r' || c == 't' : c == ' ';

        i += is_escape;
        words += !is_blank && !in_word;
        in_word = !is_blank;
    }
    return words;
}

/** Bytes of the escape or of the UTF-8 sequence at the beginning of valid JSON text. */
static size_t unit_bytes(struct span text)
{
    enum { SHORT_ESCAPE = 2, UNICODE_ESCAPE = 6 };
    unsigned char first = (unsigned char)text.ptr[0];

    if (first == '\\') {
        bool is_high = text.len >= UNICODE_ESCAPE && text.ptr[1] == 'u' &&
                       (text.ptr[2] | 0x20) == 'd' && strchr("89abAB", text.ptr[3]) != NULL;

        if (is_high)
            return 2 * (size_t)UNICODE_ESCAPE;
        return text.ptr[1] == 'u' ? UNICODE_ESCAPE : SHORT_ESCAPE;
    }
    if (first < 0xc0)
        return 1;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** As much of the text as fits into `bytes_max` without cutting a character. */
static struct span cut(struct span text, size_t bytes_max)
{
    size_t len = 0;

    while (len < text.len) {
        size_t unit = unit_bytes(span_skip(text, len));

        if (len + unit > text.len || len + unit > bytes_max)
            break;
        len += unit;
    }
    return (struct span){text.ptr, len};
}

static int read_messages(const struct member *messages, struct demo_ask *out)
{
    static const struct json_path paths[] = {{{"role"}}, {{"content"}}};
    struct span message;
    uint64_t count = 0;

    if (!messages->is_given || messages->type != JSON_ARRAY)
        return ERR_INVALID;

    struct span rest = span_skip(messages->value, 1);
    while (next_element(&rest, &message)) {
        struct member found[2] = {0};

        if (find_members(message, paths, 2, found) != 0)
            return ERR_INVALID;

        struct span text = content_text(&found[1]);
        out->prompt_words += count_words(text);
        if (found[0].is_given && span_equal(found[0].value, SPAN("\"user\"")))
            out->quote = cut(text, DEMO_QUOTE_BYTES);
        count++;
    }
    return count == 0 ? ERR_INVALID : 0;
}

static bool is_true(const struct member *member)
{
    return member->is_given && member->type == JSON_TRUE;
}

int demo_ask_read(struct span body, enum wire_protocol protocol, struct demo_ask *out)
{
    enum { MODEL, MESSAGES, STREAM, INCLUDE_USAGE, MAX_TOKENS, MAX_COMPLETION_TOKENS };
    static const struct json_path paths[MEMBERS_MAX] = {
        [MODEL] = {{"model"}},           [MESSAGES] = {{"messages"}},
        [STREAM] = {{"stream"}},         [INCLUDE_USAGE] = {{"stream_options", "include_usage"}},
        [MAX_TOKENS] = {{"max_tokens"}}, [MAX_COMPLETION_TOKENS] = {{"max_completion_tokens"}},
    };
    struct member found[MEMBERS_MAX] = {0};
    int err = find_members(body, paths, MEMBERS_MAX, found);

    *out = (struct demo_ask){.protocol = protocol, .words_max = UINT64_MAX};
    if (err != 0)
        return err;
    if (!found[MODEL].is_given)
        return ERR_NO_MODEL;
    if (found[MODEL].type != JSON_STRING || found[MODEL].value.len > LAYOUT_SLUG_BYTES_MAX + 2)
        return ERR_BAD_MODEL;

    out->model = without_quotes(&found[MODEL]);
    out->is_stream = is_true(&found[STREAM]);
    out->include_usage = is_true(&found[INCLUDE_USAGE]);
    for (unsigned i = MAX_TOKENS; i <= MAX_COMPLETION_TOKENS; i++) {
        if (found[i].is_given && found[i].type == JSON_NUMBER)
            (void)json_decode_count(found[i].value, &out->words_max);
    }
    return read_messages(&found[MESSAGES], out);
}
