/** A listening socket from an address that a person typed. */
#ifndef WEIR_TOOLS_DEMO_LISTEN_H
#define WEIR_TOOLS_DEMO_LISTEN_H

#include <stddef.h>

enum { DEMO_ADDRESS_BYTES = 80 };

/**
 * @param address  "127.0.0.1:9301" or "[::1]:9301"; port 0 takes a free one
 * @param bound    where it listens in the same form, port 0 resolved; NUL-terminated
 * @return the descriptor, owned by the caller; ERR_INVALID or ERR_IO, said on standard error
 */
int demo_listen(const char *address, char *bound, size_t bound_bytes);

#endif
