#include "worker/listing.h"

#include "lib/base/invariant.h"
#include "shm/grant_runs.h"

void listing_begin(struct listing *listing, const struct snapshot *snapshot, enum dialect dialect,
                   uint32_t grant_set)
{
    *listing = (struct listing){.snapshot = snapshot, .dialect = dialect, .grant_set = grant_set};
}

/* Fragments of adjacent models lie next to each other, each with the comma it begins with. */
static struct span run_bytes(const struct snapshot *snapshot, const struct ref *fragments,
                             const struct grant_run *run)
{
    struct span last = snapshot_bytes(snapshot, fragments[run->end - 1]);

    return span_from(snapshot_bytes(snapshot, fragments[run->first]).ptr, last.ptr + last.len);
}

void listing_continue(struct listing *listing, struct iov_builder *out)
{
    const struct snapshot *snapshot = listing->snapshot;
    const struct dialect_row *dialect = snapshot_dialect(snapshot, listing->dialect);
    const struct ref *fragments = snapshot_fragments(snapshot, listing->dialect);
    uint32_t from = listing->next_model;
    struct grant_runs runs = grant_runs_from(snapshot, listing->grant_set, from);
    struct grant_run run = {.end = from};
    bool is_first = from == 0;

    INVARIANT(!listing->is_done && out->cap - out->len >= 3);
    if (is_first)
        iov_add(out, snapshot_bytes(snapshot, dialect->head));
    while (out->cap - out->len > 1) {
        if (!grant_runs_next(&runs, &run)) {
            iov_add(out, snapshot_bytes(snapshot, dialect->tail));
            listing->is_done = true;
            return;
        }
        struct span bytes = run_bytes(snapshot, fragments, &run);

        iov_add(out, is_first ? span_skip(bytes, 1) : bytes);
        is_first = false;
    }
    listing->next_model = run.end;
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
