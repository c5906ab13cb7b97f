/*
 * Requests and answers of every pair of protocols: nothing crashes, an answer that is cut anywhere is
 * the same, one that is complete is what its client insists on, and what was written once is written
 * again as it stands.
 */
#include "lib/base/err.h"
#include "lib/protocol/translation.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/stream_check.h"

enum {
    MEMORY_BYTES = 8 << 20,
    OUT_BYTES = 4 << 20,
    EVENT_BYTES_MAX = 64 * 1024,
    VALUES_MAX = 20 * 1000,
    DEPTH_MAX = 64,
    HEAD_BYTES = 4, /* of an input: what it is, flags, and where it is cut */
};

/** What the first bytes of an input say. */
struct setup {
    enum wire_protocol from;
    enum wire_protocol to;
    unsigned flags;
};

enum { FLAG_USAGE = 1, FLAG_JSON_TOOL = 2, FLAG_ARRAY = 4, FLAG_STRICT = 8, FLAG_TRAITS = 16 };

/** A region and a buffer for each thing that must be kept beside another. */
struct space {
    struct region memory;
    struct region scratch;
    char *out;
};

static struct space spaces[3];

static void open_spaces(void)
{
    if (spaces[0].out != NULL)
        return;
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        INVARIANT(region_init(&spaces[i].memory, MEMORY_BYTES) == 0);
        INVARIANT(region_init(&spaces[i].scratch, MEMORY_BYTES) == 0);
        spaces[i].out = malloc(OUT_BYTES);
        INVARIANT(spaces[i].out != NULL);
    }
}

static struct text begin(struct space *space)
{
    region_reset(&space->memory);
    region_reset(&space->scratch);
    return text_over(space->out, OUT_BYTES);
}

static bool is_json(struct space *space, struct span text)
{
    const struct json_node *root;

    region_reset(&space->scratch);
    return json_tape_read(&space->scratch, text, JSON_DEPTH_MAX, UINT32_MAX, &root) == 0;
}

static struct translation_rules rules_of(const struct setup *setup)
{
    return (struct translation_rules){
        .from = setup->from,
        .to = setup->to,
        .answer = {.slug_json = SPAN("\"slug\""),
                   .id = SPAN("ID"),
                   .created_s = 1,
                   .is_array = (setup->flags & FLAG_ARRAY) != 0},
        .keep = {.include_usage = (setup->flags & FLAG_USAGE) != 0,
                 .json_tool = (setup->flags & FLAG_JSON_TOOL) != 0},
        .id_seed = 1,
        .event_bytes_max = EVENT_BYTES_MAX,
    };
}

/* --- streams ---------------------------------------------------------------------------------- */

static void read_stream(const void *arg, struct span input, size_t step, struct fuzz_hash *told)
{
    const struct setup *setup = arg;
    const struct translation_rules rules = rules_of(setup);
    struct space *space = &spaces[0];
    struct text out = begin(space);
    struct translation translation;
    struct span piece;
    int err = 0;

    translation_init(&translation, &rules, &space->memory);
    while (err == 0 && fuzz_take_piece(&input, step, &piece)) {
        err = translation_feed(&translation, piece, &space->scratch, &out);
        INVARIANT(region_mark(&space->scratch) == 0);
        fuzz_free(piece);
    }
    if (err == 0)
        err = translation_finish(&translation, &space->scratch, &out);
    INVARIANT(translation.state != TRANSLATION_OPEN || err != 0);
    /* How much memory pieces take depends on where they are cut. */
    if (err == ERR_NO_MEMORY)
        return;
    fuzz_hash_number(told, (uint64_t)err);
    fuzz_hash_number(told, translation.state);
    fuzz_hash_bytes(told, text_span(&out));
    if (err == 0 && translation.state == TRANSLATION_COMPLETE && !rules.answer.is_array)
        INVARIANT(check_stream(&space->scratch, rules.to, text_span(&out)) == NULL);
}

/* --- whole answers ---------------------------------------------------------------------------- */

static int answer(struct space *space, const struct translation_rules *rules, struct span body,
                  struct span *out)
{
    struct text text = begin(space);
    struct translation_said said;
    int err = translation_answer(rules, body, &space->scratch, &said, &text);

    *out = text_span(&text);
    return err;
}

static void read_answer(const struct setup *setup, struct span input)
{
    struct translation_rules rules = rules_of(setup);
    struct span first;
    struct span second;
    struct span third;

    if (answer(&spaces[0], &rules, input, &first) != 0)
        return;
    INVARIANT(is_json(&spaces[0], first));
    rules.from = rules.to;
    rules.keep = (struct translation_keep){0};
    INVARIANT(answer(&spaces[1], &rules, first, &second) == 0);
    INVARIANT(answer(&spaces[2], &rules, second, &third) == 0);
    INVARIANT(span_equal(second, third));
}

/* --- requests --------------------------------------------------------------------------------- */

static struct traits traits_of(unsigned flags)
{
    if ((flags & FLAG_TRAITS) == 0)
        return (struct traits){
            .thinking = THINKING_ADAPTIVE,
            .image_urls = true,
            .part_arrays = true,
            .parallel_tools = true,
            .json_schemas = true,
            .system_turns = true,
            .top_k = true,
            .tool_ids = true,
        };
    return (struct traits){
        .sampling = SAMPLING_ONE,
        .thinking = THINKING_BUDGET,
        .structured_output = (flags & FLAG_JSON_TOOL) != 0 ? STRUCTURED_TOOL : STRUCTURED_NONE,
        .signatures = true,
    };
}

static int ask(struct space *space, const struct setup *setup, struct span body, struct span *out)
{
    static const enum provider_kind kinds[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = PROVIDER_OPENAI_COMPATIBLE,
        [PROTOCOL_ANTHROPIC] = PROVIDER_ANTHROPIC,
        [PROTOCOL_GEMINI] = PROVIDER_GEMINI,
    };
    struct text text = begin(space);
    const struct translation_request request = {
        .from = setup->from,
        .to = setup->to,
        .body = body,
        .depth_max = DEPTH_MAX,
        .values_max = VALUES_MAX,
        .target = {.traits = traits_of(setup->flags),
                   .provider = kinds[setup->to],
                   .upstream_model = SPAN("upstream")},
        .scratch = &space->scratch,
        .memory = &space->memory,
    };
    struct translation_keep keep;
    struct hub_notes notes;
    int err;

    hub_notes_init(&notes, (setup->flags & FLAG_STRICT) != 0);
    err = translation_request(&request, &notes, &keep, &text);
    INVARIANT(notes.err == 0 || err == notes.err);
    *out = text_span(&text);
    return err;
}

static void read_request(const struct setup *setup, struct span input)
{
    struct setup again = {.from = setup->to, .to = setup->to, .flags = setup->flags & FLAG_TRAITS};
    const struct json_node *root;
    struct span first;
    struct span second;
    struct span third;

    /* A call_reader passes nothing else. */
    region_reset(&spaces[0].scratch);
    if (json_tape_read(&spaces[0].scratch, input, DEPTH_MAX, VALUES_MAX, &root) != 0 ||
        root->type != JSON_OBJECT || ask(&spaces[0], setup, input, &first) != 0)
        return;
    INVARIANT(is_json(&spaces[0], first));
    if (ask(&spaces[1], &again, first, &second) != 0 ||
        ask(&spaces[2], &again, second, &third) != 0)
        return;
    INVARIANT(span_equal(second, third));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    struct setup setup;
    size_t step;
    unsigned what;

    if (size < HEAD_BYTES)
        return 0;
    open_spaces();
    what = data[0];
    setup = (struct setup){
        .from = (enum wire_protocol)(what % PROTOCOL_COUNT),
        .to = (enum wire_protocol)(what / PROTOCOL_COUNT % PROTOCOL_COUNT),
        .flags = data[1],
    };
    input = span_skip(input, 2);
    step = fuzz_take_number(&input);
    what /= PROTOCOL_COUNT * PROTOCOL_COUNT;
    struct span copy = fuzz_copy(input);
    if (what % 3 == 0)
        (void)fuzz_cut(read_stream, &setup, copy, step);
    else if (what % 3 == 1)
        read_answer(&setup, copy);
    else
        read_request(&setup, copy);
    fuzz_free(copy);
    return 0;
}
