/** What is looked at in an answer's JSON: the members, by protocol, and what each one means. */
#ifndef WEIR_PROTOCOL_ANSWER_WATCH_H
#define WEIR_PROTOCOL_ANSWER_WATCH_H

#include "lib/protocol/usage.h"
#include "lib/wire/json_scan.h"

enum watch_kind {
    WATCH_MODEL,
    WATCH_TYPE, /* Anthropic's word for what the JSON is */
    WATCH_ERROR,
    WATCH_CHOICES,
    WATCH_USAGE,
    WATCH_FIGURE, /* a number of usage */
    WATCH_FINISH, /* Gemini: why the answer, or its prompt, ends here */
    WATCH_ITEM,   /* Gemini: the document is an array, a stream in one piece */
};

struct watch_meaning {
    enum watch_kind kind;
    enum usage_figure figure; /* of a WATCH_FIGURE */
};

struct watch_table {
    const struct json_path *paths;
    const struct watch_meaning *meanings; /* by path */
    uint32_t count;
};

/** Never NULL; lives for ever. */
const struct watch_table *answer_watch_table(enum wire_protocol protocol);

#endif
