/* Listings as pieces and as copies: the same bytes, whoever asked before. */
#include "tests/unit/snapshot_fixture.h"
#include "worker/listing.h"
#include "worker/listing_copies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MODELS = 40, SETS = 40 };

/* Set n holds the models that n divides, but for the first n: short runs, and no two sets alike. */
static bool multiples(uint32_t set, uint32_t model)
{
    return model % set == 0 && model >= set;
}

static void build(struct fixture *fixture, uint64_t generation, uint8_t content)
{
    struct fixture_plan plan = {.model_count = MODELS, .set_count = SETS, .is_granted = multiples};

    fixture_build(&plan, fixture);
    fixture->header->generation = generation;
    fixture->header->content.bytes[0] = content;
}

/* The copy is what the pieces are together, and as long as was told. */
static void check_copy(struct listing_copies *copies, const struct snapshot *snapshot, uint32_t set)
{
    struct span copy = listing_copies_get(copies, snapshot, DIALECT_OPENAI, set);
    struct listing listing;
    struct span piece;

    assert_int_equal(copy.len, snapshot_listing(snapshot, set, DIALECT_OPENAI)->body_bytes);
    listing_begin(&listing, snapshot, DIALECT_OPENAI, set);
    while (listing_next(&listing, &piece)) {
        assert_true(span_starts_with(copy, piece));
        copy = span_skip(copy, piece.len);
    }
    assert_int_equal(copy.len, 0);
    assert_false(listing_next(&listing, &piece));
}

static void a_copy_is_the_pieces_of_its_own_set(void **state)
{
    struct listing_copies *copies = listing_copies_new();
    struct fixture fixture;

    (void)state;
    assert_non_null(copies);
    build(&fixture, 1, 1);
    for (unsigned round = 0; round < 2; round++) {
        /* More sets than places. */
        for (uint32_t set = 0; set < SETS; set++)
            check_copy(copies, &fixture.snapshot, set);
    }
    for (unsigned round = 0; round < 2; round++)
        check_copy(copies, &fixture.snapshot, 3);
    fixture_free(&fixture);
    listing_copies_free(&copies);
    listing_copies_free(&copies);
}

/* The byte stands in a fragment of model 6, which set 3 holds. */
static void spoil(const struct fixture *fixture)
{
    struct span fragment = snapshot_fragment(&fixture->snapshot, DIALECT_OPENAI, 6);

    *(char *)span_writable(span_skip(fragment, fragment.len / 2)) ^= 1;
}

static void a_copy_is_of_its_own_generation(void **state)
{
    static const struct {
        uint64_t generation;
        uint8_t content;
    } rows[] = {{1, 1}, {2, 1}, {2, 2}, {3, 2}, {1, 1}, {1, 2}};
    struct listing_copies *copies = listing_copies_new();

    (void)state;
    assert_non_null(copies);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture fixture;

        build(&fixture, rows[i].generation, rows[i].content);
        if (i % 2 != 0)
            spoil(&fixture);
        check_copy(copies, &fixture.snapshot, 3);
        fixture_free(&fixture);
    }
    listing_copies_free(&copies);
}

static void short_pieces_are_copied_and_long_ones_gathered(void **state)
{
    static const struct {
        uint32_t runs;
        uint64_t body_bytes;
        bool is_copied;
    } rows[] = {
        {0, 20, false},
        {1, LISTING_COPY_PIECE_BYTES - 1, true},
        {1, LISTING_COPY_PIECE_BYTES, false},
        {20, 12000, true},
        {1, 12000, false},
        {100, LISTING_COPY_BYTES_MAX, true},
        {100, LISTING_COPY_BYTES_MAX + 1, false},
        {UINT32_MAX, UINT64_MAX, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct listing_row row = {.runs = rows[i].runs, .body_bytes = rows[i].body_bytes};

        assert_int_equal(listing_copies_take(&row), rows[i].is_copied);
    }
}

static void any_of_the_tags_matches(void **state)
{
    static const struct {
        const char *field;
        bool matches;
    } rows[] = {
        {"\"a\"", true},       {"W/\"a\"", true}, {"*", true},        {"\"b\", \"a\"", true},
        {" ,\t\"a\" ,", true}, {"\"b\"", false},  {"", false},        {",, ,", false},
        {"a", false},          {"\"a", false},    {"w/\"a\"", false}, {"\"b\",W/\"a\"", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (listing_etag_matches(span_of(rows[i].field), SPAN("\"a\"")) != rows[i].matches)
            fail_msg("%s", rows[i].field);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_the_pieces_of_its_own_set),
        cmocka_unit_test(a_copy_is_of_its_own_generation),
        cmocka_unit_test(short_pieces_are_copied_and_long_ones_gathered),
        cmocka_unit_test(any_of_the_tags_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
