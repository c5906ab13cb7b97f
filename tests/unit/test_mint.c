/* When tokens are asked for: a clock and an endpoint that the test turns by hand. */
#include "lib/base/err.h"
#include "shm/secrets_write.h"
#include "steward/mint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HOUR_MS      UINT64_C(3600000)

static struct {
    struct mint mint;
    struct digester *digester;
    struct monotime now;
    uint32_t asked[ACCOUNTS_MAX]; /* by place */
    uint32_t cancelled;
    uint32_t changed;
    int ask_err;
    char last_key[16]; /* the private key of the last asking */
} rig;

static int on_ask(void *ctx, uint32_t place, const struct account *account)
{
    (void)ctx;
    rig.asked[place]++;
    assert_true(account->private_key.len < sizeof(rig.last_key));
    memcpy(rig.last_key, account->private_key.ptr, account->private_key.len);
    rig.last_key[account->private_key.len] = '\0';
    return rig.ask_err;
}

static void on_cancel(void *ctx, uint32_t place)
{
    (void)ctx;
    (void)place;
    rig.cancelled++;
}

static void on_changed(void *ctx)
{
    (void)ctx;
    rig.changed++;
}

static const struct mint_ports ports = {on_ask, on_cancel, on_changed};

static int set_up(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof(rig));
    rig.digester = digester_new();
    rig.now.ms = 1000000;
    mint_init(&rig.mint, &ports, NULL, rig.digester, 7);
    return rig.digester == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    mint_close(&rig.mint);
    digester_free(&rig.digester);
    return 0;
}

/* Names of providers, and the key that all of them have. */
static struct secrets accounts_of(const char *const *names, uint32_t count, const char *key)
{
    struct span *rows = calloc((size_t)count * ACCOUNT_FIELD_COUNT + 1, sizeof(*rows));
    struct secrets secrets;
    int fd;

    for (uint32_t i = 0; i < count; i++) {
        const struct account account = {.provider = span_of(names[i]),
                                        .email = SPAN("a@b"),
                                        .token_url = SPAN("https://t.test/"),
                                        .scope = SPAN("s"),
                                        .private_key = span_of(key)};

        account_rows(&account, rows + (size_t)i * ACCOUNT_FIELD_COUNT);
    }
    const struct secrets_plan plan = {.name = "weir-accounts",
                                      .number = 1,
                                      .rows = rows,
                                      .row_count = count * ACCOUNT_FIELD_COUNT};
    assert_int_equal(secrets_write(&plan, &fd), 0);
    assert_int_equal(secrets_open(fd, &secrets), 0);
    close(fd);
    free(rows);
    return secrets;
}

static void follow(const char *const *names, uint32_t count, const char *key)
{
    static const struct secrets none;

    mint_follow(&rig.mint, accounts_of(names, count, key), &none, rig.now);
}

static void follow_one(const char *key)
{
    static const char *const names[] = {"vertex"};

    follow(names, 1, key);
}

static struct monotime tick(void)
{
    return mint_tick(&rig.mint, rig.now);
}

static int answer(uint32_t place, const char *text, uint64_t life_s)
{
    const struct jwt_bearer_token token = {span_of(text), life_s};

    return mint_on_token(&rig.mint, place, &token, rig.now);
}

static void expect_tokens(const char *const *texts, uint32_t count)
{
    struct token tokens[ACCOUNTS_MAX];

    assert_int_equal(mint_tokens(&rig.mint, tokens), count);
    for (uint32_t i = 0; i < count; i++)
        assert_true(span_equal(tokens[i].text, span_of(texts[i])));
}

static void expect_token(const char *text)
{
    expect_tokens(&text, text == NULL ? 0 : 1);
}

static void a_token_is_asked_for_once_and_refreshed_before_it_ends(void **state)
{
    (void)state;
    follow_one("k");
    assert_int_equal(tick().ms, UINT64_MAX);
    assert_int_equal(tick().ms, UINT64_MAX);
    assert_int_equal(rig.asked[0], 1);
    uint64_t asked_at = rig.now.ms;
    rig.now.ms += 70;
    assert_int_equal(answer(0, "one", 3600), 0);
    assert_int_equal(rig.changed, 1);
    expect_token("one");
    struct monotime next = tick();
    assert_true(next.ms > asked_at + HOUR_MS / 2 && next.ms <= asked_at + HOUR_MS * 80 / 100);
    rig.now.ms = next.ms - 1;
    tick();
    assert_int_equal(rig.asked[0], 1);
    rig.now = next;
    tick();
    tick();
    assert_int_equal(rig.asked[0], 2);
    expect_token("one");
    assert_int_equal(answer(0, "two", 3600), 0);
    assert_int_equal(rig.changed, 2);
    expect_token("two");
}

static void the_time_of_a_refresh_depends_on_the_life(void **state)
{
    static const struct {
        uint64_t life_ms;
        uint64_t latest_ms;
    } rows[] = {
        {HOUR_MS, HOUR_MS * 80 / 100},
        {24 * HOUR_MS, 24 * HOUR_MS * 80 / 100},
        {1500000, 1200000},
        {1200000, 900000}, /* five minutes before the end are earlier than 80 % */
        {600000, 300000},  /* … and too near for this one: half of its life */
        {3000, 1500},
        {1000, 500},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t spread = rows[i].life_ms / 20;

        assert_int_equal(mint_refresh_ms(rows[i].life_ms, 0), rows[i].latest_ms);
        assert_int_equal(mint_refresh_ms(rows[i].life_ms, spread), rows[i].latest_ms - spread);
        for (uint64_t random = 0; random < 1000; random++) {
            uint64_t at = mint_refresh_ms(rows[i].life_ms, random * UINT64_C(0x9e3779b97f4a7c15));

            assert_in_range(at, rows[i].latest_ms - spread, rows[i].latest_ms);
        }
    }
}

static void failures_are_tried_again_after_pauses_that_double(void **state)
{
    static const uint64_t longest[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

    (void)state;
    for (uint32_t i = 0; i < COUNT(longest); i++) {
        assert_int_equal(mint_pause_ms(i + 1, 0), longest[i]);
        assert_int_equal(mint_pause_ms(i + 1, longest[i] / 4), longest[i] - longest[i] / 4);
    }
    assert_int_equal(mint_pause_ms(UINT32_MAX, 0), MINT_PAUSE_MAX_MS);
    follow_one("k");
    tick();
    for (uint32_t i = 0; i < COUNT(longest); i++) {
        mint_on_failure(&rig.mint, 0, rig.now);
        struct monotime next = tick();
        assert_int_equal(rig.asked[0], i + 1);
        assert_in_range(next.ms - rig.now.ms, longest[i] - longest[i] / 4, longest[i]);
        rig.now = next;
        tick();
        assert_int_equal(rig.asked[0], i + 2);
    }
    assert_int_equal(answer(0, "one", 3600), 0);
    rig.now = tick();
    tick();
    mint_on_failure(&rig.mint, 0, rig.now);
    assert_in_range(tick().ms - rig.now.ms, 750, 1000);
    assert_int_equal(rig.cancelled, 0);
}

static uint64_t mark_of(uint32_t place)
{
    const uint8_t *identity = rig.mint.places[place].row.account.bytes;

    return account_mark((struct span){(const char *)identity, DIGEST_BYTES});
}

static bool refuse(uint64_t mark)
{
    uint32_t number = ACCOUNTS_MAX;
    bool is_asked = mint_refused(&rig.mint, mark, rig.now, &number);

    assert_int_equal(number, is_asked ? 0 : ACCOUNTS_MAX);
    return is_asked;
}

static void a_token_that_is_refused_is_replaced_at_once_but_not_again_and_again(void **state)
{
    (void)state;
    follow_one("k");
    assert_false(refuse(mark_of(0))); /* there is none */
    tick();
    assert_false(refuse(mark_of(0))); /* one is asked for */
    assert_int_equal(answer(0, "one", 3600), 0);
    assert_false(refuse(mark_of(0) + 1));
    assert_int_equal(rig.asked[0], 1);

    assert_true(refuse(mark_of(0)));
    assert_false(refuse(mark_of(0) + 1));
    tick();
    assert_int_equal(rig.asked[0], 2);
    expect_token("one");
    assert_false(refuse(mark_of(0)));
    assert_int_equal(answer(0, "two", 3600), 0);
    expect_token("two");
    rig.now.ms += MINT_REFUSED_MS - 1;
    assert_false(refuse(mark_of(0)));
    tick();
    assert_int_equal(rig.asked[0], 2);
    rig.now.ms++;
    assert_true(refuse(mark_of(0)));
    tick();
    assert_int_equal(rig.asked[0], 3);
    /* A pause after a failure is not cut short. */
    mint_on_failure(&rig.mint, 0, rig.now);
    rig.now.ms += MINT_REFUSED_MS;
    assert_false(refuse(mark_of(0)));
}

static void an_asking_that_cannot_begin_is_a_failure(void **state)
{
    (void)state;
    rig.ask_err = ERR_NO_MEMORY;
    follow_one("k");
    assert_in_range(tick().ms - rig.now.ms, 750, 1000);
    assert_int_equal(rig.asked[0], 1);
    tick();
    assert_int_equal(rig.asked[0], 1);
}

static void the_last_good_token_stays_until_it_expires(void **state)
{
    (void)state;
    follow_one("k");
    tick();
    assert_int_equal(answer(0, "one", 3600), 0);
    uint64_t end_ms = rig.now.ms + HOUR_MS;
    rig.now = tick();
    tick();
    while (rig.now.ms < end_ms) {
        expect_token("one");
        mint_on_failure(&rig.mint, 0, rig.now);
        rig.now = tick();
        if (rig.now.ms < end_ms)
            tick();
    }
    assert_int_equal(rig.now.ms, end_ms);
    assert_int_equal(rig.changed, 1);
    tick();
    expect_token(NULL);
    assert_int_equal(rig.changed, 2);
}

static void a_token_that_comes_after_its_end_is_none(void **state)
{
    (void)state;
    follow_one("k");
    tick();
    rig.now.ms += 1000;
    assert_int_equal(answer(0, "late", 1), ERR_TIMEOUT);
    expect_token(NULL);
    assert_int_equal(rig.changed, 0);
    rig.now = tick();
    tick();
    assert_int_equal(rig.asked[0], 2);
}

static void a_short_life_does_not_make_a_storm(void **state)
{
    (void)state;
    follow_one("k");
    tick();
    rig.now.ms += 999;
    assert_int_equal(answer(0, "one", 1), 0);
    assert_int_equal(mint_tick(&rig.mint, rig.now).ms, rig.now.ms + 1);
    assert_int_equal(rig.asked[0], 1);
    rig.now.ms += MINT_GAP_MS - 1;
    tick();
    assert_int_equal(rig.asked[0], 1);
    rig.now.ms += 1;
    tick();
    assert_int_equal(rig.asked[0], 2);
}

static void a_life_beyond_reason_is_cut(void **state)
{
    (void)state;
    follow_one("k");
    tick();
    assert_int_equal(answer(0, "one", UINT64_C(1) << 53), 0);
    assert_true(tick().ms <= rig.now.ms + 24 * HOUR_MS);
}

static void a_reload_keeps_tokens_and_askings(void **state)
{
    static const char *const two[] = {"a", "b"};
    static const char *const swapped[] = {"c", "b", "a"};

    (void)state;
    follow(two, 2, "k");
    tick();
    assert_int_equal(answer(0, "token-a", 3600), 0);
    follow(swapped, 3, "k");
    tick();
    assert_int_equal(rig.asked[0], 1);
    assert_int_equal(rig.asked[1], 1);
    assert_int_equal(rig.asked[2], 1);
    assert_int_equal(rig.cancelled, 0);
    assert_int_equal(answer(1, "token-b", 3600), 0);
    static const char *const texts[] = {"token-a", "token-b"};
    expect_tokens(texts, 2);
    assert_true(span_equal(mint_account(&rig.mint, 2).provider, SPAN("c")));
    assert_true(span_equal(mint_account(&rig.mint, 0).provider, SPAN("a")));
}

static void an_account_that_is_gone_leaves_no_token(void **state)
{
    static const char *const two[] = {"a", "b"};
    static const char *const others[] = {"b", "c"};

    (void)state;
    follow(two, 2, "k");
    tick();
    assert_int_equal(answer(0, "token-a", 3600), 0);
    follow(others, 1, "k");
    assert_int_equal(rig.changed, 2);
    expect_token(NULL);
    assert_int_equal(rig.mint.places[0].text[0], 0);
    follow(NULL, 0, "k");
    assert_int_equal(rig.cancelled, 1);
    assert_int_equal(tick().ms, UINT64_MAX);
    /* Its place is another's now, who begins with nothing. */
    follow(others, 2, "k");
    tick();
    expect_token(NULL);
    assert_int_equal(rig.asked[0], 2);
}

static void a_new_key_is_asked_with_at_once_and_keeps_the_token(void **state)
{
    (void)state;
    follow_one("old");
    tick();
    assert_int_equal(answer(0, "one", 3600), 0);
    follow_one("new");
    expect_token("one");
    tick();
    assert_int_equal(rig.asked[0], 2);
    assert_string_equal(rig.last_key, "new");
    /* Also while the old one is being asked with. */
    follow_one("newest");
    assert_int_equal(rig.cancelled, 1);
    tick();
    assert_int_equal(rig.asked[0], 3);
    assert_string_equal(rig.last_key, "newest");
    expect_token("one");
    assert_int_equal(answer(0, "two", 3600), 0);
    expect_token("two");
}

static void what_a_predecessor_minted_is_gone_on_with(void **state)
{
    static const char *const names[] = {"good", "over"};
    struct secrets accounts = accounts_of(names, 2, "k");
    struct token tokens[2];
    struct secrets inherited;
    int fd;

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct account account = accounts_get(&accounts, i);

        tokens[i].text = SPAN("kept");
        tokens[i].row = (struct token_row){account_identity(&account, rig.digester),
                                           {rig.now.ms - 500000},
                                           {rig.now.ms - 500000 + HOUR_MS}};
    }
    tokens[1].row.expires = rig.now;
    assert_int_equal(tokens_write(1, tokens, 2, rig.digester, &fd), 0);
    assert_int_equal(secrets_open(fd, &inherited), 0);
    close(fd);
    mint_follow(&rig.mint, accounts, &inherited, rig.now);
    struct monotime next = tick();
    assert_int_equal(rig.asked[0], 0);
    assert_int_equal(rig.asked[1], 1);
    expect_token("kept");
    assert_true(next.ms > rig.now.ms + HOUR_MS / 2 && next.ms < rig.now.ms + HOUR_MS - 500000);
    secrets_close(&inherited);
}

static void every_place_can_be_taken(void **state)
{
    static char memory[ACCOUNTS_MAX][16];
    const char *names[ACCOUNTS_MAX];

    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
            (void)snprintf(memory[i], sizeof(memory[i]), "%u-%u", round, i);
            names[i] = memory[i];
        }
        follow(names, ACCOUNTS_MAX, "k");
        tick();
        for (uint32_t i = 0; i < ACCOUNTS_MAX; i++)
            assert_int_equal(answer(i, "t", 3600), 0);
    }
    struct token tokens[ACCOUNTS_MAX];
    assert_int_equal(mint_tokens(&rig.mint, tokens), ACCOUNTS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_asked_for_once_and_refreshed_before_it_ends),
        TEST(the_time_of_a_refresh_depends_on_the_life),
        TEST(failures_are_tried_again_after_pauses_that_double),
        TEST(an_asking_that_cannot_begin_is_a_failure),
        TEST(a_token_that_is_refused_is_replaced_at_once_but_not_again_and_again),
        TEST(the_last_good_token_stays_until_it_expires),
        TEST(a_token_that_comes_after_its_end_is_none),
        TEST(a_short_life_does_not_make_a_storm),
        TEST(a_life_beyond_reason_is_cut),
        TEST(a_reload_keeps_tokens_and_askings),
        TEST(an_account_that_is_gone_leaves_no_token),
        TEST(a_new_key_is_asked_with_at_once_and_keeps_the_token),
        TEST(what_a_predecessor_minted_is_gone_on_with),
        TEST(every_place_can_be_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
