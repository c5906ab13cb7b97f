/* Pages of the models: whatever is asked for, a page holds what a plain loop over the models finds. */
#include "lib/base/err.h"
#include "lib/web/pick.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MODELS = 170, SETS = 4, QUERY_BYTES = 1024 };

static bool granted(uint32_t set, uint32_t model)
{
    return set == 1 || (set == 2 && model % 3 != 1) || (set == 3 && model == 7);
}

/* Equal values, missing ones, and the extremes. */
static void spoil(const struct fixture *fixture)
{
    for (uint32_t n = 0; n < MODELS; n++) {
        struct model_row *row = fixture_row(fixture, SNAPSHOT_MODELS, n);

        row->priority = 50 - (int32_t)(n / 10);
        row->max_input_tokens = n % 5 == 0 ? 0 : (n * 37 % 11) * 1000;
        row->max_output_tokens = n % 4 == 0 ? UINT64_MAX : n % 7;
        row->price = n % 6 == 0 ? 0 : ROW_NONE;
        /* Names in another order than slugs; some alike. */
        row->name = snapshot_model(&fixture->snapshot, (MODELS - 1 - n) / 2 * 2)->slug;
    }
    fixture_order(fixture);
}

static void build(struct fixture *fixture)
{
    struct fixture_plan plan = {.model_count = MODELS, .set_count = SETS, .is_granted = granted};

    fixture_build(&plan, fixture);
    spoil(fixture);
    fixture_sum(fixture);
    assert_int_equal(snapshot_check(fixture->memory, fixture->bytes), 0);
}

static struct web_query ask(const char *text)
{
    struct web_query query;
    struct span wrong;

    if (web_query_read(span_of(text), &query, &wrong) != 0)
        fail_msg("%s: %.*s", text, SPAN_FMT(wrong));
    return query;
}

static bool is_found(const struct snapshot *snapshot, uint32_t set, const struct web_query *query,
                     uint32_t model)
{
    char text[WEB_SEARCH_BYTES_MAX + 1];
    char slug[LAYOUT_SLUG_BYTES_MAX + 1];
    struct span own = snapshot_bytes(snapshot, snapshot_model(snapshot, model)->slug);

    snprintf(text, sizeof(text), "%.*s", (int)query->search_bytes, query->search);
    snprintf(slug, sizeof(slug), "%.*s", SPAN_FMT(own));
    return snapshot_is_granted(snapshot, set, model) && strcasestr(slug, text) != NULL;
}

static const char *const orders[] = {
    "",
    "sort=slug",
    "sort=slug&order=desc",
    "sort=name",
    "sort=name&order=desc",
    "sort=context&order=asc",
    "sort=context&order=desc",
    "sort=max_output",
    "sort=max_output&order=desc",
    "sort=input",
    "sort=input&order=desc",
    "sort=output&order=desc",
    "sort=provider",
    "sort=provider&order=desc",
};

enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

static const char *const searches[] = {"", "q=MODEL-000", "q=7", "q=+1++", "q=%31", "q=zzz"};

enum { SEARCHES = sizeof(searches) / sizeof(searches[0]) };

/* All of the list by its pages' numbers: each model that is found, once; @return how many */
static uint32_t list_by_numbers(const struct snapshot *snapshot, uint32_t set, const char *base,
                                uint32_t *out)
{
    uint32_t count = 0;

    for (unsigned number = 1;; number++) {
        char text[QUERY_BYTES];
        struct web_pick pick;

        snprintf(text, sizeof(text), "%s&page=%u", base, number);
        const struct web_query query = ask(text);

        assert_int_equal(web_pick(snapshot, set, &query, &pick), 0);
        if (pick.count == 0)
            return count;
        assert_int_equal(pick.first, count);
        for (uint32_t i = 0; i < pick.count; i++) {
            assert_true(is_found(snapshot, set, &query, pick.models[i]));
            out[count++] = pick.models[i];
        }
        assert_true(pick.count == WEB_PAGE_MODELS || count == pick.total);
    }
}

static void check_is_all(const struct snapshot *snapshot, uint32_t set, const char *base,
                         const uint32_t *list, uint32_t count)
{
    const struct web_query query = ask(base);
    bool seen[MODELS] = {false};
    uint32_t wanted = 0;

    for (uint32_t i = 0; i < count; i++) {
        assert_false(seen[list[i]]);
        seen[list[i]] = true;
    }
    for (uint32_t n = 0; n < MODELS; n++)
        wanted += is_found(snapshot, set, &query, n);
    assert_int_equal(count, wanted);
}

/* Each neighbour stands in its place. */
static void check_is_sorted(const struct snapshot *snapshot, const char *base, const uint32_t *list,
                            uint32_t count)
{
    const struct web_order order = ask(base).order;

    for (uint32_t i = 1; i < count; i++) {
        int side = 0;

        if (order.sort != MODEL_SORT_COUNT) {
            const struct model_facts before = model_facts_of(snapshot, list[i - 1]);
            const struct model_facts behind = model_facts_of(snapshot, list[i]);
            const struct model_key a = model_key_of(&before, order.sort);
            const struct model_key b = model_key_of(&behind, order.sort);

            side = model_key_compare(&a, &b, order.is_falling);
        }
        assert_true(side < 0 || (side == 0 && list[i - 1] < list[i]));
    }
}

/* Where a link leads. */
struct link {
    const char *base;
    const char *word;
    uint32_t model;
};

static void go(const struct snapshot *snapshot, uint32_t set, const struct link *link,
               struct web_pick *pick)
{
    char place_memory[WEB_PLACE_TEXT_BYTES_MAX];
    char text[QUERY_BYTES];
    struct text place = text_over(place_memory, sizeof(place_memory));

    web_add_place(&place, snapshot, ask(link->base).order, link->model);
    assert_int_equal(place.err, 0);
    snprintf(text, sizeof(text), "%s&%s=%.*s", link->base, link->word, SPAN_FMT(text_span(&place)));
    const struct web_query query = ask(text);

    assert_int_equal(web_pick(snapshot, set, &query, pick), 0);
}

/* From every model the pages behind it and before it are those that a reader would turn to. */
static void check_places(const struct snapshot *snapshot, uint32_t set, const char *base,
                         const uint32_t *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct web_pick pick;
        uint32_t left = count - i - 1;

        go(snapshot, set, &(struct link){base, "after", list[i]}, &pick);
        assert_int_equal(pick.first, i + 1);
        assert_int_equal(pick.count, left < WEB_PAGE_MODELS ? left : WEB_PAGE_MODELS);
        assert_memory_equal(pick.models, list + i + 1, pick.count * sizeof(*list));
        go(snapshot, set, &(struct link){base, "before", list[i]}, &pick);
        assert_int_equal(pick.first, i < WEB_PAGE_MODELS ? 0 : i - WEB_PAGE_MODELS);
        assert_memory_equal(pick.models, list + pick.first, pick.count * sizeof(*list));
    }
}

static void pages_are_the_list_cut_into_pieces(void **state)
{
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (uint32_t set = 0; set < SETS; set++) {
        for (size_t i = 0; i < (size_t)ORDERS * SEARCHES; i++) {
            char base[QUERY_BYTES];
            uint32_t list[MODELS];

            snprintf(base, sizeof(base), "%s&%s", orders[i % ORDERS], searches[i / ORDERS]);
            uint32_t count = list_by_numbers(&fixture.snapshot, set, base, list);

            check_is_all(&fixture.snapshot, set, base, list, count);
            check_is_sorted(&fixture.snapshot, base, list, count);
            if (set == 2 || i < ORDERS)
                check_places(&fixture.snapshot, set, base, list, count);
        }
    }
    fixture_free(&fixture);
}

/* The places stay when the model that named one is not granted any more, or gone. */
static void a_place_does_not_need_its_model(void **state)
{
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (size_t i = 0; i < ORDERS; i++) {
        uint32_t all[MODELS] = {0};
        uint32_t count = list_by_numbers(&fixture.snapshot, 1, orders[i], all);

        for (uint32_t n = 0; n < count; n++) {
            struct web_pick pick;
            uint32_t next = n + 1;

            go(&fixture.snapshot, 2, &(struct link){orders[i], "after", all[n]}, &pick);
            while (next < count && !granted(2, all[next]))
                next++;
            assert_int_equal(pick.count > 0, next < count);
            assert_true(pick.count == 0 || pick.models[0] == all[next]);
        }
    }
    fixture_free(&fixture);
}

static void what_is_not_given_stands_last_in_both_directions(void **state)
{
    static const char *const falling[] = {"sort=context", "sort=context&order=desc", "sort=input",
                                          "sort=input&order=desc"};
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (size_t i = 0; i < sizeof(falling) / sizeof(falling[0]); i++) {
        uint32_t list[MODELS] = {0};
        bool is_missing = false;

        assert_int_equal(list_by_numbers(&fixture.snapshot, 1, falling[i], list), MODELS);
        for (uint32_t n = 0; n < MODELS; n++) {
            const struct model_row *row = snapshot_model(&fixture.snapshot, list[n]);
            bool is_given = i < 2 ? row->max_input_tokens != 0 : row->price != ROW_NONE;

            assert_false(is_given && is_missing);
            is_missing = !is_given;
        }
        assert_true(is_missing);
    }
    fixture_free(&fixture);
}

static void a_query_that_cannot_be_meant_is_refused(void **state)
{
    static const struct {
        const char *query;
        const char *word; /* of the sentence; NULL: it is fine */
    } rows[] = {
        {"", NULL},
        {"q=&sort=&order=&page=&after=&before=&model=", NULL},
        {"unknown=%zz&utm=1", NULL},
        {"order=desc", NULL},
        {"sort=nothing", "order"},
        {"sort=SLUG", "order"},
        {"sort=slug&order=up", "order"},
        {"sort=a-word-that-is-too-long-for-any", "order"},
        {"page=0", "Pages"},
        {"page=-1", "Pages"},
        {"page=1.5", "Pages"},
        {"page=1234567890", "Pages"},
        {"page=999999999", NULL},
        {"q=%", "search"},
        {"q=%00", "search"},
        {"after=!", "place"},
        {"after=A", "place"},
        {"before=%zz", "place"},
        {"model=%f", "slug"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct web_query query;
        struct span wrong;
        int err = web_query_read(span_of(rows[i].query), &query, &wrong);

        assert_int_equal(err, rows[i].word == NULL ? 0 : ERR_INVALID);
        if (rows[i].word != NULL &&
            memmem(wrong.ptr, wrong.len, rows[i].word, strlen(rows[i].word)) == NULL)
            fail_msg("%s: %.*s", rows[i].query, SPAN_FMT(wrong));
    }
}

static void a_search_may_have_so_many_bytes_and_no_more(void **state)
{
    char text[QUERY_BYTES] = "q=";
    struct web_query query;
    struct span wrong;

    (void)state;
    memset(text + 2, 'x', WEB_SEARCH_BYTES_MAX);
    assert_int_equal(web_query_read(span_of(text), &query, &wrong), 0);
    assert_int_equal(query.search_bytes, WEB_SEARCH_BYTES_MAX);
    text[2 + WEB_SEARCH_BYTES_MAX] = 'x';
    assert_int_equal(web_query_read(span_of(text), &query, &wrong), ERR_INVALID);
}

static void places_that_no_link_has_are_refused(void **state)
{
    static const char *const places[] = {"after=AAAA", "before=_w", "after=AQAAAAAAAAAAAAAAAA",
                                         "sort=name&after=_____w"};
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const struct web_query query = ask(places[i]);
        struct web_pick pick;

        assert_int_equal(web_pick(&fixture.snapshot, 1, &query, &pick), ERR_INVALID);
    }
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_the_list_cut_into_pieces),
        cmocka_unit_test(a_place_does_not_need_its_model),
        cmocka_unit_test(what_is_not_given_stands_last_in_both_directions),
        cmocka_unit_test(a_query_that_cannot_be_meant_is_refused),
        cmocka_unit_test(a_search_may_have_so_many_bytes_and_no_more),
        cmocka_unit_test(places_that_no_link_has_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
