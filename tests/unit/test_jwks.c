/* Key sets as issuers publish them, and as nobody should. */
#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "steward/jwks.h"
#include "steward/keysets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char n256[400]; /* a modulus of 2048 bits */
static char n128[200]; /* of 1024 */
static char n513[700]; /* of more than 4096 */
static char n257[400]; /* of 2048, with a zero in front */
static char memory[JWKS_MEMORY_BYTES];
static struct keyset set;

static int parse(const char *text)
{
    struct text decoded = text_over(memory, sizeof(memory));

    return jwks_parse(span_of(text), &decoded, &set);
}

/* `$` stands for a modulus of 2048 bits, `%` for a small one, `&` for one too large, `~` for one
 * with a zero in front; NULL: `sign` stands for itself. */
static const char *modulus_of(char sign)
{
    switch (sign) {
    case '$':
        return n256;
    case '%':
        return n128;
    case '&':
        return n513;
    case '~':
        return n257;
    default:
        return NULL;
    }
}

static const char *expand(const char *text)
{
    static char out[32768];
    size_t len = 0;

    for (; *text != '\0'; text++) {
        const char *number = modulus_of(*text);

        len += (size_t)snprintf(out + len, sizeof(out) - len, "%.*s", number == NULL ? 1 : 1000,
                                number == NULL ? text : number);
    }
    return out;
}

#define KEY(kid) "{\"kty\":\"RSA\",\"kid\":\"" kid "\",\"n\":\"$\",\"e\":\"AQAB\"}"

static const struct {
    const char *text;
    int err;
    uint32_t keys;
} rows[] = {
    {"{\"keys\":[" KEY("a") "]}", 0, 1},
    {"{\"keys\":[" KEY("a") "," KEY("b") "]}", 0, 2},
    {" { \"x\" : [{\"keys\":1}], \"keys\" : [ " KEY("a") " , {} ], \"y\":null } ", 0, 1},
    {"{\"\\u006beys\":[{\"k\\u0074y\":\"R\\u0053A\",\"kid\":\"\\u0061\",\"n\":\"$\",\"e\":\"Aw\"}]}",
     0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"RS256\",\"use\":\"sig\",\"kid\":\"a\",\"n\":\"$\","
     "\"e\":\"AQAB\",\"x5c\":[\"a\"],\"x5t\":\"b\"}]}",
     0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"~\",\"e\":\"AQAB\"}]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"use\":\"enc\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY(
         "b") "]}",
     0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"alg\":\"PS256\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY(
         "b") "]}",
     0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"%\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"&\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":1,\"n\":\"$\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$=\",\"e\":\"AQAB\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQAA\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQ\"}," KEY("b") "]}", 0, 1},
    {"{\"keys\":[{\"kty\":\"RSA\",\"kty\":\"RSA\",\"kid\":\"a\",\"n\":\"$\",\"e\":\"AQAB\"}," KEY(
         "b") "]}",
     0, 1},
    {"{\"keys\":[1,\"a\",null,[" KEY("a") "]," KEY("b") "]}", 0, 1},

    {"{\"keys\":[" KEY("a") "," KEY("a") "]}", ERR_INVALID, 0},
    {"{\"keys\":[]}", ERR_NOT_FOUND, 0},
    {"{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\"}]}", ERR_NOT_FOUND, 0},
    {"{}", ERR_BAD_JSON, 0},
    {"{\"keys\":{}}", ERR_BAD_JSON, 0},
    {"{\"keys\":[" KEY("a") "],\"keys\":[]}", ERR_BAD_JSON, 0},
    {"{\"Keys\":[" KEY("a") "]}", ERR_BAD_JSON, 0},
    {"[" KEY("a") "]", ERR_BAD_JSON, 0},
    {"{\"keys\":[" KEY("a") "]", ERR_BAD_JSON, 0},
    {"{\"keys\":[" KEY("a") "]}x", ERR_BAD_JSON, 0},
    {"{\"keys\":[" KEY("a") "],\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", ERR_BAD_JSON, 0},
    {"<html>", ERR_BAD_JSON, 0},
    {"", ERR_BAD_JSON, 0},
    {" ", ERR_BAD_JSON, 0},
};

static void a_set_has_the_keys_that_sign_with_rs256(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        int err = parse(expand(rows[i].text));

        if (err != rows[i].err || set.key_count != rows[i].keys)
            fail_msg("row %zu, %s: %s, %u keys", i, rows[i].text, err_name(err), set.key_count);
        for (uint32_t n = 0; n < set.key_count; n++)
            assert_true(rs256_is_key(set.keys[n].modulus, set.keys[n].exponent));
    }
}

static void a_set_has_an_end(void **state)
{
    static char text[KEYSET_KEYS_MAX * 512];
    size_t len = (size_t)snprintf(text, sizeof(text), "{\"keys\":[");

    (void)state;
    for (int i = 0; i <= KEYSET_KEYS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len,
                                "%s{\"kty\":\"RSA\",\"kid\":\"%d\","
                                "\"n\":\"%s\",\"e\":\"AQAB\"}]}",
                                i == 0 ? "" : ",", i, n256);
        assert_int_equal(parse(text), i < KEYSET_KEYS_MAX ? 0 : ERR_NO_SPACE);
        len -= 2;
    }
}

static void an_answer_counts_for_minutes_at_least_and_hours_at_most(void **state)
{
    static const int64_t ages[][2] = {
        {-1, KEYSETS_FRESH_S},
        {0, KEYSETS_FRESH_MIN_S},
        {299, KEYSETS_FRESH_MIN_S},
        {301, 301},
        {20553, 20553},
        {21601, KEYSETS_FRESH_MAX_S},
        {INT32_MAX, KEYSETS_FRESH_MAX_S},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ages); i++)
        assert_int_equal(keysets_fresh_s(ages[i][0]), ages[i][1]);
}

static void the_pause_after_failures_doubles_up_to_its_bound(void **state)
{
    uint64_t whole_ms = KEYSETS_PAUSE_MIN_MS;

    (void)state;
    for (uint32_t failures = 1; failures < 40; failures++) {
        assert_int_equal(keysets_pause_ms(failures, 0), whole_ms / 2);
        assert_int_equal(keysets_pause_ms(failures, whole_ms / 2), whole_ms);
        assert_in_range(keysets_pause_ms(failures, UINT64_MAX), whole_ms / 2, whole_ms);
        whole_ms = whole_ms * 2 < KEYSETS_PAUSE_MAX_MS ? whole_ms * 2 : KEYSETS_PAUSE_MAX_MS;
    }
    assert_in_range(keysets_pause_ms(UINT32_MAX, 7), KEYSETS_PAUSE_MAX_MS / 2,
                    KEYSETS_PAUSE_MAX_MS);
}

static void fill(char *text, size_t room, size_t bytes, bool zero)
{
    char number[600];

    memset(number, 0x81, bytes);
    if (zero)
        number[0] = 0;
    text[base64url_encode((struct span){number, bytes}, text, room - 1)] = '\0';
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_has_the_keys_that_sign_with_rs256),
        cmocka_unit_test(a_set_has_an_end),
        cmocka_unit_test(an_answer_counts_for_minutes_at_least_and_hours_at_most),
        cmocka_unit_test(the_pause_after_failures_doubles_up_to_its_bound),
    };

    fill(n256, sizeof(n256), 256, false);
    fill(n128, sizeof(n128), 128, false);
    fill(n513, sizeof(n513), 513, false);
    fill(n257, sizeof(n257), 257, true);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
