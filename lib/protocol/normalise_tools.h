/** Tool calls and their results in a request's history: the part of normalise.h that pairs them. */
#ifndef WEIR_PROTOCOL_NORMALISE_TOOLS_H
#define WEIR_PROTOCOL_NORMALISE_TOOLS_H

#include "lib/protocol/hub.h"
#include "lib/protocol/hub_notes.h"

/** Calls and results become text. @return 0 or ERR_NO_MEMORY */
int normalise_tool_text(struct region *memory, const struct hub_request *request);

/**
 * Results stand first in the turn behind their calls, in the order of the calls, each once, and know
 * their tool's name. Calls without an id get one, and their results (of the same name, in order) too.
 *
 * @return 0, notes->err or ERR_NO_MEMORY
 */
int normalise_pairs(struct region *memory, struct hub_request *request, struct hub_notes *notes);

#endif
