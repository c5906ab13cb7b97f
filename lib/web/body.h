/**
 * The body of a page as pieces: large static ones of the program and of the snapshot as they lie
 * there, and between them text that was made for this request. What does not fit sets `err`.
 */
#ifndef WEIR_WEB_BODY_H
#define WEIR_WEB_BODY_H

#include "lib/base/text.h"

enum {
    WEB_PIECES_MAX = 512,
    WEB_TEXT_BYTES_MAX = 49152,
    /* A piece costs the kernel about 50 ns, in which so many bytes can be copied. */
    WEB_COPY_BYTES_MAX = 768,
    WEB_COPY_ROOM = 24576, /* of the text, what is left to what can be nowhere else */
};

struct web_body {
    struct text text; /* over `memory`; web_body_add() keeps the order between it and the rest */
    uint64_t bytes;   /* after web_body_close(): of all pieces */
    uint64_t hash;    /* … of the text that was written to it, without what was copied */
    uint32_t count;
    uint32_t hashed; /* of the text, how much is in `hash`, or was copied */
    uint32_t cut;    /* … and how much stands in pieces */
    int err;         /* 0 or ERR_NO_SPACE */
    struct span pieces[WEB_PIECES_MAX];
    char memory[WEB_TEXT_BYTES_MAX];
};

/** Must not be moved afterwards: pieces point into it. */
void web_body_init(struct web_body *body);

/** Bytes that live as long as the body is used; they are copied when that costs less. */
void web_body_add(struct web_body *body, struct span bytes);

/** What was written to `text` last becomes a piece too. @return `err`, also of the text */
int web_body_close(struct web_body *body);

#endif
