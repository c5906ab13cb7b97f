/**
 * Listings that answer a query: which models a page has, and what stands around them.
 *
 * A place between two pages is named by the ordering key of a model, priority and slug, and never
 * by a position: after a reload the next page begins where the last one ended.
 */
#ifndef WEIR_DIALECT_PAGE_H
#define WEIR_DIALECT_PAGE_H

#include "lib/dialect/dialect.h"
#include "lib/dialect/selection.h"

enum {
    PAGE_TAIL_BYTES_MAX = 1536,
    PAGE_TOKEN_BYTES_MAX = (4 + LAYOUT_SLUG_BYTES_MAX) * 4 / 3 + 2,
};

/** Who asks for what. */
struct page_request {
    const struct snapshot *snapshot;
    uint32_t grant_set;
    enum dialect dialect;
    struct span query; /* still encoded */
    bool counts;       /* only how many models there are is asked; of a dialect that can say it */
};

/** Holds nothing of the request: it may be kept until it is sent. */
struct page {
    struct span head; /* of the dialect, static */
    struct selection selection;
    uint64_t body_bytes;
    uint64_t hash; /* with the grant set's entity tag, of the body */
    uint32_t tail_bytes;
    char tail[PAGE_TAIL_BYTES_MAX];
};

/** Does this dialect's list answer a query? Otherwise it is always the whole list. */
bool page_is_asked(enum dialect dialect);

/**
 * @param wrong  for ERR_INVALID, what is wrong; static
 * @return 0 or ERR_INVALID
 */
int page_answer(const struct page_request *request, struct page *page, struct span *wrong);

/** For the dialects: the page of at most `limit` models of `page->selection`. */
struct selection_sum page_cut(const struct page_request *request, struct page *page,
                              uint32_t limit);

/** For the dialects: what stands around the items is known. */
void page_close(struct page *page, const struct selection_sum *sum, struct span head,
                const struct text *tail);

/**
 * A number in the query.
 *
 * @param out  left alone when the query does not have it
 * @return 0, or ERR_INVALID: not a number, or one above `max`
 */
int page_find_number(struct span query, struct span name, uint64_t max, uint64_t *out);

/**
 * A text in the query, decoded into `memory`; empty when the query does not have it.
 *
 * @return 0, or ERR_INVALID: longer than the memory, or malformed
 */
int page_find_text(struct span query, struct span name, char *memory, size_t memory_bytes,
                   struct span *out);

/** The place behind that model, as a token of letters, digits, `-` and `_`. */
void page_add_token(struct text *out, const struct snapshot *snapshot, uint32_t model);

/** @param from  the first model behind the place. @return 0 or ERR_INVALID */
int page_read_token(struct span token, const struct snapshot *snapshot, uint32_t *from);

#endif
