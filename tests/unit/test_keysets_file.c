/* What the steward writes the loader reads, and nothing that is torn, forged or too large. */
#include "lib/base/base64url.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "shm/keysets_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char modulus[RS256_MODULUS_BYTES_MAX];
static char modulus_text[700];
static char file[KEYSETS_FILE_BYTES_MAX + 1];
static char decoded[KEYSETS_FILE_BYTES_MAX];
static struct keysets sets;
static struct keysets back;

static int parse(struct span text)
{
    struct text memory = text_over(decoded,
                                   text.len < sizeof(decoded) ? text.len : sizeof(decoded));

    return keysets_file_parse(text, &memory, &back);
}

static void fill(uint32_t set_count, uint32_t key_count)
{
    static char names[KEYSETS_MAX][KEYSET_KEYS_MAX][KEYSET_KEY_ID_BYTES_MAX];
    static char urls[KEYSETS_MAX][64];

    sets.count = set_count;
    for (uint32_t i = 0; i < set_count; i++) {
        snprintf(urls[i], sizeof(urls[i]), "https://issuer.test/%u", i);
        sets.sets[i] = (struct keyset){.url = span_of(urls[i])};
        sets.sets[i].fetched_s = 1700000000 + i;
        sets.sets[i].key_count = key_count;
        for (uint32_t n = 0; n < key_count; n++) {
            memset(names[i][n], 'a' + (int)n, sizeof(names[i][n]));
            sets.sets[i].keys[n] = (struct keyset_key){{names[i][n], sizeof(names[i][n])},
                                                       {modulus, sizeof(modulus)},
                                                       SPAN("\x01\x00\x01")};
        }
    }
}

static void assert_same(const struct keyset *actual, const struct keyset *expected)
{
    assert_true(keysets_find(&back, expected->url) == actual);
    assert_int_equal(actual->fetched_s, expected->fetched_s);
    assert_int_equal(actual->key_count, expected->key_count);
    for (uint32_t k = 0; k < expected->key_count; k++) {
        assert_true(span_equal(actual->keys[k].key_id, expected->keys[k].key_id));
        assert_true(span_equal(actual->keys[k].modulus, expected->keys[k].modulus));
        assert_true(span_equal(actual->keys[k].exponent, expected->keys[k].exponent));
    }
}

static void what_is_written_is_read_back(void **state)
{
    static const uint32_t counts[][2] = {{0, 0}, {1, 0}, {2, 3}, {KEYSETS_MAX, KEYSET_KEYS_MAX}};

    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct text out = text_over(file, KEYSETS_FILE_BYTES_MAX);

        fill(counts[i][0], counts[i][1]);
        assert_int_equal(keysets_file_render(&sets, &out), 0);
        assert_int_equal(parse(text_span(&out)), 0);
        assert_int_equal(back.count, sets.count);
        for (uint32_t n = 0; n < sets.count; n++)
            assert_same(&back.sets[n], &sets.sets[n]);
    }
    assert_null(keysets_find(&back, SPAN("https://issuer.test/")));
}

static void a_torn_or_changed_file_is_refused(void **state)
{
    struct text out = text_over(file, KEYSETS_FILE_BYTES_MAX);

    (void)state;
    fill(2, 1);
    assert_int_equal(keysets_file_render(&sets, &out), 0);
    for (size_t len = 0; len < out.len; len++)
        assert_int_not_equal(parse((struct span){file, len}), 0);
    for (size_t at = 0; at < out.len; at++) {
        file[at] = (char)(file[at] ^ 1);
        assert_int_not_equal(parse(text_span(&out)), 0);
        file[at] = (char)(file[at] ^ 1);
    }
    assert_int_equal(parse(text_span(&out)), 0);
}

/* With the sum made right: what stands between the first line and the sum. */
static int parse_lines(const char *first, const char *lines)
{
    struct digester *digester = digester_new();
    int len = snprintf(file, sizeof(file), "%s%s", first, lines);
    struct digest digest = digester_hash(digester, (struct span){file, (size_t)len});
    char hex[DIGEST_HEX_BYTES];

    digester_free(&digester);
    digest_to_hex(&digest, hex);
    len += snprintf(file + len, sizeof(file) - (size_t)len, "sum %.64s\n", hex);
    return parse((struct span){file, (size_t)len});
}

static void lines_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *lines; /* %s is a modulus */
        int err;
    } rows[] = {
        {"", 0},
        {"set 1 https://a\n", 0},
        {"set 1 https://a\nkey YQ %s AQAB\nset 2 https://b\nkey YQ %s AQAB\n", 0},
        {"set 1 https://a\nset 2 https://a\n", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ %s AQAB\nkey YQ %s AQAB\n", ERR_CORRUPT},
        {"key YQ %s AQAB\n", ERR_CORRUPT},
        {"set 0 https://a\n", ERR_CORRUPT},
        {"set -1 https://a\n", ERR_CORRUPT},
        {"set 1x https://a\n", ERR_CORRUPT},
        {"set 1234567890123 https://a\n", ERR_CORRUPT},
        {"set 1 https://a b\n", ERR_CORRUPT},
        {"set 1  https://a\n", ERR_CORRUPT},
        {"set 1 \n", ERR_CORRUPT},
        {"set 1\n", ERR_CORRUPT},
        {"\n", ERR_CORRUPT},
        {"set 1 https://a", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ= %s AQAB\n", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ AQAB AQAB\n", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ %s AQAA\n", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ %s\n", ERR_CORRUPT},
        {"set 1 https://a\nkey YQ %s AQAB x\n", ERR_CORRUPT},
        {"other 1 https://a\n", ERR_CORRUPT},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char lines[2048] = "";
        size_t len = 0;

        for (const char *p = rows[i].lines; *p != '\0'; p++) {
            bool here = p[0] == '%' && p[1] == 's';

            len += (size_t)snprintf(lines + len, sizeof(lines) - len, "%.*s", here ? 699 : 1,
                                    here ? modulus_text : p);
            p += here;
        }
        int err = parse_lines("weir-keysets 1\n", lines);
        if (err != rows[i].err)
            fail_msg("row %zu, %s: %s", i, rows[i].lines, err_name(err));
    }
    assert_int_equal(parse_lines("weir-keysets 2\n", ""), ERR_VERSION);
    assert_int_equal(parse_lines("weir-other 1\n", ""), ERR_CORRUPT);
}

static void there_is_an_end_to_sets_and_keys(void **state)
{
    static char lines[32 * 1024];
    size_t len = 0;

    (void)state;
    for (int i = 0; i <= KEYSETS_MAX; i++) {
        len += (size_t)snprintf(lines + len, sizeof(lines) - len, "set 1 https://%d\n", i);
        assert_int_equal(parse_lines("weir-keysets 1\n", lines), i < KEYSETS_MAX ? 0 : ERR_CORRUPT);
    }
    len = (size_t)snprintf(lines, sizeof(lines), "set 1 https://a\n");
    for (int i = 0; i <= KEYSET_KEYS_MAX; i++) {
        len += (size_t)snprintf(lines + len, sizeof(lines) - len, "key Y%cAA %s AQAB\n", 'A' + i,
                                modulus_text);
        assert_int_equal(parse_lines("weir-keysets 1\n", lines),
                         i < KEYSET_KEYS_MAX ? 0 : ERR_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_torn_or_changed_file_is_refused),
        cmocka_unit_test(lines_of_another_form_are_refused),
        cmocka_unit_test(there_is_an_end_to_sets_and_keys),
    };

    memset(modulus, 0x81, sizeof(modulus));
    (void)base64url_encode((struct span){modulus, sizeof(modulus)}, modulus_text,
                           sizeof(modulus_text));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
