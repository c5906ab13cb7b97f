/* What the admin API answers, as text for people. */
#include "tools/admin_json.h"
#include "tools/admin_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { ROOM = 4096 };

static void values_are_shown_as_people_read_them(void **state)
{
    static const struct {
        const char *name;
        const char *value;
        const char *shown;
    } rows[] = {
        {"user", "\"ada\"", "ada"},
        {"user", "null", "-"},
        {"display", "\"\"", "-"},
        {"display", "\"a\\tb\\u001b[31mc\\u007f\\u009b1m\"", "a?b?[31mc??1m"},
        {"display", "\"\xc3\xa9\xc2\xa9\\ud83d\\ude00\"", "\xc3\xa9\xc2\xa9\xf0\x9f\x98\x80"},
        {"allowed_models", "\"all\"", "all"},
        {"allowed_models", "[\"a\",\"org/b:c\"]", "a,org/b:c"},
        {"allowed_models", "[]", "-"},
        {"disabled", "true", "yes"},
        {"disabled", "false", "no"},
        {"version", "12", "12"},
        {"expires", "\"2027-01-01T00:00:00Z\"", "2027-01-01T05:30:00+05:30"},
        {"expires", "\"tomorrow\"", "tomorrow"},
        {"display", "\"2027-01-01T00:00:00Z\"", "2027-01-01T00:00:00Z"},
    };

    (void)state;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    (void)setenv("TZ", "IST-5:30", 1); /* without the zone's file */
    tzset();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char memory[ROOM];
        struct text out = text_over(memory, sizeof(memory));

        admin_json_add(&out, span_of(rows[i].name), span_of(rows[i].value));
        assert_true(span_equal(text_span(&out), span_of(rows[i].shown)));
    }
}

static void only_whole_answers_are_asked_for_members(void **state)
{
    struct span value;

    (void)state;
    assert_false(admin_json_is_whole(SPAN("")));
    assert_false(admin_json_is_whole(SPAN("{\"a\":1")));
    assert_false(admin_json_is_whole(SPAN("<html>")));
    assert_true(admin_json_is_whole(SPAN("{\"a\":1}")));
    assert_true(admin_json_member(SPAN("{\"b\":{\"a\":2},\"a\":1}"), "a", &value));
    assert_true(span_equal(value, SPAN("1")));
    assert_false(admin_json_member(SPAN("{\"b\":{\"a\":2}}"), "a", &value));
    assert_false(admin_json_member(SPAN("[\"a\"]"), "a", &value));
}

static const char page[] =
    "[{\"name\":\"g-with-a-long-name\",\"disabled\":true,\"models\":[\"model-one\",\"model-two\"],"
    "\"display\":\"\"},{\"name\":\"h\",\"disabled\":false,\"models\":\"all\",\"display\":\"H\"}]";

static void check_rows(size_t width, bool is_bold, const char *wanted)
{
    char memory[ROOM] = {0};
    FILE *out = fmemopen(memory, sizeof(memory), "w");
    struct admin_rows rows = {.out = out, .noun = "groups", .width = width, .is_bold = is_bold};

    assert_non_null(out);
    assert_int_equal(admin_rows_print(&rows, span_of(page), 9), 2);
    (void)fclose(out);
    assert_string_equal(memory, wanted);
}

static void columns_are_as_wide_as_what_stands_in_them(void **state)
{
    (void)state;
    check_rows(0, false,
               "NAME                STATE     MODELS               DISPLAY\n"
               "g-with-a-long-name  disabled  model-one,model-two  -\n"
               "h                   active    all                  H\n");
}

static void a_narrow_terminal_cuts_what_is_no_name(void **state)
{
    (void)state;
    check_rows(48, true,
               "\033[1mNAME                STATE     MODELS     DISPLAY\033[0m\n"
               "g-with-a-long-name  disabled  model-on…  -\n"
               "h                   active    all        H\n");
}

static void columns_are_left_out_before_a_row_is_too_long(void **state)
{
    (void)state;
    check_rows(39, false,
               "NAME                STATE     MODELS\n"
               "g-with-a-long-name  disabled  model-on…\n"
               "h                   active    all\n");
}

/* @param width  of the terminal */
static void check_key(size_t width, const char *wanted)
{
    static const char keys[] =
        "[{\"name\":\"a-key-with-a-long-name\",\"user\":\"ada\",\"group\":null,\"state\":\"active\","
        "\"allowed_models\":\"all\",\"scopes\":[\"list\",\"call\"],"
        "\"expires\":\"2027-01-01T00:00:00Z\"}]";
    char memory[ROOM] = {0};
    FILE *out = fmemopen(memory, sizeof(memory), "w");
    struct admin_rows rows = {.out = out, .noun = "keys", .width = width};

    assert_non_null(out);
    assert_int_equal(admin_rows_print(&rows, span_of(keys), 1), 1);
    (void)fclose(out);
    assert_string_equal(memory, wanted);
}

static void of_a_moment_the_day_stays(void **state)
{
    (void)state;
    check_key(74, "NAME                    USER  GROUP  STATE   MODELS  SCOPES    EXPIRES\n"
                  "a-key-with-a-long-name  ada   -      active  all     list,ca…  2027-01-01…\n");
    check_key(73, "NAME                    USER  GROUP  STATE   MODELS  EXPIRES\n"
                  "a-key-with-a-long-name  ada   -      active  all     2027-01-01T05:30:00…\n");
}

static void no_more_rows_are_printed_than_asked_for(void **state)
{
    char memory[ROOM] = {0};
    FILE *out = fmemopen(memory, sizeof(memory), "w");
    struct admin_rows rows = {.out = out, .noun = "groups"};

    (void)state;
    assert_non_null(out);
    assert_int_equal(admin_rows_print(&rows, span_of(page), 1), 1);
    (void)fclose(out);
    assert_null(strstr(memory, "\nh "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_shown_as_people_read_them),
        cmocka_unit_test(only_whole_answers_are_asked_for_members),
        cmocka_unit_test(columns_are_as_wide_as_what_stands_in_them),
        cmocka_unit_test(a_narrow_terminal_cuts_what_is_no_name),
        cmocka_unit_test(columns_are_left_out_before_a_row_is_too_long),
        cmocka_unit_test(of_a_moment_the_day_stays),
        cmocka_unit_test(no_more_rows_are_printed_than_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
