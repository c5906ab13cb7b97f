/**
 * The body of a page as pieces: static ones of the program, rows of the snapshot, and text that was
 * made for this request. Nothing is copied but that text; what it does not fit sets `err`.
 */
#ifndef WEIR_WEB_BODY_H
#define WEIR_WEB_BODY_H

#include "lib/base/text.h"

enum { WEB_PIECES_MAX = 512, WEB_TEXT_BYTES_MAX = 16384 };

struct web_body {
    struct text text; /* over `memory`; web_body_add() keeps the order between it and the rest */
    uint64_t bytes;   /* after web_body_close(): of all pieces */
    uint64_t hash;    /* … of the text */
    uint32_t count;
    uint32_t cut; /* of the text, how much stands in pieces */
    int err;      /* 0 or ERR_NO_SPACE */
    struct span pieces[WEB_PIECES_MAX];
    char memory[WEB_TEXT_BYTES_MAX];
};

/** Must not be moved afterwards: pieces point into it. */
void web_body_init(struct web_body *body);

/** Bytes that live as long as the body is used; pieces that lie side by side become one. */
void web_body_add(struct web_body *body, struct span bytes);

/** What was written to `text` last becomes a piece too. @return `err`, also of the text */
int web_body_close(struct web_body *body);

#endif
