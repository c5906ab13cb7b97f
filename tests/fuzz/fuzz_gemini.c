/* Gemini's codec: whatever JSON comes in, what goes out is JSON, and an answer stays what it is. */
#include "lib/base/err.h"
#include "lib/protocol/codec.h"
#include "lib/protocol/gemini_schema.h"
#include "tests/fuzz/fuzz.h"

enum {
    REGION_BYTES = 4 * 1024 * 1024,
    OUT_BYTES = 4 * 1024 * 1024,
    NODES_MAX = 20000,
    DEPTH_MAX = 64,
};

enum direction { REQUEST, ANSWER, EVENT, SCHEMA, DIRECTION_COUNT };

static struct region memory;
static struct region scratch;
static char first[OUT_BYTES];
static char second[OUT_BYTES];

static const struct codec_answer how = {.slug_json = {"\"s\"", 3}, .id = {"i", 1}};

static const struct json_node *read_json(struct span text)
{
    const struct json_node *root;
    int err = json_tape_read(&memory, text, JSON_DEPTH_MAX, NODES_MAX, &root);

    return err == 0 ? root : NULL;
}

static void check_json(const struct text *out)
{
    struct json_scan scan;
    struct json_hit hit;
    const char *cursor = out->ptr;

    if (out->err != 0)
        return;
    json_scan_init(&scan, NULL, 0, JSON_DEPTH_MAX);
    INVARIANT(json_scan_next(&scan, &cursor, out->ptr + out->len, &hit) == JSON_MORE);
    INVARIANT(json_scan_end(&scan) == 0);
}

static void pass_request(const struct json_node *root, unsigned flags)
{
    static struct hub_request request;
    static struct hub_notes notes;
    struct codec_target target = {0};
    struct text out = text_over(first, sizeof(first));

    request = (struct hub_request){0};
    hub_notes_init(&notes, (flags & 1) != 0);
    notes.client = PROTOCOL_GEMINI;
    target.traits.json_schemas = (flags & 2) != 0;
    target.traits.signatures = (flags & 4) != 0;
    target.traits.tool_ids = (flags & 8) != 0;
    target.traits.image_urls = (flags & 16) != 0;
    target.traits.thinking = (flags & 32) != 0 ? THINKING_LEVEL : THINKING_BUDGET;
    if (codec_gemini.read_request(&memory, root, &request, &notes) == 0 &&
        codec_gemini.write_request(&memory, &request, &target, &notes, &out) == 0)
        check_json(&out);
    /* What stands in a header is text. */
    for (size_t i = 0; i < notes.dropped.len; i++)
        INVARIANT(notes.dropped.ptr[i] >= ' ' && notes.dropped.ptr[i] < 0x7f);
}

/* @return whether there was an answer */
static bool write_again(const struct json_node *root, struct text *out)
{
    struct hub_answer answer;
    struct hub_error error;

    if (codec_gemini.read_answer(&memory, root, &answer, &error) != 0 ||
        codec_gemini.write_answer(&memory, &answer, &how, out) != 0)
        return false;
    check_json(out);
    return true;
}

static void pass_answer(const struct json_node *root)
{
    struct text once = text_over(first, sizeof(first));
    struct text twice = text_over(second, sizeof(second));
    struct hub_error error;

    codec_gemini.read_error(&memory, 500, root, &error);
    if (!write_again(root, &once))
        return;
    root = read_json(text_span(&once));
    if (root != NULL && write_again(root, &twice))
        INVARIANT(span_equal(text_span(&once), text_span(&twice)));
}

static void write_event(void *ctx, const struct hub_event *event)
{
    codec_gemini.write_event(ctx, event);
}

static void pass_event(const struct json_node *root)
{
    struct codec_answer array = how;
    struct text out = text_over(first, sizeof(first));
    struct codec_writer writer = {
        .answer = &array,
        .memory = &scratch,
        .scratch = &memory,
        .out = &out,
    };
    struct hub_stream stream;
    uint64_t state = 0;

    array.is_array = true;
    region_reset(&scratch);
    hub_stream_init(&stream, &scratch, 7, write_event, &writer);
    codec_gemini.read_event(&memory, root, &state, &stream);
    codec_gemini.read_event(&memory, root, &state, &stream);
    hub_stream_finish(&stream, HUB_FINISH_STOP, SPAN(""));
    if (hub_stream_end(&stream, PROTOCOL_GEMINI) == 0 && stream.err == 0 && writer.err == 0)
        check_json(&out);
}

static void pass_schema(const struct json_node *root)
{
    struct text out = text_over(first, sizeof(first));

    if (!json_is(root, JSON_OBJECT))
        return;
    if (gemini_schema_write(root, &out) == 0)
        check_json(&out);
    out = text_over(first, sizeof(first));
    gemini_schema_read(root, &out);
    check_json(&out);
    (void)gemini_schema_is_empty(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t setup = fuzz_take_number(&input);
    struct span text = fuzz_copy(input);
    const struct json_node *root = NULL;

    if (memory.base == NULL)
        INVARIANT(region_init(&memory, REGION_BYTES) == 0 &&
                  region_init(&scratch, REGION_BYTES) == 0);
    region_reset(&memory);
    if (json_tape_read(&memory, text, DEPTH_MAX, NODES_MAX, &root) == 0) {
        switch ((enum direction)(setup % DIRECTION_COUNT)) {
        case REQUEST:
            if (root->type == JSON_OBJECT)
                pass_request(root, (unsigned)setup >> 8);
            break;
        case ANSWER:
            pass_answer(root);
            break;
        case EVENT:
            pass_event(root);
            break;
        case SCHEMA:
        case DIRECTION_COUNT:
            pass_schema(root);
            break;
        }
    }
    fuzz_free(text);
    return 0;
}
