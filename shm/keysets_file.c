#include "shm/keysets_file.h"

#include "lib/base/base64url.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"

enum { SUM_LINE_BYTES = 4 + DIGEST_HEX_BYTES + 1, WORDS_MAX = 4, SECONDS_DIGITS_MAX = 12 };

static const char first_line[] = "weir-keysets 1\n";
static const char first_word[] = "weir-keysets ";

static int sum_of(struct span bytes, char hex[static DIGEST_HEX_BYTES])
{
    struct digester *digester = digester_new();

    if (digester == NULL)
        return ERR_NO_MEMORY;
    struct digest digest = digester_hash(digester, bytes);
    digester_free(&digester);
    digest_to_hex(&digest, hex);
    return 0;
}

/* Cuts the sum's line off the end of the text, when it is right. */
static int check_sum(struct span *text)
{
    char hex[DIGEST_HEX_BYTES];

    if (text->len < SUM_LINE_BYTES)
        return ERR_CORRUPT;
    struct span body = {text->ptr, text->len - SUM_LINE_BYTES};
    struct span line = span_skip(*text, body.len);
    int err = sum_of(body, hex);
    if (err != 0)
        return err;
    if (!span_starts_with(line, SPAN("sum ")) || line.ptr[line.len - 1] != '\n' ||
        !span_equal((struct span){line.ptr + 4, DIGEST_HEX_BYTES},
                    (struct span){hex, DIGEST_HEX_BYTES}))
        return ERR_CORRUPT;
    *text = body;
    return 0;
}

/* The words of the next line; 0 when it is not one. */
static uint32_t take_line(struct span *text, struct span words[static WORDS_MAX])
{
    const char *end = text->len == 0 ? NULL : memchr(text->ptr, '\n', text->len);
    uint32_t count = 0;

    if (end == NULL)
        return 0;
    struct span line = span_from(text->ptr, end);
    *text = span_skip(*text, line.len + 1);
    while (count < WORDS_MAX) {
        const char *space = line.len == 0 ? NULL : memchr(line.ptr, ' ', line.len);

        words[count++] = space == NULL ? line : span_from(line.ptr, space);
        if (words[count - 1].len == 0)
            return 0;
        if (space == NULL)
            return count;
        line = span_skip(line, words[count - 1].len + 1);
    }
    return 0;
}

static bool take_seconds(struct span digits, int64_t *out)
{
    int64_t value = 0;

    if (digits.len > SECONDS_DIGITS_MAX || digits.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return false;
        value = value * 10 + (digits.ptr[i] - '0');
    }
    *out = value;
    return true;
}

static int decode(struct text *memory, struct span word, struct span *out)
{
    int err = base64url_decode(word, memory->ptr + memory->len, memory->cap - memory->len, out);

    if (err != 0)
        return err == ERR_NO_SPACE ? ERR_NO_MEMORY : ERR_CORRUPT;
    memory->len += out->len;
    return 0;
}

static bool has_key(const struct keyset *set, struct span key_id)
{
    for (uint32_t i = 0; i < set->key_count; i++) {
        if (span_equal(set->keys[i].key_id, key_id))
            return true;
    }
    return false;
}

static int add_key(struct keyset *set, const struct span words[static WORDS_MAX],
                   struct text *memory)
{
    struct keyset_key key;

    if (set->key_count == KEYSET_KEYS_MAX)
        return ERR_CORRUPT;
    int err = decode(memory, words[1], &key.key_id);
    if (err == 0)
        err = decode(memory, words[2], &key.modulus);
    if (err == 0)
        err = decode(memory, words[3], &key.exponent);
    if (err != 0)
        return err;
    if (key.key_id.len > KEYSET_KEY_ID_BYTES_MAX || has_key(set, key.key_id) ||
        !rs256_is_key(key.modulus, key.exponent))
        return ERR_CORRUPT;
    set->keys[set->key_count++] = key;
    return 0;
}

static int add_set(struct keysets *sets, const struct span words[static WORDS_MAX])
{
    struct keyset *set = &sets->sets[sets->count];

    if (sets->count == KEYSETS_MAX || words[2].len > KEYSET_URL_BYTES_MAX ||
        keysets_find(sets, words[2]) != NULL)
        return ERR_CORRUPT;
    *set = (struct keyset){.url = words[2]};
    if (!take_seconds(words[1], &set->fetched_s))
        return ERR_CORRUPT;
    sets->count++;
    return 0;
}

int keysets_file_parse(struct span text, struct text *memory, struct keysets *out)
{
    struct span words[WORDS_MAX];
    int err = 0;

    out->count = 0;
    if (text.len > KEYSETS_FILE_BYTES_MAX || !span_starts_with(text, span_of(first_word)))
        return ERR_CORRUPT;
    if (!span_starts_with(text, span_of(first_line)))
        return ERR_VERSION;
    err = check_sum(&text);
    if (err == 0)
        text = span_skip(text, sizeof(first_line) - 1);
    while (err == 0 && text.len > 0) {
        uint32_t count = take_line(&text, words);

        if (count == 3 && span_equal(words[0], SPAN("set")))
            err = add_set(out, words);
        else if (count == 4 && out->count > 0 && span_equal(words[0], SPAN("key")))
            err = add_key(&out->sets[out->count - 1], words, memory);
        else
            err = ERR_CORRUPT;
    }
    if (err != 0)
        out->count = 0;
    return err;
}

const struct keyset *keysets_find(const struct keysets *sets, struct span url)
{
    for (uint32_t i = 0; i < sets->count; i++) {
        if (span_equal(sets->sets[i].url, url))
            return &sets->sets[i];
    }
    return NULL;
}

static void add_encoded(struct text *out, struct span bytes)
{
    size_t needed = base64url_length(bytes.len);

    if (out->err != 0 || needed + 1 > out->cap - out->len) {
        out->err = ERR_NO_SPACE;
        return;
    }
    out->ptr[out->len++] = ' ';
    out->len += base64url_encode(bytes, out->ptr + out->len, out->cap - out->len);
}

static void add_keys(struct text *out, const struct keyset *set)
{
    for (uint32_t i = 0; i < set->key_count; i++) {
        text_add(out, SPAN("key"));
        add_encoded(out, set->keys[i].key_id);
        add_encoded(out, set->keys[i].modulus);
        add_encoded(out, set->keys[i].exponent);
        text_add_char(out, '\n');
    }
}

int keysets_file_render(const struct keysets *sets, struct text *out)
{
    char hex[DIGEST_HEX_BYTES];
    size_t begin = out->len;

    text_add(out, span_of(first_line));
    for (uint32_t i = 0; i < sets->count; i++) {
        text_add(out, SPAN("set "));
        text_add_signed(out, sets->sets[i].fetched_s);
        text_add_char(out, ' ');
        text_add(out, sets->sets[i].url);
        text_add_char(out, '\n');
        add_keys(out, &sets->sets[i]);
    }
    if (out->err != 0)
        return out->err;
    int err = sum_of(span_skip(text_span(out), begin), hex);
    if (err != 0)
        return err;
    text_add(out, SPAN("sum "));
    text_add(out, (struct span){hex, sizeof(hex)});
    text_add_char(out, '\n');
    return out->err;
}
