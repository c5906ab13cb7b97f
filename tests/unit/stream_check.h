/** What the official clients insist on in a stream that is complete. */
#ifndef WEIR_TESTS_STREAM_CHECK_H
#define WEIR_TESTS_STREAM_CHECK_H

#include "lib/base/region.h"
#include "shm/rows.h"

/**
 * @param memory  for what is parsed
 * @return NULL when all is well, else what is wrong
 */
const char *check_stream(struct region *memory, enum wire_protocol protocol, struct span stream);

#endif
