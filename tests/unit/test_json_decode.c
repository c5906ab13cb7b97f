/* Raw strings and numbers of JSON as values. */
#include "lib/base/err.h"
#include "lib/wire/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/** A span in a static table, which may hold a NUL. */
#define TEXT(literal)                   \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

static void strings_are_decoded_to_utf_8(void **state)
{
    static const struct {
        struct span raw;
        int err;
        struct span decoded;
    } rows[] = {
        {TEXT(""), 0, TEXT("")},
        {TEXT("abc"), 0, TEXT("abc")},
        {TEXT("\\\"\\\\\\/\\b\\f\\n\\r\\t"), 0, TEXT("\"\\/\b\f\n\r\t")},
        {TEXT("\\u0041\\u00e9\\u20AC"), 0, TEXT("A\xc3\xa9\xe2\x82\xac")},
        {TEXT("\\u0000"), 0, TEXT("\0")},
        {TEXT("\\u007f\\u0080\\u07ff\\u0800\\uffff"), 0,
         TEXT("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf")},
        {TEXT("\\ud800\\udc00\\udbff\\udfff"), 0, TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
        {TEXT("12345678901234567890123456789012"), 0, TEXT("12345678901234567890123456789012")},
        {TEXT("123456789012345678901234567890123"), ERR_NO_SPACE, TEXT("")},
        {TEXT("\\"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\x"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\u12"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\u12g4"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\ud800"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\ud800\\u0041"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\ud800\\udc0"), ERR_BAD_JSON, TEXT("")},
        {TEXT("\\udc00"), ERR_BAD_JSON, TEXT("")},
        {TEXT("a\"b"), ERR_BAD_JSON, TEXT("")},
        {TEXT("a\nb"), ERR_BAD_JSON, TEXT("")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[32];
        struct span out = {NULL, 0};

        assert_int_equal(json_decode_string(rows[i].raw, memory, sizeof(memory), &out),
                         rows[i].err);
        if (rows[i].err == 0)
            assert_true(span_equal(out, rows[i].decoded));
    }
}

static void counts_are_whole_numbers_up_to_2_to_the_53(void **state)
{
    static const struct {
        const char *raw;
        bool fine;
        uint64_t value;
    } rows[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"7.0", true, 7},
        {"7.000", true, 7},
        {"9007199254740992", true, UINT64_C(9007199254740992)},
        {"9007199254740993", false, 0},
        {"18446744073709551617", false, 0},
        {"99999999999999999999999999999999999", false, 0},
        {"-1", false, 0},
        {"-0", false, 0},
        {"1.5", false, 0},
        {"1.", false, 0},
        {"1e3", false, 0},
        {"1e999999999", false, 0},
        {"", false, 0},
        {"x", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 0;

        assert_int_equal(json_decode_count(span_of(rows[i].raw), &value), rows[i].fine);
        assert_int_equal(value, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_decoded_to_utf_8),
        cmocka_unit_test(counts_are_whole_numbers_up_to_2_to_the_53),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
