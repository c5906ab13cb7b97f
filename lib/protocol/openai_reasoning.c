/* Reasoning as it stands in histories and in answers: four conventions, none of them OpenAI's. */
#include "lib/base/err.h"
#include "lib/protocol/openai_inner.h"

static struct hub_block *add(struct region *memory, struct hub_blocks *out,
                             enum hub_block_kind kind, struct span text)
{
    struct hub_block *block = hub_add_block(memory, out, kind);

    if (block != NULL)
        block->text = text;
    return block;
}

static void sign(struct hub_block *block, enum hub_signer signer, struct span signature)
{
    if (signer == HUB_SIGNER_NONE || signature.len == 0)
        return;
    block->signer = (uint8_t)signer;
    block->signature = signature;
}

/* --- LiteLLM: thinking_blocks, as Anthropic writes them ---------------------------------------- */

static int read_thinking_blocks(struct region *memory, const struct json_node *list,
                                struct hub_blocks *out)
{
    JSON_EACH(item, list)
    {
        bool is_redacted = json_is_text(json_member(item, SPAN("type")), SPAN("redacted_thinking"));
        struct hub_block *block =
            is_redacted
                ? add(memory, out, HUB_REDACTED, json_text(json_member(item, SPAN("data"))))
                : add(memory, out, HUB_REASONING, json_text(json_member(item, SPAN("thinking"))));

        if (block == NULL)
            return ERR_NO_MEMORY;
        if (is_redacted)
            block->signer = HUB_SIGNER_ANTHROPIC;
        else
            sign(block, HUB_SIGNER_ANTHROPIC, json_text(json_member(item, SPAN("signature"))));
    }
    return 0;
}

/* --- OpenRouter: reasoning_details ------------------------------------------------------------- */

enum hub_signer openai_signer_of(const struct json_node *detail)
{
    struct span format = json_text(json_member(detail, SPAN("format")));

    /* Without a word Anthropic's: theirs were the first signatures. */
    if (format.len == 0 || span_starts_with(format, SPAN("anthropic")))
        return HUB_SIGNER_ANTHROPIC;
    return span_starts_with(format, SPAN("google")) ? HUB_SIGNER_GEMINI : HUB_SIGNER_NONE;
}

/** The text of a detail that has one. */
static struct span detail_text(const struct json_node *detail)
{
    struct span text = json_text(json_member(detail, SPAN("text")));

    return text.len > 0 ? text : json_text(json_member(detail, SPAN("summary")));
}

static bool is_encrypted(const struct json_node *detail)
{
    return json_is_text(json_member(detail, SPAN("type")), SPAN("reasoning.encrypted"));
}

/* Of a provider that we cannot hand it back to it is of no use. */
static int read_encrypted(struct region *memory, const struct json_node *detail,
                          struct hub_blocks *out)
{
    enum hub_signer signer = openai_signer_of(detail);
    struct span data = json_text(json_member(detail, SPAN("data")));
    struct hub_block *block;

    if (signer == HUB_SIGNER_NONE || data.len == 0)
        return 0;
    if (signer == HUB_SIGNER_GEMINI) {
        block = add(memory, out, HUB_REASONING, SPAN(""));
        if (block != NULL)
            sign(block, signer, data);
    } else {
        block = add(memory, out, HUB_REDACTED, data);
        if (block != NULL)
            block->signer = (uint8_t)signer;
    }
    return block == NULL ? ERR_NO_MEMORY : 0;
}

/** Do both tell of one piece of reasoning, in a stream's deltas one after the other? */
static bool is_one_piece(const struct json_node *a, const struct json_node *b)
{
    const struct json_node *index_a = json_member(a, SPAN("index"));
    const struct json_node *index_b = json_member(b, SPAN("index"));

    if (is_encrypted(b) || json_text(json_member(a, SPAN("signature"))).len > 0)
        return false;
    return index_a == NULL || index_b == NULL || span_equal(index_a->raw, index_b->raw);
}

/**
 * A run of details that are one piece: its texts joined.
 *
 * @return the first detail behind it; NULL when the region is full
 */
static const struct json_node *read_run(struct region *memory, const struct json_node *first,
                                        const struct json_node *end, struct hub_blocks *out)
{
    const struct json_node *last = first;
    struct text text = region_text(memory);
    struct hub_block *block;

    text_add(&text, detail_text(first));
    while (last + last->width < end && is_one_piece(last, last + last->width)) {
        last += last->width;
        text_add(&text, detail_text(last));
    }
    if (text.err != 0)
        return NULL;
    region_keep_text(memory, &text);
    if (text.len == 0 && json_member(last, SPAN("signature")) == NULL)
        return last + last->width;
    block = add(memory, out, HUB_REASONING, text_span(&text));
    if (block == NULL)
        return NULL;
    sign(block, openai_signer_of(last), json_text(json_member(last, SPAN("signature"))));
    return last + last->width;
}

static int read_details(struct region *memory, const struct json_node *list, struct hub_blocks *out)
{
    const struct json_node *end = list + list->width;
    const struct json_node *at = json_first(list);
    int err = 0;

    while (at != NULL && at < end && err == 0) {
        if (is_encrypted(at)) {
            err = read_encrypted(memory, at, out);
            at += at->width;
            continue;
        }
        at = read_run(memory, at, end, out);
        err = at == NULL ? ERR_NO_MEMORY : 0;
    }
    return err;
}

/* --- all -------------------------------------------------------------------------------------- */

static struct span plain_reasoning(const struct json_node *message)
{
    struct span text = json_text(json_member(message, SPAN("reasoning_content")));

    return text.len > 0 ? text : json_text(json_member(message, SPAN("reasoning")));
}

/* A signature may come without its text when that stands beside it. */
static void fill_lone_text(struct hub_blocks *blocks, struct span text)
{
    struct hub_block *only = NULL;

    for (struct hub_block *block = blocks->first; block != NULL; block = block->next) {
        if (block->kind != HUB_REASONING)
            continue;
        if (only != NULL)
            return;
        only = block;
    }
    if (only != NULL && only->text.len == 0)
        only->text = text;
}

static bool is_list(const struct json_node *node)
{
    return json_is(node, JSON_ARRAY) && node->count > 0;
}

int openai_read_reasoning(struct region *memory, const struct json_node *message,
                          struct hub_blocks *out)
{
    const struct json_node *thinking = json_member(message, SPAN("thinking_blocks"));
    const struct json_node *details = json_member(message, SPAN("reasoning_details"));
    struct span plain = plain_reasoning(message);
    struct hub_blocks blocks = {NULL, NULL};
    int err = 0;

    if (is_list(thinking))
        err = read_thinking_blocks(memory, thinking, &blocks);
    else if (is_list(details))
        err = read_details(memory, details, &blocks);
    if (err != 0)
        return err;
    fill_lone_text(&blocks, plain);
    if (blocks.first == NULL && plain.len > 0 && add(memory, &blocks, HUB_REASONING, plain) == NULL)
        return ERR_NO_MEMORY;
    if (blocks.first == NULL)
        return 0;
    if (out->last == NULL)
        out->first = blocks.first;
    else
        out->last->next = blocks.first;
    out->last = blocks.last;
    return 0;
}
