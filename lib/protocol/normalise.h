/**
 * A request's messages in the shape that every provider but OpenAI's insists on. What a client of
 * one protocol may leave loose, another provider refuses:
 *
 *   - turns of one role that stand side by side become one; system messages are moved as told;
 *   - the results of a turn's tool calls stand in the next user turn, before everything else in it,
 *     in the order of the calls, each once (of several the last);
 *   - a result without a call, and a call without a result, are refused by the call's id;
 *   - text that is blank is deleted, and a turn that is empty then too; a request of which no
 *     message is left is refused;
 *   - a result knows the name of its tool;
 *   - without tools, calls and results of earlier turns become text.
 */
#ifndef WEIR_PROTOCOL_NORMALISE_H
#define WEIR_PROTOCOL_NORMALISE_H

#include "lib/protocol/hub.h"
#include "lib/protocol/hub_notes.h"

struct normalise_rules {
    bool system_apart; /* not among the messages: without another one nothing would stand there */
    bool keep_system_turns; /* else all system messages become the first ones, in their order */
    bool tool_text;         /* the last rule above */
    /** Reasoning of other providers is deleted: only what this one has signed stays. */
    enum hub_signer signer;
    bool keep_unsigned; /* reasoning without a signature stays (OpenAI-compatible servers) */
};

/** @return 0, notes->err or ERR_NO_MEMORY */
int normalise_request(struct region *memory, struct hub_request *request,
                      const struct normalise_rules *rules, struct hub_notes *notes);

#endif
