#include "lib/protocol/translation.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"

/* --- requests --------------------------------------------------------------------------------- */

/** Copies a list of names from the scratch region to where the answer finds it. */
static int keep_names(struct region *memory, const struct tool_name *names, struct tool_name **out)
{
    for (; names != NULL; names = names->next) {
        struct tool_name *copy = region_take(memory, sizeof(*copy));

        if (copy == NULL)
            return ERR_NO_MEMORY;
        copy->sent = region_copy(memory, names->sent);
        copy->original = region_copy(memory, names->original);
        if (copy->sent.ptr == NULL || copy->original.ptr == NULL)
            return ERR_NO_MEMORY;
        copy->next = *out;
        *out = copy;
    }
    return 0;
}

/** Every provider refuses more than its model can answer, and clients ask for what theirs can. */
static int fit_ceiling(struct hub_request *hub, uint64_t max_output_tokens, struct hub_notes *notes)
{
    if (!hub->has_max_tokens || max_output_tokens == 0 || hub->max_tokens <= max_output_tokens)
        return 0;
    hub->max_tokens = max_output_tokens;
    return hub_drop_field(notes, HUB_FIELD_MAX_TOKENS);
}

static int write(const struct translation_request *request, struct region *scratch,
                 struct hub_request *hub, struct hub_notes *notes, struct text *out)
{
    const struct codec *codec = codec_of(request->to);
    int err = codec->write_request(scratch, hub, &request->target, notes, out);

    return err == 0 && out->err != 0 ? ERR_NO_MEMORY : err;
}

int translation_request(const struct translation_request *request, struct hub_notes *notes,
                        struct translation_keep *keep, struct text *out)
{
    struct region *scratch = request->scratch;
    const struct codec *from = codec_of(request->from);
    const struct codec *to = codec_of(request->to);
    struct hub_request hub = {0};
    struct tool_name *names = NULL;
    struct normalise_rules shape;
    const struct json_node *root;
    int err = json_tape_read(scratch, request->body, request->depth_max, request->values_max,
                             &root);

    *keep = (struct translation_keep){0};
    notes->client = request->from;
    if (err == 0)
        err = from->read_request(scratch, root, &hub, notes);
    if (err != 0)
        return err;
    if (request->from == PROTOCOL_GEMINI)
        hub.stream = request->is_stream;
    err = fit_ceiling(&hub, request->target.max_output_tokens, notes);
    if (err != 0)
        return err;
    shape = to->shape(&hub, &request->target);
    err = normalise_request(scratch, &hub, &shape, notes);
    if (err == 0)
        err = tool_words_fit(scratch, &hub, &to->words, &names, notes);
    if (err == 0)
        err = write(request, scratch, &hub, notes, out);
    if (err == 0)
        err = keep_names(request->memory, names, &keep->names);
    keep->include_usage = hub.include_usage;
    keep->json_tool = hub.json_tool;
    return err;
}

/* --- whole answers ---------------------------------------------------------------------------- */

/** The call that stands for the structured output becomes its text. */
static int call_to_text(struct region *scratch, struct hub_block *block)
{
    block->kind = HUB_TEXT;
    block->text = hub_encode(scratch, block->arguments.len > 0 ? block->arguments : SPAN("{}"));
    return block->text.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int fit_call(const struct translation_rules *rules, struct region *scratch, uint32_t number,
                    struct hub_block *block)
{
    block->name = tool_words_original(rules->keep.names, block->name);
    block->id = block->id.len > 0 ? tool_words_fit_id(scratch, block->id, TRANSLATION_ID_BYTES_MAX)
                                  : tool_words_make_id(scratch, rules->id_seed, number);
    return block->id.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int fit_blocks(const struct translation_rules *rules, struct region *scratch,
                      struct hub_answer *answer)
{
    bool json_tool = rules->keep.json_tool;
    uint32_t calls = 0;
    int err = 0;

    for (struct hub_block *block = answer->blocks.first; block != NULL && err == 0;
         block = block->next) {
        if (block->kind != HUB_TOOL_CALL)
            continue;
        err = json_tool ? call_to_text(scratch, block) : fit_call(rules, scratch, calls++, block);
    }
    /* Some servers say the one where they mean the other: the content decides. */
    if (answer->finish == HUB_FINISH_STOP || answer->finish == HUB_FINISH_TOOL_CALLS)
        answer->finish = calls > 0 ? HUB_FINISH_TOOL_CALLS : HUB_FINISH_STOP;
    return err;
}

/** The document itself, or NULL where it is none. */
static int read_document(struct region *scratch, struct span body, const struct json_node **root)
{
    int err = json_tape_read_mended(scratch, body, UINT32_MAX, root);

    if (err != 0)
        *root = NULL;
    return err == ERR_NO_MEMORY ? err : 0;
}

int translation_answer(const struct translation_rules *rules, struct span body,
                       struct region *scratch, struct translation_said *said, struct text *out)
{
    const struct codec *to = codec_of(rules->to);
    struct hub_answer answer = {0};
    const struct json_node *root;
    int err = read_document(scratch, body, &root);

    *said = (struct translation_said){0};
    if (err != 0)
        return err;
    if (root == NULL)
        return ERR_UPSTREAM_PROTOCOL;
    err = codec_of(rules->from)->read_answer(scratch, root, &answer, &said->error);
    said->usage = answer.usage;
    if (err == 0)
        err = fit_blocks(rules, scratch, &answer);
    if (err == 0)
        err = to->write_answer(scratch, &answer, &rules->answer, out);
    return err == 0 && out->err != 0 ? ERR_NO_MEMORY : err;
}

void translation_error(enum wire_protocol from, int status, struct span body,
                       struct region *scratch, struct hub_error *out)
{
    const struct json_node *root = NULL;

    *out = (struct hub_error){0};
    (void)read_document(scratch, body, &root);
    codec_of(from)->read_error(scratch, status, root, out);
}
