/**
 * Bodies of listings in one piece.
 *
 * A listing whose runs are short is cheaper to send as one piece than as many: the kernel takes
 * about 50 ns for each entry of a gather list. So its pieces are copied together, and the last few
 * copies are kept, each in the one place that its grant set and dialect have; others may have it
 * in turns. The memory is taken once and touched when it is used.
 */
#ifndef WEIR_WORKER_LISTING_COPIES_H
#define WEIR_WORKER_LISTING_COPIES_H

#include "lib/base/span.h"
#include "shm/snapshot.h"

enum {
    LISTING_COPIES = 16,
    /* With its head a copy fits the least queue that a connection may have (64 KiB). */
    LISTING_COPY_BYTES_MAX = 49152,
    LISTING_COPY_PIECE_BYTES = 4096, /* pieces of at least this many bytes are gathered instead */
};

struct listing_copies;

/** @return NULL when out of memory */
struct listing_copies *listing_copies_new(void);

/** Clears the pointer; NULL is fine. */
void listing_copies_free(struct listing_copies **copies);

/** Is this listing for listing_copies_get()? */
bool listing_copies_take(const struct listing_row *row);

/**
 * The body of a listing that listing_copies_take() takes.
 *
 * @param grant_set  a row of GRANT_SETS
 * @return borrowed until the next call
 */
struct span listing_copies_get(struct listing_copies *copies, const struct snapshot *snapshot,
                               enum dialect dialect, uint32_t grant_set);

#endif
