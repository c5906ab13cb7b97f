/**
 * A page of a list under construction: {"data":[…],"next":cursor or null}. A page whose rows do not
 * fit ADMIN_ANSWER_BYTES_MAX ends early, with the cursor of where it ended.
 */
#ifndef WEIR_STEWARD_ADMIN_PAGE_H
#define WEIR_STEWARD_ADMIN_PAGE_H

#include "steward/admin_call.h"

struct admin_page {
    struct admin_call *call;
    struct text *out;
    size_t kept_bytes; /* up to the end of the last row that was kept */
    uint32_t count;
    struct span last; /* the cursor behind that row */
    bool is_full;
};

/** @return 0 or ERR_NO_MEMORY */
int admin_page_begin(struct admin_call *call, struct admin_page *page);

/** Where the next row is to be written. */
struct text *admin_page_row(struct admin_page *page);

/** @param cursor  that the page behind this row begins with
 *  @return false when it did not fit: stop */
bool admin_page_keep(struct admin_page *page, struct span cursor);

/** @param next  the cursor of the page behind; empty: this is the last. @return 0 */
int admin_page_end(struct admin_page *page, struct span next);

#endif
