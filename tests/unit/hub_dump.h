/** The hub form as a line of text, so that a test's table can say what is expected. */
#ifndef WEIR_TESTS_HUB_DUMP_H
#define WEIR_TESTS_HUB_DUMP_H

#include "lib/protocol/hub_stream.h"

/**
 * Messages as `user{"text" | image(base64 image/png AAA=)}`, then what is not zero as `name=value`,
 * with a blank between all of them.
 */
void hub_dump_request(const struct hub_request *request, struct text *out);

/** `"text" | call(id name {"x":1})` */
void hub_dump_blocks(const struct hub_block *first, struct text *out);

/** The blocks, and `finish=… input=… …` of the usage's buckets that are not zero. */
void hub_dump_answer(const struct hub_answer *answer, struct text *out);

/** An event with a blank behind it: `start 0:text 0+"Hi" 0. finish=STOP`. */
void hub_dump_event(const struct hub_event *event, struct text *out);

#endif
