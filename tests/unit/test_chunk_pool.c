/* Chunks and their ceiling. */
#include "lib/net/chunk_pool.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void the_ceiling_holds_and_opens_again(void **state)
{
    struct chunk_pool pool;
    struct chunk *taken[3];

    (void)state;
    /* Half a chunk more than three is still three. */
    chunk_pool_init(&pool, 3 * CHUNK_BYTES + CHUNK_BYTES / 2, 1);
    for (size_t i = 0; i < 3; i++) {
        taken[i] = chunk_take(&pool);
        assert_non_null(taken[i]);
    }
    assert_null(chunk_take(&pool));
    chunk_return(&pool, &taken[1]);
    assert_null(taken[1]);
    taken[1] = chunk_take(&pool);
    assert_non_null(taken[1]);
    for (size_t i = 0; i < 3; i++)
        chunk_return(&pool, &taken[i]);
    assert_int_equal(pool.live, 0);
    chunk_pool_close(&pool);
}

static void a_chunk_comes_back_empty(void **state)
{
    struct chunk_pool pool;

    (void)state;
    chunk_pool_init(&pool, CHUNK_BYTES, 1);
    struct chunk *chunk = chunk_take(&pool);
    struct chunk *first = chunk;
    chunk->begin = 3;
    chunk->end = 9;
    chunk->next = chunk;
    chunk_return(&pool, &chunk);
    chunk = chunk_take(&pool);
    assert_ptr_equal(chunk, first);
    assert_null(chunk->next);
    assert_int_equal(chunk->begin, 0);
    assert_int_equal(chunk->end, 0);
    chunk_return(&pool, &chunk);
    chunk_pool_close(&pool);
}

static void no_more_spare_chunks_are_kept_than_asked_for(void **state)
{
    struct chunk_pool pool;
    struct chunk *list = NULL;

    (void)state;
    chunk_pool_init(&pool, 8ULL * CHUNK_BYTES, 2);
    for (size_t i = 0; i < 5; i++) {
        struct chunk *chunk = chunk_take(&pool);

        chunk->next = list;
        list = chunk;
    }
    chunk_return_list(&pool, &list);
    assert_null(list);
    assert_int_equal(pool.live, 0);
    assert_int_equal(pool.spare_count, 2);
    chunk_pool_close(&pool);
    assert_int_equal(pool.spare_count, 0);
}

static void nothing_can_be_returned_twice_by_the_same_pointer(void **state)
{
    struct chunk_pool pool;

    (void)state;
    chunk_pool_init(&pool, CHUNK_BYTES, 0);
    struct chunk *chunk = chunk_take(&pool);
    chunk_return(&pool, &chunk);
    chunk_return(&pool, &chunk);
    chunk_return_list(&pool, &chunk);
    assert_int_equal(pool.live, 0);
    chunk_pool_close(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ceiling_holds_and_opens_again),
        cmocka_unit_test(a_chunk_comes_back_empty),
        cmocka_unit_test(no_more_spare_chunks_are_kept_than_asked_for),
        cmocka_unit_test(nothing_can_be_returned_twice_by_the_same_pointer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
