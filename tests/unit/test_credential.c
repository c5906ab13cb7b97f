/* Where a request may carry its key, and that the key is gone from memory afterwards. */
#include "lib/access/access.h"
#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { HEAD_BYTES = 4096 };

struct search {
    char head[HEAD_BYTES];
    size_t head_bytes;
    char memory[ACCESS_KEY_BYTES_MAX];
    struct span found;
};

static int find(struct search *search, const char *query, const char *fields)
{
    struct http_request request;
    int len = snprintf(search->head, sizeof(search->head),
                       "GET /v1/models%s HTTP/1.1\r\nHost: weir\r\n%s\r\n", query, fields);

    assert_in_range(len, 1, sizeof(search->head) - 1);
    search->head_bytes = (size_t)len;
    memset(search->memory, 0, sizeof(search->memory));
    struct span head = {search->head, search->head_bytes};
    assert_int_equal(http_request_parse(head, &request), 0);
    return access_find_credential(&request, search->memory, sizeof(search->memory), &search->found);
}

static bool holds(const char *bytes, size_t len, const char *text)
{
    return memmem(bytes, len, text, strlen(text)) != NULL;
}

static const struct {
    const char *query;
    const char *fields;
    int err;
    const char *found;
} rows[] = {
    {"", "", 0, ""},
    {"?limit=5&after=x", "Accept: */*\r\nx-key: k1\r\nkey: k1\r\n", 0, ""},

    {"", "Authorization: Bearer weir_k1\r\n", 0, "weir_k1"},
    {"", "authorization: bearer weir_k1\r\n", 0, "weir_k1"},
    {"", "AUTHORIZATION: BEARER   weir_k1  \r\n", 0, "weir_k1"},
    {"", "x-api-key: sk-ant-k1\r\n", 0, "sk-ant-k1"},
    {"", "X-Api-Key:sk-ant-k1\r\n", 0, "sk-ant-k1"},
    {"", "x-goog-api-key: AIza_k1\r\n", 0, "AIza_k1"},
    {"", "api-key: 0123456789abcdef\r\n", 0, "0123456789abcdef"},
    {"?key=AIza_k1", "", 0, "AIza_k1"},
    {"?alt=sse&key=AIza_k1&pageSize=5", "", 0, "AIza_k1"},
    {"?key=sk%2Dk1%2b%2F%3d", "", 0, "sk-k1+/="},
    {"?k%65y=AIza_k1", "", 0, "AIza_k1"},
    {"?key=a+b", "", 0, "a+b"},

    {"", "Authorization: Bearer k1\r\nx-api-key: k1\r\n", 0, "k1"},
    {"", "x-goog-api-key: k1\r\napi-key: k1\r\n", 0, "k1"},
    {"", "x-api-key: k1\r\nx-api-key: k1\r\n", 0, "k1"},
    {"?key=k1", "Authorization: Bearer k1\r\n", 0, "k1"},
    {"?key=%6B1", "x-api-key: k1\r\n", 0, "k1"},
    {"?key=k1&key=k%31", "", 0, "k1"},
    {"?key=k1",
     "Authorization: Bearer k1\r\nx-api-key: k1\r\nx-goog-api-key: k1\r\napi-key: k1\r\n", 0, "k1"},

    {"", "Authorization: Bearer k1\r\nx-api-key: k2\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"", "Authorization: Bearer k1\r\nAuthorization: Bearer k2\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"", "x-api-key: k1\r\nx-api-key: k2\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"", "x-api-key: k1\r\nx-goog-api-key: K1\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"", "api-key: k1\r\nx-goog-api-key: k11\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"?key=k2", "Authorization: Bearer k1\r\n", ERR_CREDENTIALS_DIFFER, ""},
    {"?key=k1&key=k2", "", ERR_CREDENTIALS_DIFFER, ""},
    {"?key=k1&alt=sse&key=k1&key=k2", "", ERR_CREDENTIALS_DIFFER, ""},
    {"?key=%6B1", "x-api-key: %6B1\r\n", ERR_CREDENTIALS_DIFFER, ""},

    {"", "Authorization: Basic azE6azI=\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: weir_k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Bearerweir_k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Bearer\tweir_k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Bearer: weir_k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Basic azE6azI=\r\nx-api-key: k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Bearer k1 k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "Authorization: Bearer k1, Bearer k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "x-api-key: Bearer k1\r\n", ERR_UNKNOWN_KEY, ""},
    {"", "x-api-key: sk-\xc3\xa4\r\n", ERR_UNKNOWN_KEY, ""},
    {"?key=k1%00", "", ERR_UNKNOWN_KEY, ""},
    {"?key=k1%0d%0a", "", ERR_UNKNOWN_KEY, ""},
    {"?key=k1%20", "", ERR_UNKNOWN_KEY, ""},
    {"?key=k1%2", "", ERR_UNKNOWN_KEY, ""},
    {"?key=k1%zz", "", ERR_UNKNOWN_KEY, ""},

    {"", "Authorization:\r\n", 0, ""},
    {"", "Authorization: Bearer\r\n", 0, ""},
    {"", "Authorization: Bearer \r\n", 0, ""},
    {"", "x-api-key:\r\nx-goog-api-key: \r\napi-key:   \r\n", 0, ""},
    {"?key=", "", 0, ""},
    {"?key", "", 0, ""},
    {"?key=&key=k1", "", 0, "k1"},
    {"?key", "Authorization: Bearer \r\napi-key: k1\r\n", 0, "k1"},
};

static void a_key_is_found_wherever_it_may_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct search search;
        int err = find(&search, rows[i].query, rows[i].fields);

        if (err != rows[i].err || !span_equal(search.found, span_of(rows[i].found)))
            fail_msg("row %zu, %s%s: %s, %.*s", i, rows[i].query, rows[i].fields, err_name(err),
                     SPAN_FMT(search.found));
    }
}

/* What a row of the table could leave behind; long enough to stand nowhere else in a head. */
static void no_key_is_left_in_memory_but_the_one_to_be_hashed(void **state)
{
    static const char *const secrets[] = {"SECRETa", "SECRETb", "U0VDUkVU", "SECRET%61"};
    static const struct {
        const char *query;
        const char *fields;
    } heads[] = {
        {"?key=SECRETa", ""},
        {"?key=SECRET%61&key=SECRETa", ""},
        {"?key=SECRETa&key=SECRETb", ""},
        {"?key=SECRETa%0", "x-api-key: SECRETb\r\n"},
        {"?key=SECRETa%00", ""},
        {"?key=SECRETa", "Authorization: Bearer SECRETa\r\napi-key: SECRETa\r\n"},
        {"", "x-api-key: SECRETa\r\nx-goog-api-key: SECRETb\r\n"},
        {"", "x-api-key: SECRETa\r\nAuthorization: Basic U0VDUkVU\r\n"},
        {"", "Authorization: Bearer SECRETa SECRETb\r\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct search search;
        int err = find(&search, heads[i].query, heads[i].fields);

        assert_int_equal(err == 0, search.found.len != 0);
        if (search.found.len != 0)
            explicit_bzero(span_writable(search.found), search.found.len);
        for (size_t n = 0; n < COUNT(secrets); n++) {
            assert_false(holds(search.head, search.head_bytes, secrets[n]));
            assert_false(holds(search.memory, sizeof(search.memory), secrets[n]));
        }
    }
}

/* The longest key that is looked for, and one byte more, in a field and in the query. */
static void a_key_has_a_longest_length(void **state)
{
    static const char *const fields[] = {"Authorization: Bearer ", "x-api-key: ", NULL};
    char key[ACCESS_KEY_BYTES_MAX + 2] = {0};
    char text[ACCESS_KEY_BYTES_MAX + 64];

    (void)state;
    for (size_t over = 0; over < 2; over++) {
        memset(key, 'k', ACCESS_KEY_BYTES_MAX + over);
        for (size_t i = 0; i < COUNT(fields); i++) {
            struct search search;
            bool in_query = fields[i] == NULL;

            snprintf(text, sizeof(text), "%s%s%s", in_query ? "?key=" : fields[i], key,
                     in_query ? "" : "\r\n");
            int err = find(&search, in_query ? text : "", in_query ? "" : text);
            assert_int_equal(err, over == 0 ? 0 : ERR_UNKNOWN_KEY);
            assert_int_equal(search.found.len, over == 0 ? ACCESS_KEY_BYTES_MAX : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_found_wherever_it_may_be),
        cmocka_unit_test(no_key_is_left_in_memory_but_the_one_to_be_hashed),
        cmocka_unit_test(a_key_has_a_longest_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
