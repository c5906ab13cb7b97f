#include "lib/protocol/hub.h"

void hub_append_message(struct hub_request *request, struct hub_message *message)
{
    message->next = NULL;
    if (request->last == NULL)
        request->first = message;
    else
        request->last->next = message;
    request->last = message;
}

void hub_append_block(struct hub_blocks *blocks, struct hub_block *block)
{
    block->next = NULL;
    if (blocks->last == NULL)
        blocks->first = block;
    else
        blocks->last->next = block;
    blocks->last = block;
}

struct hub_message *hub_add_message(struct region *memory, struct hub_request *request,
                                    enum hub_role role)
{
    struct hub_message *message = region_take(memory, sizeof(*message));

    if (message == NULL)
        return NULL;
    message->role = role;
    hub_append_message(request, message);
    return message;
}

struct hub_block *hub_add_block(struct region *memory, struct hub_blocks *blocks,
                                enum hub_block_kind kind)
{
    struct hub_block *block = region_take(memory, sizeof(*block));

    if (block == NULL)
        return NULL;
    block->kind = (uint8_t)kind;
    hub_append_block(blocks, block);
    return block;
}

struct hub_tool *hub_add_tool(struct region *memory, struct hub_request *request)
{
    struct hub_tool *tool = region_take(memory, sizeof(*tool));

    if (tool == NULL)
        return NULL;
    if (request->last_tool == NULL)
        request->tools = tool;
    else
        request->last_tool->next = tool;
    request->last_tool = tool;
    return tool;
}
