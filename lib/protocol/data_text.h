/** Text files that came as base64, for protocols that take text as text. */
#ifndef WEIR_PROTOCOL_DATA_TEXT_H
#define WEIR_PROTOCOL_DATA_TEXT_H

#include "lib/protocol/hub.h"

/**
 * The text that base64 stands for, as raw text.
 *
 * @param base64  as of data_base64()
 * @return 0, ERR_INVALID for what is no UTF-8, or ERR_NO_MEMORY
 */
int data_text(struct region *memory, struct span base64, struct span *out);

#endif
