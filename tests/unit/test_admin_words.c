/* The commands of the directory: their table, the words of a command line, the requests made of them. */
#include "tools/admin_words.h"

#include "lib/base/err.h"
#include "tools/admin_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { WORDS_MAX = 12 };

static enum admin_parsed parse(const char *const line[WORDS_MAX], struct admin_words *words)
{
    static char memory[WORDS_MAX][128];
    char *argv[WORDS_MAX];
    int argc = 0;

    for (; argc < WORDS_MAX && line[argc] != NULL; argc++) {
        assert_true(strlen(line[argc]) < sizeof(memory[0]));
        memcpy(memory[argc], line[argc], strlen(line[argc]) + 1);
        argv[argc] = memory[argc];
    }
    return admin_words_parse(argc, argv, words);
}

/* --- the table -------------------------------------------------------------------------------- */

static void no_two_commands_have_the_same_words(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < admin_command_count; i++) {
        const struct admin_command *command = &admin_commands[i];

        assert_ptr_equal(admin_command_find(command->noun, command->verb), command);
        assert_non_null(admin_noun_sentence(command->noun));
        assert_int_not_equal(strlen(command->sentence), 0);
    }
    assert_null(admin_command_find("keys", "nothing"));
    assert_null(admin_noun_sentence("nothing"));
}

static void check_words_differ(const struct admin_command *command, unsigned option)
{
    for (unsigned before = 0; before < option; before++) {
        uint64_t both = UINT64_C(1) << option | UINT64_C(1) << before;

        if ((command->options & both) == both)
            assert_string_not_equal(admin_options[option].word, admin_options[before].word);
    }
}

static void no_command_has_two_options_of_one_word(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < admin_command_count; i++) {
        for (unsigned option = 0; option < ADMIN_OPTION_COUNT; option++)
            check_words_differ(&admin_commands[i], option);
    }
}

/* Only a command that asks has --yes, and every one that asks has it. */
static void what_destroys_asks_and_can_be_told_not_to(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < admin_command_count; i++) {
        const struct admin_command *command = &admin_commands[i];
        bool has_yes = (command->options & ADMIN_OPT(YES)) != 0;

        assert_int_equal(command->question != NULL, has_yes);
        if (strcmp(command->method, "DELETE") == 0 && strcmp(command->noun, "grants") != 0)
            assert_true(has_yes);
    }
}

/* --- the words -------------------------------------------------------------------------------- */

static void words_that_make_no_command_are_explained(void **state)
{
    static const struct {
        const char *line[WORDS_MAX];
        const char *problem;
    } rows[] = {
        {{"keys"}, "what to do is missing"},
        {{"keys", "shwo"}, "there is no verb \"shwo\"; did you mean \"show\"?"},
        {{"keys", "show"}, "the argument NAME is missing"},
        {{"keys", "show", ""}, "the argument NAME is empty"},
        {{"keys", "show", "a", "b"}, "unexpected argument \"b\""},
        {{"keys", "list", "a"}, "unexpected argument \"a\""},
        {{"keys", "list", "--usr", "a"}, "there is no option \"--usr\"; did you mean \"--user\"?"},
        {{"keys", "list", "--user"}, "--user needs a value: NAME"},
        {{"keys", "list", "--user", "a", "--user=b"}, "--user is there twice"},
        {{"keys", "list", "--json=1"}, "--json takes no value"},
        {{"keys", "list", "--limit", "1x"}, "--limit: \"1x\" is not of the form N"},
        {{"keys", "list", "--limit", "1234567890123456789"},
         "--limit: \"1234567890123456789\" is not of the form N"},
        {{"keys", "list", "--state", "activ"},
         "--state: \"activ\" is none of active, disabled, expired, revoked"},
        {{"keys", "list", "--state", ""},
         "--state: \"\" is none of active, disabled, expired, revoked"},
        {{"keys", "rotate", "a", "--grace", "1w"}, "--grace: \"1w\" is not of the form TIME"},
        {{"keys", "update", "a"}, "nothing to change is given"},
        {{"grants", "list"}, "whose? Give one of --user, --group and --key"},
        {{"grants", "list", "--user", "a", "--key", "b"},
         "whose? Give one of --user, --group and --key"},
        {{"grants", "add", "--user", "a"}, "which? Give either a MODEL or --all"},
        {{"grants", "add", "m", "--all", "--user", "a"}, "which? Give either a MODEL or --all"},
        {{"backup"}, "the argument FILE is missing"},
        {{"why"}, "the arguments KEY SLUG are missing"},
        {{"why", "a"}, "the argument SLUG is missing"},
        {{"why", "a", ""}, "the argument SLUG is empty"},
        {{"check", "a"}, "unexpected argument \"a\"; a configuration is named with --config FILE"},
        {{"config"}, "what to print is missing: --defaults"},
        {{"backup", "a", "--json"}, "there is no option \"--json\""},
    };
    struct admin_words words;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].line, &words), ADMIN_PARSED_WRONG);
        assert_string_equal(words.problem, rows[i].problem);
    }
}

static void help_is_found_wherever_it_is_asked_for(void **state)
{
    static const struct {
        const char *line[WORDS_MAX];
        bool of_a_verb;
    } rows[] = {
        {{"keys", "--help"}, false},        {{"keys", "-h"}, false},
        {{"keys", "show", "--help"}, true}, {{"keys", "rotate", "a", "--grace", "1d", "-h"}, true},
        {{"backup", "--help"}, true},
    };
    struct admin_words words;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].line, &words), ADMIN_PARSED_HELP);
        assert_int_equal(words.command != NULL, rows[i].of_a_verb);
    }
}

static void a_dash_alone_and_what_follows_two_are_arguments(void **state)
{
    struct admin_words words;

    (void)state;
    assert_int_equal(parse((const char *[WORDS_MAX]){"keys", "import", "-"}, &words), ADMIN_PARSED);
    assert_string_equal(words.argument, "-");
    assert_int_equal(parse((const char *[WORDS_MAX]){"keys", "show", "--", "--json"}, &words),
                     ADMIN_PARSED);
    assert_string_equal(words.argument, "--json");
    assert_int_equal(words.given, 0);
}

static void durations_have_units(void **state)
{
    static const struct {
        const char *text;
        int err;
        uint64_t seconds;
    } rows[] = {
        {"0", 0, 0},
        {"90", 0, 90},
        {"90s", 0, 90},
        {"15m", 0, 900},
        {"24h", 0, 86400},
        {"7d", 0, 604800},
        {"", ERR_INVALID, 0},
        {"d", ERR_INVALID, 0},
        {"1 d", ERR_INVALID, 0},
        {"-1", ERR_INVALID, 0},
        {"1.5h", ERR_INVALID, 0},
        {"999999999999999999d", ERR_INVALID, 0},
        {"1234567890123456789", ERR_INVALID, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t seconds = 0;

        assert_int_equal(admin_words_duration(rows[i].text, &seconds), rows[i].err);
        if (rows[i].err == 0)
            assert_int_equal(seconds, rows[i].seconds);
    }
}

/* --- requests --------------------------------------------------------------------------------- */

static const struct {
    const char *line[WORDS_MAX];
    const char *method;
    const char *path;
    const char *body; /* NULL: none */
    uint64_t if_version;
} requests[] = {
    {{"keys", "create"}, "POST", "/admin/keys?wait=true", "{}", 0},
    {{"keys", "create", "--user", "ada", "--models", "a,b", "--scopes", "list,call", "--name",
      "ada-1", "--no-wait"},
     "POST",
     "/admin/keys",
     "{\"name\":\"ada-1\",\"user\":\"ada\",\"allowed_models\":[\"a\",\"b\"],"
     "\"scopes\":[\"list\",\"call\"]}",
     0},
    {{"keys", "create", "--expires", "never", "--models", "all", "--disabled"},
     "POST",
     "/admin/keys?wait=true",
     "{\"allowed_models\":\"all\",\"expires\":null,\"disabled\":true}",
     0},
    {{"keys", "list", "--user", "a&b", "--state", "revoked", "--limit=7"},
     "GET",
     "/admin/keys?user=a%26b&state=revoked&limit=7",
     NULL,
     0},
    {{"keys", "show", "../users/a b"}, "GET", "/admin/keys/..%2Fusers%2Fa%20b", NULL, 0},
    {{"keys", "disable", "a", "--if-version", "7"},
     "PATCH",
     "/admin/keys/a?wait=true",
     "{\"disabled\":true}",
     7},
    {{"keys", "update", "a", "--user", "", "--models", ""},
     "PATCH",
     "/admin/keys/a?wait=true",
     "{\"user\":\"\",\"allowed_models\":[]}",
     0},
    {{"keys", "rotate", "a", "--grace", "2h"},
     "POST",
     "/admin/keys/a/rotate?wait=true",
     "{\"grace\":7200}",
     0},
    {{"keys", "revoke", "a", "--yes"}, "POST", "/admin/keys/a/revoke?wait=true", "{}", 0},
    {{"users", "add", "ada", "--display", "Ada \"L\"", "--groups", "x,y"},
     "POST",
     "/admin/users?wait=true",
     "{\"name\":\"ada\",\"display\":\"Ada \\\"L\\\"\",\"groups\":[\"x\",\"y\"]}",
     0},
    {{"users", "remove", "ada", "--cascade", "--no-wait"},
     "DELETE",
     "/admin/users/ada?cascade=true",
     NULL,
     0},
    {{"grants", "add", "--user", "ada", "org/m:v"},
     "POST",
     "/admin/users/ada/grants?wait=true",
     "{\"model\":\"org/m:v\"}",
     0},
    {{"grants", "add", "--group", "g", "--all"},
     "POST",
     "/admin/groups/g/grants?wait=true",
     "{\"all\":true}",
     0},
    {{"grants", "remove", "--key", "k", "org/m:v"},
     "DELETE",
     "/admin/keys/k/grants/org%2Fm%3Av?wait=true",
     NULL,
     0},
    {{"grants", "remove", "--key", "k", "--all"},
     "DELETE",
     "/admin/keys/k/grants?wait=true&all=true",
     NULL,
     0},
    {{"backup", "file"}, "GET", "/admin/backup", NULL, 0},
};

static void commands_become_requests(void **state)
{
    static struct admin_request_memory memory;
    struct admin_words words;
    struct admin_request request;

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        assert_int_equal(parse(requests[i].line, &words), ADMIN_PARSED);
        assert_int_equal(admin_request_make(&words, &memory, &request), 0);
        assert_string_equal(request.method, requests[i].method);
        assert_string_equal(request.path, requests[i].path);
        assert_true(span_equal(request.body, span_of(requests[i].body)));
        assert_int_equal(request.body.ptr != NULL, requests[i].body != NULL);
        assert_int_equal(request.if_version, requests[i].if_version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_commands_have_the_same_words),
        cmocka_unit_test(no_command_has_two_options_of_one_word),
        cmocka_unit_test(what_destroys_asks_and_can_be_told_not_to),
        cmocka_unit_test(words_that_make_no_command_are_explained),
        cmocka_unit_test(help_is_found_wherever_it_is_asked_for),
        cmocka_unit_test(a_dash_alone_and_what_follows_two_are_arguments),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(commands_become_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
