#include "lib/protocol/normalise_tools.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

/* --- as text ---------------------------------------------------------------------------------- */

static int call_to_text(struct region *memory, struct hub_block *call)
{
    struct span arguments = hub_encode(memory, call->arguments);
    struct text text = region_text(memory);

    text_add(&text, SPAN("[tool call "));
    text_add(&text, call->name);
    text_add_char(&text, '(');
    text_add(&text, arguments);
    text_add(&text, SPAN(") "));
    text_add(&text, call->id);
    text_add_char(&text, ']');
    if (text.err != 0 || arguments.ptr == NULL)
        return ERR_NO_MEMORY;
    region_keep_text(memory, &text);
    call->kind = HUB_TEXT;
    call->text = text_span(&text);
    return 0;
}

/** The result's text in one block; its images and files follow it as they are. */
static int result_to_text(struct region *memory, struct hub_block *result)
{
    struct text text = region_text(memory);
    struct hub_blocks others = {.first = result, .last = result};
    struct hub_block *behind = result->next;
    struct hub_block *next;

    text_add(&text, SPAN("[tool result "));
    text_add(&text, result->id);
    text_add_char(&text, ']');
    for (struct hub_block *block = result->content; block != NULL; block = next) {
        next = block->next;
        if (block->kind != HUB_TEXT) {
            hub_append_block(&others, block);
            continue;
        }
        text_add_char(&text, ' ');
        text_add(&text, block->text);
    }
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(memory, &text);
    others.last->next = behind;
    result->kind = HUB_TEXT;
    result->text = text_span(&text);
    result->content = NULL;
    return 0;
}

static int block_to_text(struct region *memory, struct hub_block *block)
{
    if (block->kind == HUB_TOOL_CALL)
        return call_to_text(memory, block);
    return block->kind == HUB_TOOL_RESULT ? result_to_text(memory, block) : 0;
}

int normalise_tool_text(struct region *memory, const struct hub_request *request)
{
    int err = 0;

    for (struct hub_message *message = request->first; message != NULL; message = message->next) {
        struct hub_block *last = NULL;

        for (struct hub_block *block = message->blocks.first; block != NULL && err == 0;
             block = block->next) {
            err = block_to_text(memory, block);
            last = block;
        }
        message->blocks.last = last;
    }
    return err;
}

/* --- pairs ------------------------------------------------------------------------------------ */

struct pairing {
    struct region *memory;
    struct hub_request *request;
    struct hub_notes *notes;
    uint32_t ids_made;
};

static int refuse(struct pairing *pairing, struct span before, struct span id, struct span after)
{
    char memory[200];
    struct text text = text_over(memory, sizeof(memory));
    struct span name = id.len > 0 ? id : SPAN("(none)");

    text_add(&text, before);
    if (name.len < sizeof(memory) - before.len - after.len)
        text_add(&text, name);
    text_add(&text, after);
    return hub_refuse_field(pairing->notes, HUB_FIELD_MESSAGES, text_span(&text));
}

/** Takes the calls' results, of whatever turn up to the next answer, out of their turns. */
static struct hub_blocks take_results(struct hub_message *message)
{
    struct hub_blocks results = {0};

    for (; message != NULL && message->role != HUB_ASSISTANT; message = message->next) {
        struct hub_block *next = message->blocks.first;

        message->blocks = (struct hub_blocks){0};
        while (next != NULL) {
            struct hub_block *block = next;

            next = block->next;
            hub_append_block(block->kind == HUB_TOOL_RESULT ? &results : &message->blocks, block);
        }
    }
    return results;
}

static bool answers(const struct hub_block *result, const struct hub_block *call)
{
    if (result->id.len > 0 || call->id.len > 0)
        return hub_equal(result->id, call->id);
    return result->name.len == 0 || hub_equal(result->name, call->name);
}

/** The call's result; of several with its id the last one. Others of that id go with it. */
static struct hub_block *take_result(struct hub_blocks *results, const struct hub_block *call)
{
    struct hub_block *next = results->first;
    struct hub_block *found = NULL;

    *results = (struct hub_blocks){0};
    while (next != NULL) {
        struct hub_block *result = next;
        bool is_one_more = call->id.len == 0 && found != NULL;

        next = result->next;
        if (!is_one_more && answers(result, call))
            found = result;
        else
            hub_append_block(results, result);
    }
    return found;
}

static int make_id(struct pairing *pairing, struct hub_block *call, struct hub_block *result)
{
    struct text id = region_text(pairing->memory);

    text_add(&id, SPAN("call_weir_"));
    text_add_unsigned(&id, pairing->ids_made++);
    if (id.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(pairing->memory, &id);
    call->id = text_span(&id);
    result->id = call->id;
    return 0;
}

/** Adds the results of a turn's calls to `out`, in the calls' order. */
static int pair_turn(struct pairing *pairing, const struct hub_message *turn,
                     struct hub_blocks *results, struct hub_blocks *out)
{
    for (struct hub_block *call = turn->blocks.first; call != NULL; call = call->next) {
        struct hub_block *result;

        if (call->kind != HUB_TOOL_CALL)
            continue;
        result = take_result(results, call);
        if (result == NULL)
            return refuse(pairing, SPAN("The tool call "), call->id, SPAN(" has no result."));
        result->name = call->name;
        if (call->id.len == 0 && make_id(pairing, call, result) != 0)
            return ERR_NO_MEMORY;
        hub_append_block(out, result);
    }
    if (results->first != NULL)
        return refuse(pairing, SPAN("The tool result "), results->first->id,
                      SPAN(" belongs to no call of the turn before it."));
    return 0;
}

/** Puts the results first into the turn behind `turn`, which is made if there is none. */
static int insert(struct pairing *pairing, struct hub_message *turn, struct hub_blocks results)
{
    struct hub_message *behind = turn->next;

    if (results.first == NULL)
        return 0;
    if (behind == NULL || behind->role != HUB_USER) {
        behind = region_take(pairing->memory, sizeof(*behind));
        if (behind == NULL)
            return ERR_NO_MEMORY;
        behind->role = HUB_USER;
        behind->next = turn->next;
        turn->next = behind;
        if (pairing->request->last == turn)
            pairing->request->last = behind;
    }
    results.last->next = behind->blocks.first;
    if (behind->blocks.last == NULL)
        behind->blocks.last = results.last;
    behind->blocks.first = results.first;
    return 0;
}

/** Unlinks turns that have become empty: their results stand in another one. */
static void drop_empty(struct hub_request *request)
{
    struct hub_message *next = request->first;

    request->first = NULL;
    request->last = NULL;
    while (next != NULL) {
        struct hub_message *message = next;

        next = message->next;
        if (message->blocks.first != NULL)
            hub_append_message(request, message);
    }
}

int normalise_pairs(struct region *memory, struct hub_request *request, struct hub_notes *notes)
{
    const struct hub_message no_turn = {.role = HUB_ASSISTANT};
    struct pairing pairing = {.memory = memory, .request = request, .notes = notes};
    struct hub_blocks results = take_results(request->first);
    struct hub_blocks ordered = {0};
    int err = pair_turn(&pairing, &no_turn, &results, &ordered);

    for (struct hub_message *turn = request->first; turn != NULL && err == 0; turn = turn->next) {
        if (turn->role != HUB_ASSISTANT)
            continue;
        results = take_results(turn->next);
        ordered = (struct hub_blocks){0};
        err = pair_turn(&pairing, turn, &results, &ordered);
        if (err == 0)
            err = insert(&pairing, turn, ordered);
    }
    drop_empty(request);
    return err;
}
