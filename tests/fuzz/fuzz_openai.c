/*
 * The OpenAI codec: whatever it takes, it writes JSON, and what it has written it reads again and
 * writes the same.
 */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "lib/protocol/hub_error.h"
#include "tests/fuzz/fuzz.h"

enum {
    REGION_BYTES = 64 << 20,
    OUT_BYTES = 4 << 20,
    NODES_MAX = 100 * 1000,
    DEPTH_MAX = 64,
    MODES = 4,
};

static const struct codec_target targets[] = {
    {.traits = {.thinking = THINKING_EFFORT,
                .developer_role = true,
                .part_arrays = true,
                .image_urls = true,
                .parallel_tools = true},
     .provider = PROVIDER_OPENAI,
     .upstream_model = {"m", 1}},
    {.traits = {.thinking = THINKING_EFFORT,
                .top_k = true,
                .part_arrays = true,
                .image_urls = true,
                .parallel_tools = true},
     .provider = PROVIDER_OPENROUTER,
     .upstream_model = {"m", 1}},
    {.traits = {.image_urls = true},
     .provider = PROVIDER_OPENAI_COMPATIBLE,
     .upstream_model = {"m", 1}},
};

static struct region memory;
static struct region scratch;
static char bodies[2][OUT_BYTES];

static const struct json_node *tape(struct span text)
{
    const struct json_node *root;

    return json_tape_read(&memory, text, DEPTH_MAX, NODES_MAX, &root) == 0 ? root : NULL;
}

/* --- requests --------------------------------------------------------------------------------- */

/* @return whether it was taken */
static bool rewrite_request(struct span body, const struct codec_target *target, struct text *out)
{
    const struct json_node *root = tape(body);
    struct hub_request request;
    struct hub_notes notes;
    struct normalise_rules rules;

    hub_notes_init(&notes, false);
    if (!json_is(root, JSON_OBJECT) ||
        codec_openai.read_request(&memory, root, &request, &notes) != 0)
        return false;
    rules = codec_openai.shape(&request, target);
    return normalise_request(&memory, &request, &rules, &notes) == 0 &&
           codec_openai.write_request(&memory, &request, target, &notes, out) == 0;
}

static void check_request(struct span body, const struct codec_target *target)
{
    struct text first = text_over(bodies[0], OUT_BYTES);
    struct text second = text_over(bodies[1], OUT_BYTES);

    if (!rewrite_request(body, target, &first))
        return;
    INVARIANT(rewrite_request(text_span(&first), target, &second));
    INVARIANT(span_equal(text_span(&first), text_span(&second)));
}

/* --- answers ---------------------------------------------------------------------------------- */

static const struct codec_answer how = {
    .slug_json = {"\"m\"", 3}, .id = {"1", 1}, .created_s = 1, .include_usage = true};

static bool rewrite_answer(struct span body, struct text *out)
{
    const struct json_node *root = tape(body);
    struct hub_answer answer;
    struct hub_error error = {0};

    return root != NULL && codec_openai.read_answer(&memory, root, &answer, &error) == 0 &&
           codec_openai.write_answer(&memory, &answer, &how, out) == 0;
}

static void check_answer(struct span body)
{
    struct text first = text_over(bodies[0], OUT_BYTES);
    struct text second = text_over(bodies[1], OUT_BYTES);

    if (!rewrite_answer(body, &first))
        return;
    INVARIANT(rewrite_answer(text_span(&first), &second));
    INVARIANT(span_equal(text_span(&first), text_span(&second)));
}

static void check_error(struct span body)
{
    struct hub_error error;

    codec_openai.read_error(&memory, body.len % 2 == 0 ? 400 : 429, tape(body), &error);
    INVARIANT(error.err < 0 && error.message.len <= HUB_ERROR_MESSAGE_BYTES_MAX);
}

/* --- streams ---------------------------------------------------------------------------------- */

static void write_event(void *ctx, const struct hub_event *event)
{
    codec_openai.write_event(ctx, event);
}

/* One chunk a line, as it is written. */
static void check_chunks(struct span out)
{
    while (out.len > 0) {
        const char *end = memmem(out.ptr, out.len, "\n\n", 2);

        INVARIANT(end != NULL && span_starts_with(out, SPAN("data: ")));
        struct span data = span_from(out.ptr + 6, end);

        INVARIANT(span_equal(data, SPAN("[DONE]")) || json_is(tape(data), JSON_OBJECT));
        out = span_from(end + 2, out.ptr + out.len);
    }
}

/* A chunk a line. */
static void check_stream(struct span lines)
{
    struct text out = text_over(bodies[0], OUT_BYTES);
    struct codec_writer writer = {
        .answer = &how, .memory = &memory, .scratch = &scratch, .out = &out};
    struct hub_stream stream;
    uint64_t state = 0;

    hub_stream_init(&stream, &memory, 1, write_event, &writer);
    while (lines.len > 0) {
        const char *lf = memchr(lines.ptr, '\n', lines.len);
        const char *end = lf == NULL ? lines.ptr + lines.len : lf;
        struct span line = span_from(lines.ptr, end);
        const struct json_node *root;

        region_reset(&scratch);
        if (json_tape_read(&scratch, line, DEPTH_MAX, NODES_MAX, &root) == 0)
            codec_openai.read_event(&scratch, root, &state, &stream);
        lines = span_skip(lines, line.len + (lf == NULL ? 0 : 1));
    }
    (void)hub_stream_end(&stream, PROTOCOL_OPENAI);
    INVARIANT(out.err == 0 && writer.err == 0);
    check_chunks(text_span(&out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    struct span body;

    if (size == 0 || size > OUT_BYTES / 64)
        return 0;
    if (memory.base == NULL)
        INVARIANT(region_init(&memory, REGION_BYTES) == 0 &&
                  region_init(&scratch, REGION_BYTES) == 0);
    body = fuzz_copy(span_skip(input, 1));
    region_reset(&memory);
    region_reset(&scratch);
    switch (data[0] % MODES) {
    case 0:
        check_request(body, &targets[data[0] / MODES % (sizeof(targets) / sizeof(targets[0]))]);
        break;
    case 1:
        check_answer(body);
        break;
    case 2:
        check_error(body);
        break;
    default:
        check_stream(body);
        break;
    }
    fuzz_free(body);
    return 0;
}
