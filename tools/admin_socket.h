/** Where the steward of this machine listens. */
#ifndef WEIR_TOOLS_ADMIN_SOCKET_H
#define WEIR_TOOLS_ADMIN_SOCKET_H

#include "tools/admin_words.h"

#include <sys/un.h>

enum { ADMIN_SOCKET_BYTES = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

/**
 * `--socket`; else what the configuration says that `--config` names, or the usual one; where that
 * cannot be read, the usual place.
 *
 * @param who  begins what is said on standard error
 * @return TOOL_OK, or TOOL_USAGE: the path is too long, or TOOL_FAILED: the configuration that was
 *         named does not load
 */
int admin_socket_find(const struct admin_words *words, const char *who,
                      char path[static ADMIN_SOCKET_BYTES]);

#endif
