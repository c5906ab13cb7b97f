/**
 * Bytes inside of requests: data URLs (RFC 2397), base64 and media types, as clients write them,
 * turned into what every provider takes.
 */
#ifndef WEIR_PROTOCOL_DATA_URL_H
#define WEIR_PROTOCOL_DATA_URL_H

#include "lib/protocol/hub.h"

struct data_url {
    struct span media_type; /* as of data_media_type(); "text/plain" when the URL has none */
    enum hub_source source; /* HUB_SOURCE_BASE64, or HUB_SOURCE_TEXT for text without `base64` */
    struct span data;       /* base64 as of data_base64(), or raw text */
};

/** Does the raw text begin like a data URL, in letters of either case? */
bool data_url_is(struct span raw);

/**
 * `data:[type][;name=value]…[;base64],data`. Without `base64` the data is percent-encoded: of a text
 * type it becomes text, of another one base64.
 *
 * @param raw  a JSON string's raw text
 * @return 0, ERR_INVALID for what is no such URL or holds nothing, ERR_NO_MEMORY
 */
int data_url_read(struct region *memory, struct span raw, struct data_url *out);

/**
 * Base64 (RFC 4648 section 4) without white space, padded, from that or from base64url, padded or
 * not. What is so already stays where it stands.
 *
 * @param raw  a JSON string's raw text
 * @return 0, ERR_INVALID, also for nothing at all, or ERR_NO_MEMORY
 */
int data_base64(struct region *memory, struct span raw, struct span *out);

/**
 * A media type in lower case, without parameters; `image/jpg`, which no registry knows, is
 * `image/jpeg`.
 *
 * @return 0, ERR_INVALID for what is no media type, or ERR_NO_MEMORY
 */
int data_media_type(struct region *memory, struct span raw, struct span *out);

#endif
