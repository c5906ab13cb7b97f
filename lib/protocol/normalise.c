#include "lib/protocol/normalise.h"

#include "lib/base/err.h"
#include "lib/protocol/hub_fields.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/normalise_tools.h"

/* --- messages --------------------------------------------------------------------------------- */

static void system_first(struct hub_request *request)
{
    struct hub_request systems = {0};
    struct hub_request turns = {0};
    struct hub_message *next;

    for (struct hub_message *message = request->first; message != NULL; message = next) {
        next = message->next;
        hub_append_message(message->role == HUB_SYSTEM ? &systems : &turns, message);
    }
    if (systems.last == NULL)
        return;
    systems.last->next = turns.first;
    request->first = systems.first;
    request->last = turns.last == NULL ? systems.last : turns.last;
}

/** Empty turns go; turns of one role become one. */
static void merge_turns(struct hub_request *request)
{
    struct hub_message *next = request->first;

    request->first = NULL;
    request->last = NULL;
    while (next != NULL) {
        struct hub_message *message = next;
        struct hub_message *last = request->last;

        next = message->next;
        if (message->blocks.first == NULL)
            continue;
        if (last == NULL || last->role != message->role) {
            hub_append_message(request, message);
            continue;
        }
        last->blocks.last->next = message->blocks.first;
        last->blocks.last = message->blocks.last;
    }
}

/* --- blocks ----------------------------------------------------------------------------------- */

static bool is_kept(const struct hub_block *block, const struct normalise_rules *rules)
{
    bool is_signed = block->signer != HUB_SIGNER_NONE;

    if (block->kind == HUB_TEXT || block->kind == HUB_REFUSAL)
        return !hub_is_blank(block->text);
    if (block->kind == HUB_REASONING && !is_signed)
        return rules->keep_unsigned && !hub_is_blank(block->text);
    if (block->kind == HUB_REASONING || block->kind == HUB_REDACTED)
        return is_signed && block->signer == (uint8_t)rules->signer;
    return true;
}

static void keep_blocks(struct hub_blocks *blocks, const struct normalise_rules *rules)
{
    struct hub_block *next = blocks->first;

    *blocks = (struct hub_blocks){0};
    while (next != NULL) {
        struct hub_block *block = next;

        next = block->next;
        if (is_kept(block, rules))
            hub_append_block(blocks, block);
    }
}

static void keep_content(struct hub_block *block, const struct normalise_rules *rules)
{
    struct hub_blocks content = {.first = block->content};

    if (block->signer != (uint8_t)rules->signer && block->kind == HUB_TOOL_CALL)
        block->signature = SPAN("");
    if (block->content == NULL)
        return;
    keep_blocks(&content, rules);
    block->content = content.first;
}

static void keep_what_counts(const struct hub_request *request, const struct normalise_rules *rules)
{
    for (struct hub_message *message = request->first; message != NULL; message = message->next) {
        keep_blocks(&message->blocks, rules);
        for (struct hub_block *block = message->blocks.first; block != NULL; block = block->next)
            keep_content(block, rules);
    }
}

static int check_conversation(const struct hub_request *request,
                              const struct normalise_rules *rules, struct hub_notes *notes)
{
    for (const struct hub_message *each = request->first; each != NULL; each = each->next) {
        if (each->role != HUB_SYSTEM || !rules->system_apart)
            return 0;
    }
    return hub_refuse_field(notes, HUB_FIELD_MESSAGES,
                            request->first == NULL
                                ? SPAN("No message says anything.")
                                : SPAN("This model wants a message besides the system prompt."));
}

int normalise_request(struct region *memory, struct hub_request *request,
                      const struct normalise_rules *rules, struct hub_notes *notes)
{
    if (!rules->keep_system_turns)
        system_first(request);
    keep_what_counts(request, rules);
    if (rules->tool_text) {
        int err = normalise_tool_text(memory, request);

        if (err != 0)
            return err;
    }
    merge_turns(request);
    int err = normalise_pairs(memory, request, notes);
    return err == 0 ? check_conversation(request, rules, notes) : err;
}
