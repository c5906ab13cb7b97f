/**
 * A listing, as pieces of the snapshot: head, runs of granted models, tail. No model is rendered
 * for a request; the pieces together are listing_row.body_bytes long.
 */
#ifndef WEIR_WORKER_LISTING_H
#define WEIR_WORKER_LISTING_H

#include "lib/dialect/page.h"
#include "shm/grant_runs.h"

struct listing {
    const struct snapshot *snapshot;
    const struct dialect_row *dialect;
    const struct ref *fragments; /* of that dialect */
    uint32_t grant_set;
    struct grant_runs runs;     /* those that are left */
    const struct page *page;    /* NULL: the whole list */
    struct selection_walk walk; /* of the page */
    bool is_begun;              /* the head has been given */
    bool has_item;              /* … and a run, so that the next one keeps its comma */
    bool is_done;               /* … and the tail, and what is behind it */
};

/** The snapshot must stay open while pieces are in use. */
void listing_begin(struct listing *listing, const struct snapshot *snapshot, enum dialect dialect,
                   uint32_t grant_set);

/** The same, of one page, which must outlive it. */
void listing_begin_page(struct listing *listing, const struct snapshot *snapshot,
                        enum dialect dialect, const struct page *page);

/** The next piece. @return false when the tail has been given */
bool listing_next(struct listing *listing, struct span *piece);

/** One model's item without the comma that it begins with. */
struct span listing_item(const struct snapshot *snapshot, enum dialect dialect, uint32_t model);

/** Does `If-None-Match` name this ETag (RFC 9110 section 13.1.2, weak comparison)? */
bool listing_etag_matches(struct span if_none_match, struct span etag);

#endif
