/**
 * What a translation left out, and why it stopped: each loss has the client's own name for it.
 */
#ifndef WEIR_PROTOCOL_HUB_NOTES_H
#define WEIR_PROTOCOL_HUB_NOTES_H

#include "lib/base/text.h"
#include "shm/layout.h"

#include <stdbool.h>

enum { HUB_DROPPED_BYTES_MAX = 480 };

/** What a translation left out, and why it stopped. */
struct hub_notes {
    bool strict;               /* in: a drop is a refusal (`strict_params`) */
    enum wire_protocol client; /* in: whose names hub_fields.h gives */
    int err; /* 0, or why the request is refused: ERR_UNTRANSLATABLE, ERR_INVALID, … */
    struct text dropped; /* "seed, logprobs": the client's own names, each once */
    struct text param;   /* of the refusal: "messages[2].content[0].type" */
    struct text detail;  /* of the refusal: a sentence, or empty */
    char dropped_memory[HUB_DROPPED_BYTES_MAX];
    char param_memory[160];
    char detail_memory[240];
};

void hub_notes_init(struct hub_notes *notes, bool strict);

/** Leave the field out and say so; with `strict` that is a refusal. @return 0 or notes->err */
int hub_drop(struct hub_notes *notes, struct span field);

/** Refuse the request for this field. The first refusal stands. @return notes->err */
int hub_refuse(struct hub_notes *notes, int err, struct span param, struct span detail);

/** Adds "list[index]." to a path such as param's. @return its length before, to cut it back to */
size_t hub_enter_item(struct text *path, struct span list, size_t index);

#endif
