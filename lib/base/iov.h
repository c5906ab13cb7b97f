/** A gather list under construction, over memory that the caller owns. */
#ifndef WEIR_BASE_IOV_H
#define WEIR_BASE_IOV_H

#include "lib/base/err.h"
#include "lib/base/span.h"

#include <sys/uio.h>

/**
 * The first failure sticks: after it every iov_add() does nothing, so that a builder can add
 * freely and test `err` once at the end.
 */
struct iov_builder {
    struct iovec *vec;
    size_t cap;
    size_t len;   /* entries in use */
    size_t bytes; /* sum of their lengths */
    int err;      /* 0 or ERR_NO_SPACE */
};

/** Append borrowed bytes; they must outlive the write. Empty spans take no entry. */
static inline void iov_add(struct iov_builder *iov, struct span bytes)
{
    if (iov->err != 0 || bytes.len == 0)
        return;
    if (iov->len == iov->cap) {
        iov->err = ERR_NO_SPACE;
        return;
    }
    /* struct iovec has no const form; writev(2) does not write through it. */
    iov->vec[iov->len++] = (struct iovec){span_writable(bytes), bytes.len};
    iov->bytes += bytes.len;
}

#endif
