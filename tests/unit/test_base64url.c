/* One text for each sequence of bytes, and nothing else. */
#include "lib/base/base64url.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 4648, section 10, without the padding; then the two characters of this alphabet. */
static const struct {
    const char *bytes;
    const char *text;
} pairs[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "-_-_"},
};

static void bytes_and_text_go_both_ways(void **state)
{
    char memory[64];
    struct span out;

    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct span text = span_of(pairs[i].text);

        assert_int_equal(base64url_decode(text, memory, sizeof(memory), &out), 0);
        assert_true(span_equal(out, span_of(pairs[i].bytes)));
        size_t len = base64url_encode(span_of(pairs[i].bytes), memory, sizeof(memory));
        assert_true(span_equal((struct span){memory, len}, text));
        assert_int_equal(len, base64url_length(strlen(pairs[i].bytes)));
    }
}

static void what_is_not_the_one_text_is_refused(void **state)
{
    static const char *const bad[] = {
        "Z",    "Zg=",  "Zg==", "Zm9vY", "Zm9v Yg", "Zm9v\n",           " Zm9v",   "Zm+v",
        "Zm/v", "Zm9.", "Zh",   "Zm9",   "Zm9vYh",  "\xc3\xa4\xc3\xa4", "Zm9vYmF", "____Z",
    };
    char memory[64];
    struct span out;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (base64url_decode(span_of(bad[i]), memory, sizeof(memory), &out) != ERR_INVALID)
            fail_msg("\"%s\" is taken", bad[i]);
    }
}

static void too_little_room_is_told_and_not_written_past(void **state)
{
    char memory[6] = "......";
    struct span out;

    (void)state;
    assert_int_equal(base64url_decode(SPAN("Zm9vYmFy"), memory, 5, &out), ERR_NO_SPACE);
    assert_int_equal(memory[5], '.');
    assert_int_equal(base64url_encode(SPAN("fooba"), memory, 6), 0);
}

static void every_byte_survives(void **state)
{
    char bytes[256];
    char text[400];
    char back[256];
    struct span out;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        size_t written = base64url_encode((struct span){bytes, len}, text, sizeof(text));

        assert_int_equal(base64url_decode((struct span){text, written}, back, sizeof(back), &out),
                         0);
        assert_true(span_equal(out, (struct span){bytes, len}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_and_text_go_both_ways),
        cmocka_unit_test(what_is_not_the_one_text_is_refused),
        cmocka_unit_test(too_little_room_is_told_and_not_written_past),
        cmocka_unit_test(every_byte_survives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
