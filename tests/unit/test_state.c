/* The state segment: its size cannot change, a foreign one is refused, words find their place. */
#include "lib/base/err.h"
#include "shm/state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { CELLS = 1024 };

struct segment {
    int fd;
    struct state state;
};

static int create(void **state)
{
    struct segment *segment = calloc(1, sizeof(*segment));

    *state = segment;
    return segment == NULL ? -1 : state_create(CELLS, &segment->fd, &segment->state);
}

static int destroy(void **state)
{
    struct segment *segment = *state;

    state_close(&segment->state);
    close(segment->fd);
    free(segment);
    return 0;
}

static void two_mappings_show_the_same_words(void **state)
{
    struct segment *segment = *state;
    struct state other;

    assert_int_equal(state_open(segment->fd, &other), 0);
    assert_int_equal(other.cells_max, CELLS);
    for (uint32_t n = 0; n < SETTINGS_WORKERS_MAX; n++)
        atomic_store(&state_slot(&segment->state, n)->heartbeat_ms, n + 1);
    for (uint32_t n = 0; n < CELLS; n++)
        atomic_store(&state_cell(&segment->state, n)->tag, n + 1);
    for (uint32_t n = 0; n < SETTINGS_WORKERS_MAX; n++)
        assert_int_equal(atomic_load(&state_slot(&other, n)->heartbeat_ms), n + 1);
    for (uint32_t n = 0; n < CELLS; n++)
        assert_int_equal(atomic_load(&state_cell(&other, n)->tag), n + 1);
    state_close(&other);
    assert_null(other.header);
    state_close(&other);
}

static void slots_and_cells_begin_cache_lines(void **state)
{
    struct segment *segment = *state;

    for (uint32_t n = 0; n < SETTINGS_WORKERS_MAX; n++) {
        const struct worker_slot *slot = state_slot(&segment->state, n);

        assert_int_equal((uintptr_t)slot % STATE_CACHE_LINE, 0);
    }
    /* The last cell ends where the segment does. */
    const struct state_cell *last = state_cell(&segment->state, CELLS - 1);
    assert_int_equal((uintptr_t)last % STATE_CACHE_LINE, 0);
    assert_ptr_equal(last + 1, (char *)segment->state.header + segment->state.bytes);
}

static void a_cell_that_was_never_used_takes_no_memory(void **state)
{
    enum { MANY = 4194304 };
    struct state large;
    struct stat status;
    int fd;

    (void)state;
    assert_int_equal(state_create(MANY, &fd, &large), 0);
    atomic_store(&state_cell(&large, MANY - 1)->words[5], 1);
    assert_int_equal(fstat(fd, &status), 0);
    assert_true(status.st_size > (off_t)MANY * STATE_CACHE_LINE);
    assert_in_range(status.st_blocks * 512, 4096, 1 << 20);
    state_close(&large);
    close(fd);
}

static void the_size_and_the_seals_cannot_change(void **state)
{
    struct segment *segment = *state;
    off_t bytes = (off_t)segment->state.bytes;

    assert_int_equal(ftruncate(segment->fd, bytes - 1), -1);
    assert_int_equal(ftruncate(segment->fd, bytes + 1), -1);
    assert_int_equal(ftruncate(segment->fd, 0), -1);
    assert_int_equal(fcntl(segment->fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    assert_int_equal(fcntl(segment->fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void a_reader_cannot_write(void **state)
{
    struct segment *segment = *state;
    struct state reader;
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", segment->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    atomic_store(&state_slot(&segment->state, 3)->generation, 7);

    assert_int_equal(state_open(fd, &reader), ERR_IO);
    assert_int_equal(state_open_readonly(fd, &reader), 0);
    assert_int_equal(atomic_load(&state_slot(&reader, 3)->generation), 7);
    assert_int_equal(mprotect(reader.header, 4096, PROT_READ | PROT_WRITE), -1);
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    state_close(&reader);
    close(fd);
}

static void a_foreign_segment_is_refused(void **state)
{
    static const struct {
        size_t offset;
        size_t bytes;
        uint64_t value;
        int err;
    } rows[] = {
#define HEADER(field, value, err) \
    {offsetof(struct state_header, field), sizeof(((struct state_header *)NULL)->field), value, err}
        HEADER(magic, 0, ERR_CORRUPT),
        HEADER(version, STATE_VERSION + 1, ERR_VERSION),
        HEADER(slots, SETTINGS_WORKERS_MAX - 1, ERR_VERSION),
        HEADER(slot_bytes, sizeof(struct worker_slot) + 64, ERR_VERSION),
        HEADER(cell_bytes, sizeof(struct state_cell) * 2, ERR_VERSION),
        HEADER(cells_max, CELLS + 1, ERR_CORRUPT),
        HEADER(cells_max, CELLS - 1, ERR_CORRUPT),
        HEADER(cells_max, UINT64_MAX, ERR_CORRUPT),
        HEADER(total_bytes, 0, ERR_CORRUPT),
#undef HEADER
    };
    struct segment *segment = *state;
    struct state other;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char *field = (char *)segment->state.header + rows[i].offset;
        uint64_t before = 0;

        memcpy(&before, field, rows[i].bytes);
        memcpy(field, &rows[i].value, rows[i].bytes);
        assert_int_equal(state_open(segment->fd, &other), rows[i].err);
        assert_int_equal(state_open_readonly(segment->fd, &other), rows[i].err);
        memcpy(field, &before, rows[i].bytes);
    }
    assert_int_equal(state_open(segment->fd, &other), 0);
    state_close(&other);
}

/* A descriptor that could be cut short under the reader would kill it with SIGBUS. */
static void a_segment_that_could_shrink_is_refused(void **state)
{
    struct segment *segment = *state;
    struct state other;
    int fd = memfd_create("unsealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)segment->state.bytes), 0);
    assert_int_equal(pwrite(fd, segment->state.header, sizeof(*segment->state.header), 0),
                     sizeof(*segment->state.header));
    assert_int_equal(state_open(fd, &other), ERR_INVALID);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
    assert_int_equal(state_open(fd, &other), 0);
    state_close(&other);
    close(fd);

    fd = memfd_create("short", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL), 0);
    assert_int_equal(state_open(fd, &other), ERR_CORRUPT);
    close(fd);
}

static void another_process_cannot_move_the_bounds_of_an_open_segment(void **state)
{
    struct segment *segment = *state;
    uint64_t before = segment->state.header->cells_max;

    segment->state.header->cells_max = UINT64_MAX;
    assert_int_equal(segment->state.cells_max, CELLS);
    segment->state.header->cells_max = before;
}

static void the_black_box_keeps_the_last_events(void **state)
{
    enum { EVENTS = STATE_BLACK_BOX_EVENTS + 10 };
    struct segment *segment = *state;
    struct worker_slot *slot = state_slot(&segment->state, 5);

    for (uint64_t n = 0; n < EVENTS; n++)
        state_record(slot, n % 2 == 0 ? BLACK_BOX_HEAD : BLACK_BOX_FINISHED, n);
    assert_int_equal(atomic_load(&slot->black_box_next), EVENTS);
    for (uint64_t n = EVENTS - STATE_BLACK_BOX_EVENTS; n < EVENTS; n++) {
        struct black_box_event *event = &slot->black_box[n % STATE_BLACK_BOX_EVENTS];
        uint64_t what = atomic_load(&event->what);

        assert_int_equal(what >> STATE_BLACK_BOX_SHIFT,
                         n % 2 == 0 ? BLACK_BOX_HEAD : BLACK_BOX_FINISHED);
        assert_int_equal(what & STATE_BLACK_BOX_REQUEST, n);
        assert_true(atomic_load(&event->when_ms) > 0);
    }
    assert_int_equal(atomic_load(&state_slot(&segment->state, 4)->black_box_next), 0);
    assert_int_equal(atomic_load(&state_slot(&segment->state, 6)->black_box_next), 0);
}

static void a_request_number_never_spills_into_the_word(void **state)
{
    struct segment *segment = *state;
    struct worker_slot *slot = state_slot(&segment->state, 0);

    state_record(slot, BLACK_BOX_DRAIN, UINT64_MAX);
    assert_int_equal(atomic_load(&slot->black_box[0].what) >> STATE_BLACK_BOX_SHIFT,
                     BLACK_BOX_DRAIN);
}

static void every_word_and_counter_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(state_phase_word(WORKER_NONE), "none");
    assert_string_equal(state_phase_word(WORKER_STOPPED), "stopped");
    assert_string_equal(state_phase_word(WORKER_PHASE_COUNT), "unknown");
    assert_string_equal(state_phase_word(UINT64_MAX), "unknown");
    assert_string_equal(state_black_box_word(BLACK_BOX_ADMITTED), "admitted");
    assert_string_equal(state_black_box_word(BLACK_BOX_COUNT), "unknown");
    assert_string_equal(counters_name(COUNTER_connections_accepted), "connections_accepted");
    assert_string_equal(counters_gauge_name(GAUGE_calls_open), "calls_open");
    for (unsigned n = 0; n < COUNTER_COUNT; n++)
        assert_true(counters_name((enum counter)n)[0] != '\0');
    for (unsigned n = 0; n < GAUGE_COUNT; n++)
        assert_true(counters_gauge_name((enum gauge)n)[0] != '\0');
}

static void counters_add_up_and_gauges_are_set(void **state)
{
    struct segment *segment = *state;
    struct counters *counters = &state_slot(&segment->state, 1)->counters;

    counters_add(counters, COUNTER_requests, 1);
    counters_add(counters, COUNTER_requests, 41);
    counters_set(counters, GAUGE_body_bytes, 7);
    counters_set(counters, GAUGE_body_bytes, 3);
    assert_int_equal(atomic_load(&counters->counters[COUNTER_requests]), 42);
    assert_int_equal(atomic_load(&counters->gauges[GAUGE_body_bytes]), 3);
    assert_int_equal(atomic_load(&counters->counters[COUNTER_listings]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_mappings_show_the_same_words, create, destroy),
        cmocka_unit_test_setup_teardown(slots_and_cells_begin_cache_lines, create, destroy),
        cmocka_unit_test(a_cell_that_was_never_used_takes_no_memory),
        cmocka_unit_test_setup_teardown(the_size_and_the_seals_cannot_change, create, destroy),
        cmocka_unit_test_setup_teardown(a_reader_cannot_write, create, destroy),
        cmocka_unit_test_setup_teardown(a_foreign_segment_is_refused, create, destroy),
        cmocka_unit_test_setup_teardown(a_segment_that_could_shrink_is_refused, create, destroy),
        cmocka_unit_test_setup_teardown(another_process_cannot_move_the_bounds_of_an_open_segment,
                                        create, destroy),
        cmocka_unit_test_setup_teardown(the_black_box_keeps_the_last_events, create, destroy),
        cmocka_unit_test_setup_teardown(a_request_number_never_spills_into_the_word, create,
                                        destroy),
        cmocka_unit_test(every_word_and_counter_has_a_name),
        cmocka_unit_test_setup_teardown(counters_add_up_and_gauges_are_set, create, destroy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
