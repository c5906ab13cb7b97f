/** What the tests of answers share: feeding them cut in every way, and pieces of streams. */
#ifndef WEIR_TESTS_ANSWER_FEED_H
#define WEIR_TESTS_ANSWER_FEED_H

#include "lib/protocol/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OUTPUT_BYTES = 16384 };

struct output {
    char bytes[OUTPUT_BYTES];
    size_t len;
};

static inline void drain(struct iov_builder *out, struct output *output)
{
    size_t bytes = 0;

    assert_int_equal(out->err, 0);
    for (size_t i = 0; i < out->len; i++) {
        assert_true(output->len + out->vec[i].iov_len <= sizeof(output->bytes));
        memcpy(output->bytes + output->len, out->vec[i].iov_base, out->vec[i].iov_len);
        output->len += out->vec[i].iov_len;
        bytes += out->vec[i].iov_len;
    }
    assert_int_equal(out->bytes, bytes);
    out->len = 0;
    out->bytes = 0;
}

/** How an answer is fed: a first piece, then steps, into an iovec of some size. */
struct cuts {
    size_t first;
    size_t step;
    size_t entries;
};

static inline void feed(struct answer *answer, struct span input, const struct cuts *cuts,
                        struct output *output)
{
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder out = {.vec = vec, .cap = cuts->entries};
    size_t size = cuts->first;

    output->len = 0;
    while (input.len > 0) {
        char *copy;
        struct span piece;

        if (size > input.len)
            size = input.len;
        copy = malloc(size);
        assert_non_null(copy);
        memcpy(copy, input.ptr, size);
        piece = (struct span){copy, size};
        while (piece.len > 0) {
            size_t before = piece.len;

            answer_feed(answer, &piece, &out);
            assert_true(piece.len < before || out.len > 0);
            drain(&out, output);
        }
        free(copy);
        input = span_skip(input, size);
        size = cuts->step;
    }
    answer_finish(answer, &out);
    drain(&out, output);
}

enum mode {
    STREAM,
    STRIPPED_STREAM,
    DOCUMENT,
    ANTHROPIC_STREAM,
    ANTHROPIC_DOCUMENT,
    GEMINI_STREAM,
    GEMINI_DOCUMENT,
};

static inline enum wire_protocol protocol_of(enum mode mode)
{
    if (mode >= GEMINI_STREAM)
        return PROTOCOL_GEMINI;
    return mode >= ANTHROPIC_STREAM ? PROTOCOL_ANTHROPIC : PROTOCOL_OPENAI;
}

struct row {
    const char *what;
    const char *input;
    const char *expected; /* NULL: as the input */
    enum mode mode;
    enum answer_end end;
    struct usage usage;
};

static inline void check_row(const struct row *row, const struct cuts *cuts)
{
    static struct output output;
    const char *expected = row->expected != NULL ? row->expected : row->input;
    struct answer answer;

    answer_init(&answer, protocol_of(row->mode),
                row->mode != DOCUMENT && row->mode != ANTHROPIC_DOCUMENT &&
                    row->mode != GEMINI_DOCUMENT,
                SPAN("\"slug\""));
    answer.strip_usage = row->mode == STRIPPED_STREAM;
    feed(&answer, span_of(row->input), cuts, &output);
    if (!span_equal((struct span){output.bytes, output.len}, span_of(expected)))
        fail_msg("%s, cut at %zu then %zu, %zu entries:\n%.*s\nnot\n%s", row->what, cuts->first,
                 cuts->step, cuts->entries, (int)output.len, output.bytes, expected);
    if (answer_ended(&answer) != row->end)
        fail_msg("%s: another end than %d", row->what, (int)row->end);
    assert_int_equal(answer.usage.seen, row->usage.seen);
    assert_int_equal(answer.usage.input, row->usage.input);
    assert_int_equal(answer.usage.cache_read, row->usage.cache_read);
    assert_int_equal(answer.usage.cache_write, row->usage.cache_write);
    assert_int_equal(answer.usage.cache_write_1h, row->usage.cache_write_1h);
    assert_int_equal(answer.usage.output, row->usage.output);
    assert_int_equal(answer.usage.reasoning, row->usage.reasoning);
}

static inline void check_every_way(const struct row *row)
{
    size_t len = strlen(row->input);

    for (size_t entries = ANSWER_IOV_MIN; entries <= ANSWER_IOV_MAX; entries += 56) {
        for (size_t first = 1; first <= len; first++)
            check_row(row, &(struct cuts){first, len, entries});
        for (size_t step = 1; step <= len; step++)
            check_row(row, &(struct cuts){step, step, entries});
    }
}

static inline void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_every_way(&rows[i]);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

#define CHUNK(model, rest) \
    "data: {\"id\":\"c\",\"model\":" model ",\"object\":\"chat.completion.chunk\"," rest "}\n\n"
#define CHOICE "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi \\\"\xc3\xa9\"}}]"
#define USAGE                                                                            \
    "\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":9,\"total_tokens\":29,"       \
    "\"prompt_tokens_details\":{\"cached_tokens\":12,\"cache_write_tokens\":3,\"x\":1}," \
    "\"completion_tokens_details\":{\"reasoning_tokens\":4}}"
#define USAGE_BUCKETS           \
    {                           \
        true, 5, 12, 3, 0, 9, 4 \
    }
#define DONE "data: [DONE]\n\n"

#endif
