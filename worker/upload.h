/**
 * The body that goes to the upstream: the client's bytes with a plan's edits, read from where they
 * lie. Nothing is copied but into the buffer that the transport asks to be filled.
 */
#ifndef WEIR_WORKER_UPLOAD_H
#define WEIR_WORKER_UPLOAD_H

#include "lib/net/chunk_pool.h"
#include "lib/protocol/call.h"

struct upload {
    const struct chunk *chunks; /* the client's body, in order; borrowed */
    struct call_plan plan;
    uint64_t body_bytes; /* of the client's body */
    /* Where the next byte comes from. */
    const struct chunk *chunk;
    uint64_t chunk_begin; /* offset of the chunk's first byte in the client's body */
    uint64_t source;      /* next byte of the client's body */
    uint64_t written;     /* bytes given out so far */
    uint32_t edit;        /* the next or current edit */
    uint64_t edit_bytes;  /* given out of the current edit's text */
};

/** @param plan  copied; what its edits point to is borrowed */
void upload_init(struct upload *upload, const struct chunk *chunks, uint64_t body_bytes,
                 const struct call_plan *plan);

/**
 * Copy the edited body's bytes from `offset` on. Any offset works; reading on from where the last
 * call ended is what costs nothing.
 *
 * @return how many: `room`, or fewer only at the end
 */
size_t upload_read(struct upload *upload, uint64_t offset, char *to, size_t room);

#endif
