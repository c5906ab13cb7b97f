/** Which models stand on a page: those that are granted and found, in the order that was asked for. */
#ifndef WEIR_WEB_PICK_H
#define WEIR_WEB_PICK_H

#include "lib/web/query.h"

enum { WEB_PAGE_MODELS = 50 };

struct web_pick {
    uint32_t granted; /* models that may be called */
    uint32_t total;   /* … and that the search finds */
    uint32_t first;   /* how many of those stand on pages before */
    uint32_t count;   /* on this page; 0: there is none, or the page is behind the last one */
    uint32_t models[WEB_PAGE_MODELS];
};

/**
 * One pass over the models, two when the page begins at a place; a search reads the text of each
 * granted model once.
 *
 * @return 0, or ERR_INVALID for a place that no link has
 */
int web_pick(const struct snapshot *snapshot, uint32_t grant_set, const struct web_query *query,
             struct web_pick *out);

#endif
