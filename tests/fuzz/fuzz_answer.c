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

static void drain(struct iov_builder *out, struct fuzz_hash *told)
{
    INVARIANT(out->err == 0);
    for (size_t i = 0; i < out->len; i++)
        fuzz_hash_bytes(told, (struct span){out->vec[i].iov_base, out->vec[i].iov_len});
    out->len = 0;
    out->bytes = 0;
}

static void feed(struct answer *answer, struct span left, struct iov_builder *out,
                 struct fuzz_hash *told)
{
    while (left.len > 0) {
        size_t before = left.len;

        answer_feed(answer, &left, out);
        INVARIANT(left.len < before || out->len > 0);
        drain(out, told);
    }
}

static void tell_usage(const struct usage *usage, struct fuzz_hash *told)
{
    fuzz_hash_number(told, usage->seen);
    fuzz_hash_number(told, usage->input);
    fuzz_hash_number(told, usage->output);
    fuzz_hash_number(told, usage->reasoning);
    fuzz_hash_number(told, usage->cache_read);
    fuzz_hash_number(told, usage->cache_write);
    fuzz_hash_number(told, usage->cache_write_1h);
}

static void pass_on(const void *setup, struct span input, size_t step, struct fuzz_hash *told)
{
    static struct answer answer;
    const unsigned *flags = setup;
    struct iovec vec[ANSWER_IOV_MAX];
    struct iov_builder out = {.vec = vec};
    struct span piece;

    /* What is whole gets all the room there is, what is cut the least. */
    out.cap = step > input.len ? ANSWER_IOV_MAX : ANSWER_IOV_MIN;
    answer_init(&answer, (*flags & FLAG_ANTHROPIC) != 0 ? PROTOCOL_ANTHROPIC : PROTOCOL_OPENAI,
                (*flags & FLAG_STREAM) != 0, SPAN("\"s\""));
    answer.strip_usage = (*flags & FLAG_STRIP) != 0 && input.len <= STRIPPED_BYTES_MAX;
    while (fuzz_take_piece(&input, step, &piece)) {
        feed(&answer, piece, &out, told);
        fuzz_free(piece);
    }
    answer_finish(&answer, &out);
    drain(&out, told);
    tell_usage(&answer.usage, told);
    fuzz_hash_number(told, answer_ended(&answer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    unsigned flags = (unsigned)fuzz_take_number(&input);

    (void)fuzz_cut(pass_on, &flags, input, step);
    return 0;
}
