#include "worker/listing.h"

void listing_begin(struct listing *listing, const struct snapshot *snapshot, enum dialect dialect,
                   uint32_t grant_set)
{
    *listing = (struct listing){
        .snapshot = snapshot,
        .dialect = snapshot_dialect(snapshot, dialect),
        .fragments = snapshot_fragments(snapshot, dialect),
        .grant_set = grant_set,
        .runs = grant_runs_from(snapshot, grant_set, 0),
    };
}

void listing_begin_page(struct listing *listing, const struct snapshot *snapshot,
                        enum dialect dialect, const struct page *page)
{
    *listing = (struct listing){
        .snapshot = snapshot,
        .fragments = snapshot_fragments(snapshot, dialect),
        .page = page,
        .walk = selection_begin(&page->selection),
    };
}

/* Fragments of adjacent models lie next to each other, each with the comma it begins with. */
static struct span run_bytes(const struct listing *listing, const struct grant_run *run)
{
    struct span first = snapshot_bytes(listing->snapshot, listing->fragments[run->first]);
    struct span last = snapshot_bytes(listing->snapshot, listing->fragments[run->end - 1]);

    return span_from(first.ptr, last.ptr + last.len);
}

/* Behind a tail may come another dialect's items and its tail. */
static void go_behind(struct listing *listing)
{
    enum dialect behind = (enum dialect)listing->dialect->behind;

    listing->is_done = listing->dialect->behind == ROW_NONE;
    if (listing->is_done)
        return;
    listing->dialect = snapshot_dialect(listing->snapshot, behind);
    listing->fragments = snapshot_fragments(listing->snapshot, behind);
    listing->runs = grant_runs_from(listing->snapshot, listing->grant_set, 0);
    listing->has_item = false;
}

static struct span head_of(const struct listing *listing)
{
    return listing->page != NULL ? listing->page->head
                                 : snapshot_bytes(listing->snapshot, listing->dialect->head);
}

static bool next_run(struct listing *listing, struct grant_run *run)
{
    return listing->page != NULL ? selection_next(&listing->page->selection, &listing->walk, run)
                                 : grant_runs_next(&listing->runs, run);
}

static struct span take_tail(struct listing *listing)
{
    const struct page *page = listing->page;
    struct span tail;

    if (page != NULL) {
        listing->is_done = true;
        return (struct span){page->tail, page->tail_bytes};
    }
    tail = snapshot_bytes(listing->snapshot, listing->dialect->tail);
    go_behind(listing);
    return tail;
}

bool listing_next(struct listing *listing, struct span *piece)
{
    struct grant_run run;

    if (listing->is_done)
        return false;
    if (!listing->is_begun) {
        listing->is_begun = true;
        *piece = head_of(listing);
    } else if (next_run(listing, &run)) {
        struct span bytes = run_bytes(listing, &run);

        *piece = listing->has_item ? bytes : span_skip(bytes, 1);
        listing->has_item = true;
    } else {
        *piece = take_tail(listing);
    }
    return true;
}

struct span listing_item(const struct snapshot *snapshot, enum dialect dialect, uint32_t model)
{
    return span_skip(snapshot_fragment(snapshot, dialect, model), 1);
}

/* One entity tag off the front of a list; false at its end. */
static bool next_tag(struct span *list, struct span *tag)
{
    while (list->len > 0 && (*list->ptr == ',' || *list->ptr == ' ' || *list->ptr == '\t'))
        *list = span_skip(*list, 1);
    if (list->len == 0)
        return false;

    const char *comma = memchr(list->ptr, ',', list->len);
    size_t len = comma == NULL ? list->len : (size_t)(comma - list->ptr);

    *tag = span_trim((struct span){list->ptr, len});
    *list = span_skip(*list, len);
    return true;
}

bool listing_etag_matches(struct span if_none_match, struct span etag)
{
    struct span tag;

    while (next_tag(&if_none_match, &tag)) {
        if (span_starts_with(tag, SPAN("W/")))
            tag = span_skip(tag, 2);
        if (span_equal(tag, SPAN("*")) || span_equal(tag, etag))
            return true;
    }
    return false;
}
