/* Sessions of browsers: what a token says, who can make one, and which cookie it is in. */
#include "lib/access/session_cookie.h"
#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "tests/unit/digester_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define KEY   "0123456789abcdef0123456789abcdef"
#define OTHER "0123456789abcdef0123456789abcdeF"
#define NOW   INT64_C(1700000000)

static struct session_signer signer_of(const char *key)
{
    return (struct session_signer){digester, span_of(key)};
}

static struct session session_of(const char *key_text, int64_t expires_s)
{
    return (struct session){digester_hash(digester, span_of(key_text)), expires_s};
}

struct token {
    char text[SESSION_TOKEN_BYTES];
};

static struct token token_of(const char *signing_key, const char *key_text, int64_t expires_s)
{
    const struct session_signer signer = signer_of(signing_key);
    const struct session session = session_of(key_text, expires_s);
    struct token token;

    session_write(&signer, &session, token.text);
    return token;
}

static int read_at(const char *text, size_t len, int64_t now_s, struct session *out)
{
    const struct session_signer signer = signer_of(KEY);

    return session_read(&signer, (struct span){text, len}, now_s, out);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void a_token_says_whose_it_is_and_until_when(void **state)
{
    static const int64_t ends[] = {1, NOW, INT64_C(0x0102030405060708), INT64_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        struct token token = token_of(KEY, "a key", ends[i]);
        struct session expected = session_of("a key", ends[i]);
        struct session session = {.expires_s = 0};

        assert_int_equal(read_at(token.text, sizeof(token.text), ends[i] - 1, &session), 0);
        assert_int_equal(session.expires_s, ends[i]);
        assert_true(digest_equal(&session.key, &expected.key));
    }
}

static void a_token_ends_with_its_second(void **state)
{
    struct token token = token_of(KEY, "a key", NOW);
    struct session session;

    (void)state;
    assert_int_equal(read_at(token.text, sizeof(token.text), NOW, &session), ERR_SESSION_ENDED);
    assert_int_equal(read_at(token.text, sizeof(token.text), INT64_MAX, &session),
                     ERR_SESSION_ENDED);
    assert_int_equal(read_at(token.text, sizeof(token.text), NOW - 1, &session), 0);
}

static void a_token_with_any_bit_changed_is_refused(void **state)
{
    struct token token = token_of(KEY, "a key", NOW + 1);
    struct session session;

    (void)state;
    for (size_t i = 0; i < sizeof(token.text); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            struct token bad = token;

            bad.text[i] = (char)(bad.text[i] ^ (char)(1U << bit));
            assert_int_equal(read_at(bad.text, sizeof(bad.text), NOW, &session), ERR_BAD_SESSION);
        }
    }
}

static void a_token_of_another_length_is_refused(void **state)
{
    struct token token = token_of(KEY, "a key", NOW + 1);
    char longer[SESSION_TOKEN_BYTES + 4];
    struct session session;

    (void)state;
    memcpy(longer, token.text, sizeof(token.text));
    memset(longer + sizeof(token.text), 'A', sizeof(longer) - sizeof(token.text));
    for (size_t len = 0; len <= sizeof(longer); len++)
        assert_int_equal(read_at(longer, len, NOW, &session),
                         len == SESSION_TOKEN_BYTES ? 0 : ERR_BAD_SESSION);
}

static void a_token_of_another_signer_is_refused(void **state)
{
    struct token token = token_of(OTHER, "a key", NOW + 1);
    struct session session;

    (void)state;
    assert_int_equal(read_at(token.text, sizeof(token.text), NOW, &session), ERR_BAD_SESSION);
}

/* Who has both halves of two tokens can put together no third one. */
static void the_parts_of_two_tokens_make_no_third(void **state)
{
    static const size_t cuts[] = {11, 12, 53, 54};
    struct token one = token_of(KEY, "a key", NOW + 1);
    struct token two = token_of(KEY, "another key", NOW + 2);
    struct session session;

    (void)state;
    for (size_t i = 0; i < COUNT(cuts); i++) {
        struct token mixed = one;

        memcpy(mixed.text + cuts[i], two.text + cuts[i], sizeof(mixed.text) - cuts[i]);
        assert_int_equal(read_at(mixed.text, sizeof(mixed.text), NOW, &session), ERR_BAD_SESSION);
    }
}

static bool has_bytes(const char *text, size_t len, const void *bytes, size_t count)
{
    return memmem(text, len, bytes, count) != NULL;
}

static void a_token_does_not_show_the_digest(void **state)
{
    struct token token = token_of(KEY, "a key", NOW);
    struct token later = token_of(KEY, "a key", NOW + 1);
    struct session session = session_of("a key", NOW);
    char decoded[SESSION_TOKEN_BYTES];
    char decoded_later[SESSION_TOKEN_BYTES];
    struct span out;

    (void)state;
    assert_int_equal(base64url_decode((struct span){token.text, sizeof(token.text)}, decoded,
                                      sizeof(decoded), &out),
                     0);
    assert_int_equal(out.len, 72);
    assert_int_equal(base64url_decode((struct span){later.text, sizeof(later.text)}, decoded_later,
                                      sizeof(decoded_later), &out),
                     0);
    for (size_t i = 0; i + 4 <= DIGEST_BYTES; i++)
        assert_false(has_bytes(decoded, out.len, session.key.bytes + i, 4));
    /* Nor do two sessions of one key show that they are of one key. */
    for (size_t i = 8; i + 4 <= out.len; i++)
        assert_false(has_bytes(decoded_later + 8, out.len - 8, decoded + i, 4));
}

/* --- cookies ---------------------------------------------------------------------------------- */

#define T1                                                             \
    "1111111111111111111111111111111111111111111111111111111111111111" \
    "11111111111111111111111111111111"
#define T2                                                             \
    "2222222222222222222222222222222222222222222222222222222222222222" \
    "22222222222222222222222222222222"

static void the_cookie_is_found_among_others(void **state)
{
    static const struct {
        const char *fields[2]; /* of `Cookie` */
        bool https_only;
        int err;
        const char *token; /* "": none */
    } rows[] = {
        {{"", ""}, false, 0, ""},
        {{"a=b; c=d", ""}, false, 0, ""},
        {{"weir_session=" T1, ""}, false, 0, T1},
        {{"weir_session=" T1, ""}, true, 0, ""},
        {{"__Host-weir_session=" T1, ""}, true, 0, T1},
        {{"__Host-weir_session=" T1, ""}, false, 0, T1},
        {{"a=b;weir_session=" T1 ";c=d", ""}, false, 0, T1},
        {{" a=b ;\t weir_session=" T1 " ; c", ""}, false, 0, T1},
        {{"a=b", "weir_session=" T1}, false, 0, T1},
        {{"weir_session=" T2 "; __Host-weir_session=" T1, ""}, false, 0, T1},
        {{"__Host-weir_session=" T1, "weir_session=" T2 "; weir_session=" T1}, false, 0, T1},
        {{"weir_session=; weir_session=" T1, ""}, false, 0, T1},
        {{"weir_session=" T1 "; weir_session=" T1, ""}, false, 0, T1},
        {{"weir_session=" T1, "weir_session=" T1}, false, 0, T1},
        {{"weir_session=" T1 "; weir_session=" T2, ""}, false, ERR_BAD_SESSION, ""},
        {{"weir_session=" T1, "weir_session=" T2}, false, ERR_BAD_SESSION, ""},
        {{"weir_session=" T1, "weir_session=" T2}, true, 0, ""},
        {{"weir_session=" T1 "x", ""}, false, ERR_BAD_SESSION, ""},
        {{"weir_session=x", ""}, false, ERR_BAD_SESSION, ""},
        {{"weir_session=\"" T1 "\"", ""}, false, ERR_BAD_SESSION, ""},
        {{"Weir_session=" T1, ""}, false, 0, ""},
        {{"weir_session =" T1, ""}, false, 0, ""},
        {{"xweir_session=" T1 "; weir_sessionx=" T1, ""}, false, 0, ""},
        {{"weir_session", ""}, false, 0, ""},
        {{"=weir_session=" T1, ""}, false, 0, ""},
        {{";;;=;==;", ""}, false, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char fields[2][1024];
        char token[SESSION_TOKEN_BYTES];
        struct http_request request = {.header_count = 2};
        struct span out = SPAN("untouched");

        for (size_t n = 0; n < 2; n++) {
            size_t len = strlen(rows[i].fields[n]);

            assert_true(len < sizeof(fields[n]));
            memcpy(fields[n], rows[i].fields[n], len);
            request.headers[n] = (struct http_header){n == 0 ? SPAN("cookie") : SPAN("Cookie"),
                                                      {fields[n], len}};
        }
        assert_int_equal(session_cookie_take(&request, rows[i].https_only, token, &out),
                         rows[i].err);
        if (rows[i].err == 0)
            assert_true(span_equal(out, span_of(rows[i].token)));
        else
            assert_true(span_equal(out, SPAN("untouched")));
    }
}

static void the_token_is_wiped_and_other_cookies_are_not(void **state)
{
    char cookies[] = "a=b; weir_session=" T1 "; c=d; __Host-weir_session=" T2 ";e=f";
    char token[SESSION_TOKEN_BYTES];
    struct http_request request = {
        .header_count = 1,
        .headers = {{{"cookie", 6}, {cookies, sizeof(cookies) - 1}}},
    };
    struct span out;

    (void)state;
    assert_int_equal(session_cookie_take(&request, false, token, &out), 0);
    assert_true(span_equal(out, SPAN(T2)));
    assert_false(has_bytes(cookies, sizeof(cookies), "11", 2));
    assert_false(has_bytes(cookies, sizeof(cookies), "22", 2));
    assert_true(has_bytes(cookies, sizeof(cookies), "a=b;", 4));
    assert_true(has_bytes(cookies, sizeof(cookies), "c=d;", 4));
    assert_true(has_bytes(cookies, sizeof(cookies), ";e=f", 4));
    assert_int_equal(session_cookie_take(&request, false, token, &out), 0);
    assert_int_equal(out.len, 0);
}

static void the_fields_give_and_take_the_cookie(void **state)
{
    char memory[512];
    struct text out = text_over(memory, sizeof(memory));

    (void)state;
    session_cookie_set(&(struct session_cookie){43200, true}, SPAN("T"), &out);
    assert_true(
        span_equal(text_span(&out), SPAN("set-cookie: __Host-weir_session=T; Path=/; HttpOnly; "
                                         "SameSite=Strict; Max-Age=43200; Secure\r\n")));
    out = text_over(memory, sizeof(memory));
    session_cookie_set(&(struct session_cookie){60, false}, SPAN("T"), &out);
    assert_true(span_equal(text_span(&out), SPAN("set-cookie: weir_session=T; Path=/; HttpOnly; "
                                                 "SameSite=Strict; Max-Age=60\r\n")));
    out = text_over(memory, sizeof(memory));
    session_cookie_clear(&out);
    assert_true(span_equal(text_span(&out),
                           SPAN("set-cookie: __Host-weir_session=; Path=/; HttpOnly; "
                                "SameSite=Strict; Max-Age=0; Secure\r\n"
                                "set-cookie: weir_session=; Path=/; HttpOnly; SameSite=Strict; "
                                "Max-Age=0\r\n")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_says_whose_it_is_and_until_when),
        cmocka_unit_test(a_token_ends_with_its_second),
        cmocka_unit_test(a_token_with_any_bit_changed_is_refused),
        cmocka_unit_test(a_token_of_another_length_is_refused),
        cmocka_unit_test(a_token_of_another_signer_is_refused),
        cmocka_unit_test(the_parts_of_two_tokens_make_no_third),
        cmocka_unit_test(a_token_does_not_show_the_digest),
        cmocka_unit_test(the_cookie_is_found_among_others),
        cmocka_unit_test(the_token_is_wiped_and_other_cookies_are_not),
        cmocka_unit_test(the_fields_give_and_take_the_cookie),
    };

    return cmocka_run_group_tests(tests, open_digester, close_digester);
}
