#include "worker/peek.h"

#include "lib/protocol/answer.h"

void peek_init(struct peek *peek, enum wire_protocol protocol, bool is_stream,
               int64_t content_length)
{
    *peek = (struct peek){
        .protocol = protocol,
        .is_stream = is_stream,
        .content_length = content_length,
    };
    sse_init(&peek->sse);
}

static void read_all(struct answer *answer, struct span bytes)
{
    while (bytes.len > 0) {
        struct iovec vec[ANSWER_IOV_MAX];
        struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

        answer_feed(answer, &bytes, &pieces);
    }
}

/* Both spans together are one event, or one document. */
static void read_both(const struct peek *peek, struct span held, struct span bytes,
                      struct answer *answer)
{
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder pieces = {.vec = vec, .cap = ANSWER_IOV_MAX};

    answer_init(answer, peek->protocol, peek->is_stream, SPAN("\"\""));
    read_all(answer, held);
    read_all(answer, bytes);
    answer_finish(answer, &pieces);
}

static bool is_error(const struct peek *peek, struct span held, struct span bytes)
{
    struct answer answer;

    /* Nearly always there is nothing to parse. */
    if (held.len == 0 && (bytes.len == 0 || memmem(bytes.ptr, bytes.len, "\"error\"", 7) == NULL))
        return false;
    read_both(peek, held, bytes, &answer);
    return answer_ended(&answer) == ANSWER_ERROR;
}

/* A document without a length has ended: only its bytes know whether it is whole. */
static enum attempt_result judge_document(const struct peek *peek, struct span held)
{
    struct answer answer;

    read_both(peek, held, (struct span){NULL, 0}, &answer);
    if (answer_is_cut(&answer))
        return ATTEMPT_CUT;
    return answer_ended(&answer) == ANSWER_ERROR ? ATTEMPT_ERROR_BODY : ATTEMPT_ANSWERED;
}

/* @return bytes up to the end of the first event with data; 0: it is not here yet */
static size_t first_event(struct peek *peek, struct span bytes)
{
    const char *begin = bytes.ptr;

    for (;;) {
        struct sse_piece piece = sse_next(&peek->sse, &bytes);

        if (piece.kind == SSE_MORE)
            return 0;
        if (piece.kind == SSE_DATA)
            peek->has_data = true;
        if (piece.kind == SSE_EVENT_END && peek->has_data)
            return (size_t)(bytes.ptr - begin);
    }
}

static enum attempt_result look_at_stream(struct peek *peek, struct span held, struct span bytes,
                                          bool last)
{
    if (last)
        return ATTEMPT_CUT;
    size_t count = first_event(peek, bytes);

    if (count > 0)
        bytes.len = count;
    else if (held.len + bytes.len <= PEEK_BYTES_MAX)
        return ATTEMPT_OPEN;
    return is_error(peek, held, bytes) ? ATTEMPT_ERROR_BODY : ATTEMPT_ANSWERED;
}

static enum attempt_result look_at_document(const struct peek *peek, struct span held,
                                            struct span bytes, bool last)
{
    size_t known = held.len + bytes.len;

    if (known > PEEK_BYTES_MAX || peek->content_length > PEEK_BYTES_MAX)
        return ATTEMPT_ANSWERED;
    if (last)
        return judge_document(peek, held);
    if ((int64_t)known != peek->content_length)
        return ATTEMPT_OPEN;
    return is_error(peek, held, bytes) ? ATTEMPT_ERROR_BODY : ATTEMPT_ANSWERED;
}

enum attempt_result peek_look(struct peek *peek, struct span held, struct span bytes, bool last)
{
    return peek->is_stream ? look_at_stream(peek, held, bytes, last)
                           : look_at_document(peek, held, bytes, last);
}
