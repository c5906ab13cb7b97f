/* Answers of providers: cut anywhere, the client gets the same bytes and the same is known. */
#include "lib/protocol/answer.h"
#include "tests/fuzz/fuzz.h"

enum {
    FLAG_STREAM = 1,
    FLAG_ANTHROPIC = 2,
    FLAG_STRIP = 4,
    /** So that no event outgrows the hold, where cuts are allowed to matter. */
    STRIPPED_BYTES_MAX = 800,
};

struct told {
    struct fuzz_hash output;
    struct usage usage;
    enum answer_end end;
};

static void drain(struct iov_builder *out, struct told *told)
{
    INVARIANT(out->err == 0);
    for (size_t i = 0; i < out->len; i++)
        fuzz_hash_bytes(&told->output, (struct span){out->vec[i].iov_base, out->vec[i].iov_len});
    out->len = 0;
    out->bytes = 0;
}

static void feed(struct answer *answer, struct span piece, struct iov_builder *out,
                 struct told *told)
{
    struct span copy = fuzz_copy(piece);
    struct span left = copy;

    while (left.len > 0) {
        size_t before = left.len;

        answer_feed(answer, &left, out);
        INVARIANT(left.len < before || out->len > 0);
        drain(out, told);
    }
    fuzz_free(copy);
}

static void pass_on(struct span input, size_t step, unsigned flags, size_t entries,
                    struct told *told)
{
    static struct answer answer;
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder out = {.vec = vec, .cap = entries};

    answer_init(&answer, (flags & FLAG_ANTHROPIC) != 0 ? PROTOCOL_ANTHROPIC : PROTOCOL_OPENAI,
                (flags & FLAG_STREAM) != 0, SPAN("\"s\""));
    answer.strip_usage = (flags & FLAG_STRIP) != 0 && input.len <= STRIPPED_BYTES_MAX;
    while (input.len > 0) {
        size_t len = input.len < step ? input.len : step;

        feed(&answer, (struct span){input.ptr, len}, &out, told);
        input = span_skip(input, len);
    }
    answer_finish(&answer, &out);
    drain(&out, told);
    told->usage = answer.usage;
    told->end = answer_ended(&answer);
}

static void check_equal(const struct told *a, const struct told *b)
{
    INVARIANT(a->output.value == b->output.value);
    INVARIANT(a->end == b->end);
    INVARIANT(a->usage.seen == b->usage.seen && a->usage.input == b->usage.input);
    INVARIANT(a->usage.output == b->usage.output && a->usage.reasoning == b->usage.reasoning);
    INVARIANT(a->usage.cache_read == b->usage.cache_read);
    INVARIANT(a->usage.cache_write == b->usage.cache_write);
    INVARIANT(a->usage.cache_write_1h == b->usage.cache_write_1h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    unsigned flags = (unsigned)fuzz_take_number(&input);
    struct told whole = {0};
    struct told pieces = {0};
    struct told single = {0};

    if (input.len == 0)
        return 0;
    pass_on(input, input.len, flags, ANSWER_IOV_MAX, &whole);
    pass_on(input, step % input.len + 1, flags, ANSWER_IOV_MIN, &pieces);
    pass_on(input, 1, flags, ANSWER_IOV_MIN, &single);
    check_equal(&whole, &pieces);
    check_equal(&whole, &single);
    return 0;
}
