/* What a child that loads nothing keeps of the environment. */
#include "master/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void what_may_be_a_provider_s_key_is_overwritten(void **state)
{
    char key[] = "OPENAI_API_KEY=sk-secret";
    char folder[] = "CREDENTIALS_DIRECTORY=/run/credentials";
    char journal[] = "JOURNAL_STREAM=8:1234";
    char like[] = "TZ_KEY=secret";
    char zone[] = "TZ=UTC";
    char empty[] = "";
    char *variables[] = {key, journal, folder, like, zone, empty, NULL};
    char **before = environ;

    (void)state;
    environ = variables;
    environment_forget();
    environ = before;
    assert_string_equal(variables[0], "JOURNAL_STREAM=8:1234");
    assert_string_equal(variables[1], "TZ=UTC");
    assert_null(variables[2]);
    for (size_t i = 0; i < sizeof(key); i++)
        assert_int_equal(key[i], 0);
    for (size_t i = 0; i < sizeof(folder); i++)
        assert_int_equal(folder[i], 0);
    for (size_t i = 0; i < sizeof(like); i++)
        assert_int_equal(like[i], 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_provider_s_key_is_overwritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
