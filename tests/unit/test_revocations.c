/* The revocation bits: what was set is seen by everybody, and changed by nobody who may only read. */
#include "shm/revocations.h"

#include "lib/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CELLS = 1000, SEALS = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static void what_one_process_sets_another_sees(void **state)
{
    static const uint32_t cells[] = {0, 1, 63, 64, 65, 127, 500, CELLS - 1};
    struct revocations_fds fds;
    struct revocations master;
    struct revocations steward;
    struct revocations worker;

    (void)state;
    assert_int_equal(revocations_create(CELLS, &fds, &master), 0);
    assert_int_equal(revocations_open(fds.both, &steward), 0);
    assert_int_equal(revocations_open_readonly(fds.readonly, &worker), 0);
    assert_true(worker.cells_max >= CELLS && worker.cells_max < CELLS + REVOCATIONS_WORD_BITS);
    for (size_t i = 0; i < COUNT(cells); i++) {
        revocations_set(&steward, cells[i]);
        for (uint32_t cell = 0; cell < CELLS; cell++)
            assert_int_equal(revocations_has(&worker, cell), cell == cells[i]);
        revocations_clear(&master, cells[i]);
        assert_false(revocations_has(&worker, cells[i]));
    }
    revocations_close(&worker);
    revocations_close(&steward);
    revocations_close(&master);
    revocations_close_fds(&fds);
    assert_int_equal(fds.both, -1);
    assert_int_equal(fds.readonly, -1);
}

static void each_revocation_changes_the_number_and_taking_one_back_does_not(void **state)
{
    struct revocations_fds fds;
    struct revocations bits;

    (void)state;
    assert_int_equal(revocations_create(CELLS, &fds, &bits), 0);
    uint64_t before = revocations_changes(&bits);
    revocations_set(&bits, 7);
    assert_int_not_equal(revocations_changes(&bits), before);
    before = revocations_changes(&bits);
    revocations_set(&bits, 7);
    assert_int_not_equal(revocations_changes(&bits), before);
    assert_true(revocations_has(&bits, 7));
    before = revocations_changes(&bits);
    revocations_clear(&bits, 7);
    assert_int_equal(revocations_changes(&bits), before);
    revocations_close(&bits);
    revocations_close_fds(&fds);
}

static void a_worker_has_no_way_to_write(void **state)
{
    struct revocations_fds fds;
    struct revocations bits;
    struct revocations worker;
    const char byte = 0;

    (void)state;
    assert_int_equal(revocations_create(CELLS, &fds, &bits), 0);
    assert_int_equal(revocations_open(fds.readonly, &worker), ERR_IO);
    assert_int_equal(revocations_open_readonly(fds.readonly, &worker), 0);
    assert_int_equal(mprotect(worker.header, worker.bytes, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(errno, EACCES);
    assert_int_equal(pwrite(fds.readonly, &byte, 1, 0), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(fallocate(fds.readonly, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096),
                     -1);
    assert_int_equal(errno, EBADF);
    revocations_close(&worker);
    revocations_close(&bits);
    revocations_close_fds(&fds);
}

static void bits_that_were_never_set_take_no_memory(void **state)
{
    struct revocations_fds fds;
    struct revocations bits;
    struct stat status;

    (void)state;
    assert_int_equal(revocations_create(UINT64_C(1) << 32, &fds, &bits), 0);
    revocations_set(&bits, UINT32_MAX);
    assert_true(revocations_has(&bits, UINT32_MAX));
    assert_int_equal(fstat(fds.both, &status), 0);
    /* Two pages: the header's, and that of the last bit. */
    assert_true(status.st_blocks * 512 <= 2 * sysconf(_SC_PAGESIZE));
    revocations_close(&bits);
    revocations_close_fds(&fds);
}

/* A header over as many words as the case says, with one field made wrong. */
struct spoiled {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint64_t cells_max;
    int64_t more_bytes; /* than header and words; also in total_bytes when `agrees` */
    bool agrees;
    int seals;
    int err;
};

static int memfd_of(const struct spoiled *spoiled)
{
    enum { WORDS = 2 };
    int64_t bytes = (int64_t)sizeof(struct revocations_header) + (int64_t)WORDS * 8 +
                    spoiled->more_bytes;
    struct revocations_header header = {
        .magic = spoiled->magic,
        .version = spoiled->version,
        .header_bytes = spoiled->header_bytes,
        .cells_max = spoiled->cells_max,
        .total_bytes = (uint64_t)(spoiled->agrees ? bytes : bytes + 8),
    };
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_true(pwrite(fd, &header, sizeof(header), 0) == (ssize_t)sizeof(header));
    assert_int_equal(ftruncate(fd, bytes), 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, spoiled->seals), 0);
    return fd;
}

static void anything_else_is_refused(void **state)
{
    enum { V = REVOCATIONS_VERSION, H = sizeof(struct revocations_header) };
    static const struct spoiled rows[] = {
        {REVOCATIONS_MAGIC, V, H, 128, 0, true, SEALS, 0},
        {REVOCATIONS_MAGIC, V, H, 65, 0, true, SEALS, 0},
        {REVOCATIONS_MAGIC, V, H, 64, 0, true, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC, V, H, 129, 0, true, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC, V, H, 128, 4, true, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC, V, H, 128, 0, false, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC, V, H, 128, -17, true, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC + 1, V, H, 128, 0, true, SEALS, ERR_CORRUPT},
        {REVOCATIONS_MAGIC, V + 1, H, 128, 0, true, SEALS, ERR_VERSION},
        {REVOCATIONS_MAGIC, V, H - 64, 128, 0, true, SEALS, ERR_VERSION},
        {REVOCATIONS_MAGIC, V, H, 128, 0, true, F_SEAL_GROW, ERR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct revocations bits;
        int fd = memfd_of(&rows[i]);
        int err = revocations_open(fd, &bits);

        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, err_name(err));
        if (err == 0)
            revocations_close(&bits);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_process_sets_another_sees),
        cmocka_unit_test(each_revocation_changes_the_number_and_taking_one_back_does_not),
        cmocka_unit_test(a_worker_has_no_way_to_write),
        cmocka_unit_test(bits_that_were_never_set_take_no_memory),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
