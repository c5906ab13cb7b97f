/* What a credentials file must be to be used. */
#include "lib/access/service_account.h"
#include "lib/base/err.h"
#include "tests/unit/service_account_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static int parse(struct span json, char *memory, struct service_account *out)
{
    const char *problem = "";
    char *exact = malloc(json.len + 1);
    int err;

    /* Memory of just this size, so that a read or a write past the end is seen. */
    assert_non_null(exact);
    if (json.len > 0)
        memcpy(exact, json.ptr, json.len);
    err = service_account_parse((struct span){exact, json.len}, memory, out, &problem);
    assert_true(err == 0 ? problem == NULL : problem[0] != '\0');
    free(exact);
    return err;
}

static void a_credentials_file_tells_who_asks_whom_with_which_key(void **state)
{
    struct service_account account;
    struct span json = SPAN(FIXTURE_ACCOUNT(FIXTURE_KEY));
    char *memory = malloc(json.len);

    (void)state;
    assert_int_equal(parse(json, memory, &account), 0);
    assert_true(span_equal(account.email, SPAN(FIXTURE_EMAIL)));
    assert_true(span_equal(account.key_id, SPAN("key-1")));
    assert_true(span_equal(account.token_url, SPAN(FIXTURE_TOKEN_URL)));
    assert_true(span_starts_with(account.private_key, SPAN("-----BEGIN PRIVATE KEY-----\n")));
    free(memory);
}

#define TYPE  "\"type\":\"service_account\""
#define EMAIL "\"client_email\":\"a@b\""
#define KEY   "\"private_key\":\"" FIXTURE_KEY "\""

static const struct {
    const char *what;
    const char *json;
    int err;
} files[] = {
    {"the least", "{" TYPE "," EMAIL "," KEY "}", 0},
    {"with white space around", " \n{" TYPE "," EMAIL "," KEY "}\n", 0},
    {"empty", "", ERR_INVALID},
    {"a list", "[" TYPE "]", ERR_INVALID},
    {"not JSON", "-----BEGIN PRIVATE KEY-----", ERR_INVALID},
    {"cut short", "{" TYPE "," EMAIL "," KEY, ERR_INVALID},
    {"another type", "{\"type\":\"authorized_user\"," EMAIL "," KEY "}", ERR_INVALID},
    {"no type", "{" EMAIL "," KEY "}", ERR_INVALID},
    {"no e-mail address", "{" TYPE "," KEY "}", ERR_INVALID},
    {"a blank in it", "{" TYPE ",\"client_email\":\"a b\"," KEY "}", ERR_INVALID},
    {"a number for it", "{" TYPE ",\"client_email\":7," KEY "}", ERR_INVALID},
    {"a line end in the key's id", "{" TYPE "," EMAIL "," KEY ",\"private_key_id\":\"a\\nb\"}",
     ERR_INVALID},
    {"no key", "{" TYPE "," EMAIL "}", ERR_INVALID},
    {"two keys", "{" TYPE "," EMAIL "," KEY "," KEY "}", ERR_INVALID},
    {"a key by another name", "{" TYPE "," EMAIL "," KEY ",\"Private_Key\":\"\"}", ERR_INVALID},
    {"a short key", "{" TYPE "," EMAIL ",\"private_key\":\"" FIXTURE_SMALL_KEY "\"}", ERR_INVALID},
    {"a key of a curve", "{" TYPE "," EMAIL ",\"private_key\":\"" FIXTURE_EC_KEY "\"}",
     ERR_INVALID},
    {"a locked key", "{" TYPE "," EMAIL ",\"private_key\":\"" FIXTURE_LOCKED_KEY "\"}",
     ERR_INVALID},
};

static void a_file_that_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct span json = span_of(files[i].json);
        char *memory = malloc(json.len + 1);
        struct service_account account;

        if (parse(json, memory, &account) != files[i].err)
            fail_msg("%s", files[i].what);
        free(memory);
    }
}

static void a_file_beyond_the_bound_is_refused(void **state)
{
    static char long_file[SERVICE_ACCOUNT_BYTES_MAX + 1];
    static char memory[sizeof(long_file)];
    struct service_account account;

    (void)state;
    memset(long_file, ' ', sizeof(long_file));
    assert_int_equal(parse((struct span){long_file, sizeof(long_file)}, memory, &account),
                     ERR_NO_SPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_credentials_file_tells_who_asks_whom_with_which_key),
        cmocka_unit_test(a_file_that_is_none_is_refused),
        cmocka_unit_test(a_file_beyond_the_bound_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
