/* Accounts and tokens as memfds: what is written is read, and nothing else is. */
#include "lib/base/err.h"
#include "shm/secrets_write.h"
#include "shm/tokens.h"
#include "tests/unit/digester_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static const struct account account = {
    .provider = {"vertex", 6},
    .email = {"a@b", 3},
    .token_url = {"https://t.test/", 15},
    .scope = {"s", 1},
    .key_id = {"k", 1},
    .private_key = {"PEM", 3},
};

static void an_account_is_read_as_it_was_written(void **state)
{
    struct span rows[2 * ACCOUNT_FIELD_COUNT];
    struct account other = account;
    struct secrets secrets;
    int fd;

    (void)state;
    other.provider = SPAN("other");
    account_rows(&account, rows);
    account_rows(&other, rows + ACCOUNT_FIELD_COUNT);
    const struct secrets_plan plan = {
        .name = "weir-accounts", .number = 3, .rows = rows, .row_count = 2 * ACCOUNT_FIELD_COUNT};
    assert_int_equal(secrets_write(&plan, &fd), 0);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    assert_int_equal(accounts_count(&secrets), 2);
    struct account read = accounts_get(&secrets, 1);
    assert_true(span_equal(read.provider, SPAN("other")));
    assert_true(span_equal(read.private_key, SPAN("PEM")));
    assert_true(span_equal(read.key_id, SPAN("k")));
    assert_true(span_equal(accounts_get(&secrets, 0).scope, SPAN("s")));
    secrets_close(&secrets);
    close(fd);
}

static bool has_identity_of_account(const struct account *other)
{
    struct digest first = account_identity(&account, digester);
    struct digest second = account_identity(other, digester);

    return digest_equal(&first, &second);
}

static void an_identity_is_all_but_the_key(void **state)
{
    struct account others[ACCOUNT_FIELD_COUNT];
    static const bool identifies[ACCOUNT_FIELD_COUNT] = {
#define X(name, is_part, ...) is_part,
        ACCOUNT_FIELD_MAP(X)
#undef X
    };

    (void)state;
    for (unsigned i = 0; i < ACCOUNT_FIELD_COUNT; i++)
        others[i] = account;
#define X(name, ...) others[ACCOUNT_##name].name = SPAN("x");
    ACCOUNT_FIELD_MAP(X)
#undef X
    for (unsigned i = 0; i < ACCOUNT_FIELD_COUNT; i++)
        assert_int_equal(has_identity_of_account(&others[i]), !identifies[i]);
    /* Bytes that move from one field to the next make another identity. */
    struct account moved = account;
    moved.provider = SPAN("vertexa");
    moved.email = SPAN("@b");
    assert_false(has_identity_of_account(&moved));
}

static struct token token_of(const char *name, uint64_t expires_ms, const char *text)
{
    struct token token = {.row = {.minted = {1}, .expires = {expires_ms}}, .text = span_of(text)};

    token.row.account = digester_hash(digester, span_of(name));
    return token;
}

static bool find(const struct secrets *tokens, const char *name, uint64_t now_ms, struct token *out)
{
    struct digest identity = digester_hash(digester, span_of(name));

    return tokens_find(tokens, (struct span){(const char *)identity.bytes, DIGEST_BYTES},
                       (struct monotime){now_ms}, out);
}

static void a_token_is_found_by_its_account_until_it_expires(void **state)
{
    const struct token tokens[] = {token_of("a", 100, "token-a"), token_of("b", 200, "token-bb")};
    struct secrets secrets;
    struct token found;
    int fd;

    (void)state;
    assert_int_equal(tokens_write(7, tokens, 2, digester, &fd), 0);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    assert_int_equal(tokens_check(&secrets), 0);
    assert_int_equal(secrets.header->generation, 7);
    assert_int_equal(tokens_count(&secrets), 2);
    assert_true(find(&secrets, "b", 199, &found));
    assert_true(span_equal(found.text, SPAN("token-bb")));
    assert_int_equal(found.row.expires.ms, 200);
    assert_false(find(&secrets, "b", 200, &found));
    assert_true(find(&secrets, "a", 99, &found));
    assert_true(span_equal(found.text, SPAN("token-a")));
    assert_false(find(&secrets, "a", 100, &found));
    assert_false(find(&secrets, "c", 0, &found));
    secrets_close(&secrets);
    assert_false(find(&secrets, "a", 0, &found));
    close(fd);
}

static void other_tokens_have_another_content(void **state)
{
    const struct token first = token_of("a", 100, "token-a");
    const struct token second = token_of("a", 100, "token-b");
    struct digest contents[3];
    const struct token *of[3] = {&first, &first, &second};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct secrets secrets;
        int fd;

        assert_int_equal(tokens_write(1 + i, of[i], 1, digester, &fd), 0);
        assert_int_equal(secrets_open(fd, &secrets), 0);
        contents[i] = secrets.header->content;
        secrets_close(&secrets);
        close(fd);
    }
    assert_true(digest_equal(&contents[0], &contents[1]));
    assert_false(digest_equal(&contents[0], &contents[2]));
}

static int check_rows(const struct span *rows, uint32_t count)
{
    const struct secrets_plan plan = {
        .name = "weir-tokens", .number = 1, .rows = rows, .row_count = count};
    struct secrets secrets;
    int fd;

    assert_int_equal(secrets_write(&plan, &fd), 0);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    int err = tokens_check(&secrets);
    secrets_close(&secrets);
    close(fd);
    return err;
}

static void secrets_that_are_no_tokens_are_refused(void **state)
{
    static char row[sizeof(struct token_row)];
    static const struct span whole = {row, sizeof(row)};
    static struct span many[2 * (ACCOUNTS_MAX + 1)];
    const struct span half[] = {whole};
    const struct span short_row[] = {{row, sizeof(row) - 1}, {"t", 1}};
    const struct span no_text[] = {whole, {NULL, 0}};
    const struct span good[] = {whole, {"t", 1}};
    const struct {
        const struct span *rows;
        uint32_t count;
        int err;
    } cases[] = {
        {good, 0, 0},
        {good, 2, 0},
        {half, 1, ERR_CORRUPT},
        {short_row, 2, ERR_CORRUPT},
        {no_text, 2, ERR_CORRUPT},
        {many, 2 * (ACCOUNTS_MAX + 1), ERR_CORRUPT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        many[i] = good[i % 2];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(check_rows(cases[i].rows, cases[i].count), cases[i].err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_read_as_it_was_written),
        cmocka_unit_test(an_identity_is_all_but_the_key),
        cmocka_unit_test(a_token_is_found_by_its_account_until_it_expires),
        cmocka_unit_test(other_tokens_have_another_content),
        cmocka_unit_test(secrets_that_are_no_tokens_are_refused),
    };

    return cmocka_run_group_tests(tests, open_digester, close_digester);
}
