#include "tests/unit/stream_check.h"

#include "lib/wire/json_tape.h"
#include "lib/wire/sse.h"

/** What has been seen. */
struct check {
    struct region *memory;
    const char *wrong;
    bool has_started;
    bool has_finish;
    bool is_over;
    uint64_t blocks;
    bool is_open;
    struct span id;
};

typedef void check_fn(struct check *check, struct span data);

static void demand(struct check *check, bool is_right, const char *what)
{
    if (!is_right && check->wrong == NULL)
        check->wrong = what;
}

static const struct json_node *parse(struct check *check, struct span data)
{
    const struct json_node *root = NULL;

    if (json_tape_read(check->memory, data, JSON_DEPTH_MAX, UINT32_MAX, &root) != 0 ||
        root->type != JSON_OBJECT) {
        demand(check, false, "data that is no object");
        return NULL;
    }
    return root;
}

/* --- Anthropic -------------------------------------------------------------------------------- */

static void check_index(struct check *check, const struct json_node *root, bool begins)
{
    uint64_t index = UINT64_MAX;

    (void)json_count(json_member(root, SPAN("index")), &index);
    demand(check, index == check->blocks, "the index of no open block");
    demand(check, check->is_open != begins, "a block inside of another, or none");
}

static void check_message_start(struct check *check, const struct json_node *root)
{
    const struct json_node *usage = json_member(json_member(root, SPAN("message")), SPAN("usage"));

    demand(check, !check->has_started, "a second message_start");
    demand(check, json_is(json_member(usage, SPAN("input_tokens")), JSON_NUMBER), "no usage");
    check->has_started = true;
}

static void check_block(struct check *check, const struct json_node *root,
                        const struct json_node *type)
{
    const struct json_node *block = json_member(root, SPAN("content_block"));
    bool begins = json_is_text(type, SPAN("content_block_start"));

    check_index(check, root, begins);
    if (json_is_text(json_member(block, SPAN("type")), SPAN("tool_use"))) {
        demand(check, json_text(json_member(block, SPAN("id"))).len > 0, "a call without id");
        demand(check, json_text(json_member(block, SPAN("name"))).len > 0, "a call without name");
    }
    if (begins)
        check->is_open = true;
    if (json_is_text(type, SPAN("content_block_stop"))) {
        check->is_open = false;
        check->blocks++;
    }
}

static void check_anthropic(struct check *check, struct span data)
{
    const struct json_node *root = parse(check, data);
    const struct json_node *type = json_member(root, SPAN("type"));

    demand(check, !check->is_over, "something behind message_stop");
    if (json_is_text(type, SPAN("message_start"))) {
        check_message_start(check, root);
        return;
    }
    demand(check, check->has_started, "something before message_start");
    if (json_is_text(type, SPAN("message_delta"))) {
        demand(check, !check->is_open && !check->has_finish, "message_delta at another place");
        check->has_finish = true;
    } else if (json_is_text(type, SPAN("message_stop"))) {
        demand(check, check->has_finish, "message_stop before message_delta");
        check->is_over = true;
    } else {
        demand(check, !check->has_finish, "a block behind message_delta");
        check_block(check, root, type);
    }
}

/* --- OpenAI ----------------------------------------------------------------------------------- */

static void check_calls(struct check *check, const struct json_node *calls)
{
    if (!json_is(calls, JSON_ARRAY))
        return;
    JSON_EACH(call, calls)
    {
        const struct json_node *function = json_member(call, SPAN("function"));
        bool begins = json_member(call, SPAN("id")) != NULL;
        uint64_t index = UINT64_MAX;

        (void)json_count(json_member(call, SPAN("index")), &index);
        demand(check, index == (begins ? check->blocks : check->blocks - 1),
               "the index of no call");
        if (begins)
            check->blocks++;
        demand(check, begins == (json_text(json_member(function, SPAN("name"))).len > 0),
               "a call that begins twice, or without a name");
    }
}

static void check_choice(struct check *check, const struct json_node *choice)
{
    const struct json_node *delta = json_member(choice, SPAN("delta"));

    demand(check, json_is(delta, JSON_OBJECT), "a choice without delta");
    demand(check, !check->has_finish, "a choice behind the last one");
    if (!check->has_started)
        demand(check, json_is_text(json_member(delta, SPAN("role")), SPAN("assistant")), "no role");
    check->has_started = true;
    check_calls(check, json_member(delta, SPAN("tool_calls")));
    if (json_member(choice, SPAN("finish_reason")) != NULL)
        check->has_finish = true;
}

static void check_openai(struct check *check, struct span data)
{
    const struct json_node *root;
    const struct json_node *choices;

    demand(check, !check->is_over, "something behind [DONE]");
    if (span_equal(data, SPAN("[DONE]"))) {
        check->is_over = true;
        return;
    }
    root = parse(check, data);
    choices = json_member(root, SPAN("choices"));
    demand(check, json_is(choices, JSON_ARRAY), "no choices");
    demand(check, json_is_text(json_member(root, SPAN("object")), SPAN("chat.completion.chunk")),
           "no chunk");
    if (check->id.len == 0)
        check->id = json_text(json_member(root, SPAN("id")));
    demand(check,
           check->id.len > 0 && span_equal(check->id, json_text(json_member(root, SPAN("id")))),
           "ids that differ");
    if (!json_is(choices, JSON_ARRAY))
        return;
    JSON_EACH(choice, choices)
    {
        check_choice(check, choice);
    }
    demand(check, choices->count > 0 || json_is(json_member(root, SPAN("usage")), JSON_OBJECT),
           "a chunk of nothing");
}

/* --- Gemini ----------------------------------------------------------------------------------- */

static void check_part(struct check *check, const struct json_node *part)
{
    const struct json_node *call = json_member(part, SPAN("functionCall"));

    demand(check, part->count > 0, "an empty part");
    if (call != NULL) {
        demand(check, json_text(json_member(call, SPAN("name"))).len > 0, "a call without name");
        demand(check,
               json_member(call, SPAN("args")) == NULL ||
                   json_is(json_member(call, SPAN("args")), JSON_OBJECT),
               "arguments that are no object");
    }
}

static void check_candidate(struct check *check, const struct json_node *candidate)
{
    const struct json_node *content = json_member(candidate, SPAN("content"));
    const struct json_node *parts = json_member(content, SPAN("parts"));

    if (json_is(parts, JSON_ARRAY)) {
        JSON_EACH(part, parts)
        {
            check_part(check, part);
        }
    }
    if (json_member(candidate, SPAN("finishReason")) != NULL) {
        check->has_finish = true;
        check->is_over = true;
    }
}

static void check_gemini(struct check *check, struct span data)
{
    const struct json_node *root = parse(check, data);
    const struct json_node *candidates = json_member(root, SPAN("candidates"));

    demand(check, !check->is_over, "something behind the last candidate");
    if (!json_is(candidates, JSON_ARRAY))
        return;
    JSON_EACH(candidate, candidates)
    {
        check_candidate(check, candidate);
    }
}

/* --- framing ---------------------------------------------------------------------------------- */

const char *check_stream(struct region *memory, enum wire_protocol protocol, struct span stream)
{
    static check_fn *const checks[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = check_openai,
        [PROTOCOL_ANTHROPIC] = check_anthropic,
        [PROTOCOL_GEMINI] = check_gemini,
    };
    struct check check = {.memory = memory};
    struct span data = SPAN("");
    struct sse sse;

    sse_init(&sse);
    while (check.wrong == NULL) {
        struct sse_piece piece = sse_next(&sse, &stream);

        if (piece.kind == SSE_MORE)
            break;
        if (piece.kind == SSE_DATA) {
            demand(&check, data.len == 0, "two lines of data");
            data = piece.bytes;
        }
        if (piece.kind == SSE_EVENT_END) {
            checks[protocol](&check, data);
            data = SPAN("");
        }
    }
    demand(&check, !sse_is_inside_event(&sse), "an event that is cut");
    demand(&check, check.has_finish, "no end");
    demand(&check, check.is_over, "no terminator");
    return check.wrong;
}
