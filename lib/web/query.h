/**
 * What a person asks of the page of models: what to look for, in which order, from where on.
 *
 *   q             a part of a slug or a name, whatever the case of A-Z
 *   sort, order   a word of MODEL_SORT_MAP; `asc` (assumed) or `desc`; without sort: display order
 *   after         the page behind that place, `before` the one in front of it: places name models
 *                 by what they are sorted by, so that a reload between two pages loses none
 *   page          1, 2 …: by number
 *   model         a slug, for the examples
 */
#ifndef WEIR_WEB_QUERY_H
#define WEIR_WEB_QUERY_H

#include "lib/base/text.h"
#include "shm/model_order.h"

enum {
    WEB_SEARCH_BYTES_MAX = 100,
    /* length of the text, text, number, priority, slug; see web_add_place() */
    WEB_PLACE_BYTES_MAX = 1 + 255 + 8 + 4 + LAYOUT_SLUG_BYTES_MAX,
    WEB_PLACE_TEXT_BYTES_MAX = (WEB_PLACE_BYTES_MAX * 4 + 2) / 3,
};

/** The order of a page; MODEL_SORT_COUNT is the display order. */
struct web_order {
    enum model_sort sort;
    bool is_falling;
};

/** Holds what it read: it outlives the request's bytes. */
struct web_query {
    struct web_order order;
    uint64_t page; /* 0: not given */
    bool is_after; /* which of the two `place` is */
    uint32_t search_bytes;
    uint32_t place_bytes; /* 0: neither */
    uint32_t model_bytes;
    char search[WEB_SEARCH_BYTES_MAX]; /* as typed, but for blanks at its ends */
    char folded[WEB_SEARCH_BYTES_MAX];
    char place[WEB_PLACE_BYTES_MAX]; /* decoded */
    char model[LAYOUT_SLUG_BYTES_MAX];
};

/**
 * @param query  of the request target, still encoded
 * @param wrong  for ERR_INVALID, what is wrong, as a sentence; static
 * @return 0 or ERR_INVALID
 */
int web_query_read(struct span query, struct web_query *out, struct span *wrong);

static inline struct span web_query_search(const struct web_query *query)
{
    return (struct span){query->search, query->search_bytes};
}

/** The place of a model in an order, as letters, digits, `-` and `_`. */
void web_add_place(struct text *out, const struct snapshot *snapshot, struct web_order order,
                   uint32_t model);

/**
 * Where in the order that place is.
 *
 * @param behind  the first place behind the model itself, else the model's own
 * @return 0 … the number of models; or UINT32_MAX for bytes that web_add_place() did not write
 */
uint32_t web_find_place(const struct snapshot *snapshot, struct web_order order, struct span place,
                        bool behind);

#endif
