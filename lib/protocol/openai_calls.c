/* Tool calls as they stand in histories and in answers. */
#include "lib/base/err.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"
#include "lib/wire/json_mend.h"
#include "lib/wire/json_walk.h"

/** {"name":value} */
static int wrap(struct region *memory, struct span name, struct span value, struct span *out)
{
    struct text text = region_text(memory);

    text_add(&text, SPAN("{\""));
    text_add(&text, name);
    text_add(&text, SPAN("\":"));
    text_add(&text, value);
    text_add_char(&text, '}');
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(memory, &text);
    *out = text_span(&text);
    return 0;
}

int openai_read_arguments(struct region *memory, const struct json_node *node, struct span *out)
{
    struct span decoded;

    *out = SPAN("{}");
    if (node == NULL)
        return 0;
    if (json_is(node, JSON_OBJECT)) {
        *out = node->raw;
        return 0;
    }
    if (!json_is(node, JSON_STRING))
        return wrap(memory, SPAN("value"), node->raw, out);
    decoded = hub_decode(memory, node->raw);
    if (decoded.ptr == NULL)
        return ERR_NO_MEMORY;
    decoded = json_mend(memory, json_trim(decoded));
    if (decoded.ptr == NULL)
        return ERR_NO_MEMORY;
    if (decoded.len == 0)
        return 0;
    if (!json_is_whole(decoded, JSON_DEPTH_MAX))
        return wrap(memory, SPAN("_raw_arguments"), json_source(node), out);
    if (decoded.ptr[0] != '{')
        return wrap(memory, SPAN("value"), decoded, out);
    *out = decoded;
    return 0;
}

struct span openai_call_signature(const struct json_node *call)
{
    const struct json_node *carriers[] = {
        json_member(json_member(call, SPAN("extra_content")), SPAN("google")),
        json_member(call, SPAN("provider_specific_fields")),
        json_member(call, SPAN("function")),
    };

    for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        struct span signature = json_text(json_member(carriers[i], SPAN("thought_signature")));

        if (signature.len > 0)
            return signature;
    }
    return SPAN("");
}

int openai_read_call(struct region *memory, const struct json_node *call,
                     const struct json_node *function, struct hub_blocks *out)
{
    struct hub_block *block = hub_add_block(memory, out, HUB_TOOL_CALL);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->id = json_text(json_member(call, SPAN("id")));
    block->name = json_text(json_member(function, SPAN("name")));
    block->signature = openai_call_signature(call);
    if (block->signature.len > 0)
        block->signer = HUB_SIGNER_GEMINI;
    return openai_read_arguments(memory, json_member(function, SPAN("arguments")),
                                 &block->arguments);
}
