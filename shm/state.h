/**
 * The state segment: the one shared memory that is written while requests run.
 *
 *   state_header | worker_slot[SETTINGS_WORKERS_MAX] | state_cell[cells_max]
 *
 * One memfd, `weir-state`, made by the master, that outlives workers, reloads and upgrades. It is
 * created sparse: a cell that was never used takes no memory. All words are 64-bit atomics. A
 * cache line has one writer unless this file says that it is shared. The master trusts nothing that
 * it reads from a worker's slot.
 */
#ifndef WEIR_SHM_STATE_H
#define WEIR_SHM_STATE_H

#include "shm/counters.h"
#include "shm/settings.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STATE_VERSION = 3,
    STATE_CACHE_LINE = 64,
    STATE_BLACK_BOX_EVENTS = 256, /* a power of two */
    STATE_BLACK_BOX_SHIFT = 56,
};

/** More than any configuration can ask for; keeps the segment's size far from overflow. */
#define STATE_CELLS_MAX UINT64_C(0x100000000)

/** The bits of black_box_event.what that number the request. */
#define STATE_BLACK_BOX_REQUEST ((UINT64_C(1) << STATE_BLACK_BOX_SHIFT) - 1)

#define STATE_MAGIC UINT64_C(0x3141745372696577) /* "weirStA1" */

/** A worker's phases, as it tells them. X(NAME, word in `weir status`) */
#define WORKER_PHASE_MAP(X) \
    X(NONE, "none")         \
    X(STARTING, "starting") \
    X(SERVING, "serving")   \
    X(DRAINING, "draining") \
    X(STOPPED, "stopped")

enum worker_phase {
#define X(name, word) WORKER_##name,
    WORKER_PHASE_MAP(X) WORKER_PHASE_COUNT,
#undef X
};

/** One thing that happened: packed so that a write is two stores and a torn one is harmless. */
struct black_box_event {
    _Atomic uint64_t when_ms;
    _Atomic uint64_t what; /* black_box_what << STATE_BLACK_BOX_SHIFT | request */
};

/** X(NAME, word): what a worker writes into its ring; ids and numbers, never content. */
#define BLACK_BOX_MAP(X)        \
    X(NOTHING, "nothing")       \
    X(HEAD, "head")             \
    X(ADMITTED, "admitted")     \
    X(WAITING, "waiting")       \
    X(STREAMING, "streaming")   \
    X(HELD, "held")             \
    X(FINISHED, "finished")     \
    X(GENERATION, "generation") \
    X(DRAIN, "drain")

enum black_box_what {
#define X(name, word) BLACK_BOX_##name,
    BLACK_BOX_MAP(X) BLACK_BOX_COUNT,
#undef X
};

/** Written by one worker; survives it. */
struct worker_slot {
    _Alignas(STATE_CACHE_LINE) _Atomic uint64_t phase; /* enum worker_phase */
    _Atomic uint64_t heartbeat_ms;                     /* CLOCK_BOOTTIME, about once a second */
    _Atomic uint64_t generation;                       /* the one new requests begin with */
    _Atomic uint64_t requests_started;                 /* numbers requests in the ring */
    /** The oldest generation that an open call began with, or an older one; 0: no call is open. */
    _Atomic uint64_t oldest_named;
    _Alignas(STATE_CACHE_LINE) struct counters counters;
    _Alignas(STATE_CACHE_LINE) _Atomic uint64_t black_box_next; /* events written so far */
    struct black_box_event black_box[STATE_BLACK_BOX_EVENTS];
};

/**
 * A limit, budget or breaker cell. Shared by all workers, by compare-and-swap only.
 *
 * `tag` says whose cell it is (first eight bytes of the identity's digest) and is written by the
 * master before the generation that names the cell is published. `holders` counts what still
 * refers to the cell after its identity may have gone. The words belong to the cell's kind: those
 * of deployments to worker/breaker.h, those of providers to worker/retry_budget.h.
 */
struct state_cell {
    _Alignas(STATE_CACHE_LINE) _Atomic uint64_t tag;
    _Atomic uint64_t holders;
    _Atomic uint64_t words[6];
};

struct state_header {
    uint64_t magic;
    uint32_t version;
    uint32_t slots; /* SETTINGS_WORKERS_MAX */
    uint64_t slot_bytes;
    uint64_t cell_bytes;
    uint64_t cells_max;
    uint64_t total_bytes;
    /** Written by the master alone: the generation that was last published; 0 before the first. */
    _Alignas(STATE_CACHE_LINE) _Atomic uint64_t generation;
};

struct state {
    struct state_header *header; /* NULL: closed; read-only memory after state_open_readonly() */
    size_t bytes;
    uint64_t cells_max; /* from the sealed size, not from memory that others can write */
};

_Static_assert(sizeof(struct state_cell) == STATE_CACHE_LINE, "a cell is one cache line");

/**
 * Make the segment: the master, once.
 *
 * @param memfd  the sealed-in-size descriptor to hand to children; owned by the caller
 * @return 0, ERR_NO_MEMORY or ERR_IO
 */
int state_create(uint64_t cells_max, int *memfd, struct state *out);

/**
 * Map what state_create() made; checks seals, magic, version and every size. The descriptor stays
 * yours; for reading alone, one that was opened read-only will do.
 *
 * @return 0, ERR_INVALID (not sealed in size), ERR_CORRUPT, ERR_VERSION or ERR_IO
 */
int state_open(int memfd, struct state *out);
int state_open_readonly(int memfd, struct state *out);

/** Unmap; a closed one is fine. */
void state_close(struct state *state);

/** Slot `number` (below SETTINGS_WORKERS_MAX). */
struct worker_slot *state_slot(const struct state *state, uint32_t number);

/** Cell `number` (below cells_max). */
struct state_cell *state_cell(const struct state *state, uint32_t number);

/**
 * Append to the slot's ring. One writer: the worker that has the slot. Event n lies at
 * black_box[n % STATE_BLACK_BOX_EVENTS]; a reader takes black_box_next first (acquire) and lives
 * with the oldest ones being overwritten while it reads.
 */
void state_record(struct worker_slot *slot, enum black_box_what what, uint64_t request);

/** Words for people; never NULL, also for numbers outside the table. */
const char *state_phase_word(uint64_t phase);
const char *state_black_box_word(uint64_t what);

#endif
