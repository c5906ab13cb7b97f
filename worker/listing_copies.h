/**
 * Bodies of listings in one piece.
 *
 * What is asked for a second time is gathered and kept with its entity tag, so that from then on a
 * list is neither made nor put together, and leaves with its head in one piece: the kernel takes
 * about 50 ns for each entry of a gather list. What is asked for once, as by who walks through
 * pages, costs no copy. Each list has one place, which others may have in turns. The memory is
 * taken once and touched when it is used.
 */
#ifndef WEIR_WORKER_LISTING_COPIES_H
#define WEIR_WORKER_LISTING_COPIES_H

#include "lib/base/span.h"
#include "lib/dialect/page.h"
#include "worker/exchange.h"
#include "worker/listing.h"

enum {
    LISTING_COPIES = 16,
    /* With its head a copy fits the least queue that a connection may have. */
    LISTING_COPY_BYTES_MAX = (int)SETTINGS_STREAM_BUFFER_LEAST - (int)REPLY_HEAD_BYTES_MAX,
    LISTING_COPY_QUERY_BYTES_MAX = 128,
    LISTING_ETAG_BYTES_MAX = 24,
};

struct listing_copies;

/** Borrowed until the next call. */
struct listing_copy {
    struct span etag;
    struct span body; /* behind REPLY_HEAD_BYTES_MAX writable bytes */
};

/** @return NULL when out of memory */
struct listing_copies *listing_copies_new(void);

/** Clears the pointer; NULL is fine. */
void listing_copies_free(struct listing_copies **copies);

/** @param asked  its query is empty where it makes no difference */
bool listing_copies_find(const struct listing_copies *copies, const struct page_request *asked,
                         struct listing_copy *out);

/** What a list that was not found turned out to be. */
struct listing_found {
    struct span etag;
    uint64_t body_bytes;
    struct listing *pieces; /* from the first one on; used up when they are kept */
};

/**
 * Keep what was not found.
 *
 * @return false: it is longer than a copy, or asked for the first time; send the pieces themselves
 */
bool listing_copies_keep(struct listing_copies *copies, const struct page_request *asked,
                         const struct listing_found *found, struct listing_copy *out);

#endif
