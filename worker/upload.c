#include "worker/upload.h"

#include "lib/base/invariant.h"

static void rewind_to_start(struct upload *upload)
{
    upload->chunk = upload->chunks;
    upload->chunk_begin = 0;
    upload->source = 0;
    upload->written = 0;
    upload->edit = 0;
    upload->edit_bytes = 0;
}

void upload_init(struct upload *upload, const struct chunk *chunks, uint64_t body_bytes,
                 const struct call_plan *plan)
{
    *upload = (struct upload){.chunks = chunks, .plan = *plan, .body_bytes = body_bytes};
    rewind_to_start(upload);
}

static uint64_t chunk_bytes(const struct chunk *chunk)
{
    return chunk->end - chunk->begin;
}

static void skip_to_source(struct upload *upload)
{
    while (upload->chunk != NULL &&
           upload->source >= upload->chunk_begin + chunk_bytes(upload->chunk)) {
        upload->chunk_begin += chunk_bytes(upload->chunk);
        upload->chunk = upload->chunk->next;
    }
}

/* The edit that begins at the next byte of the source, if there is one. */
static const struct call_edit *edit_here(const struct upload *upload)
{
    if (upload->edit == upload->plan.edit_count)
        return NULL;
    const struct call_edit *edit = &upload->plan.edits[upload->edit];
    return upload->source == edit->begin ? edit : NULL;
}

/* Edits whose text is out make room for the source that follows them. */
static void skip_done_edits(struct upload *upload)
{
    const struct call_edit *edit;

    while ((edit = edit_here(upload)) != NULL && upload->edit_bytes == edit->with.len) {
        upload->source = edit->end;
        upload->edit++;
        upload->edit_bytes = 0;
    }
}

/* The longest run of bytes that lies in one place; empty at the end of the body. */
static struct span next_run(struct upload *upload)
{
    skip_done_edits(upload);
    const struct call_edit *edit = edit_here(upload);

    if (edit != NULL)
        return span_skip(edit->with, upload->edit_bytes);
    skip_to_source(upload);
    if (upload->chunk == NULL)
        return (struct span){NULL, 0};

    uint64_t stop = upload->edit < upload->plan.edit_count ? upload->plan.edits[upload->edit].begin
                                                           : upload->body_bytes;
    uint64_t begin = upload->source - upload->chunk_begin;
    uint64_t in_chunk = chunk_bytes(upload->chunk) - begin;
    uint64_t len = stop - upload->source < in_chunk ? stop - upload->source : in_chunk;
    return (struct span){upload->chunk->bytes + upload->chunk->begin + begin, len};
}

static void advance(struct upload *upload, size_t count)
{
    if (edit_here(upload) != NULL)
        upload->edit_bytes += count;
    else
        upload->source += count;
    upload->written += count;
}

/* Bytes up to `room`, to `to` unless it is NULL. */
static size_t take(struct upload *upload, char *to, size_t room)
{
    size_t taken = 0;

    while (taken < room) {
        struct span run = next_run(upload);
        size_t count = run.len < room - taken ? run.len : room - taken;

        if (count == 0)
            break;
        if (to != NULL)
            memcpy(to + taken, run.ptr, count);
        advance(upload, count);
        taken += count;
    }
    return taken;
}

size_t upload_read(struct upload *upload, uint64_t offset, char *to, size_t room)
{
    if (offset < upload->written)
        rewind_to_start(upload);
    if (offset > upload->written)
        take(upload, NULL, offset - upload->written);
    INVARIANT(offset == upload->written);
    return take(upload, to, room);
}
