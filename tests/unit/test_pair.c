/* The browser's two tokens: where they stand, what they need beside each other, whose grants they give. */
#include "lib/access/pair.h"
#include "lib/base/err.h"
#include "shm/snapshot_browser.h"
#include "tests/unit/jwt_fixture.h"
#include "tests/unit/snapshot_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NOW    INT64_C(1700000100) /* the fixture's keys were fetched a hundred seconds ago */
#define HEADER "{\"alg\":\"RS256\",\"kid\":\"k1\"}"
#define CLAIMS(issuer, audience, subject)                                       \
    "{\"iss\":\"" issuer "\",\"aud\":\"" audience "\",\"sub\":\"" subject "\"," \
    "\"exp\":1700003600,\"iat\":1700000000}"
#define CHECK CLAIMS("https://check", "app", "app-id")
#define USER  CLAIMS("https://users", "app", "u1")

static struct {
    struct signing_key pair;
    struct signing_key other;
    struct digester *digester;
    struct fixture fixture;
    struct rs256_key *keys[2];
} rig;

static bool is_granted(uint32_t set, uint32_t model)
{
    return model < set;
}

static struct made_token token_of(const char *claims)
{
    struct made_token token;

    token_make(&token, &rig.pair, HEADER, claims);
    return token;
}

static int identify(const struct made_token *id_token, const struct made_token *app_check,
                    int64_t now_s, struct access *out)
{
    const struct access_verifier verifier = {rig.digester, rig.keys, now_s};
    const struct access_pair pair = {token_span(id_token), token_span(app_check)};

    return access_identify_pair(&rig.fixture.snapshot, &verifier, &pair, KEY_SCOPE_LIST, out);
}

static void a_subject_has_its_users_grants_and_others_the_default(void **state)
{
    static const struct {
        const char *claims;
        uint32_t grant_set;
    } rows[] = {
        {USER, 2},
        {CLAIMS("https://users", "app", "u2"), 2},
        {CLAIMS("https://users", "app", "u3"), 1},
        {CLAIMS("https://users", "app", "u1 "), 1},
        {CLAIMS("https://users", "app", "u1\\u0000"), 1},
    };
    struct made_token check = token_of(CHECK);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_token user = token_of(rows[i].claims);
        struct access access = {0};

        assert_int_equal(identify(&user, &check, NOW, &access), 0);
        assert_int_equal(access.grant_set, rows[i].grant_set);
        assert_int_equal(access.key, ROW_NONE);
    }
}

static void both_halves_must_be_what_they_stand_for(void **state)
{
    static const struct {
        const char *what;
        const char *user;
        const char *check;
        int err;
    } rows[] = {
        {"good", USER, CHECK, 0},
        {"swapped", CHECK, USER, ERR_BAD_TOKEN},
        {"the ID token twice", USER, USER, ERR_BAD_TOKEN},
        {"the App Check token twice", CHECK, CHECK, ERR_BAD_TOKEN},
        {"an issuer nobody knows", CLAIMS("https://evil", "app", "u1"), CHECK, ERR_BAD_TOKEN},
        {"another audience", CLAIMS("https://users", "other", "u1"), CHECK, ERR_BAD_TOKEN},
        {"another app's check", USER, CLAIMS("https://check", "other", "x"), ERR_BAD_TOKEN},
        {"expired ID token",
         "{\"iss\":\"https://users\",\"aud\":\"app\",\"sub\":\"u1\",\"exp\":1700000001,"
         "\"iat\":1}",
         CHECK, ERR_TOKEN_EXPIRED},
        {"expired App Check token", USER,
         "{\"iss\":\"https://check\",\"aud\":\"app\",\"sub\":\"u1\",\"exp\":1700000001,"
         "\"iat\":1}",
         ERR_TOKEN_EXPIRED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct made_token user = token_of(rows[i].user);
        struct made_token check = token_of(rows[i].check);
        struct access access;
        int err = identify(&user, &check, NOW, &access);

        if (err != rows[i].err)
            fail_msg("%s: %s", rows[i].what, err_name(err));
    }
}

static void the_kid_names_the_key_and_the_key_signs(void **state)
{
    struct made_token check = token_of(CHECK);
    struct made_token user;
    struct access access;

    (void)state;
    token_make(&user, &rig.pair, "{\"alg\":\"RS256\",\"kid\":\"k2\"}", USER);
    assert_int_equal(identify(&user, &check, NOW, &access), ERR_BAD_TOKEN);
    token_make(&user, &rig.other, HEADER, USER);
    assert_int_equal(identify(&user, &check, NOW, &access), ERR_BAD_TOKEN);

    /* A key that OpenSSL did not take is none. */
    struct rs256_key *key = rig.keys[1];
    rig.keys[1] = NULL;
    user = token_of(USER);
    assert_int_equal(identify(&user, &check, NOW, &access), ERR_BAD_TOKEN);
    rig.keys[1] = key;
    assert_int_equal(identify(&user, &check, NOW, &access), 0);
}

static void keys_are_good_for_a_day(void **state)
{
    struct browser_issuer_row *issuers = fixture_row(&rig.fixture, SNAPSHOT_BROWSER_ISSUERS, 0);
    static const struct {
        int64_t fetched_s;
        int err;
    } rows[] = {
        {NOW, 0},
        {NOW - BROWSER_KEYS_AGE_MAX_S, 0},
        {NOW - BROWSER_KEYS_AGE_MAX_S - 1, ERR_STALE_KEYS},
        {0, ERR_STALE_KEYS},
        {NOW + BROWSER_CLOCK_AHEAD_MAX_S, 0},
        {NOW + BROWSER_CLOCK_AHEAD_MAX_S + 1, ERR_STALE_KEYS},
    };
    struct made_token check = token_of(CHECK);
    struct made_token user = token_of(USER);
    struct access access;

    (void)state;
    for (uint32_t issuer = 0; issuer < 2; issuer++) {
        int64_t before = issuers[issuer].fetched_s;

        for (size_t i = 0; i < COUNT(rows); i++) {
            issuers[issuer].fetched_s = rows[i].fetched_s;
            assert_int_equal(identify(&user, &check, NOW, &access), rows[i].err);
            assert_int_equal(snapshot_stale_issuers(&rig.fixture.snapshot, NOW), rows[i].err != 0);
        }
        issuers[issuer].fetched_s = before;
    }
}

static void a_disabled_users_subjects_are_refused(void **state)
{
    struct subject_row *user = fixture_row(&rig.fixture, SNAPSHOT_USERS, 0);
    struct made_token check = token_of(CHECK);
    struct made_token mapped = token_of(USER);
    struct made_token other = token_of(CLAIMS("https://users", "app", "u3"));
    struct access access;

    (void)state;
    user->flags = KEY_DISABLED;
    assert_int_equal(identify(&mapped, &check, NOW, &access), ERR_KEY_DISABLED);
    assert_int_equal(identify(&other, &check, NOW, &access), 0);
    user->flags = 0;
}

static void a_browser_has_no_admin_scope(void **state)
{
    const struct access_verifier verifier = {rig.digester, rig.keys, NOW};
    struct made_token check = token_of(CHECK);
    struct made_token user = token_of(USER);
    const struct access_pair pair = {token_span(&user), token_span(&check)};
    struct access access;

    (void)state;
    assert_int_equal(
        access_identify_pair(&rig.fixture.snapshot, &verifier, &pair, KEY_SCOPE_ADMIN, &access),
        ERR_SCOPE);
    assert_int_equal(
        access_identify_pair(&rig.fixture.snapshot, &verifier, &pair, KEY_SCOPE_CALL, &access), 0);
}

/* Where the halves stand: `id` and `check` are what is found. */
static const struct {
    const char *query;
    const char *fields;
    int err;
    const char *id;
    const char *check;
} heads[] = {
    {"", "Authorization: Bearer eyJa\r\nX-Firebase-AppCheck: eyJb\r\n", 0, "eyJa", "eyJb"},
    {"", "x-firebase-appcheck:  eyJb \r\nauthorization: bearer  eyJa\r\n", 0, "eyJa", "eyJb"},
    {"", "Authorization: Bearer k1\r\nX-Firebase-AppCheck: x\r\n", 0, "k1", "x"},
    {"?key=", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\nx-api-key:\r\n", 0, "a", "b"},
    {"", "Authorization: Bearer a\r\nAuthorization: Bearer a\r\nX-Firebase-AppCheck: b\r\n", 0, "a",
     "b"},
    {"", "", 0, "", ""},
    {"", "Authorization: Bearer k1\r\n", 0, "", ""},
    {"", "Authorization: Bearer eyJa\r\n", 0, "eyJa", ""},
    {"?key=k1", "x-api-key: k2\r\n", 0, "", ""},
    {"", "Authorization: Basic k1\r\n", 0, "", ""},
    {"", "Authorization: Bearer k1\r\nX-Firebase-AppCheck:\r\n", 0, "", ""},

    {"", "X-Firebase-AppCheck: eyJb\r\n", ERR_HALF_PAIR, "", ""},
    {"", "X-Firebase-AppCheck: eyJb\r\nAuthorization: Bearer \r\n", ERR_HALF_PAIR, "", ""},
    {"", "X-Firebase-AppCheck: eyJb\r\nAuthorization: Basic eyJa\r\n", ERR_UNKNOWN_KEY, "", ""},
    {"", "X-Firebase-AppCheck: eyJb\r\nAuthorization: eyJa\r\n", ERR_UNKNOWN_KEY, "", ""},
    {"", "X-Firebase-AppCheck: eyJb\r\nx-api-key: k1\r\n", ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\nx-api-key: k1\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\nx-api-key: a\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\napi-key: k1\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\nx-goog-api-key: k1\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"?alt=sse&key=k1", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nX-Firebase-AppCheck: b\r\nX-Firebase-AppCheck: c\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
    {"", "Authorization: Bearer a\r\nAuthorization: Bearer c\r\nX-Firebase-AppCheck: b\r\n",
     ERR_CREDENTIALS_DIFFER, "", ""},
};

static void a_pair_stands_in_two_headers_and_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        char head[1024];
        struct http_request request;
        struct access_pair pair;
        int len = snprintf(head, sizeof(head), "GET /v1/models%s HTTP/1.1\r\nHost: weir\r\n%s\r\n",
                           heads[i].query, heads[i].fields);

        assert_int_equal(http_request_parse((struct span){head, (size_t)len}, &request), 0);
        int err = access_find_pair(&request, &pair);
        if (err != heads[i].err || !span_equal(pair.id_token, span_of(heads[i].id)) ||
            !span_equal(pair.app_check, span_of(heads[i].check)))
            fail_msg("row %zu, %s%s: %s", i, heads[i].query, heads[i].fields, err_name(err));
    }
}

static void no_credential_is_left_in_memory(void **state)
{
    static const char *const fields[] = {
        "Authorization: Bearer SECRETa\r\nX-Firebase-AppCheck: SECRETb\r\n",
        ("Authorization: Bearer SECRETa\r\nAuthorization: Bearer SECRETa\r\n"
         "X-Firebase-AppCheck: SECRETb\r\nX-Firebase-AppCheck: SECRETb\r\n"),
        "X-Firebase-AppCheck: SECRETb\r\n",
        "Authorization: Basic SECRETa\r\nX-Firebase-AppCheck: SECRETb\r\nx-api-key: SECRETc\r\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        char head[1024];
        struct http_request request;
        struct access_pair pair;
        int len = snprintf(head, sizeof(head), "GET /v1/models%s HTTP/1.1\r\nHost: weir\r\n%s\r\n",
                           i == 3 ? "?key=SECRETd&key=SECRETe" : "", fields[i]);

        assert_int_equal(http_request_parse((struct span){head, (size_t)len}, &request), 0);
        if (access_find_pair(&request, &pair) == 0)
            access_wipe_credentials(&request);
        assert_null(memmem(head, (size_t)len, "SECRET", 6));
    }
}

static int set_up(void **state)
{
    signing_key_make(&rig.pair, 2048);
    signing_key_make(&rig.other, 2048);
    const struct fixture_plan plan = {
        .model_count = 3,
        .set_count = 3,
        .is_granted = is_granted,
        .has_browser = true,
        .browser_grant_set = 1,
        .browser_modulus = rig.pair.modulus,
    };

    (void)state;
    fixture_build(&plan, &rig.fixture);
    assert_int_equal(snapshot_check(rig.fixture.memory, rig.fixture.bytes), 0);
    rig.digester = digester_new();
    for (uint32_t n = 0; n < COUNT(rig.keys); n++)
        rig.keys[n] = rs256_key_new(rig.pair.modulus, rig.pair.exponent);
    return rig.digester != NULL && rig.keys[0] != NULL && rig.keys[1] != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < COUNT(rig.keys); n++)
        rs256_key_free(&rig.keys[n]);
    digester_free(&rig.digester);
    fixture_free(&rig.fixture);
    EVP_PKEY_free(rig.pair.pair);
    EVP_PKEY_free(rig.other.pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_has_its_users_grants_and_others_the_default),
        cmocka_unit_test(both_halves_must_be_what_they_stand_for),
        cmocka_unit_test(the_kid_names_the_key_and_the_key_signs),
        cmocka_unit_test(keys_are_good_for_a_day),
        cmocka_unit_test(a_disabled_users_subjects_are_refused),
        cmocka_unit_test(a_browser_has_no_admin_scope),
        cmocka_unit_test(a_pair_stands_in_two_headers_and_alone),
        cmocka_unit_test(no_credential_is_left_in_memory),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
