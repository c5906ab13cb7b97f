/* Forms: who sent one, and what the one for signing in says. */
#include "lib/access/signin.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_field(struct http_request *request, struct span name, const char *value)
{
    if (value != NULL)
        request->headers[request->header_count++] = (struct http_header){name, span_of(value)};
}

static void a_form_counts_when_a_page_of_this_host_sent_it(void **state)
{
    static const struct {
        const char *host;
        const char *origin; /* NULL: no such field */
        const char *site;
        int err;
        bool is_secure;
    } rows[] = {
        {"weir.test", "http://weir.test", NULL, 0, false},
        {"weir.test", "https://weir.test", NULL, 0, true},
        {"weir.test:8080", "http://weir.test:8080", NULL, 0, false},
        {"WEIR.test:8080", "http://weir.TEST:8080", NULL, 0, false},
        {"[::1]:8080", "http://[::1]:8080", NULL, 0, false},
        {"[::1]", "http://[::1]", NULL, 0, false},
        {"weir.test:443", "https://weir.test", NULL, 0, true},
        {"weir.test", "https://weir.test:443", NULL, 0, true},
        {"weir.test:80", "http://weir.test", NULL, 0, false},
        {"weir.test:443", "http://weir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test:80", "https://weir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test:8443", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://evil.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test.evil.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://evil.test/weir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://xweir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "null", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "", NULL, ERR_FOREIGN_FORM, false},
        {"", "", NULL, ERR_FOREIGN_FORM, false},
        {"", "http://", NULL, ERR_FOREIGN_FORM, false},
        {":80", "http://:80", NULL, 0, false},
        {"weir.test", "ftp://weir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "weir.test", NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", NULL, NULL, ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test", "same-origin", 0, true},
        {"weir.test", "http://weir.test", "same-origin", 0, false},
        {"weir.test", NULL, "same-origin", 0, true},
        {"weir.test", "null", "same-origin", 0, true},
        /* A proxy has changed Host; the browser has not. */
        {"127.0.0.1:8080", "https://weir.test", "same-origin", 0, true},
        {"weir.test", "https://weir.test", "same-site", ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test", "cross-site", ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test", "none", ERR_FOREIGN_FORM, false},
        {"weir.test", "https://weir.test", "", ERR_FOREIGN_FORM, false},
        {"weir.test", NULL, "cross-site", ERR_FOREIGN_FORM, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_request request = {.header_count = 0};
        bool is_secure = false;

        add_field(&request, SPAN("Host"), rows[i].host);
        add_field(&request, SPAN("Origin"), rows[i].origin);
        add_field(&request, SPAN("Sec-Fetch-Site"), rows[i].site);
        assert_int_equal(signin_check_origin(&request, &is_secure), rows[i].err);
        if (rows[i].err == 0)
            assert_int_equal(is_secure, rows[i].is_secure);
    }
}

static void only_a_form_is_a_form(void **state)
{
    static const struct {
        const char *type;
        bool is_form;
    } rows[] = {
        {"application/x-www-form-urlencoded", true},
        {"Application/X-WWW-Form-Urlencoded ; charset=UTF-8", true},
        {NULL, false},
        {"", false},
        {"text/plain", false},
        {"multipart/form-data; boundary=x", false},
        {"application/json", false},
        {"text/plain; application/x-www-form-urlencoded", false},
        {"application/x-www-form-urlencodedx", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_request request = {.header_count = 0};

        add_field(&request, SPAN("Content-Type"), rows[i].type);
        assert_int_equal(signin_is_form(&request), rows[i].is_form);
    }
}

static void a_form_says_the_key_and_where_to_go(void **state)
{
    static const struct {
        const char *body;
        int err;
        const char *key;
        const char *next;
    } rows[] = {
        {"key=weir_1", 0, "weir_1", "/models"},
        {"key=weir_1&next=%2Fconnect", 0, "weir_1", "/connect"},
        {"next=/models%3Fq%3Da%252Bb%26sort%3Dname&key=weir_1", 0, "weir_1",
         "/models?q=a%2Bb&sort=name"},
        {"key=a%2Bb%2F%3D", 0, "a+b/=", "/models"},
        {"key=+%20%09%0D%0Aweir_1%0D%0A+", 0, "weir_1", "/models"},
        {"key=a+b", 0, "a b", "/models"},
        {"%6bey=weir_1", 0, "weir_1", "/models"},
        {"key=first&key=second", 0, "first", "/models"},
        {"key=", 0, "", "/models"},
        {"key", 0, "", "/models"},
        {"", 0, "", "/models"},
        {"other=x", 0, "", "/models"},
        {"key=%", ERR_BAD_FORM, "", ""},
        {"key=%zz", ERR_BAD_FORM, "", ""},
        {"key=a%00b", ERR_BAD_FORM, "", ""},
        {"key=a&next=%", ERR_BAD_FORM, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char body[256];
        char memory[256];
        size_t len = strlen(rows[i].body);
        struct signin_form form = {.key = SPAN("untouched")};

        memcpy(body, rows[i].body, len);
        assert_int_equal(signin_read_form((struct span){body, len}, memory, &form), rows[i].err);
        if (rows[i].err != 0) {
            assert_true(span_equal(form.key, SPAN("untouched")));
            continue;
        }
        assert_true(span_equal(form.key, span_of(rows[i].key)));
        assert_true(span_equal(form.next, span_of(rows[i].next)));
    }
}

static void nobody_is_led_elsewhere(void **state)
{
    static const char *const elsewhere[] = {
        "",
        "/",
        "//evil.test",
        "//evil.test/models",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/models",
        "https:/models",
        "javascript:alert(1)",
        "models",
        "/models/",
        "/models/..//evil.test",
        "/modelsx",
        "/v1/models",
        "/signout",
        "/models#x",
        "/models\r\nset-cookie: a=b",
        "/models?a\r\nset-cookie: a=b",
        "/models?a b",
        "/models?\x7f",
        "/models?\xc3\xa4",
        "/models\t",
        " /models",
        "/Models",
        "/models;x",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        char body[256] = "next=";
        char memory[256];
        size_t len = strlen(body);
        struct signin_form form;

        for (const char *c = elsewhere[i]; *c != '\0'; c++) {
            static const char digits[] = "0123456789ABCDEF";

            body[len++] = '%';
            body[len++] = digits[(unsigned char)*c >> 4];
            body[len++] = digits[(unsigned char)*c & 15];
        }
        assert_int_equal(signin_read_form((struct span){body, len}, memory, &form), 0);
        assert_true(span_equal(form.next, SPAN("/models")));
    }
}

static void a_long_next_is_left_out(void **state)
{
    char body[2 * SIGNIN_NEXT_BYTES_MAX] = "next=/models?";
    char memory[sizeof(body)];
    size_t prefix = strlen("next=");
    struct signin_form form;

    (void)state;
    memset(body + strlen(body), 'a', sizeof(body) - strlen(body));
    assert_int_equal(
        signin_read_form((struct span){body, prefix + SIGNIN_NEXT_BYTES_MAX}, memory, &form), 0);
    assert_int_equal(form.next.len, SIGNIN_NEXT_BYTES_MAX);
    assert_int_equal(
        signin_read_form((struct span){body, prefix + SIGNIN_NEXT_BYTES_MAX + 1}, memory, &form),
        0);
    assert_true(span_equal(form.next, SPAN("/models")));
}

static void a_page_is_what_stands_before_its_query(void **state)
{
    (void)state;
    assert_true(span_equal(signin_page_of(SPAN("/models?a?b")), SPAN("/models")));
    assert_true(span_equal(signin_page_of(SPAN("/models")), SPAN("/models")));
    assert_true(span_equal(signin_page_of(SPAN("?")), SPAN("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_counts_when_a_page_of_this_host_sent_it),
        cmocka_unit_test(only_a_form_is_a_form),
        cmocka_unit_test(a_form_says_the_key_and_where_to_go),
        cmocka_unit_test(nobody_is_led_elsewhere),
        cmocka_unit_test(a_long_next_is_left_out),
        cmocka_unit_test(a_page_is_what_stands_before_its_query),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
