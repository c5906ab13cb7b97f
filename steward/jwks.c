#include "steward/jwks.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/wire/json_walk.h"

enum { NAME_BYTES_MAX = 16, WORD_BYTES_MAX = 16 };

/* The members of a key that are looked at, raw. */
enum member { MEMBER_KTY, MEMBER_ALG, MEMBER_USE, MEMBER_KID, MEMBER_N, MEMBER_E, MEMBER_COUNT };

static const struct span member_names[MEMBER_COUNT] = {
    [MEMBER_KTY] = {"kty", 3}, [MEMBER_ALG] = {"alg", 3}, [MEMBER_USE] = {"use", 3},
    [MEMBER_KID] = {"kid", 3}, [MEMBER_N] = {"n", 1},     [MEMBER_E] = {"e", 1},
};

/* Is it one JSON text, not too deep? */
static int check_json(struct span text)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = text.ptr;

    json_scan_init(&scan, NULL, 0, JWKS_DEPTH_MAX);
    if (text.len == 0 || text.len > JWKS_BYTES_MAX ||
        json_scan_next(&scan, &cursor, text.ptr + text.len, &hit) != JSON_MORE)
        return ERR_BAD_JSON;
    return json_scan_end(&scan);
}

static bool is_name(struct span raw, struct span name)
{
    char memory[NAME_BYTES_MAX];
    struct span decoded;

    return json_decode_string(raw, memory, sizeof(memory), &decoded) == 0 &&
           span_equal(decoded, name);
}

/* What stands between the quotes of a string. */
static bool inside_of(struct span value, struct span *raw)
{
    if (value.len < 2 || json_walk_type(value) != JSON_STRING)
        return false;
    *raw = (struct span){value.ptr + 1, value.len - 2};
    return true;
}

/* @return false for a value that is no string, or stands twice */
static bool read_members(struct span object, struct span members[static MEMBER_COUNT])
{
    struct json_walk walk = json_walk_begin(object);
    struct span name;
    struct span value;

    while (json_walk_member(&walk, &name, &value)) {
        for (size_t i = 0; i < MEMBER_COUNT; i++) {
            if (!is_name(name, member_names[i]))
                continue;
            if (members[i].ptr != NULL || !inside_of(value, &members[i]))
                return false;
        }
    }
    return true;
}

static bool is_word(struct span raw, struct span word)
{
    char memory[WORD_BYTES_MAX];
    struct span decoded;

    return json_decode_string(raw, memory, sizeof(memory), &decoded) == 0 &&
           span_equal(decoded, word);
}

static bool is_word_or_none(struct span raw, struct span word)
{
    return raw.ptr == NULL || is_word(raw, word);
}

/* A number; zeros in front are not allowed (RFC 7518, section 6.3.1.1), but some write one. */
static bool take_number(struct text *memory, struct span raw, size_t bytes_max, struct span *out)
{
    char decoded[RS256_MODULUS_BYTES_MAX + 1];
    struct span number;

    if (base64url_decode(raw, decoded, bytes_max + 1, &number) != 0)
        return false;
    while (number.len > 0 && number.ptr[0] == 0)
        number = span_skip(number, 1);
    *out = (struct span){memory->ptr + memory->len, number.len};
    text_add(memory, number);
    return memory->err == 0;
}

static bool take_key_id(struct text *memory, struct span raw, struct span *out)
{
    char decoded[KEYSET_KEY_ID_BYTES_MAX];
    struct span key_id;

    if (raw.ptr == NULL || json_decode_string(raw, decoded, sizeof(decoded), &key_id) != 0 ||
        key_id.len == 0)
        return false;
    *out = (struct span){memory->ptr + memory->len, key_id.len};
    text_add(memory, key_id);
    return memory->err == 0;
}

/* @return false for a key that is not for us, of which nothing is kept */
static bool take_key(struct span object, struct text *memory, struct keyset_key *out)
{
    struct span members[MEMBER_COUNT] = {{NULL, 0}};
    size_t before = memory->len;

    if (json_walk_type(object) != JSON_OBJECT || !read_members(object, members) ||
        members[MEMBER_KTY].ptr == NULL || members[MEMBER_N].ptr == NULL ||
        members[MEMBER_E].ptr == NULL || !is_word(members[MEMBER_KTY], SPAN("RSA")) ||
        !is_word_or_none(members[MEMBER_ALG], SPAN("RS256")) ||
        !is_word_or_none(members[MEMBER_USE], SPAN("sig")))
        return false;
    if (take_key_id(memory, members[MEMBER_KID], &out->key_id) &&
        take_number(memory, members[MEMBER_N], RS256_MODULUS_BYTES_MAX, &out->modulus) &&
        take_number(memory, members[MEMBER_E], RS256_EXPONENT_BYTES_MAX, &out->exponent) &&
        rs256_is_key(out->modulus, out->exponent))
        return true;
    memory->len = before;
    memory->err = 0;
    return false;
}

static int add_key(struct keyset *set, const struct keyset_key *key)
{
    for (uint32_t i = 0; i < set->key_count; i++) {
        if (span_equal(set->keys[i].key_id, key->key_id))
            return ERR_INVALID;
    }
    if (set->key_count == KEYSET_KEYS_MAX)
        return ERR_NO_SPACE;
    set->keys[set->key_count++] = *key;
    return 0;
}

static int take_keys(struct span array, struct text *memory, struct keyset *out)
{
    struct json_walk walk = json_walk_begin(array);
    struct span object;
    uint32_t seen = 0;
    int err = 0;

    while (err == 0 && json_walk_item(&walk, &object)) {
        struct keyset_key key;

        if (++seen > JWKS_KEYS_SEEN_MAX ||
            memory->cap - memory->len < JWKS_MEMORY_BYTES / KEYSET_KEYS_MAX)
            return ERR_NO_SPACE;
        if (take_key(object, memory, &key))
            err = add_key(out, &key);
    }
    return err;
}

/* The one array `keys` of the document. */
static int find_keys(struct span document, struct span *array)
{
    struct json_walk walk = json_walk_begin(document);
    struct span name;
    struct span value;

    *array = (struct span){NULL, 0};
    while (json_walk_member(&walk, &name, &value)) {
        if (!is_name(name, SPAN("keys")))
            continue;
        if (array->ptr != NULL || json_walk_type(value) != JSON_ARRAY)
            return ERR_BAD_JSON;
        *array = value;
    }
    return array->ptr != NULL ? 0 : ERR_BAD_JSON;
}

int jwks_parse(struct span text, struct text *memory, struct keyset *out)
{
    struct span array;
    int err = check_json(text);

    out->key_count = 0;
    memory->len = 0;
    memory->err = 0;
    if (err != 0)
        return ERR_BAD_JSON;
    struct span document = json_walk_value(text);
    if (json_walk_type(document) != JSON_OBJECT)
        return ERR_BAD_JSON;
    err = find_keys(document, &array);
    if (err == 0)
        err = take_keys(array, memory, out);
    if (err == 0 && out->key_count == 0)
        err = ERR_NOT_FOUND;
    if (err != 0)
        out->key_count = 0;
    return err;
}
