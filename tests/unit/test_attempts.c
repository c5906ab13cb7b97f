/* Which deployment is tried next: weights, tiers, breakers, rounds and budgets. */
#include "tests/unit/attempts_fixture.h"
#include "worker/breaker.h"
#include "worker/retry_budget.h"

/* Pearson's statistic of `drawn` against weights; the bounds below are the 99.99 % quantiles. */
static double chi_square(const struct scene *scene, const unsigned *drawn, unsigned draws)
{
    double total = 0;
    double sum = 0;

    for (uint32_t i = 0; i < scene->field.count; i++)
        total += scene->field.candidates[i].weight;
    for (uint32_t i = 0; i < scene->field.count; i++) {
        double wanted = (double)draws * scene->field.candidates[i].weight / total;

        sum += (drawn[i] - wanted) * (drawn[i] - wanted) / wanted;
    }
    return sum;
}

static void deployments_of_a_tier_are_drawn_by_their_weights(void **state)
{
    static const struct {
        uint32_t weights[8];
        uint32_t count;
        double bound; /* count - 1 degrees of freedom */
    } rows[] = {
        {{1, 1}, 2, 15.14},
        {{3, 1}, 2, 15.14},
        {{99, 1}, 2, 15.14},
        {{1, 2, 3}, 3, 18.42},
        {{1000000, 1000000, 2000000, 4000000}, 4, 21.11},
        {{1, 1, 1, 1, 1, 1, 1, 1}, 8, 29.88},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        unsigned drawn[8] = {0};
        struct shape shapes[8];
        static struct scene scene;

        for (uint32_t n = 0; n < rows[i].count; n++)
            shapes[n] = (struct shape){1, rows[i].weights[n], n};
        set_scene(&scene, shapes, rows[i].count);
        for (unsigned n = 0; n < DRAWS; n++) {
            struct attempts attempts = {0};
            struct attempt attempt;

            assert_int_equal(ask(&scene, &attempts, &attempt), 0);
            assert_int_equal(attempt.pause_ms, 0);
            drawn[attempt.candidate]++;
        }
        assert_true(chi_square(&scene, drawn, DRAWS) < rows[i].bound);
    }
}

/* Also the second draw of a question follows the weights of those that are left. */
static void what_is_left_is_drawn_by_its_weights(void **state)
{
    unsigned drawn[2] = {0};
    static struct scene scene;
    static struct scene rest;

    (void)state;
    SET_SCENE(&rest, {1, 1, 1}, {1, 3, 2});
    SET_SCENE(&scene, {1, 4, 0}, {1, 1, 1}, {1, 3, 2});
    open_breaker(&scene, 0, NOW + OPEN_MS);
    for (unsigned n = 0; n < DRAWS; n++) {
        struct attempts attempts = {0};
        struct attempt attempt;

        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        assert_int_not_equal(attempt.candidate, 0);
        drawn[attempt.candidate - 1]++;
    }
    assert_true(chi_square(&rest, drawn, DRAWS) < 15.14);
}

static void a_weight_of_zero_still_has_its_turn(void **state)
{
    struct attempts attempts = {0};
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 0, 0});
    expect(&scene, &attempts, 0, ATTEMPT_ANSWERED);
}

static void tiers_are_tried_in_their_order(void **state)
{
    (void)state;
    for (int n = 0; n < 100; n++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;
        uint64_t first;

        SET_SCENE(&scene, {1, 1, 0}, {1, 1, 1}, {3, 1000, 2}, {7, 1000, 3});
        scene.field.rules.attempts_max = 4;
        scene.random = (uint64_t)n;
        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        first = attempt.candidate;
        assert_in_range(first, 0, 1);
        tell(&scene, &attempts, ATTEMPT_BROKEN);
        expect(&scene, &attempts, (uint32_t)(1 - first), ATTEMPT_TIMEOUT);
        expect(&scene, &attempts, 2, ATTEMPT_CONNECT);
        expect(&scene, &attempts, 3, ATTEMPT_ANSWERED);
    }
}

static void an_open_breaker_passes_its_tier_by(void **state)
{
    struct attempts attempts = {0};
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1}, {3, 1, 2});
    open_breaker(&scene, 0, NOW + OPEN_MS);
    open_breaker(&scene, 1, NOW + 1);
    expect(&scene, &attempts, 2, ATTEMPT_ANSWERED);
    expect_end(&scene, &attempts, ERR_NOT_FOUND);
}

static void one_call_probes_and_the_next_one_goes_elsewhere(void **state)
{
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1});
    open_breaker(&scene, 0, NOW);
    for (uint32_t call = 0; call < 5; call++) {
        struct attempts attempts = {0};
        struct attempt attempt;

        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        assert_int_equal(attempt.candidate, call == 0 ? 0 : 1);
    }
}

static void nothing_tried_because_all_are_open_is_an_error_of_its_own(void **state)
{
    struct attempts attempts = {0};
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {1, 1, 1}, {2, 1, 2});
    open_breaker(&scene, 0, NOW + 3000);
    open_breaker(&scene, 1, NOW + 2000);
    open_breaker(&scene, 2, NOW + 4000);
    expect_end(&scene, &attempts, ERR_UPSTREAM_OPEN);
    assert_int_equal(attempts_soonest_ms(&scene.field, NOW), 2000);
    assert_int_equal(attempts_soonest_ms(&scene.field, NOW + 1999), 1);
    assert_int_equal(attempts_soonest_ms(&scene.field, NOW + 2000), 0);
    assert_int_equal(err_http_status(ERR_UPSTREAM_OPEN), 503);
    scene.field.count = 0;
    expect_end(&scene, &attempts, ERR_UPSTREAM_OPEN);
    assert_int_equal(attempts_soonest_ms(&scene.field, NOW), 0);
}

static void a_call_makes_no_more_attempts_than_it_may(void **state)
{
    static const struct {
        uint64_t max;
        unsigned made;
    } rows[] = {{1, 1}, {2, 2}, {3, 3}, {7, 7}, {16, 16}, {1000, ATTEMPT_LOG_MAX}};

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0}, {1, 1, 1}, {2, 1, 2}, {2, 1, 3});
        scene.field.rules.attempts_max = rows[i].max;
        while (ask(&scene, &attempts, &attempt) == 0)
            tell(&scene, &attempts, ATTEMPT_UNREADY);
        assert_int_equal(attempts.count, rows[i].made);
    }
}

static void when_all_were_tried_a_pause_comes_that_doubles_and_has_a_bound(void **state)
{
    enum { LONG_PAUSE_MS = 1000 };
    uint64_t seen_min = UINT64_MAX;
    uint64_t seen_max = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct attempts attempts = {0};
        uint64_t wanted = LONG_PAUSE_MS;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1});
        scene.field.rules.attempts_max = ATTEMPT_LOG_MAX;
        scene.field.rules.retry_percent = 100;
        scene.field.rules.pause_ms = LONG_PAUSE_MS;
        scene.random = seed;
        expect(&scene, &attempts, 0, ATTEMPT_UNREADY);
        expect(&scene, &attempts, 1, ATTEMPT_UNREADY);
        for (unsigned round = 1; round < ATTEMPT_LOG_MAX / 2; round++) {
            struct attempt attempt;

            assert_int_equal(ask(&scene, &attempts, &attempt), 0);
            assert_int_equal(attempt.candidate, 0);
            assert_in_range(attempt.pause_ms, wanted - wanted / 4, wanted + wanted / 4);
            seen_min = round == 1 && attempt.pause_ms < seen_min ? attempt.pause_ms : seen_min;
            seen_max = round == 1 && attempt.pause_ms > seen_max ? attempt.pause_ms : seen_max;
            tell(&scene, &attempts, ATTEMPT_UNREADY);
            assert_int_equal(ask(&scene, &attempts, &attempt), 0);
            assert_int_equal(attempt.candidate, 1);
            assert_int_equal(attempt.pause_ms, 0);
            tell(&scene, &attempts, ATTEMPT_UNREADY);
            wanted = wanted * 2 > ATTEMPT_PAUSE_MS_MAX ? ATTEMPT_PAUSE_MS_MAX : wanted * 2;
        }
    }
    /* It is spread over its width. */
    assert_in_range(seen_min, LONG_PAUSE_MS * 3 / 4, LONG_PAUSE_MS * 4 / 5);
    assert_in_range(seen_max, LONG_PAUSE_MS * 6 / 5, LONG_PAUSE_MS * 5 / 4);
}

static void no_round_begins_when_the_calls_time_would_be_over(void **state)
{
    static const struct {
        uint64_t left_ms;
        int err;
    } rows[] = {
        {0, ERR_NOT_FOUND},
        {PAUSE_MS * 3 / 4, ERR_NOT_FOUND},
        {PAUSE_MS * 5 / 4 + 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        scene.field.left_ms = rows[i].left_ms;
        open_breaker(&scene, 0, NOW);
        expect(&scene, &attempts, 0, ATTEMPT_UNREADY);
        open_breaker(&scene, 0, NOW);
        assert_int_equal(ask(&scene, &attempts, &attempt), rows[i].err);
        /* What is not begun takes neither the probe nor the budget. */
        assert_int_equal(breaker_allows_look(&scene.health[0], NOW), rows[i].err != 0);
        assert_int_equal(atomic_load(&scene.budgets[0].words[0]) == 0, rows[i].err != 0);
    }
}

static void a_new_round_leaves_out_what_stays_open_beyond_the_pause(void **state)
{
    static const struct {
        uint64_t hold_ms;
        int err;
    } rows[] = {
        {PAUSE_MS / 2, 0},
        {PAUSE_MS * 3 / 4, 0},
        {PAUSE_MS + PAUSE_MS / 2, ERR_NOT_FOUND},
        {30000, ERR_NOT_FOUND},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        struct attempts attempts = {0};
        struct attempt attempt;
        static struct scene scene;

        SET_SCENE(&scene, {1, 1, 0});
        assert_int_equal(ask(&scene, &attempts, &attempt), 0);
        attempts_report(&attempts, &scene.field, ATTEMPT_BUSY, NOW, rows[i].hold_ms);
        assert_int_equal(ask(&scene, &attempts, &attempt), rows[i].err);
    }
}

static void a_pause_ends_with_the_probe_of_a_breaker_that_ended_in_it(void **state)
{
    struct attempts attempts = {0};
    struct attempts other = {0};
    struct attempt attempt;
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0});
    expect(&scene, &attempts, 0, ATTEMPT_UNREADY);
    open_breaker(&scene, 0, NOW + PAUSE_MS / 2);
    assert_int_equal(ask(&scene, &attempts, &attempt), 0);
    /* The probe is this call's: nobody else gets one at the end of the pause. */
    assert_int_equal(attempts_next(&other, &scene.field, NOW + PAUSE_MS, 1, &attempt),
                     ERR_UPSTREAM_OPEN);
}

static void what_refuses_our_key_or_misses_the_model_stays_out_of_later_rounds(void **state)
{
    struct attempts attempts = {0};
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1}, {3, 1, 2});
    scene.field.rules.attempts_max = 5;
    expect(&scene, &attempts, 0, ATTEMPT_REFUSED);
    expect(&scene, &attempts, 1, ATTEMPT_MISSING);
    expect(&scene, &attempts, 2, ATTEMPT_BROKEN);
    expect(&scene, &attempts, 2, ATTEMPT_BROKEN);
    expect(&scene, &attempts, 2, ATTEMPT_BROKEN);
    expect_end(&scene, &attempts, ERR_NOT_FOUND);
}

static void a_refused_budget_takes_the_candidate_out_and_not_the_others(void **state)
{
    struct attempts attempts = {0};
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {2, 1, 0}, {3, 1, 1});
    atomic_store(&scene.budgets[0].words[0], RETRY_BUDGET_MAX + 200);
    expect(&scene, &attempts, 0, ATTEMPT_UNREADY);
    expect(&scene, &attempts, 2, ATTEMPT_UNREADY);
    assert_int_equal(atomic_load(&scene.budgets[0].words[0]), RETRY_BUDGET_MAX);
    /* It stays out in the next round, also when its provider has saved up meanwhile. */
    atomic_store(&scene.budgets[0].words[0], 0);
    scene.field.rules.attempts_max = 5;
    expect(&scene, &attempts, 0, ATTEMPT_UNREADY);
    expect(&scene, &attempts, 2, ATTEMPT_UNREADY);
}

/* A storm: every attempt fails in a way that opens no breaker. */
static unsigned attempts_of_a_storm(struct scene *scene, unsigned calls)
{
    unsigned made = 0;

    for (unsigned call = 0; call < calls; call++) {
        struct attempts attempts = {0};
        struct attempt attempt;

        while (ask(scene, &attempts, &attempt) == 0) {
            tell(scene, &attempts, ATTEMPT_UNREADY);
            made++;
        }
    }
    return made;
}

static void in_a_storm_retries_die_out_to_their_share(void **state)
{
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {1, 1, 0});
    /* 1,000 first attempts, ten retries at once and a fifth of the calls. */
    assert_int_equal(attempts_of_a_storm(&scene, 1000), 1000 + 10 + 1000 / 5 - 1);

    SET_SCENE(&scene, {1, 1, 0}, {1, 1, 0});
    scene.field.rules.retry_percent = 0;
    assert_int_equal(attempts_of_a_storm(&scene, 1000), 1000);
}

/* Each provider sees every call once: standing in for another one costs nobody's budget. */
static void a_stand_in_sees_every_call_of_a_storm_once(void **state)
{
    static struct scene scene;

    (void)state;
    SET_SCENE(&scene, {1, 1, 0}, {2, 1, 1});
    scene.field.rules.attempts_max = 2;
    assert_int_equal(attempts_of_a_storm(&scene, 1000), 2000);
    assert_int_equal(atomic_load(&scene.budgets[1].words[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deployments_of_a_tier_are_drawn_by_their_weights),
        cmocka_unit_test(what_is_left_is_drawn_by_its_weights),
        cmocka_unit_test(a_weight_of_zero_still_has_its_turn),
        cmocka_unit_test(tiers_are_tried_in_their_order),
        cmocka_unit_test(an_open_breaker_passes_its_tier_by),
        cmocka_unit_test(one_call_probes_and_the_next_one_goes_elsewhere),
        cmocka_unit_test(nothing_tried_because_all_are_open_is_an_error_of_its_own),
        cmocka_unit_test(a_call_makes_no_more_attempts_than_it_may),
        cmocka_unit_test(when_all_were_tried_a_pause_comes_that_doubles_and_has_a_bound),
        cmocka_unit_test(no_round_begins_when_the_calls_time_would_be_over),
        cmocka_unit_test(a_new_round_leaves_out_what_stays_open_beyond_the_pause),
        cmocka_unit_test(a_pause_ends_with_the_probe_of_a_breaker_that_ended_in_it),
        cmocka_unit_test(what_refuses_our_key_or_misses_the_model_stays_out_of_later_rounds),
        cmocka_unit_test(a_refused_budget_takes_the_candidate_out_and_not_the_others),
        cmocka_unit_test(in_a_storm_retries_die_out_to_their_share),
        cmocka_unit_test(a_stand_in_sees_every_call_of_a_storm_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
