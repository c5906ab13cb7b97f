/** Requests in tables: what a client says, and what its provider is asked. */
#ifndef WEIR_TESTS_REQUEST_ROWS_H
#define WEIR_TESTS_REQUEST_ROWS_H

#include "tests/unit/translation_fixture.h"

/** translation_target() with a difference. */
enum request_target {
    TARGET_NEW,          /* none */
    TARGET_BUDGET,       /* thinking has a budget */
    TARGET_CEILING,      /* likewise; 8000 tokens of output at most */
    TARGET_NO_SAMPLING,  /* no temperature, no top_p, no top_k */
    TARGET_OLD,          /* temperature or top_p; structured output by a tool */
    TARGET_PLAIN,        /* no structured output, no thinking, no URLs */
    TARGET_SYSTEM_TURNS, /* system messages may stand in the middle */
};

struct request_row {
    enum wire_protocol from;
    enum wire_protocol to;
    enum request_target target;
    const char *body;
    const char *wanted;  /* when it is not refused */
    int err;             /* when it is */
    const char *param;   /* likewise */
    const char *dropped; /* NULL: nothing */
};

/** Who asks, what the provider speaks, and what its model is like: PAIR(OPENAI, ANTHROPIC, NEW). */
#define PAIR(client, provider, asked) \
    .from = PROTOCOL_##client, .to = PROTOCOL_##provider, .target = TARGET_##asked

void check_requests(struct translations *translations, const struct request_row *rows,
                    size_t count);

#define CHECK_REQUESTS(rows) check_requests(*state, (rows), sizeof(rows) / sizeof((rows)[0]))

#endif
