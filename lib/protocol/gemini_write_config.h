/** What a request for a Gemini provider says besides its conversation. */
#ifndef WEIR_PROTOCOL_GEMINI_WRITE_CONFIG_H
#define WEIR_PROTOCOL_GEMINI_WRITE_CONFIG_H

#include "lib/protocol/codec.h"

enum {
    GEMINI_STOPS_MAX = 5,
    /** The largest `thinkingBudget` that every model with budgets takes. */
    GEMINI_BUDGET_MAX = 24576,
};

/**
 * Tools, their choice, generationConfig and serviceTier: members, each with a comma before it.
 *
 * @return 0, notes->err or ERR_NO_MEMORY
 */
int gemini_write_config(struct region *memory, const struct hub_request *request,
                        const struct codec_target *target, struct hub_notes *notes,
                        struct text *out);

#endif
