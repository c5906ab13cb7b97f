/**
 * A listing, as pieces of the snapshot: head, runs of granted models, tail. No model is copied or
 * rendered for a request. A listing of any length is laid out in batches by a cursor.
 */
#ifndef WEIR_WORKER_LISTING_H
#define WEIR_WORKER_LISTING_H

#include "lib/base/iov.h"
#include "shm/snapshot.h"

struct listing {
    const struct snapshot *snapshot; /* must stay open while pieces are in use */
    enum dialect dialect;
    uint32_t grant_set;
    uint32_t next_model; /* where the next run is looked for; 0: nothing is laid out yet */
    bool is_done;        /* the tail is laid out */
};

void listing_begin(struct listing *listing, const struct snapshot *snapshot, enum dialect dialect,
                   uint32_t grant_set);

/**
 * Lay out as much as fits into `out`, which must have room for three entries at least.
 *
 * Sets is_done with the tail; until then call again with an empty `out`. The pieces of all calls
 * together are listing_row.body_bytes long.
 */
void listing_continue(struct listing *listing, struct iov_builder *out);

/** One model's item without the comma that it begins with. */
struct span listing_item(const struct snapshot *snapshot, enum dialect dialect, uint32_t model);

/** Does `If-None-Match` name this ETag (RFC 9110 section 13.1.2, weak comparison)? */
bool listing_etag_matches(struct span if_none_match, struct span etag);

#endif
