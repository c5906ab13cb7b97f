/* What each result of an attempt means, to the call and to others. */
#include "tests/unit/attempts_fixture.h"
#include "tests/unit/snapshot_fixture.h"

static bool is_open(const struct scene *scene, uint32_t candidate)
{
    return atomic_load(&scene->health[candidate].words[0]) >> 8 != 0;
}

static void each_status_has_a_result(void **state)
{
    static const struct {
        int status;
        enum attempt_result result;
    } rows[] = {
        {0, ATTEMPT_MALFORMED},   {100, ATTEMPT_MALFORMED}, {199, ATTEMPT_MALFORMED},
        {200, ATTEMPT_ANSWERED},  {203, ATTEMPT_ANSWERED},  {204, ATTEMPT_MALFORMED},
        {301, ATTEMPT_MALFORMED}, {399, ATTEMPT_MALFORMED}, {400, ATTEMPT_REJECTED},
        {401, ATTEMPT_REFUSED},   {402, ATTEMPT_REFUSED},   {403, ATTEMPT_REFUSED},
        {404, ATTEMPT_MISSING},   {405, ATTEMPT_REJECTED},  {407, ATTEMPT_REJECTED},
        {408, ATTEMPT_UNREADY},   {409, ATTEMPT_UNREADY},   {410, ATTEMPT_REJECTED},
        {413, ATTEMPT_REJECTED},  {422, ATTEMPT_REJECTED},  {424, ATTEMPT_REJECTED},
        {425, ATTEMPT_UNREADY},   {426, ATTEMPT_REJECTED},  {428, ATTEMPT_REJECTED},
        {429, ATTEMPT_BUSY},      {430, ATTEMPT_REJECTED},  {499, ATTEMPT_REJECTED},
        {500, ATTEMPT_BROKEN},    {503, ATTEMPT_BROKEN},    {529, ATTEMPT_BROKEN},
        {599, ATTEMPT_BROKEN},    {600, ATTEMPT_MALFORMED}, {-1, ATTEMPT_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        if (attempt_result_of_status(rows[i].status) != rows[i].result)
            fail_msg("%d is %s", rows[i].status,
                     attempt_result_word(attempt_result_of_status(rows[i].status)));
    }
}

static void each_error_of_a_transfer_has_a_result(void **state)
{
    static const struct {
        int err;
        enum attempt_result result;
    } rows[] = {
        {0, ATTEMPT_ANSWERED},
        {ERR_UPSTREAM_RESOLVE, ATTEMPT_RESOLVE},
        {ERR_UPSTREAM_CONNECT, ATTEMPT_CONNECT},
        {ERR_UPSTREAM_TLS, ATTEMPT_TLS},
        {ERR_UPSTREAM_TIMEOUT, ATTEMPT_TIMEOUT},
        {ERR_UPSTREAM_CUT, ATTEMPT_CUT},
        {ERR_UPSTREAM_PROTOCOL, ATTEMPT_MALFORMED},
        {ERR_UPSTREAM_AUTH_PENDING, ATTEMPT_PENDING},
        {ERR_UPSTREAM_FAILED, ATTEMPT_BROKEN},
        {ERR_UPSTREAM_OVERLOADED, ATTEMPT_BROKEN},
        {ERR_UPSTREAM_BUSY, ATTEMPT_BUSY},
        {ERR_UPSTREAM_REJECTED, ATTEMPT_LOCAL},
        {ERR_UNTRANSLATABLE, ATTEMPT_UNFIT},
        {ERR_TOO_MANY_VALUES, ATTEMPT_UNFIT},
        {ERR_CLIENT_GONE, ATTEMPT_LOCAL},
        {ERR_NO_MEMORY, ATTEMPT_LOCAL},
        {ERR_TOO_MANY_CALLS, ATTEMPT_LOCAL},
        {ERR_TIMEOUT, ATTEMPT_LOCAL},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++)
        assert_int_equal(attempt_result_of_err(rows[i].err), rows[i].result);
}

/* The rule of each result, by what it does: the second attempt, the same again, the breaker. */
static const struct {
    enum attempt_result result;
    const char *word;
    bool elsewhere;
    bool same;
    bool counted;
    bool held;
} effects[] = {
    {ATTEMPT_ANSWERED, "ok", false, false, false, false},
    {ATTEMPT_RESOLVE, "resolve", true, true, true, false},
    {ATTEMPT_CONNECT, "connect", true, true, true, false},
    {ATTEMPT_TLS, "tls", true, true, true, false},
    {ATTEMPT_TIMEOUT, "timeout", true, true, true, false},
    {ATTEMPT_CUT, "cut", true, true, true, false},
    {ATTEMPT_MALFORMED, "malformed", true, true, true, false},
    {ATTEMPT_BUSY, "busy", true, true, false, true},
    {ATTEMPT_UNREADY, "unready", true, true, false, false},
    {ATTEMPT_BROKEN, "broken", true, true, true, true},
    {ATTEMPT_REFUSED, "refused", true, false, true, false},
    {ATTEMPT_MISSING, "missing", true, false, true, false},
    {ATTEMPT_ERROR_BODY, "error_body", true, true, true, false},
    {ATTEMPT_PENDING, "auth_pending", true, true, false, false},
    {ATTEMPT_UNFIT, "unfit", true, false, false, false},
    {ATTEMPT_REJECTED, "rejected", false, false, false, false},
    {ATTEMPT_LOCAL, "local", false, false, false, false},
};

static void a_result_says_whether_another_deployment_is_tried(void **state)
{
    (void)state;
    assert_int_equal(LEN(effects), ATTEMPT_RESULT_COUNT - 1);
    for (size_t i = 0; i < LEN(effects); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1});
        assert_int_equal(effects[i].result, i + 1);
        assert_string_equal(attempt_result_word(effects[i].result), effects[i].word);
        assert_int_equal(attempt_result_is_again(effects[i].result), effects[i].elsewhere);
        expect(&scene, &attempts, 0, effects[i].result);
        assert_int_equal(ask(&scene, &attempts, &attempt),
                         effects[i].elsewhere ? 0 : ERR_NOT_FOUND);
        if (effects[i].elsewhere)
            assert_int_equal(attempt.candidate, 1);
    }
}

static void a_result_says_whether_the_same_deployment_is_tried_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(effects); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        expect(&scene, &attempts, 0, effects[i].result);
        assert_int_equal(ask(&scene, &attempts, &attempt), effects[i].same ? 0 : ERR_NOT_FOUND);
    }
}

static void a_result_says_whether_the_breaker_counts_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(effects); i++) {
        static struct scene scene;
        unsigned openings = 0;

        SET_SCENE(&scene, {1, 1, 0});
        for (int call = 1; call <= FAILURES; call++) {
            struct attempts attempts = {0};
            struct attempt attempt;

            assert_int_equal(ask(&scene, &attempts, &attempt), 0);
            if (tell(&scene, &attempts, effects[i].result))
                openings += call == FAILURES ? 1 : FAILURES;
        }
        assert_int_equal(openings, effects[i].counted ? 1 : 0);
        assert_int_equal(is_open(&scene, 0), effects[i].counted);
    }
}

static void no_result_ends_the_row_of_failures(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(effects); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        atomic_store(&scene.health[0].words[0], 2);
        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        tell(&scene, &attempts, effects[i].result);
        assert_int_equal(atomic_load(&scene.health[0].words[0]), effects[i].counted ? 3 : 2);
    }
}

static void only_an_answer_closes_an_open_breaker(void **state)
{
    (void)state;
    for (size_t i = 0; i < LEN(effects); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        /* Meanwhile others have failed. */
        open_breaker(&scene, 0, NOW + OPEN_MS);
        tell(&scene, &attempts, effects[i].result);
        assert_int_equal(is_open(&scene, 0), effects[i].result != ATTEMPT_ANSWERED);
    }
}

static void a_result_says_whether_retry_after_holds_and_it_is_clamped(void **state)
{
    static const struct {
        uint64_t asked_ms;
        uint64_t held_ms;
    } rows[] = {{0, 0}, {1000, 1000}, {60000, 60000}, {60001, 60000}, {UINT64_MAX, 60000}};

    (void)state;
    for (size_t i = 0; i < LEN(effects) * LEN(rows); i++) {
        const size_t row = i % LEN(rows);
        const size_t effect = i / LEN(rows);
        const bool held = effects[effect].held && rows[row].held_ms != 0;
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        attempts_report(&attempts, &scene.field, effects[effect].result, NOW, rows[row].asked_ms);
        assert_int_equal(attempts_soonest_ms(&scene.field, NOW), held ? rows[row].held_ms : 0);
    }
}

static void no_retry_after_is_believed_when_the_longest_is_none(void **state)
{
    struct attempts attempts = {0};
    struct attempt attempt;
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0});
    scene.field.rules.retry_after_max_ms = 0;
    assert_int_equal(ask(&scene, &attempts, &attempt), 0);
    attempts_report(&attempts, &scene.field, ATTEMPT_BUSY, NOW, 5000);
    assert_int_equal(attempts_soonest_ms(&scene.field, NOW), 0);
}

static void a_later_result_replaces_the_first(void **state)
{
    struct attempts attempts = {0};
    struct attempt attempt;
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0});
    assert_int_equal(ask(&scene, &attempts, &attempt), 0);
    tell(&scene, &attempts, ATTEMPT_BUSY);
    tell(&scene, &attempts, ATTEMPT_CUT);
    assert_int_equal(attempts.count, 1);
    assert_int_equal(attempts.log[0].result, ATTEMPT_CUT);
    assert_int_equal(attempts.log[0].deployment, 100);
    assert_int_equal(atomic_load(&scene.health[0].words[0]), 1);
}

static void the_rules_are_those_of_the_settings(void **state)
{
    const struct settings settings = {.attempts_max = 1,
                                      .pause_ms = 2,
                                      .retry_percent = 3,
                                      .retry_after_max_ms = 4,
                                      .failures = 5,
                                      .open_ms = 6};
    const struct attempt_rules copied = attempt_rules_of(&settings);

    (void)state;
    assert_int_equal(copied.attempts_max, 1);
    assert_int_equal(copied.pause_ms, 2);
    assert_int_equal(copied.retry_percent, 3);
    assert_int_equal(copied.retry_after_max_ms, 4);
    assert_int_equal(copied.failures_max, 5);
    assert_int_equal(copied.open_ms, 6);
}

static void the_header_names_providers_in_the_order_of_attempts(void **state)
{
    const struct fixture_plan plan = {.model_count = 1, .set_count = 1};
    struct attempts attempts = {.count = 3,
                                .log = {{0, ATTEMPT_BROKEN}, {1, ATTEMPT_BUSY}, {0, ATTEMPT_OPEN}}};
    char memory[64];
    struct text text = text_over(memory, sizeof(memory));
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    attempts_write(&attempts, &fixture.snapshot, &text);
    assert_int_equal(text.err, 0);
    assert_true(span_equal(text_span(&text), SPAN("openai=broken, claude=busy, openai=pending")));
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_a_result),
        cmocka_unit_test(each_error_of_a_transfer_has_a_result),
        cmocka_unit_test(a_result_says_whether_another_deployment_is_tried),
        cmocka_unit_test(a_result_says_whether_the_same_deployment_is_tried_again),
        cmocka_unit_test(a_result_says_whether_the_breaker_counts_it),
        cmocka_unit_test(no_result_ends_the_row_of_failures),
        cmocka_unit_test(only_an_answer_closes_an_open_breaker),
        cmocka_unit_test(a_result_says_whether_retry_after_holds_and_it_is_clamped),
        cmocka_unit_test(no_retry_after_is_believed_when_the_longest_is_none),
        cmocka_unit_test(a_later_result_replaces_the_first),
        cmocka_unit_test(the_rules_are_those_of_the_settings),
        cmocka_unit_test(the_header_names_providers_in_the_order_of_attempts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
