/* Percent-decoding and query parameters. */
#include "lib/wire/url.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void percent_signs_stand_for_bytes(void **state)
{
    static const struct {
        const char *encoded;
        int err;
        const char *decoded;
    } rows[] = {
        {"", 0, ""},
        {"/v1/models/gpt-4o", 0, "/v1/models/gpt-4o"},
        {"a%20b%2Fc%2fd", 0, "a b/c/d"},
        {"%41%5a%7E", 0, "AZ~"},
        {"%C3%A9", 0, "\xc3\xa9"},
        {"%25%32%30", 0, "%20"},
        {"a+b", 0, "a+b"},
        {"12345678", 0, "12345678"},
        {"123456%37%38", 0, "12345678"},
        {"123456789", ERR_NO_SPACE, ""},
        {"%", ERR_BAD_REQUEST, ""},
        {"a%", ERR_BAD_REQUEST, ""},
        {"%4", ERR_BAD_REQUEST, ""},
        {"%4g", ERR_BAD_REQUEST, ""},
        {"%g4", ERR_BAD_REQUEST, ""},
        {"%%41", ERR_BAD_REQUEST, ""},
        {"%+1", ERR_BAD_REQUEST, ""},
        {"% 1", ERR_BAD_REQUEST, ""},
        {"%00", ERR_BAD_REQUEST, ""},
        {"a%00b", ERR_BAD_REQUEST, ""},
        {"%u0041", ERR_BAD_REQUEST, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[64];
        size_t room = span_of(rows[i].encoded).len >= 9 && rows[i].err == ERR_NO_SPACE ? 8 : 64;
        struct span out = {NULL, 0};

        assert_int_equal(url_decode(span_of(rows[i].encoded), memory, room, &out), rows[i].err);
        if (rows[i].err == 0)
            assert_true(span_equal(out, span_of(rows[i].decoded)));
    }
}

static void a_bare_nul_is_refused(void **state)
{
    char memory[8];
    struct span out;

    (void)state;
    assert_int_equal(url_decode(SPAN("a\0b"), memory, sizeof(memory), &out), ERR_BAD_REQUEST);
}

static void decoding_needs_only_room_for_the_result(void **state)
{
    char memory[2];
    struct span out;

    (void)state;
    assert_int_equal(url_decode(SPAN("%41%42"), memory, sizeof(memory), &out), 0);
    assert_true(span_equal(out, SPAN("AB")));
    assert_int_equal(url_decode(SPAN("%41%42%43"), memory, sizeof(memory), &out), ERR_NO_SPACE);
}

static void a_form_has_plus_signs_for_spaces(void **state)
{
    char memory[16];
    struct span out;

    (void)state;
    assert_int_equal(url_decode_form(SPAN("a+b%2Bc%20"), memory, sizeof(memory), &out), 0);
    assert_true(span_equal(out, SPAN("a b+c ")));
    assert_int_equal(url_decode(SPAN("a+b"), memory, sizeof(memory), &out), 0);
    assert_true(span_equal(out, SPAN("a+b")));
    assert_int_equal(url_decode_form(SPAN("+%"), memory, sizeof(memory), &out), ERR_BAD_REQUEST);
}

static void what_is_encoded_is_decoded_to_itself(void **state)
{
    char encoded_memory[3 * 255];
    char memory[255];
    char bytes[255];
    struct text encoded = text_over(encoded_memory, sizeof(encoded_memory));
    struct span out;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i + 1);
    url_add_encoded(&encoded, (struct span){bytes, sizeof(bytes)});
    assert_int_equal(encoded.err, 0);
    assert_int_equal(encoded.len, 255 * 3 - 66 * 2);
    assert_int_equal(url_decode_form(text_span(&encoded), memory, sizeof(memory), &out), 0);
    assert_true(span_equal(out, (struct span){bytes, sizeof(bytes)}));
    for (size_t i = 0; i < encoded.len; i++)
        assert_null(strchr("<>&\"' +/?#", encoded_memory[i]));
}

static void the_first_parameter_of_a_name_is_found(void **state)
{
    static const struct {
        const char *query;
        const char *value; /* of `key`; NULL when there is none */
    } rows[] = {
        {"", NULL},
        {"key", ""},
        {"key=", ""},
        {"key=a", "a"},
        {"key=a&key=b", "a"},
        {"a=b&key=c", "c"},
        {"a&b&key=c&d", "c"},
        {"&&key=c&&", "c"},
        {"key=a=b", "a=b"},
        {"key=a%26b+c", "a%26b+c"},
        {"k%65y=a", "a"},
        {"%6b%65%79=a", "a"},
        {"k%65=x&key=a", "a"},
        {"key%=x&key=a", "a"},
        {"key%00=x&key=a", "a"},
        {"keys=x", NULL},
        {"ke=x", NULL},
        {"Key=x", NULL},
        {"=key", NULL},
        {"=", NULL},
        {"&", NULL},
        {"a=key=b", NULL},
        {"a?key=b", NULL},
        {"key?=b", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct span value = {NULL, 0};

        assert_int_equal(url_query_find(span_of(rows[i].query), SPAN("key"), &value),
                         rows[i].value != NULL);
        if (rows[i].value != NULL)
            assert_true(span_equal(value, span_of(rows[i].value)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percent_signs_stand_for_bytes),
        cmocka_unit_test(a_bare_nul_is_refused),
        cmocka_unit_test(decoding_needs_only_room_for_the_result),
        cmocka_unit_test(a_form_has_plus_signs_for_spaces),
        cmocka_unit_test(what_is_encoded_is_decoded_to_itself),
        cmocka_unit_test(the_first_parameter_of_a_name_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
