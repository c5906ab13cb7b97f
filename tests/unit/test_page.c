/* Pages of a listing: whatever is asked for, a page holds what a plain loop over the models finds. */
#include "lib/base/err.h"
#include "lib/dialect/openrouter_query.h"
#include "lib/dialect/page.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { MODELS = 200, SETS = 6 };

/* All, every second, every third but for a gap, and long runs. */
static bool granted(uint32_t set, uint32_t model)
{
    switch (set) {
    case 1:
        return true;
    case 2:
        return model % 2 == 1;
    case 3:
        return model % 3 == 0 && (model < 60 || model > 140);
    case 4:
        return model / 40 % 2 == 1;
    default:
        return model == MODELS - 1;
    }
}

static void build(struct fixture *fixture)
{
    struct fixture_plan plan = {.model_count = MODELS, .set_count = SETS, .is_granted = granted};

    fixture_build(&plan, fixture);
    for (uint32_t n = 0; n < MODELS; n++) {
        struct model_row *row = fixture_row(fixture, SNAPSHOT_MODELS, n);

        row->kind = n % 7 == 0 ? MODEL_EMBEDDING : MODEL_CHAT;
        row->lifecycle = n % 5;
        row->lifecycle %= LIFECYCLE_COUNT;
        row->priority = 50 - (int32_t)(n / 10);
        row->inputs = 1U << MODALITY_TEXT;
        row->outputs = 1U << (n % 8 == 0 ? MODALITY_IMAGE : MODALITY_TEXT);
        row->context_window = n;
        row->price = n % 3 == 0 ? 0 : ROW_NONE;
    }
    struct price_row *price = fixture_row(fixture, SNAPSHOT_PRICES, 0);

    price->input = 2500000;
    price->output = PRICE_NONE;
}

static const struct selection_filter filters[] = {
    {0},
    {.kinds = 1U << MODEL_EMBEDDING},
    {.kinds = 1U << MODEL_CHAT, .lifecycles = 1U << LIFECYCLE_RETIRED | 1U << LIFECYCLE_ACTIVE},
    {.providers = 1U << PROVIDER_OPENAI},
    {.providers = 1U << PROVIDER_ANTHROPIC},
    {.outputs = 1U << MODALITY_IMAGE | 1U << MODALITY_VIDEO, .inputs = 1U << MODALITY_TEXT},
    {.inputs = SELECTION_NOBODY},
    {.context_min = 77},
    {.parameters = "tools,seed", .parameter_bytes = 10},
    {.parameters = "seed,tool", .parameter_bytes = 9},
    {.search = "l-0013", .search_bytes = 6},
    {.search = "l-0013", .search_bytes = 6, .kinds = 1U << MODEL_EMBEDDING},
    {.input = {true, 0, UINT64_MAX}},
    {.input = {true, 2500000, 2500000}},
    {.input = {true, 2500001, UINT64_MAX}},
    {.input = {true, 0, 2499999}},
    {.output = {true, 0, UINT64_MAX}},
};

/* Every third model has a price, without a rate of output; what is searched is ten of them. */
static bool is_found(const struct selection_filter *filter, uint32_t model)
{
    if (filter->output.are_asked || (filter->search_bytes != 0 && model / 10 != 13))
        return false;
    return !filter->input.are_asked ||
           (model % 3 == 0 && filter->input.least <= 2500000 && filter->input.most >= 2500000);
}

/* The fixture's deployments all begin with the one at OpenAI. */
static bool is_wanted(const struct selection *selection, uint32_t model)
{
    const struct selection_filter *filter = &selection->filter;
    const struct model_row *row = snapshot_model(selection->snapshot, model);

    if (!snapshot_is_granted(selection->snapshot, selection->grant_set, model) ||
        model < selection->from || model >= selection->end)
        return false;
    /* Of the fixture's models every second one has the parameter `tools`, none `tool`. */
    if (filter->parameter_bytes == 9 || (filter->parameter_bytes == 10 && model % 2 != 0))
        return false;
    if (!is_found(filter, model))
        return false;
    if ((filter->inputs != 0 && (filter->inputs & row->inputs) == 0) ||
        (filter->outputs != 0 && (filter->outputs & row->outputs) == 0) ||
        row->context_window < filter->context_min)
        return false;
    return (filter->kinds == 0 || (filter->kinds >> row->kind & 1) != 0) &&
           (filter->lifecycles == 0 || (filter->lifecycles >> row->lifecycle & 1) != 0) &&
           (filter->providers == 0 || (filter->providers >> PROVIDER_OPENAI & 1) != 0);
}

static void check_walk(const struct selection *selection)
{
    struct selection_walk walk = selection_begin(selection);
    struct grant_run run = {0, 0};
    uint32_t next = 0;
    uint32_t count = 0;

    while (selection_next(selection, &walk, &run)) {
        assert_true(run.first < run.end);
        for (; next < run.first; next++)
            assert_false(is_wanted(selection, next));
        for (; next < run.end; next++, count++)
            assert_true(is_wanted(selection, next));
    }
    for (; next < MODELS; next++)
        assert_false(is_wanted(selection, next));
    assert_false(selection_next(selection, &walk, &run));
    assert_int_equal(selection_count(selection), count);
}

static void check_cut(const struct selection *selection, uint32_t limit)
{
    struct selection cut = *selection;
    struct selection_sum sum = selection_cut(&cut, DIALECT_GEMINI, limit);
    uint32_t count = selection_count(selection);
    uint64_t bytes = 0;

    for (uint32_t n = 0; n < MODELS; n++)
        bytes += is_wanted(&cut, n) ? snapshot_fragment(cut.snapshot, DIALECT_GEMINI, n).len : 0;
    assert_int_equal(sum.models, count < limit ? count : limit);
    assert_int_equal(sum.has_more, count > limit);
    assert_int_equal(selection_count(&cut), sum.models);
    assert_int_equal(sum.bytes, sum.models == 0 ? 0 : bytes - 1);
    if (sum.models == 0) {
        assert_int_equal(sum.first, ROW_NONE);
        return;
    }
    assert_true(is_wanted(selection, sum.first));
    assert_true(is_wanted(selection, sum.last));
    struct selection rest = *selection;

    selection_skip(&rest, limit);
    assert_int_equal(selection_count(&rest), count - sum.models);
    assert_true(rest.from > sum.last);
}

static void a_selection_is_what_a_plain_loop_finds(void **state)
{
    static const uint32_t bounds[][2] = {{0, MODELS},      {0, 0},        {1, MODELS - 1},
                                         {63, 65},         {64, 128},     {40, 80},
                                         {MODELS, MODELS}, {199, MODELS}, {130, MODELS}};
    static const uint32_t limits[] = {1, 2, 3, 20, 39, 40, 41, 64, 100, MODELS, MODELS + 1};
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (uint32_t set = 0; set < SETS; set++) {
        for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) * 9; i++) {
            struct selection selection;

            selection_init(&selection, &fixture.snapshot, set);
            selection.filter = filters[i / 9];
            selection.from = bounds[i % 9][0];
            selection.end = bounds[i % 9][1];
            check_walk(&selection);
            for (size_t n = 0; n < sizeof(limits) / sizeof(limits[0]); n++)
                check_cut(&selection, limits[n]);
        }
    }
    fixture_free(&fixture);
}

static void a_token_names_the_place_behind_its_model(void **state)
{
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (uint32_t n = 0; n < MODELS; n++) {
        char memory[PAGE_TOKEN_BYTES_MAX];
        struct text token = text_over(memory, sizeof(memory));
        uint32_t from = ROW_NONE;

        page_add_token(&token, &fixture.snapshot, n);
        assert_int_equal(token.err, 0);
        assert_int_equal(page_read_token(text_span(&token), &fixture.snapshot, &from), 0);
        assert_int_equal(from, n + 1);
    }
    fixture_free(&fixture);
}

static void a_place_stays_when_its_model_is_gone(void **state)
{
    static const struct {
        int32_t priority;
        const char *slug;
        uint32_t behind;
    } rows[] = {
        {50, "model-00004", 5}, {50, "model-00004x", 5}, {50, "model-0000", 0}, {51, "zzz", 0},
        {50, "zzz", 10},        {49, "a", 10},           {-7, "a", MODELS},     {31, "zzz", MODELS},
    };
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(
            selection_behind(&fixture.snapshot, rows[i].priority, span_of(rows[i].slug)),
            rows[i].behind);
    fixture_free(&fixture);
}

static void a_token_that_nobody_gave_is_refused(void **state)
{
    static const char *const tokens[] = {"", "A", "AAAA", "AAAAAA", "!", "AAAAAAAA=", "AA AA AA"};
    struct fixture fixture;

    (void)state;
    build(&fixture);
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        uint32_t from = 7;

        assert_int_equal(page_read_token(span_of(tokens[i]), &fixture.snapshot, &from),
                         ERR_INVALID);
        assert_int_equal(from, 7);
    }
    fixture_free(&fixture);
}

static void numbers_of_a_query_are_digits_within_bounds(void **state)
{
    static const struct {
        const char *query;
        int err;
        uint64_t value;
    } rows[] = {
        {"", 0, 20},
        {"n=1", 0, 1},
        {"a=b&n=1000", 0, 1000},
        {"n=", 0, 20},
        {"n", 0, 20},
        {"n=%31%30", 0, 10},
        {"n=1001", ERR_INVALID, 20},
        {"n=-1", ERR_INVALID, 20},
        {"n=1e2", ERR_INVALID, 20},
        {"n=+1", ERR_INVALID, 20},
        {"n=18446744073709551617", ERR_INVALID, 20},
        {"n=%", ERR_INVALID, 20},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 20;

        assert_int_equal(page_find_number(span_of(rows[i].query), SPAN("n"), 1000, &value),
                         rows[i].err);
        assert_int_equal(value, rows[i].value);
    }
}

/* A page that somebody asked for, and what stands behind its models. */
struct asked {
    enum dialect dialect;
    const char *query;
    uint32_t set;
    uint32_t models;
    const char *tail;
};

static void check_answers(const struct asked *rows, size_t count, bool counts)
{
    struct fixture fixture;

    build(&fixture);
    for (size_t i = 0; i < count; i++) {
        const struct page_request request = {.snapshot = &fixture.snapshot,
                                             .grant_set = rows[i].set,
                                             .dialect = rows[i].dialect,
                                             .query = span_of(rows[i].query),
                                             .counts = counts};
        struct page page;
        struct span wrong;

        assert_int_equal(page_answer(&request, &page, &wrong), 0);
        assert_int_equal(selection_count(&page.selection), rows[i].models);
        assert_int_equal(page.tail_bytes, strlen(rows[i].tail));
        assert_memory_equal(page.tail, rows[i].tail, page.tail_bytes);
    }
    fixture_free(&fixture);
}

static const struct asked pages[] = {
    {DIALECT_OPENROUTER,
     "limit=2&input_modalities=text&output_modalities=image,speech&supported_parameters=seed&"
     "context=7",
     1, 2,
     "],\"links\":{\"next\":\"/api/v1/models?limit=2&input_modalities=text&"
     "output_modalities=image&supported_parameters=seed&context=7&after="
     "MQAAAG1vZGVsLTAwMDE2\"},\"total_count\":24}"},
    {DIALECT_OPENROUTER,
     "limit=1&q=+Model-000%20&max_price=2.5000009&min_price=0.0000001&providers=nobody,OPENai", 1,
     1,
     "],\"links\":{\"next\":\"/api/v1/models?limit=1&providers=openai&q=model-000&"
     "min_price=0.000001&max_price=2.5&after=MgAAAG1vZGVsLTAwMDAw\"},\"total_count\":34}"},
    {DIALECT_OPENROUTER, "limit=1&max_price=99999999999999999999", 1, 1,
     "],\"links\":{\"next\":\"/api/v1/models?limit=1&min_price=0&after=MgAAAG1vZGVsLTAwMDAw\"},"
     "\"total_count\":67}"},
    {DIALECT_GEMINI, "", 5, 1, "]}"},
    {DIALECT_GEMINI, "", 0, 0, "}"},
    {DIALECT_GEMINI, "pageSize=1001", 1, MODELS, "]}"},
    {DIALECT_GEMINI, "", 1, 50, "],\"nextPageToken\":\"LgAAAG1vZGVsLTAwMDQ5\"}"},
    {DIALECT_OPENROUTER, "offset=3", 5, 0, "],\"links\":{\"next\":null},\"total_count\":1}"},
    {DIALECT_OPENROUTER, "limit=50", 1, 50,
     "],\"links\":{\"next\":\"/api/v1/models?limit=50&after=LgAAAG1vZGVsLTAwMDQ5\"},"
     "\"total_count\":200}"},
    {DIALECT_ANTHROPIC, "", 0, 0, "],\"has_more\":false,\"first_id\":null,\"last_id\":null}"},
    {DIALECT_ANTHROPIC, "", 1, 20,
     "],\"has_more\":true,\"first_id\":\"model-00000\",\"last_id\":\"model-00019\"}"},
    {DIALECT_ANTHROPIC_2023, "limit=1&before_id=model-00002", 1, 1,
     "],\"has_more\":true,\"first_id\":\"model-00001\",\"last_id\":\"model-00001\"}"},
};

static void whoever_asks_for_nothing_gets_the_first_page(void **state)
{
    (void)state;
    check_answers(pages, sizeof(pages) / sizeof(pages[0]), false);
    assert_false(page_is_asked(DIALECT_OPENAI));
}

static const struct asked questions[] = {
    {DIALECT_OPENROUTER, "limit=1", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "output_modalities=image,speech", 1, 0, "25}}"},
    {DIALECT_OPENROUTER, "output_modalities=all,image", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "output_modalities=speech", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "supported_parameters=seed%2Ctools&context=150", 1, 0, "25}}"},
    {DIALECT_OPENROUTER, "q=", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "q=%20%20", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "q=MODEL-0019", 1, 0, "10}}"},
    {DIALECT_OPENROUTER, "q=nobody", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "min_price=", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "min_price=0", 1, 0, "67}}"},
    {DIALECT_OPENROUTER, "min_price=2.5", 1, 0, "67}}"},
    {DIALECT_OPENROUTER, "min_price=2.50000000", 1, 0, "67}}"},
    {DIALECT_OPENROUTER, "min_price=2.50000001", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "max_price=2.4999999", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "max_price=2.5000001", 1, 0, "67}}"},
    {DIALECT_OPENROUTER, "min_price=3&max_price=2", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "min_price=18446744073709551615", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "max_output_price=1000", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "providers=", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "providers=OpenAI", 1, 0, "200}}"},
    {DIALECT_OPENROUTER, "providers=anthropic", 1, 0, "0}}"},
    {DIALECT_OPENROUTER, "providers=Google%20Vertex,Azure", 1, 0, "0}}"},
};

static void whoever_asks_how_many_gets_a_number_and_no_model(void **state)
{
    (void)state;
    check_answers(questions, sizeof(questions) / sizeof(questions[0]), true);
}

/* Every parameter at its longest, and the longest slug: what stands behind the models has room. */
static void the_longest_query_fits_into_links_next(void **state)
{
    static const char names[] = "limit=1&context=999999999999999999&"
                                "input_modalities=text,image,audio,video,file,embeddings&"
                                "output_modalities=text,image,audio,video,file,embeddings&"
                                "providers=openai,anthropic,openai_compatible,gemini,openrouter&"
                                "min_price=18446744073709.551615&max_price=18446744073709.551614&"
                                "min_output_price=18446744073709.551615&"
                                "max_output_price=18446744073709.551614&q=";
    char memory[2048];
    char page_memory[PAGE_TAIL_BYTES_MAX];
    struct text query = text_over(memory, sizeof(memory));
    struct text tail = text_over(page_memory, sizeof(page_memory));
    struct selection_filter filter = {0};
    struct span wrong;

    (void)state;
    text_add(&query, span_of(names));
    for (int i = 0; i < SELECTION_SEARCH_BYTES_MAX; i++)
        text_add(&query, SPAN("%ff"));
    text_add(&query, SPAN("&supported_parameters="));
    for (int i = 0; i < SELECTION_PARAMETERS_BYTES_MAX / 2 - 1; i++)
        text_add(&query, SPAN("a,"));
    text_add(&query, SPAN("ab"));
    assert_int_equal(query.err, 0);
    assert_int_equal(openrouter_read_query(text_span(&query), &filter, &wrong), 0);
    assert_int_equal(filter.parameter_bytes, SELECTION_PARAMETERS_BYTES_MAX);
    assert_int_equal(filter.search_bytes, SELECTION_SEARCH_BYTES_MAX);
    openrouter_add_query(&tail, &filter);
    assert_int_equal(tail.err, 0);
    /* Around it: links.next, limit, total_count and a token. */
    assert_true(tail.len + PAGE_TOKEN_BYTES_MAX + 128 <= PAGE_TAIL_BYTES_MAX);
    assert_non_null(memmem(tail.ptr, tail.len, "&max_output_price=18446744073709.551614", 39));
}

static void a_bad_query_says_which_parameter(void **state)
{
    static const char *const queries[] = {
        "min_price=x",
        "min_price=-1",
        "max_price=1e3",
        "max_price=.5",
        "max_price=5.",
        "max_price=1.2.3",
        "min_output_price=,",
        "max_output_price=%zz",
        "providers=openai,",
        "q=%00",
        "q=%",
        "max_price=000000000000000000000000000000001",
        "q=12345678901234567890123456789012345678901234567890123456789012345",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct selection_filter filter = {0};
        struct span wrong;
        size_t name = strcspn(queries[i], "=");

        assert_int_equal(openrouter_read_query(span_of(queries[i]), &filter, &wrong), ERR_INVALID);
        assert_non_null(memmem(wrong.ptr, wrong.len, queries[i], name));
    }
}

static void a_provider_is_asked_for_by_each_of_its_words(void **state)
{
    static const struct {
        const char *query;
        uint32_t kind;
    } rows[] = {
        {"providers=Gemini", PROVIDER_GEMINI},
        {"providers=gemini", PROVIDER_GEMINI},
        {"providers=Google", PROVIDER_GEMINI},
        {"providers=OpenAI-compatible", PROVIDER_OPENAI_COMPATIBLE},
        {"providers=openai_compatible", PROVIDER_OPENAI_COMPATIBLE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct selection_filter filter = {0};
        struct span wrong;

        assert_int_equal(openrouter_read_query(span_of(rows[i].query), &filter, &wrong), 0);
        assert_int_equal(filter.providers & ~SELECTION_NOBODY, UINT32_C(1) << rows[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_provider_is_asked_for_by_each_of_its_words),
        cmocka_unit_test(a_selection_is_what_a_plain_loop_finds),
        cmocka_unit_test(a_token_names_the_place_behind_its_model),
        cmocka_unit_test(a_place_stays_when_its_model_is_gone),
        cmocka_unit_test(a_token_that_nobody_gave_is_refused),
        cmocka_unit_test(numbers_of_a_query_are_digits_within_bounds),
        cmocka_unit_test(whoever_asks_for_nothing_gets_the_first_page),
        cmocka_unit_test(whoever_asks_how_many_gets_a_number_and_no_model),
        cmocka_unit_test(the_longest_query_fits_into_links_next),
        cmocka_unit_test(a_bad_query_says_which_parameter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
