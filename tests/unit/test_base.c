/* The small things that everything else stands on. */
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/err.h"
#include "lib/base/iov.h"
#include "lib/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void every_error_has_a_name_a_sentence_and_a_status(void **state)
{
    (void)state;
    for (int ordinal = 0; ordinal < ERR_ORDINAL_COUNT; ordinal++) {
        assert_true(err_name(-ordinal)[0] != '\0');
        assert_true(err_text(-ordinal)[0] != '\0');
        int status = err_http_status(-ordinal);
        assert_true(status >= 200 && status < 600);
    }
    assert_string_equal(err_name(1), "INTERNAL");
    assert_string_equal(err_name(-ERR_ORDINAL_COUNT), "INTERNAL");
}

static void an_internal_fault_is_never_401_or_403(void **state)
{
    static const int internal[] = {ERR_NO_MEMORY, ERR_NO_SPACE, ERR_IO,           ERR_CORRUPT,
                                   ERR_VERSION,   ERR_TIMEOUT,  ERR_NOT_READY,    ERR_INTERNAL,
                                   ERR_AGAIN,     ERR_DRAINING, ERR_UPSTREAM_AUTH};

    (void)state;
    for (size_t i = 0; i < sizeof(internal) / sizeof(internal[0]); i++) {
        assert_int_not_equal(err_http_status(internal[i]), 401);
        assert_int_not_equal(err_http_status(internal[i]), 403);
    }
}

static void decimals_are_exact_and_shortest(void **state)
{
    static const struct {
        uint64_t value;
        unsigned scale;
        const char *text;
    } rows[] = {
        {0, 0, "0"},
        {0, 18, "0"},
        {3000000, 6, "3"},
        {150, 3, "0.15"},
        {1, 18, "0.000000000000000001"},
        {2500000, 9, "0.0025"},
        {UINT64_MAX, 0, "18446744073709551615"},
        {1000001, 6, "1.000001"},
        {120, 1, "12"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[32];
        struct text text = text_over(memory, sizeof(memory));

        text_add_decimal(&text, rows[i].value, rows[i].scale);
        assert_int_equal(text.err, 0);
        assert_true(span_equal(text_span(&text), span_of(rows[i].text)));
    }
}

static void json_strings_escape_what_json_forbids_and_nothing_else(void **state)
{
    char memory[128];
    struct text text = text_over(memory, sizeof(memory));

    (void)state;
    text_add_json(&text, SPAN("a\"b\\c\n\x01\x7f\xc3\xa4</"));
    assert_true(span_equal(text_span(&text), SPAN("\"a\\\"b\\\\c\\n\\u0001\\u007f\xc3\xa4</\"")));
}

static void html_text_escapes_what_could_be_markup_and_nothing_else(void **state)
{
    char memory[64];
    struct text text = text_over(memory, sizeof(memory));

    (void)state;
    text_add_html(&text, SPAN("a<b>&\"'c/\xc3\xa4\n"));
    text_add_html(&text, SPAN(""));
    assert_true(span_equal(text_span(&text), SPAN("a&lt;b&gt;&amp;&quot;&#39;c/\xc3\xa4\n")));
    text_add_folded(&text, SPAN("AZ@[az\xc3\x84"));
    assert_true(span_equal(span_skip(text_span(&text), text.len - 8), SPAN("az@[az\xc3\x84")));
}

static void a_text_keeps_its_first_error_and_writes_nothing_after_it(void **state)
{
    char memory[4];
    struct text text = text_over(memory, sizeof(memory));

    (void)state;
    text_add(&text, SPAN("abc"));
    text_add(&text, SPAN("de"));
    text_add(&text, SPAN("f"));
    assert_int_equal(text.err, ERR_NO_SPACE);
    assert_true(span_equal(text_span(&text), SPAN("abc")));
}

static void signed_numbers_reach_both_ends(void **state)
{
    char memory[64];
    struct text text = text_over(memory, sizeof(memory));

    (void)state;
    text_add_signed(&text, INT64_MIN);
    text_add_char(&text, ' ');
    text_add_signed(&text, INT64_MAX);
    assert_true(span_equal(text_span(&text), SPAN("-9223372036854775808 9223372036854775807")));
}

static void digests_agree_with_the_standard(void **state)
{
    struct digester *digester = digester_new();
    char hex[DIGEST_HEX_BYTES];
    struct digest parsed;

    (void)state;
    assert_non_null(digester);
    /* FIPS 180-2 appendix B.1, whole and in pieces. */
    struct digest whole = digester_hash(digester, SPAN("abc"));
    digester_begin(digester);
    digester_add(digester, SPAN("a"));
    digester_add(digester, SPAN("bc"));
    struct digest pieces = digester_end(digester);
    assert_true(digest_equal(&whole, &pieces));
    digest_to_hex(&whole, hex);
    assert_memory_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                        64);
    assert_int_equal(digest_from_hex((struct span){hex, sizeof(hex)}, &parsed), 0);
    assert_true(digest_equal(&whole, &parsed));
    parsed.bytes[DIGEST_BYTES - 1] ^= 1;
    assert_false(digest_equal(&whole, &parsed));
    assert_int_equal(digest_from_hex(SPAN("ba78"), &parsed), ERR_INVALID);
    hex[5] = 'g';
    assert_int_equal(digest_from_hex((struct span){hex, sizeof(hex)}, &parsed), ERR_INVALID);
    digester_free(&digester);
    assert_null(digester);
}

static void an_arena_stops_at_its_limit(void **state)
{
    struct arena *arena = arena_new(200000);
    size_t taken = 0;

    (void)state;
    assert_non_null(arena);
    while (taken < 1000 && arena_take(arena, 1000) != NULL)
        taken++;
    assert_in_range(taken, 100, 200);
    assert_null(arena_take(arena, SIZE_MAX));
    arena_free(&arena);
    assert_null(arena);
    arena_free(&arena);
    arena_wipe(&arena);
    assert_null(arena);
}

static void an_iov_builder_keeps_its_first_error(void **state)
{
    struct iovec vec[2];
    struct iov_builder iov = {.vec = vec, .cap = 2};

    (void)state;
    iov_add(&iov, SPAN("ab"));
    iov_add(&iov, SPAN(""));
    iov_add(&iov, SPAN("c"));
    assert_int_equal(iov.len, 2);
    assert_int_equal(iov.bytes, 3);
    iov_add(&iov, SPAN("d"));
    assert_int_equal(iov.err, ERR_NO_SPACE);
    assert_int_equal(iov.len, 2);
}

static void deadlines_are_reached_once_and_stay_so(void **state)
{
    struct monotime start = {1000};
    struct monotime deadline = monotime_after(start, 50);

    (void)state;
    assert_false(monotime_reached((struct monotime){1049}, deadline));
    assert_true(monotime_reached((struct monotime){1050}, deadline));
    assert_int_equal(monotime_until(start, deadline), 50);
    assert_int_equal(monotime_until((struct monotime){2000}, deadline), 0);
}

static void spans_trim_and_compare(void **state)
{
    (void)state;
    assert_true(span_equal(span_trim(SPAN(" \ta b \t")), SPAN("a b")));
    assert_true(span_equal(span_trim(SPAN("  ")), SPAN("")));
    assert_true(span_equal_nocase(SPAN("X-Api-Key"), SPAN("x-api-key")));
    assert_false(span_equal(SPAN("a"), SPAN("A")));
    assert_true(span_starts_with(SPAN("abc"), SPAN("ab")));
    assert_false(span_starts_with(SPAN("a"), SPAN("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_name_a_sentence_and_a_status),
        cmocka_unit_test(an_internal_fault_is_never_401_or_403),
        cmocka_unit_test(decimals_are_exact_and_shortest),
        cmocka_unit_test(json_strings_escape_what_json_forbids_and_nothing_else),
        cmocka_unit_test(html_text_escapes_what_could_be_markup_and_nothing_else),
        cmocka_unit_test(a_text_keeps_its_first_error_and_writes_nothing_after_it),
        cmocka_unit_test(signed_numbers_reach_both_ends),
        cmocka_unit_test(digests_agree_with_the_standard),
        cmocka_unit_test(an_arena_stops_at_its_limit),
        cmocka_unit_test(an_iov_builder_keeps_its_first_error),
        cmocka_unit_test(deadlines_are_reached_once_and_stay_so),
        cmocka_unit_test(spans_trim_and_compare),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
