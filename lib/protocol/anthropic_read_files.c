/* A client's request: images, documents and search results. */
#include "lib/base/err.h"
#include "lib/protocol/anthropic_inner.h"
#include "lib/protocol/data_url.h"

static int refuse_source(struct anthropic_reading *reading)
{
    return anthropic_refuse(reading, ERR_UNTRANSLATABLE, SPAN("source.type"),
                            SPAN("Only base64, text and URLs can be translated."));
}

static int read_base64(struct anthropic_reading *reading, const struct json_node *source,
                       struct hub_block *block)
{
    int err = data_media_type(reading->memory, json_text(json_member(source, SPAN("media_type"))),
                              &block->media_type);

    if (err != 0)
        return anthropic_check(reading, err, SPAN("source.media_type"));
    err = data_base64(reading->memory, json_text(json_member(source, SPAN("data"))), &block->data);
    block->source = HUB_SOURCE_BASE64;
    return anthropic_check(reading, err, SPAN("source.data"));
}

static int read_url(struct anthropic_reading *reading, const struct json_node *source,
                    struct hub_block *block)
{
    block->data = json_text(json_member(source, SPAN("url")));
    block->source = HUB_SOURCE_URL;
    return block->data.len > 0
               ? 0
               : anthropic_refuse(reading, ERR_INVALID, SPAN("source.url"), SPAN(""));
}

int anthropic_read_image(struct anthropic_reading *reading, const struct json_node *node,
                         struct hub_blocks *blocks)
{
    const struct json_node *source = json_member(node, SPAN("source"));
    const struct json_node *type = json_member(source, SPAN("type"));
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_IMAGE);

    if (block == NULL)
        return ERR_NO_MEMORY;
    if (json_is_text(type, SPAN("base64")))
        return read_base64(reading, source, block);
    return json_is_text(type, SPAN("url")) ? read_url(reading, source, block)
                                           : refuse_source(reading);
}

/* --- documents -------------------------------------------------------------------------------- */

/** Adds the text of a string, or of all text blocks of a list, behind one another. */
static void add_texts(struct text *out, const struct json_node *content)
{
    text_add(out, json_text(content));
    if (!json_is(content, JSON_ARRAY))
        return;
    JSON_EACH(node, content)
    {
        if (out->len > 0)
            text_add(out, SPAN("\\n"));
        text_add(out, json_text(json_member(node, SPAN("text"))));
    }
}

static int read_text_content(struct anthropic_reading *reading, const struct json_node *content,
                             struct hub_block *block)
{
    struct text text = region_text(reading->memory);

    if (json_is(content, JSON_ARRAY)) {
        JSON_EACH(node, content)
        {
            if (!json_is_text(json_member(node, SPAN("type")), SPAN("text")))
                return refuse_source(reading);
        }
    }
    add_texts(&text, content);
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(reading->memory, &text);
    block->source = HUB_SOURCE_TEXT;
    block->media_type = SPAN("text/plain");
    block->data = text_span(&text);
    return 0;
}

static int read_document_source(struct anthropic_reading *reading, const struct json_node *source,
                                struct hub_block *block)
{
    const struct json_node *type = json_member(source, SPAN("type"));

    if (json_is_text(type, SPAN("base64")))
        return read_base64(reading, source, block);
    if (json_is_text(type, SPAN("url"))) {
        block->media_type = SPAN("application/pdf");
        return read_url(reading, source, block);
    }
    if (json_is_text(type, SPAN("text"))) {
        block->source = HUB_SOURCE_TEXT;
        block->media_type = SPAN("text/plain");
        block->data = json_text(json_member(source, SPAN("data")));
        return 0;
    }
    if (json_is_text(type, SPAN("content")))
        return read_text_content(reading, json_member(source, SPAN("content")), block);
    return refuse_source(reading);
}

int anthropic_read_document(struct anthropic_reading *reading, const struct json_node *node,
                            struct hub_blocks *blocks)
{
    const struct json_node *citations = json_member(node, SPAN("citations"));
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_FILE);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->name = json_text(json_member(node, SPAN("title")));
    if (json_member(node, SPAN("context")) != NULL &&
        hub_drop(reading->notes, SPAN("messages[].content[].context")) != 0)
        return reading->notes->err;
    if (json_is_true(json_member(citations, SPAN("enabled"))) &&
        hub_drop(reading->notes, SPAN("messages[].content[].citations")) != 0)
        return reading->notes->err;
    return read_document_source(reading, json_member(node, SPAN("source")), block);
}

int anthropic_read_search(struct anthropic_reading *reading, const struct json_node *node,
                          struct hub_blocks *blocks)
{
    struct hub_block *block = hub_add_block(reading->memory, blocks, HUB_TEXT);
    struct text text = region_text(reading->memory);

    if (block == NULL)
        return ERR_NO_MEMORY;
    text_add(&text, json_text(json_member(node, SPAN("title"))));
    text_add(&text, SPAN("\\n"));
    text_add(&text, json_text(json_member(node, SPAN("source"))));
    add_texts(&text, json_member(node, SPAN("content")));
    if (text.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(reading->memory, &text);
    block->text = text_span(&text);
    return 0;
}
