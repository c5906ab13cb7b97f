/* JSON text: cut anywhere, the same is told of it, and what is told can be decoded. */
#include "lib/base/err.h"
#include "lib/wire/json_scan.h"
#include "tests/fuzz/fuzz.h"

enum { DEPTH = 16 };

static const struct json_path paths[] = {
    {{"model"}}, {{"stream"}}, {{"a"}}, {{"a", "b"}}, {{"a", "b", "c", "d"}}, {{"usage", "n"}},
};

static void check_raw(const struct json_hit *hit)
{
    char memory[JSON_CAPTURE_BYTES];
    struct span out;
    uint64_t count;

    INVARIANT(hit->raw.len <= JSON_CAPTURE_BYTES);
    if (hit->type == JSON_STRING && hit->raw_is_whole) {
        INVARIANT(json_decode_string(hit->raw, memory, sizeof(memory), &out) == 0);
        INVARIANT(out.len <= hit->raw.len);
    }
    if (hit->type == JSON_NUMBER)
        (void)json_decode_count(hit->raw, &count);
}

static bool feed(struct json_scan *scan, struct span piece, struct fuzz_hash *hash)
{
    struct span copy = fuzz_copy(piece);
    const char *cursor = copy.ptr;
    const char *end = copy.ptr + copy.len;
    enum json_event event;

    do {
        struct json_hit hit;

        event = json_scan_next(scan, &cursor, end, &hit);
        if (event != JSON_VALUE_BEGIN && event != JSON_VALUE_END)
            continue;
        fuzz_hash_number(hash, hit.offset);
        fuzz_hash_number(hash, (uint64_t)event << 1 | hit.exact);
        fuzz_hash_number(hash, (uint64_t)hit.path << 8 | (uint64_t)hit.type);
        fuzz_hash_bytes(hash, hit.raw);
        check_raw(&hit);
    } while (event != JSON_MORE && event != JSON_INVALID);
    fuzz_free(copy);
    return event != JSON_INVALID;
}

static int scan_in_pieces(struct span text, size_t step, struct fuzz_hash *hash)
{
    struct json_scan scan;

    json_scan_init(&scan, paths, sizeof(paths) / sizeof(paths[0]), DEPTH);
    while (text.len > 0) {
        size_t len = text.len < step ? text.len : step;

        if (!feed(&scan, (struct span){text.ptr, len}, hash))
            return ERR_BAD_JSON;
        text = span_skip(text, len);
    }
    return json_scan_end(&scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    struct fuzz_hash whole = {0};
    struct fuzz_hash pieces = {0};
    struct fuzz_hash single = {0};
    int err;

    if (input.len == 0)
        return 0;
    err = scan_in_pieces(input, input.len, &whole);
    INVARIANT(scan_in_pieces(input, step % input.len + 1, &pieces) == err);
    INVARIANT(scan_in_pieces(input, 1, &single) == err);
    INVARIANT(whole.value == pieces.value && whole.value == single.value);
    return 0;
}
