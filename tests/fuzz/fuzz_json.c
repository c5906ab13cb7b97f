/*
 * JSON text: cut anywhere, the same is told of it; it is taken when RFC 8259 takes it, every member
 * `model` is told, and what is told can be decoded. With surrogates that stand alone it is taken when
 * the mended text is, which then has nothing left to mend.
 */
#include "lib/base/err.h"
#include "lib/wire/json_mend.h"
#include "lib/wire/json_scan.h"
#include "tests/fuzz/fuzz.h"

enum { DEPTH = 16, PATH_MODEL = 0, MEMORY_BYTES = 1024 * 1024 };

static const struct json_path paths[] = {
    {{"model"}}, {{"stream"}}, {{"a"}}, {{"a", "b"}}, {{"a", "b", "c", "d"}}, {{"usage", "n"}},
};

/* --- RFC 8259 once more, of a whole text ------------------------------------------------------- */

/** What is left of a text, and what has been found in it. */
struct grammar {
    struct span left;
    bool is_bad;
    unsigned models; /* members of the outermost object whose key reads `model`, in any case */
};

static void demand(struct grammar *grammar, bool holds)
{
    grammar->is_bad = grammar->is_bad || !holds;
}

/* NUL at the end and after a fault; no grammar of ours takes one. */
static char peek(const struct grammar *grammar)
{
    if (grammar->is_bad || grammar->left.len == 0)
        return '\0';
    return grammar->left.ptr[0];
}

static char take(struct grammar *grammar)
{
    char c = peek(grammar);

    demand(grammar, grammar->left.len > 0);
    if (!grammar->is_bad)
        grammar->left = span_skip(grammar->left, 1);
    return c;
}

static bool take_if(struct grammar *grammar, char c)
{
    return peek(grammar) == c && take(grammar) == c;
}

static void take_space(struct grammar *grammar)
{
    while (peek(grammar) != '\0' && strchr(" \t\r\n", peek(grammar)) != NULL)
        (void)take(grammar);
}

static void take_word(struct grammar *grammar, struct span word)
{
    demand(grammar, span_starts_with(grammar->left, word));
    if (!grammar->is_bad)
        grammar->left = span_skip(grammar->left, word.len);
}

static unsigned take_unit(struct grammar *grammar)
{
    unsigned unit = 0;

    for (int i = 0; i < 4; i++) {
        char c = take(grammar);
        char digit[] = {c, '\0'};

        demand(grammar, c != '\0' && strchr("0123456789abcdefABCDEF", c) != NULL);
        unit = unit * 16 + (unsigned)strtoul(digit, NULL, 16);
    }
    return unit;
}

/* What an escape stands for; what is not ASCII is told as 0x80. */
static unsigned take_escape(struct grammar *grammar)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    char c = take(grammar);

    if (c != 'u') {
        const char *letter = c == '\0' ? NULL : strchr(letters, c);

        demand(grammar, letter != NULL);
        return letter == NULL ? 0 : (unsigned)meanings[letter - letters];
    }
    unsigned unit = take_unit(grammar);
    demand(grammar, unit < 0xdc00 || unit > 0xdfff);
    if (unit >= 0xd800 && unit <= 0xdbff) {
        take_word(grammar, SPAN("\\u"));
        unsigned low = take_unit(grammar);
        demand(grammar, low >= 0xdc00 && low <= 0xdfff);
    }
    return unit < 0x80 ? unit : 0x80;
}

/* @return does it read `model`, in any case? */
static bool take_string(struct grammar *grammar)
{
    static const char model[] = "model";
    size_t len = 0;
    bool is_model = true;

    demand(grammar, take(grammar) == '"');
    while (!grammar->is_bad && !take_if(grammar, '"')) {
        unsigned c = (unsigned char)take(grammar);

        demand(grammar, c >= 0x20);
        if (c == '\\')
            c = take_escape(grammar);
        /* The model's letters differ from their capitals in one bit, as no other byte does. */
        is_model = is_model && len < sizeof(model) - 1 && c < 0x80 &&
                   (c | 0x20) == (unsigned)model[len] && c >= 'A';
        len++;
    }
    return is_model && len == sizeof(model) - 1;
}

static void take_digits(struct grammar *grammar)
{
    demand(grammar, peek(grammar) >= '0' && peek(grammar) <= '9');
    while (peek(grammar) >= '0' && peek(grammar) <= '9')
        (void)take(grammar);
}

static void take_number(struct grammar *grammar)
{
    (void)take_if(grammar, '-');
    if (!take_if(grammar, '0'))
        take_digits(grammar);
    if (take_if(grammar, '.'))
        take_digits(grammar);
    if (take_if(grammar, 'e') || take_if(grammar, 'E')) {
        if (!take_if(grammar, '-'))
            (void)take_if(grammar, '+');
        take_digits(grammar);
    }
}

static void take_value(struct grammar *grammar, unsigned depth);

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH */
static void take_container(struct grammar *grammar, unsigned depth)
{
    bool is_object = take(grammar) == '{';
    char end = is_object ? '}' : ']';

    demand(grammar, depth < DEPTH);
    take_space(grammar);
    if (take_if(grammar, end))
        return;
    do {
        if (is_object) {
            take_space(grammar);
            if (take_string(grammar) && depth == 0)
                grammar->models++;
            take_space(grammar);
            demand(grammar, take(grammar) == ':');
        }
        take_value(grammar, depth + 1);
        take_space(grammar);
    } while (take_if(grammar, ','));
    demand(grammar, take(grammar) == end);
}

/* NOLINTNEXTLINE(misc-no-recursion): no deeper than DEPTH */
static void take_value(struct grammar *grammar, unsigned depth)
{
    take_space(grammar);
    switch (peek(grammar)) {
    case '{':
    case '[':
        if (depth <= DEPTH)
            take_container(grammar, depth);
        break;
    case '"':
        (void)take_string(grammar);
        break;
    case 't':
        take_word(grammar, SPAN("true"));
        break;
    case 'f':
        take_word(grammar, SPAN("false"));
        break;
    case 'n':
        take_word(grammar, SPAN("null"));
        break;
    default:
        take_number(grammar);
        break;
    }
}

/* --- as it is fed ------------------------------------------------------------------------------ */

static void check_raw(const struct json_hit *hit)
{
    char memory[JSON_CAPTURE_BYTES];
    struct span out;
    uint64_t count;

    INVARIANT(hit->raw.len <= JSON_CAPTURE_BYTES);
    if (hit->type == JSON_STRING && hit->raw_is_whole) {
        INVARIANT(json_decode_string(hit->raw, memory, sizeof(memory), &out) == 0);
        INVARIANT(out.len <= hit->raw.len);
    }
    if (hit->type == JSON_NUMBER)
        (void)json_decode_count(hit->raw, &count);
}

static bool feed(struct json_scan *scan, struct span piece, unsigned *models,
                 struct fuzz_hash *hash)
{
    const char *cursor = piece.ptr;
    const char *end = piece.ptr + piece.len;
    enum json_event event;

    do {
        struct json_hit hit;

        event = json_scan_next(scan, &cursor, end, &hit);
        if (event != JSON_VALUE_BEGIN && event != JSON_VALUE_END)
            continue;
        fuzz_hash_number(hash, hit.offset);
        fuzz_hash_number(hash, (uint64_t)event << 1 | hit.exact);
        fuzz_hash_number(hash, (uint64_t)hit.path << 8 | (uint64_t)hit.type);
        fuzz_hash_bytes(hash, hit.raw);
        check_raw(&hit);
        *models += event == JSON_VALUE_BEGIN && hit.path == PATH_MODEL;
    } while (event != JSON_MORE && event != JSON_INVALID);
    return event != JSON_INVALID;
}

static void scan(const void *setup, struct span text, size_t step, struct fuzz_hash *told)
{
    const struct grammar *expected = setup;
    struct json_scan scan;
    struct span piece;
    unsigned models = 0;
    bool is_good = true;

    json_scan_init(&scan, paths, sizeof(paths) / sizeof(paths[0]), DEPTH);
    while (is_good && fuzz_take_piece(&text, step, &piece)) {
        is_good = feed(&scan, piece, &models, told);
        fuzz_free(piece);
    }
    is_good = is_good && json_scan_end(&scan) == 0;
    INVARIANT(is_good == !expected->is_bad);
    INVARIANT(!is_good || models == expected->models);
}

/* --- surrogates that stand alone --------------------------------------------------------------- */

static void scan_loosely(const void *setup, struct span text, size_t step, struct fuzz_hash *told)
{
    struct json_scan scan;
    struct span piece;
    bool is_good = true;

    (void)setup;
    json_scan_init(&scan, NULL, 0, DEPTH);
    json_scan_allow_lone_surrogates(&scan);
    while (is_good && fuzz_take_piece(&text, step, &piece)) {
        const char *cursor = piece.ptr;
        struct json_hit hit;

        is_good = json_scan_next(&scan, &cursor, piece.ptr + piece.len, &hit) == JSON_MORE;
        fuzz_free(piece);
    }
    fuzz_hash_number(told, is_good && json_scan_end(&scan) == 0);
}

static bool is_taken(struct span text)
{
    struct grammar grammar = {.left = text};

    take_value(&grammar, 0);
    take_space(&grammar);
    demand(&grammar, grammar.left.len == 0);
    return !grammar.is_bad;
}

static void check_mended(struct span input, size_t step)
{
    struct fuzz_hash wanted = {0};
    struct region memory;
    struct span mended;

    INVARIANT(region_init(&memory, MEMORY_BYTES) == 0);
    mended = json_mend(&memory, input);
    if (input.len > 0 && mended.ptr == NULL) {
        region_close(&memory);
        return;
    }
    INVARIANT(mended.len == input.len);
    INVARIANT(json_mend(&memory, mended).ptr == mended.ptr);
    INVARIANT(mended.ptr == input.ptr || !is_taken(input));
    fuzz_hash_number(&wanted, is_taken(mended));
    INVARIANT(fuzz_cut(scan_loosely, NULL, input, step) == wanted.value);
    region_close(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    struct grammar grammar = {.left = input};

    take_value(&grammar, 0);
    take_space(&grammar);
    demand(&grammar, grammar.left.len == 0);
    (void)fuzz_cut(scan, &grammar, input, step);
    check_mended(input, step);
    return 0;
}
