/**
 * The framing of server-sent events (WHATWG HTML, section 9.2.6), as a byte machine.
 *
 * It copies nothing: it cuts the received bytes into pieces that together are exactly those bytes,
 * in order. Lines may end in LF, CR or CRLF; a byte order mark at the very beginning is framing.
 * Cutting the stream anywhere changes nothing but where the FRAMING and DATA pieces are cut.
 *
 * An empty line that ends in CRLF ends its event at the CR: waiting for the LF would hold back the
 * event of a stream that ends its lines in CR alone. That LF is then the first FRAMING byte after
 * SSE_EVENT_END.
 *
 * Comments and empty lines before an event belong to none.
 */
#ifndef WEIR_WIRE_SSE_H
#define WEIR_WIRE_SSE_H

#include "lib/base/span.h"

#include <stdint.h>

enum sse_piece_kind {
    SSE_FRAMING,  /* names, colons, comments, other fields, line ends */
    SSE_DATA,     /* a part of one data line's value */
    SSE_DATA_END, /* empty piece: the data line has ended; another one may follow in this event */
    SSE_EVENT_BEGIN, /* empty piece: the next byte is the first of an event */
    SSE_EVENT_END,   /* empty piece: an empty line ended the event */
    SSE_MORE,        /* no bytes left */
};

struct sse_piece {
    enum sse_piece_kind kind;
    struct span bytes;
};

struct sse {
    uint8_t state;
    uint8_t field_bytes; /* of `data`, or of the byte order mark, matched so far */
    bool after_cr;       /* an LF now belongs to the line that has ended */
    bool event_open;     /* a field has begun since the last event ended */
};

void sse_init(struct sse *sse);

/** Take the next piece out of `*bytes`. */
struct sse_piece sse_next(struct sse *sse, struct span *bytes);

/**
 * False between events and lines: here the stream may end without having cut an event, and whole
 * lines may be put in.
 */
bool sse_is_inside_event(const struct sse *sse);

#endif
