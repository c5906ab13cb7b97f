#include "shm/revocations.h"

#include "lib/base/err.h"
#include "shm/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REVOCATIONS_SEALS = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL };

static const size_t words_at = sizeof(struct revocations_header);

_Static_assert(sizeof(struct revocations_header) % REVOCATIONS_LINE == 0, "words begin a line");

static int map(int memfd, int protection, struct mapping *out)
{
    const struct mapping_terms terms = {
        .seals = REVOCATIONS_SEALS, .protection = protection, .bytes_min = words_at};

    return mapping_open(memfd, &terms, out);
}

static int size_and_seal(int memfd, size_t bytes)
{
    if (ftruncate(memfd, (off_t)bytes) != 0)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
    return fcntl(memfd, F_ADD_SEALS, REVOCATIONS_SEALS) == 0 ? 0 : ERR_IO;
}

/* The kernel gives a memfd one descriptor, which writes. */
static int open_for_reading(int memfd)
{
    char path[sizeof("/proc/self/fd/-2147483648")];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static struct revocations view(const struct mapping *mapping)
{
    char *words = (char *)mapping->memory + words_at;

    return (struct revocations){
        .header = mapping->memory,
        .words = (_Atomic uint64_t *)(void *)words,
        .bytes = mapping->bytes,
        .cells_max = (mapping->bytes - words_at) / sizeof(uint64_t) * REVOCATIONS_WORD_BITS,
    };
}

int revocations_create(uint64_t cells_max, struct revocations_fds *fds, struct revocations *out)
{
    uint64_t words = (cells_max + REVOCATIONS_WORD_BITS - 1) / REVOCATIONS_WORD_BITS;
    struct revocations_fds made = REVOCATIONS_FDS_NONE;
    struct mapping mapping;

    made.both = memfd_create("weir-revocations", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made.both < 0)
        return errno == ENOMEM ? ERR_NO_MEMORY : ERR_IO;
    int err = size_and_seal(made.both, words_at + words * sizeof(uint64_t));
    if (err == 0 && (made.readonly = open_for_reading(made.both)) < 0)
        err = ERR_IO;
    if (err == 0)
        err = map(made.both, PROT_READ | PROT_WRITE, &mapping);
    if (err != 0) {
        revocations_close_fds(&made);
        return err;
    }
    *out = view(&mapping);
    out->header->magic = REVOCATIONS_MAGIC;
    out->header->version = REVOCATIONS_VERSION;
    out->header->header_bytes = sizeof(struct revocations_header);
    out->header->cells_max = cells_max;
    out->header->total_bytes = mapping.bytes;
    *fds = made;
    return 0;
}

/* How many bits there are comes from the sealed size; the header must agree, and that is all. */
static int check(const struct revocations *revocations)
{
    const struct revocations_header *header = revocations->header;

    if (header->magic != REVOCATIONS_MAGIC)
        return ERR_CORRUPT;
    if (header->version != REVOCATIONS_VERSION ||
        header->header_bytes != sizeof(struct revocations_header))
        return ERR_VERSION;
    if (header->total_bytes != revocations->bytes || header->cells_max > revocations->cells_max ||
        revocations->cells_max - header->cells_max >= REVOCATIONS_WORD_BITS ||
        (revocations->bytes - words_at) % sizeof(uint64_t) != 0)
        return ERR_CORRUPT;
    return 0;
}

static int open_with(int memfd, int protection, struct revocations *out)
{
    struct mapping mapping;
    int err = map(memfd, protection, &mapping);

    if (err != 0)
        return err;
    struct revocations opened = view(&mapping);
    err = check(&opened);
    if (err != 0)
        mapping_close(mapping.memory, mapping.bytes);
    else
        *out = opened;
    return err;
}

int revocations_open(int memfd, struct revocations *out)
{
    return open_with(memfd, PROT_READ | PROT_WRITE, out);
}

int revocations_open_readonly(int memfd, struct revocations *out)
{
    return open_with(memfd, PROT_READ, out);
}

void revocations_close(struct revocations *revocations)
{
    mapping_close(revocations->header, revocations->bytes);
    *revocations = (struct revocations){0};
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void revocations_close_fds(struct revocations_fds *fds)
{
    close_fd(&fds->both);
    close_fd(&fds->readonly);
}

static _Atomic uint64_t *word_of(const struct revocations *revocations, uint32_t cell)
{
    INVARIANT(cell < revocations->cells_max);
    return &revocations->words[cell / REVOCATIONS_WORD_BITS];
}

static uint64_t bit_of(uint32_t cell)
{
    return UINT64_C(1) << cell % REVOCATIONS_WORD_BITS;
}

void revocations_set(const struct revocations *revocations, uint32_t cell)
{
    atomic_fetch_or_explicit(word_of(revocations, cell), bit_of(cell), memory_order_release);
    atomic_fetch_add_explicit(&revocations->header->changes, 1, memory_order_release);
}

void revocations_clear(const struct revocations *revocations, uint32_t cell)
{
    atomic_fetch_and_explicit(word_of(revocations, cell), ~bit_of(cell), memory_order_release);
}
