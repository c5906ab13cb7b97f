/* Assertions byte for byte as OpenSSL's own command signs them, and answers of all kinds. */
#include "lib/access/jwt_bearer.h"
#include "lib/access/service_account.h"
#include "lib/base/err.h"
#include "tests/unit/service_account_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct {
    struct rs256_signer *signer;
    struct digester *digester;
} rig;

static int set_up(void **state)
{
    static char memory[SERVICE_ACCOUNT_BYTES_MAX];
    struct service_account account;
    const char *problem;

    (void)state;
    if (service_account_parse(SPAN(FIXTURE_ACCOUNT(FIXTURE_KEY)), memory, &account, &problem) != 0)
        return -1;
    rig.signer = rs256_signer_new(account.private_key);
    rig.digester = digester_new();
    return rig.signer != NULL && rig.digester != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rs256_signer_free(&rig.signer);
    digester_free(&rig.digester);
    return 0;
}

static struct jwt_bearer_claims claims(void)
{
    return (struct jwt_bearer_claims){SPAN(FIXTURE_EMAIL), SPAN("key-1"), SPAN(FIXTURE_SCOPE),
                                      SPAN(FIXTURE_TOKEN_URL), FIXTURE_ISSUED_S};
}

static void an_assertion_is_what_openssl_signs(void **state)
{
    const struct jwt_bearer_claims said = claims();
    char memory[JWT_BEARER_REQUEST_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));

    (void)state;
    assert_int_equal(jwt_bearer_write(&said, rig.signer, rig.digester, &out), 0);
    struct span expected = SPAN("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
                                "&assertion=" FIXTURE_ASSERTION);
    assert_int_equal(out.len, expected.len);
    assert_memory_equal(out.ptr, expected.ptr, expected.len);
}

static void a_request_that_does_not_fit_is_an_error(void **state)
{
    const struct jwt_bearer_claims said = claims();
    char memory[JWT_BEARER_REQUEST_BYTES_MAX];
    struct text whole = text_over(memory, sizeof(memory));

    (void)state;
    assert_int_equal(jwt_bearer_write(&said, rig.signer, rig.digester, &whole), 0);
    for (size_t room = 0; room < whole.len; room += 97) {
        struct text out = text_over(memory, room);

        assert_int_equal(jwt_bearer_write(&said, rig.signer, rig.digester, &out), ERR_NO_SPACE);
    }
}

#define TOKEN "\"access_token\":\"ya29.a-b_c~d\""
#define REST  ",\"expires_in\":3599,\"token_type\":\"Bearer\"}"

static const struct {
    const char *body;
    int err;
} answers[] = {
    {"{" TOKEN REST, 0},
    {"{" TOKEN ",\"expires_in\":3599,\"token_type\":\"bearer\",\"id_token\":null}", 0},
    {"", ERR_INVALID},
    {"{}", ERR_INVALID},
    {"<html>", ERR_INVALID},
    {"[{" TOKEN REST "]", ERR_INVALID},
    {"{" TOKEN ",\"expires_in\":3599}", ERR_INVALID},
    {"{" TOKEN ",\"expires_in\":3599,\"token_type\":\"MAC\"}", ERR_INVALID},
    {"{" TOKEN ",\"token_type\":\"Bearer\"}", ERR_INVALID},
    {"{" TOKEN ",\"expires_in\":0,\"token_type\":\"Bearer\"}", ERR_INVALID},
    {"{" TOKEN ",\"expires_in\":-1,\"token_type\":\"Bearer\"}", ERR_INVALID},
    {"{" TOKEN ",\"expires_in\":\"3599\",\"token_type\":\"Bearer\"}", ERR_INVALID},
    {"{" TOKEN "," TOKEN REST, ERR_INVALID},
    {"{\"access_token\":\"\"" REST, ERR_INVALID},
    {"{\"access_token\":null" REST, ERR_INVALID},
    {"{\"access_token\":\"a b\"" REST, ERR_INVALID},
    {"{\"access_token\":\"a\\r\\nX: y\"" REST, ERR_INVALID},
    {"{\"access_token\":\"\xc3\xa4\"" REST, ERR_INVALID},
};

static void a_token_is_believed_when_it_can_be_sent_and_its_life_is_known(void **state)
{
    char memory[256];

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct jwt_bearer_token token;

        if (jwt_bearer_read(span_of(answers[i].body), memory, &token) != answers[i].err)
            fail_msg("%s", answers[i].body);
        if (answers[i].err != 0)
            continue;
        assert_true(span_equal(token.token, SPAN("ya29.a-b_c~d")));
        assert_int_equal(token.life_s, 3599);
    }
}

static void a_token_beyond_the_bound_is_refused(void **state)
{
    static char body[JWT_BEARER_TOKEN_BYTES_MAX + 128];
    static char memory[sizeof(body)];

    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        struct text text = text_over(body, sizeof(body));
        struct jwt_bearer_token token;

        text_add(&text, SPAN("{\"access_token\":\""));
        for (size_t i = 0; i < JWT_BEARER_TOKEN_BYTES_MAX + over; i++)
            text_add_char(&text, 'a');
        text_add(&text, SPAN("\"" REST));
        assert_int_equal(text.err, 0);
        assert_int_equal(jwt_bearer_read(text_span(&text), memory, &token),
                         over == 0 ? 0 : ERR_INVALID);
    }
}

static void only_a_plain_word_of_an_error_is_told(void **state)
{
    static const struct {
        const char *body;
        const char *word;
    } rows[] = {
        {"{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT\"}", "invalid_grant"},
        {"{\"error\":\"eyJhbGciOiJSUzI1NiJ9\"}", ""},
        {"{\"error\":{\"code\":401}}", ""},
        {"{\"error\":\"a_word_that_is_longer_than_any_that_is_used\"}", ""},
        {"oh no", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char word[JWT_BEARER_ERROR_BYTES];

        jwt_bearer_error(span_of(rows[i].body), word);
        assert_string_equal(word, rows[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assertion_is_what_openssl_signs),
        cmocka_unit_test(a_request_that_does_not_fit_is_an_error),
        cmocka_unit_test(a_token_is_believed_when_it_can_be_sent_and_its_life_is_known),
        cmocka_unit_test(a_token_beyond_the_bound_is_refused),
        cmocka_unit_test(only_a_plain_word_of_an_error_is_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
