/* The forms of numbers, dates and names, and the hints for words that are not known. */
#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "registry/forms.h"
#include "registry/scalars.h"
#include "registry/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void dates_are_seconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_s;
    } rows[] = {
        {"1971-01-01", 31536000},
        {"1972-02-29", 68169600},
        {"1972-03-01", 68256000},
        {"2000-02-29", 951782400},
        {"2000-12-31", 978220800},
        {"2025-01-31", 1738281600},
        {"2025-04-30", 1745971200},
        {"2025-05-31", 1748649600},
        {"2025-06-01", 1748736000},
        {"2025-08-31", 1756598400},
        {"2025-10-01", 1759276800},
        {"2025-11-30", 1764460800},
        {"2100-03-01", 4107542400},
        {"9999-12-31", 253402214400},
        {"2025-01-31T00:00:00Z", 1738281600},
        {"2025-01-31T23:59:59Z", 1738367999},
        {"2025-01-31T23:59:59.999Z", 1738367999},
        {"2025-01-31T02:00:00+02:00", 1738281600},
        {"2025-01-30T16:30:00-07:30", 1738281600},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        int64_t at = -1;

        assert_int_equal(timestamp_parse(span_of(rows[i].text), &at), 0);
        assert_int_equal(at, rows[i].unix_s);
    }
}

static void what_is_no_date_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2025",
        "2025-1-01",
        "2025-01-1",
        "2025-00-01",
        "2025-01-00",
        "2025-13-01",
        "2025-04-31",
        "2025-02-29",
        "2100-02-29",
        "1970-12-31",
        "25-01-01",
        "2025/01/01",
        "2025-01-01 ",
        "2025-01-01T00:00:00",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:60Z",
        "2025-01-01T00:00Z",
        "2025-01-01T00:00:00.Z",
        "2025-01-01T00:00:00z",
        "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00+0100",
        "2025-01-01T00:00:00Z ",
    };
    int64_t at;

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++)
        assert_int_equal(timestamp_parse(span_of(texts[i]), &at), ERR_INVALID);
}

static void decimals_are_exact_integers(void **state)
{
    static const struct {
        const char *text;
        unsigned scale;
        int err;
        uint64_t value;
    } rows[] = {
        {"3.75", 6, 0, 3750000},
        {"0", 6, 0, 0},
        {"0.000001", 6, 0, 1},
        {"12", 0, 0, 12},
        {"18.446744073709551615", 18, 0, UINT64_MAX},
        {"18.446744073709551616", 18, ERR_NO_SPACE, 0},
        {"99999999999999999999", 0, ERR_NO_SPACE, 0},
        {"99999999999999999999.x", 6, ERR_INVALID, 0},
        {"0.0000001", 6, ERR_INVALID, 0},
        {"1.", 6, ERR_INVALID, 0},
        {".1", 6, ERR_INVALID, 0},
        {"1.2.3", 6, ERR_INVALID, 0},
        {"+1", 6, ERR_INVALID, 0},
        {"1e3", 6, ERR_INVALID, 0},
        {"", 6, ERR_INVALID, 0},
        {".", 6, ERR_INVALID, 0},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint64_t value = 0;

        assert_int_equal(scalar_decimal(span_of(rows[i].text), rows[i].scale, &value), rows[i].err);
        assert_true(value == rows[i].value);
    }
}

static void amounts_rates_and_bytes_have_their_units(void **state)
{
    uint64_t value = 0;
    int64_t integer = 0;

    (void)state;
    assert_int_equal(scalar_rate(SPAN("600/min"), &value), 0);
    assert_int_equal(value, 600);
    assert_int_equal(scalar_rate(SPAN("2M/min"), &value), 0);
    assert_int_equal(value, 2000000);
    assert_int_equal(scalar_rate(SPAN("/min"), &value), ERR_INVALID);
    assert_int_equal(scalar_rate(SPAN("K/min"), &value), ERR_INVALID);
    assert_int_equal(scalar_rate(SPAN("1k/min"), &value), ERR_INVALID);
    assert_int_equal(scalar_rate(SPAN("99999999999999M/min"), &value), ERR_NO_SPACE);
    assert_int_equal(scalar_bytes(SPAN("3KiB"), &value), 0);
    assert_int_equal(value, 3072);
    assert_int_equal(scalar_bytes(SPAN("1K"), &value), ERR_INVALID);
    assert_int_equal(scalar_count(SPAN("18446744073709551615"), &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(scalar_count(SPAN("18446744073709551616"), &value), ERR_NO_SPACE);
    assert_int_equal(scalar_integer(SPAN("-9223372036854775807"), &integer), 0);
    assert_int_equal(integer, -INT64_MAX);
    assert_int_equal(scalar_integer(SPAN("9223372036854775808"), &integer), ERR_NO_SPACE);
    assert_int_equal(scalar_integer(SPAN("--1"), &integer), ERR_INVALID);
}

static void names_and_addresses_have_their_form(void **state)
{
    static const struct {
        form_fn *form;
        const char *text;
        bool good;
    } rows[] = {
        {form_slug, "anthropic/claude-3.5:beta@2025+x", true},
        {form_slug, "A", true},
        {form_slug, "generateContent", true},
        {form_slug, "m:countTokens", false},
        {form_slug, "m:batchEmbedContents", false},
        {form_slug, "_m", false},
        {form_slug, "m/", false},
        {form_id, "a.b_c-9", true},
        {form_id, "9", true},
        {form_id, "A", false},
        {form_id, "", false},
        {form_version, "1.2.3.4", true},
        {form_version, "1.2.3.4.5", false},
        {form_version, "1..2", false},
        {form_version, "1.", false},
        {form_image, "1024x1024/hd", true},
        {form_image, "/hd", false},
        {form_path, "/x", true},
        {form_path, "x", false},
        {form_secret, "sk-~!", true},
        {form_secret, "a b", false},
        {form_secret, "\xc3\xa4", false},
        {form_base_url, "http://[::1]:8000/v1", true},
        {form_base_url, "https://a_b.example:65535", true},
        {form_base_url, "https://h:65536", false},
        {form_base_url, "https://[]", false},
        {form_base_url, "https:///v1", false},
        {form_base_url, "https://", false},
        {form_base_url, "", false},
        {form_address, "[::ffff:1.2.3.4]:1", true},
        {form_address, "0.0.0.0:65535", true},
        {form_address, "[]:1", false},
        {form_address, ":1", false},
        {form_address, "[1.2.3.4]:1", false},
        {form_address, "[::1]1", false},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *wrong = rows[i].form(span_of(rows[i].text));

        if ((wrong == NULL) != rows[i].good)
            fail_msg("%s: %s", rows[i].text, wrong == NULL ? "accepted" : wrong);
    }
}

static void the_nearest_word_is_suggested_and_no_far_one(void **state)
{
    static const struct {
        const char *wanted;
        const char *best;
    } rows[] = {
        {"openai", "openai"},
        {"opena", "openai"},
        {"oepnai", "openai"},
        {"OpenAI", "openai"},
        {"anthropc", "anthropic"},
        {"anthrop", "anthropic"},
        {"xyz", ""},
        {"q", ""},
        {"A", "a"},
        {"context_wnidwo", "context_window"},
    };
    static const char *const known[] = {"a", "openai", "anthropic", "openai_compatible",
                                        "context_window"};

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct suggestion suggestion = suggestion_begin(span_of(rows[i].wanted));

        for (size_t j = 0; j < LENGTH(known); j++)
            suggestion_offer(&suggestion, span_of(known[j]));
        if (!span_equal(suggestion.best, span_of(rows[i].best)))
            fail_msg("%s: %.*s", rows[i].wanted, SPAN_FMT(suggestion.best));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_seconds_since_1970),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(decimals_are_exact_integers),
        cmocka_unit_test(amounts_rates_and_bytes_have_their_units),
        cmocka_unit_test(names_and_addresses_have_their_form),
        cmocka_unit_test(the_nearest_word_is_suggested_and_no_far_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
