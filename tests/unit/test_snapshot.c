/* Generations: what is found in them, and that nobody can change a published one. */
#include "lib/base/err.h"
#include "shm/grant_runs.h"
#include "tests/unit/snapshot_fixture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool every_third(uint32_t set, uint32_t model)
{
    return model % 3 == set % 3;
}

static bool alternating(uint32_t set, uint32_t model)
{
    return model % 2 == set % 2;
}

static const char *const slugs[] = {"claude-sonnet-4", "gpt-4o", "gpt-4o-mini", "o3"};

static const struct fixture_key keys[] = {
    {"weir_one", 1, KEY_SCOPE_LIST | KEY_SCOPE_CALL, 0},
    {"weir_two", 2, KEY_SCOPE_LIST, 0},
    {"weir_three", 0, 0, 1},
};

static const struct fixture_plan small = {
    .model_count = COUNT(slugs),
    .slugs = slugs,
    .key_count = COUNT(keys),
    .keys = keys,
    .set_count = 3,
    .is_granted = every_third,
};

static struct digest digest_of(const char *text)
{
    struct digester *digester = digester_new();

    assert_non_null(digester);
    struct digest digest = digester_hash(digester, span_of(text));
    digester_free(&digester);
    return digest;
}

static void every_model_is_found_by_exactly_its_slug(void **state)
{
    static const char *const unknown[] = {
        "", "gpt-4", "gpt-4o-", "GPT-4O", "gpt-4o-mini2", "gpt-4o ", "o", "o3\n", "upstream-model"};
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    for (uint32_t n = 0; n < COUNT(slugs); n++)
        assert_int_equal(snapshot_find_model(&fixture.snapshot, span_of(slugs[n])), n);
    for (size_t n = 0; n < COUNT(unknown); n++)
        assert_int_equal(snapshot_find_model(&fixture.snapshot, span_of(unknown[n])), ROW_NONE);
    assert_int_equal(snapshot_find_model(&fixture.snapshot, (struct span){0}), ROW_NONE);
    fixture_free(&fixture);
}

static void ten_thousand_models_are_all_found(void **state)
{
    struct fixture fixture;
    struct fixture_plan plan = {.model_count = 10000, .set_count = 1};
    char memory[FIXTURE_SLUG_BYTES];

    (void)state;
    fixture_build(&plan, &fixture);
    assert_int_equal(snapshot_check(fixture.memory, fixture.bytes), 0);
    for (uint32_t n = 0; n < plan.model_count; n++)
        assert_int_equal(snapshot_find_model(&fixture.snapshot, fixture_slug(n, memory)), n);
    assert_int_equal(snapshot_find_model(&fixture.snapshot, SPAN("model-10000")), ROW_NONE);
    fixture_free(&fixture);
}

static void a_key_is_found_by_all_32_bytes_of_its_digest(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&small, &fixture);
    for (uint32_t n = 0; n < COUNT(keys); n++) {
        struct digest digest = digest_of(keys[n].text);

        assert_int_equal(snapshot_find_key(&fixture.snapshot, &digest), n);
        for (size_t byte = 0; byte < DIGEST_BYTES; byte++) {
            digest.bytes[byte] ^= 0x80;
            assert_int_equal(snapshot_find_key(&fixture.snapshot, &digest), ROW_NONE);
            digest.bytes[byte] ^= 0x80;
        }
    }
    fixture_free(&fixture);
}

static void cells_are_found_by_their_identity(void **state)
{
    struct fixture fixture;
    struct digest absent = digest_of("nobody");

    (void)state;
    fixture_build(&small, &fixture);
    for (uint32_t n = 0; n < snapshot_rows(&fixture.snapshot, SNAPSHOT_CELLS); n++) {
        const struct cell_row *row = SNAPSHOT_ROW(&fixture.snapshot, CELLS, struct cell_row, n);

        assert_ptr_equal(snapshot_find_cell(&fixture.snapshot, &row->identity), row);
    }
    assert_null(snapshot_find_cell(&fixture.snapshot, &absent));
    fixture_free(&fixture);
}

/* Collect the runs of a set again as single models, and compare with the question asked singly. */
static void assert_runs_are_the_bits(const struct snapshot *snapshot, uint32_t set)
{
    uint32_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);
    struct grant_runs runs = grant_runs_from(snapshot, set, 0);
    struct grant_run run;
    uint32_t next = 0;

    while (grant_runs_next(&runs, &run)) {
        assert_true(run.first >= next && run.first < run.end && run.end <= models);
        for (; next < run.first; next++)
            assert_false(snapshot_is_granted(snapshot, set, next));
        for (; next < run.end; next++)
            assert_true(snapshot_is_granted(snapshot, set, next));
    }
    for (; next < models; next++)
        assert_false(snapshot_is_granted(snapshot, set, next));
}

/* Runs that begin and end on each side of a word: set n grants the models from n to 2 n. */
static bool from_n_to_twice_n(uint32_t set, uint32_t model)
{
    return model >= set && model <= 2 * set;
}

static void runs_cover_exactly_the_granted_models(void **state)
{
    struct fixture fixture;
    struct fixture_plan plan = {.set_count = 140, .is_granted = from_n_to_twice_n};

    (void)state;
    for (plan.model_count = 60; plan.model_count < 200; plan.model_count += 34) {
        fixture_build(&plan, &fixture);
        for (uint32_t set = 0; set < plan.set_count; set++)
            assert_runs_are_the_bits(&fixture.snapshot, set);
        fixture_free(&fixture);
    }
}

static void ten_thousand_alternating_models_are_five_thousand_runs(void **state)
{
    struct fixture fixture;
    struct fixture_plan plan = {.model_count = 10000, .set_count = 3, .is_granted = alternating};
    struct grant_run run;
    uint32_t runs = 0;

    (void)state;
    fixture_build(&plan, &fixture);
    struct grant_runs left = grant_runs_from(&fixture.snapshot, 2, 0);
    assert_int_equal(snapshot_check(fixture.memory, fixture.bytes), 0);
    for (; grant_runs_next(&left, &run); runs++) {
        assert_int_equal(run.first, 2 * runs);
        assert_int_equal(run.end, run.first + 1);
    }
    assert_int_equal(runs, 5000);
    assert_int_equal(snapshot_listing(&fixture.snapshot, 2, DIALECT_OPENAI)->runs, 5000);
    fixture_free(&fixture);
}

/* The first run of `set` from `from` on, which begins there and ends at `end`; 0: there is none. */
static void assert_run_from(const struct snapshot *snapshot, uint32_t set, uint32_t from,
                            uint32_t end)
{
    struct grant_runs runs = grant_runs_from(snapshot, set, from);
    struct grant_run run = {0};

    assert_int_equal(grant_runs_next(&runs, &run), end != 0);
    if (end == 0)
        return;
    assert_int_equal(run.first, from);
    assert_int_equal(run.end, end);
    assert_false(grant_runs_next(&runs, &run));
    assert_false(grant_runs_next(&runs, &run));
}

static void a_run_can_be_asked_for_in_its_middle_and_past_the_end(void **state)
{
    struct fixture fixture;
    struct fixture_plan plan = {
        .model_count = 130, .set_count = 50, .is_granted = from_n_to_twice_n};

    (void)state;
    fixture_build(&plan, &fixture);
    assert_run_from(&fixture.snapshot, 49, 50, 99);
    assert_run_from(&fixture.snapshot, 49, 63, 99);
    assert_run_from(&fixture.snapshot, 49, 64, 99);
    assert_run_from(&fixture.snapshot, 49, 98, 99);
    assert_run_from(&fixture.snapshot, 49, 99, 0);
    assert_run_from(&fixture.snapshot, 49, 130, 0);
    assert_run_from(&fixture.snapshot, 49, UINT32_MAX, 0);
    assert_run_from(&fixture.snapshot, 0, 0, 0);
    fixture_free(&fixture);
}

static bool everything(uint32_t set, uint32_t model)
{
    (void)model;
    return set != 0;
}

static void a_run_may_fill_whole_words(void **state)
{
    struct fixture fixture;
    struct fixture_plan plan = {.set_count = 2, .is_granted = everything};

    (void)state;
    for (plan.model_count = 62; plan.model_count <= 194; plan.model_count++) {
        fixture_build(&plan, &fixture);
        assert_run_from(&fixture.snapshot, 1, 0, plan.model_count);
        assert_run_from(&fixture.snapshot, 1, plan.model_count - 1, plan.model_count);
        fixture_free(&fixture);
    }
}

static void a_sealed_generation_opens_and_closes(void **state)
{
    struct fixture fixture;
    struct snapshot snapshot;

    (void)state;
    fixture_build(&small, &fixture);
    int fd = fixture_memfd(fixture.memory, fixture.bytes, FIXTURE_SEALS);
    assert_int_equal(snapshot_open(fd, &snapshot), 0);
    close(fd);
    assert_int_equal(snapshot_find_model(&snapshot, SPAN("o3")), 3);
    snapshot_close(&snapshot);
    assert_null(snapshot.header);
    snapshot_close(&snapshot);
    fixture_free(&fixture);
}

static void a_memfd_that_lacks_one_seal_is_refused(void **state)
{
    struct fixture fixture;
    struct snapshot snapshot;
    struct secrets secrets;
    int ends[2];

    (void)state;
    fixture_build(&small, &fixture);
    for (int seal = 1; seal < FIXTURE_SEALS; seal *= 2) {
        int fd = fixture_memfd(fixture.memory, fixture.bytes, FIXTURE_SEALS & ~seal);

        assert_int_equal(snapshot_open(fd, &snapshot), ERR_INVALID);
        assert_int_equal(secrets_open(fd, &secrets), ERR_INVALID);
        close(fd);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(snapshot_open(ends[0], &snapshot), ERR_INVALID);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(snapshot_open(-1, &snapshot), ERR_INVALID);
    fixture_free(&fixture);
}

static void a_memfd_of_the_wrong_size_is_refused(void **state)
{
    struct fixture fixture;
    struct snapshot snapshot;

    (void)state;
    fixture_build(&small, &fixture);
    const size_t sizes[] = {0, 1, sizeof(struct snapshot_header) - 1, fixture.bytes - 1};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int fd = fixture_memfd(fixture.memory, sizes[i], FIXTURE_SEALS);

        assert_int_equal(snapshot_open(fd, &snapshot), ERR_CORRUPT);
        close(fd);
    }
    fixture_free(&fixture);
}

/* In a process of its own: true when the store killed it. */
static bool does_a_store_kill(char *where)
{
    pid_t child = fork();
    int status = 0;

    assert_true(child >= 0);
    if (child == 0) {
        const struct sigaction fallback = {.sa_handler = SIG_DFL};

        sigaction(SIGSEGV, &fallback, NULL);
        *(volatile char *)where = 'x';
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void nothing_can_change_a_published_generation(void **state)
{
    struct fixture fixture;
    struct snapshot snapshot;
    char path[64];

    (void)state;
    fixture_build(&small, &fixture);
    int fd = fixture_memfd(fixture.memory, fixture.bytes, FIXTURE_SEALS);
    assert_int_equal(snapshot_open(fd, &snapshot), 0);
    void *memory = span_writable((struct span){(const char *)snapshot.header, 0});

    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(pwrite(fd, "x", 1, 64), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    assert_int_equal(ftruncate(fd, (off_t)fixture.bytes - 1), -1);
    assert_int_equal(ftruncate(fd, (off_t)fixture.bytes + 1), -1);
    assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    assert_int_equal(fallocate(fd, 0, 0, (off_t)fixture.bytes + 4096), -1);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, 0), -1);
    assert_ptr_equal(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
    assert_int_equal(mprotect(memory, 4096, PROT_READ | PROT_WRITE), -1);
    assert_true(does_a_store_kill(memory));

    /* The same file by another descriptor has the same seals. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int again = open(path, O_RDWR | O_CLOEXEC);
    assert_true(again >= 0);
    assert_int_equal(write(again, "x", 1), -1);
    assert_int_equal(open(path, O_RDWR | O_TRUNC | O_CLOEXEC), -1);
    close(again);

    assert_memory_equal(snapshot.header, fixture.memory, fixture.bytes);
    snapshot_close(&snapshot);
    close(fd);
    fixture_free(&fixture);
}

static void the_checksum_is_the_one_in_the_header_file(void **state)
{
    /* Worked out from the definition in snapshot.h with another program. */
    static const struct {
        const char *text;
        uint64_t checksum;
    } rows[] = {
        {"", UINT64_C(0xcbf29ce484222325)},
        {"a", UINT64_C(0xaf63dd4c29623373)},
        {"abcdefgh", UINT64_C(0x3919f6b037f80294)},
        {"abcdefghi", UINT64_C(0xff21ee6fe54a93a5)},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(snapshot_checksum(rows[i].text, strlen(rows[i].text)), rows[i].checksum);
    /* FNV-1a 64 of "foobar", from the algorithm's own test suite. */
    assert_int_equal(snapshot_hash_slug(SPAN("foobar")), UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_is_found_by_exactly_its_slug),
        cmocka_unit_test(ten_thousand_models_are_all_found),
        cmocka_unit_test(a_key_is_found_by_all_32_bytes_of_its_digest),
        cmocka_unit_test(cells_are_found_by_their_identity),
        cmocka_unit_test(runs_cover_exactly_the_granted_models),
        cmocka_unit_test(ten_thousand_alternating_models_are_five_thousand_runs),
        cmocka_unit_test(a_run_can_be_asked_for_in_its_middle_and_past_the_end),
        cmocka_unit_test(a_run_may_fill_whole_words),
        cmocka_unit_test(a_sealed_generation_opens_and_closes),
        cmocka_unit_test(a_memfd_that_lacks_one_seal_is_refused),
        cmocka_unit_test(a_memfd_of_the_wrong_size_is_refused),
        cmocka_unit_test(nothing_can_change_a_published_generation),
        cmocka_unit_test(the_checksum_is_the_one_in_the_header_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
