#include "master/generation.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LABEL_DIGITS = 8,
    CELL_WORDS = sizeof(((struct state_cell *)NULL)->words) / sizeof(uint64_t),
};

int generation_check_secrets(int fd)
{
    const int wanted = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;
    int seals = fcntl(fd, F_GET_SEALS);
    struct stat status;

    if (seals < 0 || (seals & wanted) != wanted)
        return ERR_INVALID;
    if (fstat(fd, &status) != 0)
        return ERR_IO;
    return status.st_size >= (off_t)sizeof(struct secrets_header) ? 0 : ERR_CORRUPT;
}

int generation_open(const struct generation *given, struct generation *out)
{
    struct generation made = *given;

    INVARIANT(made.number != 0);
    int err = generation_check_secrets(made.secrets_fd);
    if (err == 0)
        err = generation_check_secrets(made.accounts_fd);
    if (err == 0)
        err = snapshot_open(made.snapshot_fd, &made.snapshot);
    if (err != 0)
        return err;
    /* A child that inherited the mapping would hold an old generation's memory for its whole life. */
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): the mapping is read-only, madvise(2) has no const */
    if (madvise((void *)(uintptr_t)made.snapshot.header, made.snapshot.bytes, MADV_DONTFORK) != 0)
        err = ERR_IO;
    else if (made.snapshot.header->generation != made.number ||
             made.snapshot.header->listen_count == 0)
        err = ERR_CORRUPT;
    if (err != 0) {
        snapshot_close(&made.snapshot);
        return err;
    }
    *out = made;
    return 0;
}

void generation_close(struct generation *generation)
{
    if (generation->number != 0) {
        snapshot_close(&generation->snapshot);
        close(generation->snapshot_fd);
        close(generation->secrets_fd);
        close(generation->accounts_fd);
    }
    *generation = GENERATION_NONE;
}

const struct settings *generation_settings(const struct generation *generation)
{
    INVARIANT(generation->number != 0);
    return &generation->snapshot.header->settings;
}

static uint32_t usable_cores(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return 1;
    int count = CPU_COUNT(&cores);
    if (count > SETTINGS_WORKERS_MAX)
        return SETTINGS_WORKERS_MAX;
    return count < 1 ? 1 : (uint32_t)count;
}

uint32_t generation_workers(const struct generation *generation)
{
    uint64_t workers = generation_settings(generation)->workers;

    return workers == 0 ? usable_cores() : (uint32_t)workers;
}

void generation_name(const struct generation *generation, char out[static GENERATION_NAME_BYTES])
{
    char hex[DIGEST_HEX_BYTES];

    if (generation->number == 0) {
        snprintf(out, GENERATION_NAME_BYTES, "0-%.*s", LABEL_DIGITS, "00000000");
        return;
    }
    digest_to_hex(&generation->snapshot.header->content, hex);
    snprintf(out, GENERATION_NAME_BYTES, "%llu-%.*s", (unsigned long long)generation->number,
             LABEL_DIGITS, hex);
}

int generation_control_address(const struct generation *generation, struct sockaddr_un *out)
{
    struct span path = snapshot_bytes(&generation->snapshot,
                                      generation->snapshot.header->control_socket);

    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (path.len == 0 || path.len >= sizeof(out->sun_path) || memchr(path.ptr, '\0', path.len))
        return ERR_INVALID;
    memcpy(out->sun_path, path.ptr, path.len);
    return 0;
}

bool generation_fits(const struct generation *generation, const struct state *state)
{
    return generation->snapshot.header->cells_used <= state->cells_max;
}

void generation_init_cells(const struct generation *generation, const struct state *state,
                           const struct revocations *revocations)
{
    uint32_t rows = snapshot_rows(&generation->snapshot, SNAPSHOT_CELLS);

    for (uint32_t i = 0; i < rows; i++) {
        const struct cell_row *row = SNAPSHOT_ROW(&generation->snapshot, CELLS, struct cell_row, i);

        if (row->born != generation->number || row->retired != 0)
            continue;
        struct state_cell *cell = state_cell(state, row->cell);
        for (size_t word = 0; word < CELL_WORDS; word++)
            atomic_store_explicit(&cell->words[word], 0, memory_order_relaxed);
        atomic_store_explicit(&cell->holders, 0, memory_order_relaxed);
        atomic_store(&cell->tag, digest_prefix(&row->identity));
        /* The bits are mostly holes, which a write would fill. */
        if (revocations_has(revocations, row->cell))
            revocations_clear(revocations, row->cell);
    }
}
