#include "shm/state.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { STATE_SEALS = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static const char *const phase_words[WORKER_PHASE_COUNT] = {
#define X(name, word) word,
    WORKER_PHASE_MAP(X)
#undef X
};

static const char *const black_box_words[BLACK_BOX_COUNT] = {
#define X(name, word) word,
    BLACK_BOX_MAP(X)
#undef X
};

static const size_t slots_at = sizeof(struct state_header);
static const size_t cells_at = sizeof(struct state_header) +
                               SETTINGS_WORKERS_MAX * sizeof(struct worker_slot);

_Static_assert(sizeof(struct state_header) % STATE_CACHE_LINE == 0, "slots begin a cache line");
_Static_assert(sizeof(struct worker_slot) % STATE_CACHE_LINE == 0, "no line has two writers");

static int map(int memfd, int protection, struct mapping *out)
{
    const struct mapping_terms terms = {
        .seals = STATE_SEALS, .protection = protection, .bytes_min = cells_at};

    return mapping_open(memfd, &terms, out);
}

static int size_and_seal(int memfd, size_t bytes)
{
    if (ftruncate(memfd, (off_t)bytes) != 0)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
    return fcntl(memfd, F_ADD_SEALS, STATE_SEALS) == 0 ? 0 : ERR_IO;
}

int state_create(uint64_t cells_max, int *memfd, struct state *out)
{
    struct mapping mapping;
    size_t bytes = cells_at + cells_max * sizeof(struct state_cell);

    INVARIANT(cells_max <= STATE_CELLS_MAX);
    int fd = memfd_create("weir-state", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
    int err = size_and_seal(fd, bytes);
    if (err == 0)
        err = map(fd, PROT_READ | PROT_WRITE, &mapping);
    if (err != 0) {
        close(fd);
        return err;
    }

    struct state_header *header = mapping.memory;
    header->magic = STATE_MAGIC;
    header->version = STATE_VERSION;
    header->slots = SETTINGS_WORKERS_MAX;
    header->slot_bytes = sizeof(struct worker_slot);
    header->cell_bytes = sizeof(struct state_cell);
    header->cells_max = cells_max;
    header->total_bytes = bytes;
    *out = (struct state){header, bytes, cells_max};
    *memfd = fd;
    return 0;
}

/*
 * The number of cells comes from the size of the memfd, which is sealed; the header, which any
 * worker could overwrite, must agree but is not relied on afterwards.
 */
static int check(const struct mapping *mapping, uint64_t *cells_max)
{
    const struct state_header *header = mapping->memory;
    uint64_t cells = (mapping->bytes - cells_at) / sizeof(struct state_cell);

    if (header->magic != STATE_MAGIC)
        return ERR_CORRUPT;
    if (header->version != STATE_VERSION || header->slots != SETTINGS_WORKERS_MAX ||
        header->slot_bytes != sizeof(struct worker_slot) ||
        header->cell_bytes != sizeof(struct state_cell))
        return ERR_VERSION;
    if (header->cells_max != cells || header->total_bytes != mapping->bytes ||
        mapping->bytes != cells_at + cells * sizeof(struct state_cell))
        return ERR_CORRUPT;
    *cells_max = cells;
    return 0;
}

static int open_with(int memfd, int protection, struct state *out)
{
    struct mapping mapping;
    uint64_t cells_max = 0;
    int err = map(memfd, protection, &mapping);

    if (err != 0)
        return err;
    err = check(&mapping, &cells_max);
    if (err != 0) {
        mapping_close(mapping.memory, mapping.bytes);
        return err;
    }
    *out = (struct state){mapping.memory, mapping.bytes, cells_max};
    return 0;
}

int state_open(int memfd, struct state *out)
{
    return open_with(memfd, PROT_READ | PROT_WRITE, out);
}

int state_open_readonly(int memfd, struct state *out)
{
    return open_with(memfd, PROT_READ, out);
}

void state_close(struct state *state)
{
    mapping_close(state->header, state->bytes);
    *state = (struct state){0};
}

static void *at(const struct state *state, size_t offset)
{
    return (char *)state->header + offset;
}

struct worker_slot *state_slot(const struct state *state, uint32_t number)
{
    INVARIANT(state->header != NULL && number < SETTINGS_WORKERS_MAX);
    return at(state, slots_at + number * sizeof(struct worker_slot));
}

struct state_cell *state_cell(const struct state *state, uint32_t number)
{
    INVARIANT(state->header != NULL && number < state->cells_max);
    return at(state, cells_at + number * sizeof(struct state_cell));
}

void state_record(struct worker_slot *slot, enum black_box_what what, uint64_t request)
{
    uint64_t next = atomic_load_explicit(&slot->black_box_next, memory_order_relaxed);
    struct black_box_event *event = &slot->black_box[next % STATE_BLACK_BOX_EVENTS];
    uint64_t number = request & STATE_BLACK_BOX_REQUEST;

    atomic_store_explicit(&event->when_ms, monotime_now().ms, memory_order_relaxed);
    atomic_store_explicit(&event->what, (uint64_t)what << STATE_BLACK_BOX_SHIFT | number,
                          memory_order_relaxed);
    /* Last, so that who has read the number finds what was written before it. */
    atomic_store_explicit(&slot->black_box_next, next + 1, memory_order_release);
}

const char *state_phase_word(uint64_t phase)
{
    return phase < WORKER_PHASE_COUNT ? phase_words[phase] : "unknown";
}

const char *state_black_box_word(uint64_t what)
{
    return what < BLACK_BOX_COUNT ? black_box_words[what] : "unknown";
}
