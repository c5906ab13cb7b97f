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

static struct page_request list_of(const struct snapshot *snapshot, uint32_t set)
{
    return (struct page_request){
        .snapshot = snapshot, .grant_set = set, .dialect = DIALECT_OPENAI, .query = SPAN("")};
}

/* What is asked for gets its tag from `tag`. @return false: it is for going out in pieces */
static bool keep(struct listing_copies *copies, const struct page_request *asked, struct span tag,
                 struct listing_copy *out)
{
    struct listing listing;

    listing_begin(&listing, asked->snapshot, asked->dialect, asked->grant_set);
    const struct listing_found found = {
        tag, snapshot_listing(asked->snapshot, asked->grant_set, asked->dialect)->body_bytes,
        &listing};

    return listing_copies_keep(copies, asked, &found, out);
}

/* The copy is what the pieces are together. */
static void check_copy(const struct page_request *asked, const struct listing_copy *copy)
{
    struct span body = copy->body;
    struct listing listing;
    struct span piece;

    listing_begin(&listing, asked->snapshot, asked->dialect, asked->grant_set);
    while (listing_next(&listing, &piece)) {
        assert_true(span_starts_with(body, piece));
        body = span_skip(body, piece.len);
    }
    assert_int_equal(body.len, 0);
    assert_false(listing_next(&listing, &piece));
}

static void what_is_asked_for_twice_is_kept(void **state)
{
    struct listing_copies *copies = listing_copies_new();
    struct fixture fixture;
    struct listing_copy copy;

    (void)state;
    assert_non_null(copies);
    build(&fixture, 1, 1);
    const struct page_request asked = list_of(&fixture.snapshot, 3);

    assert_false(listing_copies_find(copies, &asked, &copy));
    assert_false(keep(copies, &asked, SPAN("\"a\""), &copy));
    assert_false(listing_copies_find(copies, &asked, &copy));
    assert_true(keep(copies, &asked, SPAN("\"a\""), &copy));
    check_copy(&asked, &copy);
    assert_true(listing_copies_find(copies, &asked, &copy));
    check_copy(&asked, &copy);
    assert_true(span_equal(copy.etag, SPAN("\"a\"")));
    /* A head may be written in front of it. */
    memset((char *)span_writable(copy.body) - REPLY_HEAD_BYTES_MAX, 'h', REPLY_HEAD_BYTES_MAX);
    assert_true(listing_copies_find(copies, &asked, &copy));
    check_copy(&asked, &copy);
    assert_true(span_equal(copy.etag, SPAN("\"a\"")));
    fixture_free(&fixture);
    listing_copies_free(&copies);
    listing_copies_free(&copies);
}

/* More sets than places: whoever had a place before, a copy is its own set's. */
static void a_copy_is_the_pieces_of_its_own_set(void **state)
{
    struct listing_copies *copies = listing_copies_new();
    struct fixture fixture;
    struct listing_copy copy;
    unsigned found = 0;

    (void)state;
    assert_non_null(copies);
    build(&fixture, 1, 1);
    for (unsigned turn = 0; turn < 1000; turn++) {
        const struct page_request asked = list_of(&fixture.snapshot, turn / 3 % SETS);

        if (listing_copies_find(copies, &asked, &copy))
            found++;
        else if (!keep(copies, &asked, SPAN("\"a\""), &copy))
            continue;
        check_copy(&asked, &copy);
    }
    assert_int_equal(found, 333);
    fixture_free(&fixture);
    listing_copies_free(&copies);
}

static void a_copy_is_of_all_that_was_asked(void **state)
{
    struct listing_copies *copies = listing_copies_new();
    char long_query[LISTING_COPY_QUERY_BYTES_MAX + 1];
    struct fixture fixture;
    struct listing_copy copy;

    (void)state;
    assert_non_null(copies);
    build(&fixture, 1, 1);
    memset(long_query, 'q', sizeof(long_query));
    struct page_request kept = list_of(&fixture.snapshot, 3);
    struct page_request others[] = {kept, kept, kept, kept, kept};

    kept.query = (struct span){long_query, LISTING_COPY_QUERY_BYTES_MAX};
    assert_false(keep(copies, &kept, SPAN("\"a\""), &copy));
    assert_true(keep(copies, &kept, SPAN("\"a\""), &copy));
    assert_true(listing_copies_find(copies, &kept, &copy));
    for (size_t i = 1; i < sizeof(others) / sizeof(others[0]); i++)
        others[i].query = kept.query;
    others[1].query.len--;
    others[2].counts = true;
    others[3].dialect = DIALECT_CODEX;
    others[4].grant_set = 4;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(listing_copies_find(copies, &others[i], &copy));
    /* A longer query has no place, however often it comes. */
    kept.query.len++;
    for (unsigned i = 0; i < 3; i++)
        assert_false(keep(copies, &kept, SPAN("\"a\""), &copy));
    fixture_free(&fixture);
    listing_copies_free(&copies);
}

static void what_is_too_long_is_not_kept(void **state)
{
    struct listing_copies *copies = listing_copies_new();
    struct fixture fixture;
    struct listing_copy copy;
    struct listing listing;

    (void)state;
    assert_non_null(copies);
    build(&fixture, 1, 1);
    const struct page_request asked = list_of(&fixture.snapshot, 3);

    listing_begin(&listing, asked.snapshot, asked.dialect, asked.grant_set);
    const struct listing_found found = {SPAN("\"a\""), LISTING_COPY_BYTES_MAX + 1, &listing};

    for (unsigned i = 0; i < 3; i++)
        assert_false(listing_copies_keep(copies, &asked, &found, &copy));
    fixture_free(&fixture);
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
        struct listing_copy copy;

        build(&fixture, rows[i].generation, rows[i].content);
        if (i % 2 != 0)
            spoil(&fixture);
        const struct page_request asked = list_of(&fixture.snapshot, 3);

        assert_false(listing_copies_find(copies, &asked, &copy));
        while (!keep(copies, &asked, SPAN("\"a\""), &copy))
            continue;
        check_copy(&asked, &copy);
        fixture_free(&fixture);
    }
    listing_copies_free(&copies);
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
        cmocka_unit_test(what_is_asked_for_twice_is_kept),
        cmocka_unit_test(a_copy_is_the_pieces_of_its_own_set),
        cmocka_unit_test(a_copy_is_of_all_that_was_asked),
        cmocka_unit_test(what_is_too_long_is_not_kept),
        cmocka_unit_test(a_copy_is_of_its_own_generation),
        cmocka_unit_test(any_of_the_tags_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
