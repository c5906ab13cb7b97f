#include "lib/wire/sse.h"

enum sse_state {
    SSE_AT_START,   /* before or inside the byte order mark */
    SSE_AT_LINE,    /* before the first byte of a line */
    SSE_AT_EVENT,   /* before the first byte of an event; SSE_EVENT_BEGIN is to be told */
    SSE_IN_NAME,    /* the line is `data` so far */
    SSE_AFTER_NAME, /* after `data:`, where one blank may stand */
    SSE_IN_DATA,
    SSE_AT_DATA_EOL, /* SSE_DATA_END was told; the line end is not taken yet */
    SSE_IN_OTHER,    /* a comment or another field, up to its line end */
    SSE_EVENT_OVER,  /* SSE_EVENT_END is to be told */
};

static const char data_name[] = "data";
static const char byte_order_mark[] = "\xEF\xBB\xBF";

void sse_init(struct sse *sse)
{
    *sse = (struct sse){.state = SSE_AT_START};
}

static bool is_eol(char c)
{
    return c == '\n' || c == '\r';
}

static const char *find_eol(const char *p, const char *end)
{
    const char *lf = memchr(p, '\n', (size_t)(end - p));
    const char *cr;

    if (lf != NULL)
        end = lf;
    cr = memchr(p, '\r', (size_t)(end - p));
    return cr != NULL ? cr : end;
}

/** Takes the line end at `p`; an empty line ends the event, if there is one. */
static const char *take_eol(struct sse *sse, const char *p, bool is_empty)
{
    sse->after_cr = *p == '\r';
    sse->state = SSE_AT_LINE;
    if (is_empty && sse->event_open) {
        sse->event_open = false;
        sse->state = SSE_EVENT_OVER;
    }
    return p + 1;
}

static const char *at_start(struct sse *sse, const char *p)
{
    if (*p != byte_order_mark[sse->field_bytes]) {
        sse->state = sse->field_bytes > 0 ? SSE_AT_EVENT : SSE_AT_LINE;
        return p;
    }
    if (byte_order_mark[++sse->field_bytes] == '\0')
        sse->state = SSE_AT_LINE;
    return p + 1;
}

static const char *at_line(struct sse *sse, const char *p)
{
    bool ends_crlf = sse->after_cr && *p == '\n';

    sse->after_cr = false;
    if (ends_crlf)
        return p + 1;
    if (is_eol(*p))
        return take_eol(sse, p, true);
    if (*p == ':') {
        sse->state = SSE_IN_OTHER;
        return p + 1;
    }
    sse->field_bytes = 0;
    sse->state = sse->event_open ? SSE_IN_NAME : SSE_AT_EVENT;
    return p;
}

static const char *in_name(struct sse *sse, const char *p)
{
    bool is_whole = data_name[sse->field_bytes] == '\0';

    if (!is_whole && *p == data_name[sse->field_bytes]) {
        sse->field_bytes++;
        return p + 1;
    }
    if (is_whole && *p == ':') {
        sse->state = SSE_AFTER_NAME;
        return p + 1;
    }
    /* A line that is just `data` is a data line with an empty value. */
    sse->state = is_whole && is_eol(*p) ? SSE_IN_DATA : SSE_IN_OTHER;
    return p;
}

/** Takes framing until there is something else to tell or no byte left. */
static const char *take_framing(struct sse *sse, const char *p, const char *end)
{
    while (p != end) {
        switch ((enum sse_state)sse->state) {
        case SSE_AT_START:
            p = at_start(sse, p);
            break;
        case SSE_AT_LINE:
            p = at_line(sse, p);
            break;
        case SSE_IN_NAME:
            p = in_name(sse, p);
            break;
        case SSE_AFTER_NAME:
            sse->state = SSE_IN_DATA;
            p += *p == ' ';
            break;
        case SSE_AT_DATA_EOL:
            p = take_eol(sse, p, false);
            break;
        case SSE_IN_OTHER:
            p = find_eol(p, end);
            if (p != end)
                p = take_eol(sse, p, false);
            break;
        case SSE_AT_EVENT:
        case SSE_IN_DATA:
        case SSE_EVENT_OVER:
            return p;
        }
    }
    return p;
}

static struct sse_piece begin_event(struct sse *sse)
{
    /* After a part of a byte order mark stands the rest of some other field's name. */
    sse->state = sse->field_bytes > 0 ? SSE_IN_OTHER : SSE_IN_NAME;
    sse->field_bytes = 0;
    sse->event_open = true;
    return (struct sse_piece){.kind = SSE_EVENT_BEGIN};
}

static struct sse_piece cut(enum sse_piece_kind kind, struct span *bytes, const char *until)
{
    struct sse_piece piece = {kind, span_from(bytes->ptr, until)};

    *bytes = span_skip(*bytes, piece.bytes.len);
    return piece;
}

struct sse_piece sse_next(struct sse *sse, struct span *bytes)
{
    const char *end;
    const char *p;

    if (sse->state == SSE_EVENT_OVER) {
        sse->state = SSE_AT_LINE;
        return (struct sse_piece){.kind = SSE_EVENT_END};
    }
    if (bytes->len == 0)
        return (struct sse_piece){.kind = SSE_MORE};
    end = bytes->ptr + bytes->len;
    p = take_framing(sse, bytes->ptr, end);
    if (p != bytes->ptr)
        return cut(SSE_FRAMING, bytes, p);
    if (sse->state == SSE_AT_EVENT)
        return begin_event(sse);
    p = find_eol(p, end);
    if (p != bytes->ptr)
        return cut(SSE_DATA, bytes, p);
    sse->state = SSE_AT_DATA_EOL;
    return (struct sse_piece){.kind = SSE_DATA_END};
}

bool sse_is_inside_event(const struct sse *sse)
{
    bool at_start = sse->state == SSE_AT_START && sse->field_bytes == 0;

    return sse->event_open || !(at_start || sse->state == SSE_AT_LINE);
}
