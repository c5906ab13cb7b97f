/*
 * Any bytes as a state segment: refused unless it is one, and what is opened has as many cells as its
 * memfd has room for, whatever is written into it afterwards.
 *
 * Input: a byte of how many cells, one of bytes behind them, one of flags, then the header.
 */
#include "lib/base/err.h"
#include "shm/state.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    FLAG_PLAUSIBLE = 1, /* magic, version and sizes are made right before the input's bytes */
    FLAG_UNSEALED = 2,
    FLAG_READONLY = 4,
    FLAG_SHORT = 0x80, /* the memfd ends anywhere */
    FIELDS_BYTES = offsetof(struct state_header, total_bytes) + sizeof(uint64_t),
};

static const uint64_t cells_at = sizeof(struct state_header) +
                                 SETTINGS_WORKERS_MAX * sizeof(struct worker_slot);

static unsigned take(struct span *input)
{
    unsigned byte = 0;

    if (input->len > 0) {
        byte = (unsigned char)input->ptr[0];
        *input = span_skip(*input, 1);
    }
    return byte;
}

static struct state_header right_header(uint64_t cells, uint64_t bytes)
{
    return (struct state_header){.magic = STATE_MAGIC,
                                 .version = STATE_VERSION,
                                 .slots = SETTINGS_WORKERS_MAX,
                                 .slot_bytes = sizeof(struct worker_slot),
                                 .cell_bytes = sizeof(struct state_cell),
                                 .cells_max = cells,
                                 .total_bytes = bytes};
}

/* A memfd of `bytes` with that header, as far as it fits. */
static int make(const struct state_header *header, uint64_t bytes, unsigned flags)
{
    int fd = memfd_create("fuzz-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    size_t len = bytes < sizeof(*header) ? (size_t)bytes : sizeof(*header);

    INVARIANT(fd >= 0);
    int failed = ftruncate(fd, (off_t)bytes);
    ssize_t written = pwrite(fd, header, len, 0);
    INVARIANT(failed == 0 && written == (ssize_t)len);
    if ((flags & FLAG_UNSEALED) == 0)
        failed = fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    INVARIANT(failed == 0);
    return fd;
}

/* Another process overwrites the header: what is bounded stays so. */
static void use(const struct state *state, uint64_t cells, struct span input, bool is_readonly)
{
    struct worker_slot *last = state_slot(state, SETTINGS_WORKERS_MAX - 1);

    INVARIANT(state->cells_max == cells);
    if (!is_readonly) {
        size_t len = input.len < FIELDS_BYTES ? input.len : FIELDS_BYTES;

        if (len > 0)
            memcpy(state->header, input.ptr, len);
        atomic_store(&last->black_box_next, fuzz_take_number(&input) | UINT64_MAX << 17);
        for (uint64_t i = 0; i < STATE_BLACK_BOX_EVENTS; i++)
            state_record(last, BLACK_BOX_HEAD, i);
        if (cells > 0)
            atomic_store(&state_cell(state, (uint32_t)cells - 1)->words[5], 1);
    }
    INVARIANT(state_phase_word(atomic_load(&last->phase)) != NULL);
    INVARIANT(state_phase_word(fuzz_take_number(&input)) != NULL);
    INVARIANT(state_black_box_word(fuzz_take_number(&input)) != NULL);
    INVARIANT(cells == 0 || atomic_load(&state_cell(state, 0)->tag) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    uint64_t cells = take(&input);
    uint64_t surplus = take(&input);
    unsigned flags = take(&input);
    /* Whole cells too many are cells: a header may say so rightly. */
    cells += surplus / sizeof(struct state_cell);
    surplus %= sizeof(struct state_cell);
    uint64_t bytes = cells_at + cells * sizeof(struct state_cell) + surplus;
    struct state_header right = right_header(cells, bytes);
    struct state_header header = {0};
    struct state state;

    if ((flags & FLAG_SHORT) != 0)
        bytes = surplus * surplus;
    if ((flags & FLAG_PLAUSIBLE) != 0)
        header = right;
    else if (input.len > 0)
        memcpy(&header, input.ptr, input.len < FIELDS_BYTES ? input.len : FIELDS_BYTES);
    int fd = make(&header, bytes, flags);
    bool is_readonly = (flags & FLAG_READONLY) != 0;
    int err = is_readonly ? state_open_readonly(fd, &state) : state_open(fd, &state);
    bool is_right = (flags & (FLAG_UNSEALED | FLAG_SHORT)) == 0 && surplus == 0 &&
                    memcmp(&header, &right, FIELDS_BYTES) == 0;
    INVARIANT((err == 0) == is_right);
    INVARIANT(err == 0 || err == ERR_INVALID || err == ERR_CORRUPT || err == ERR_VERSION);
    if (err == 0) {
        use(&state, cells, input, is_readonly);
        state_close(&state);
    }
    close(fd);
    return 0;
}
