/* A client's request: the contents of its messages. */
#include "lib/base/err.h"
#include "lib/protocol/data_url.h"
#include "lib/protocol/hub_text.h"
#include "lib/protocol/openai_inner.h"

enum hub_cache openai_cache_of(const struct json_node *node)
{
    const struct json_node *control = json_member(node, SPAN("cache_control"));

    if (control == NULL)
        control = json_member(node, SPAN("prompt_cache_breakpoint"));
    if (!json_is(control, JSON_OBJECT))
        return HUB_CACHE_NONE;
    return json_is_text(json_member(control, SPAN("ttl")), SPAN("1h")) ? HUB_CACHE_1H
                                                                       : HUB_CACHE_5M;
}

/** A part on its way into a block. */
struct part {
    const struct json_node *node;
    struct hub_blocks *out;
};

static struct hub_block *add(struct openai_reading *reading, const struct part *part,
                             enum hub_block_kind kind)
{
    struct hub_block *block = hub_add_block(reading->memory, part->out, kind);
    enum hub_cache cache = openai_cache_of(part->node);

    if (block != NULL)
        block->cache = (uint8_t)cache;
    return block;
}

static int add_text(struct openai_reading *reading, const struct part *part,
                    enum hub_block_kind kind, struct span member)
{
    const struct json_node *text = json_member(part->node, member);
    struct hub_block *block;

    if (!json_is(text, JSON_STRING))
        return openai_refuse(reading, ERR_INVALID, member, SPAN(""));
    block = add(reading, part, kind);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = text->raw;
    return 0;
}

static int read_text(struct openai_reading *reading, const struct part *part)
{
    return add_text(reading, part, HUB_TEXT, SPAN("text"));
}

static int read_refusal(struct openai_reading *reading, const struct part *part)
{
    return add_text(reading, part, HUB_REFUSAL, SPAN("refusal"));
}

/** What a media type is; HUB_BLOCK_KIND_COUNT: nothing that can be sent. */
static enum hub_block_kind kind_of(struct span media_type)
{
    static const struct {
        struct span prefix;
        enum hub_block_kind kind;
    } kinds[] = {
        {{"image/", 6}, HUB_IMAGE}, {{"audio/", 6}, HUB_AUDIO},          {{"video/", 6}, HUB_VIDEO},
        {{"text/", 5}, HUB_FILE},   {{"application/pdf", 15}, HUB_FILE},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (span_starts_with(media_type, kinds[i].prefix))
            return kinds[i].kind;
    }
    return HUB_BLOCK_KIND_COUNT;
}

static bool is_remote(struct region *memory, struct span raw)
{
    struct span url = hub_decode(memory, raw);

    return span_starts_with(url, SPAN("https://")) || span_starts_with(url, SPAN("http://")) ||
           span_starts_with(url, SPAN("gs://"));
}

/* A data URL becomes what its media type says, whatever the part calls itself. */
static int add_data_url(struct openai_reading *reading, const struct part *part, struct span raw,
                        struct span member)
{
    struct data_url url;
    int err = data_url_read(reading->memory, raw, &url);
    enum hub_block_kind kind;
    struct hub_block *block;

    if (err != 0)
        return openai_check(reading, err, member);
    kind = kind_of(url.media_type);
    if (kind == HUB_BLOCK_KIND_COUNT)
        return openai_refuse(reading, ERR_UNTRANSLATABLE, member,
                             SPAN("Data of this media type cannot be sent."));
    block = add(reading, part, kind);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->source = (uint8_t)url.source;
    block->media_type = url.media_type;
    block->data = url.data;
    return 0;
}

static int add_url(struct openai_reading *reading, const struct part *part, struct span raw,
                   struct span member, enum hub_block_kind kind)
{
    struct hub_block *block;

    if (data_url_is(raw))
        return add_data_url(reading, part, raw, member);
    if (!is_remote(reading->memory, raw))
        return openai_refuse(reading, ERR_INVALID, member, SPAN(""));
    block = add(reading, part, kind);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->source = HUB_SOURCE_URL;
    block->data = raw;
    return 0;
}

static enum hub_detail detail_of(const struct json_node *word)
{
    if (json_is_text(word, SPAN("auto")))
        return HUB_DETAIL_AUTO;
    if (json_is_text(word, SPAN("low")))
        return HUB_DETAIL_LOW;
    if (json_is_text(word, SPAN("high")) || json_is_text(word, SPAN("original")))
        return HUB_DETAIL_HIGH;
    return HUB_DETAIL_NONE;
}

static int read_image(struct openai_reading *reading, const struct part *part)
{
    const struct json_node *image = json_member(part->node, SPAN("image_url"));
    const struct json_node *url = json_is(image, JSON_STRING) ? image
                                                              : json_member(image, SPAN("url"));
    enum hub_detail detail = detail_of(json_member(image, SPAN("detail")));
    int err;

    if (!json_is(url, JSON_STRING))
        return openai_refuse(reading, ERR_INVALID, SPAN("image_url.url"), SPAN(""));
    err = add_url(reading, part, url->raw, SPAN("image_url.url"), HUB_IMAGE);
    if (err == 0 && part->out->last->kind == HUB_IMAGE)
        part->out->last->detail = (uint8_t)detail;
    return err;
}

static int read_video(struct openai_reading *reading, const struct part *part)
{
    const struct json_node *url = json_member(json_member(part->node, SPAN("video_url")),
                                              SPAN("url"));

    if (!json_is(url, JSON_STRING))
        return openai_refuse(reading, ERR_INVALID, SPAN("video_url.url"), SPAN(""));
    return add_url(reading, part, url->raw, SPAN("video_url.url"), HUB_VIDEO);
}

/** "wav" as a media type. */
static int read_audio_type(struct region *memory, const struct json_node *format, struct span *out)
{
    struct text type = region_text(memory);

    text_add(&type, SPAN("audio/"));
    text_add(&type, json_text(format));
    if (type.err != 0)
        return ERR_NO_MEMORY;
    region_keep_text(memory, &type);
    return data_media_type(memory, text_span(&type), out);
}

static int read_audio(struct openai_reading *reading, const struct part *part)
{
    const struct json_node *audio = json_member(part->node, SPAN("input_audio"));
    struct hub_block *block = add(reading, part, HUB_AUDIO);
    int err;

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->source = HUB_SOURCE_BASE64;
    err = read_audio_type(reading->memory, json_member(audio, SPAN("format")), &block->media_type);
    if (err != 0)
        return openai_check(reading, err, SPAN("input_audio.format"));
    err = data_base64(reading->memory, json_text(json_member(audio, SPAN("data"))), &block->data);
    return openai_check(reading, err, SPAN("input_audio.data"));
}

/* `file_data` without a media type is a PDF: nothing else was taken when that was the only form. */
static int add_bare_file(struct openai_reading *reading, const struct part *part, struct span raw)
{
    struct hub_block *block = add(reading, part, HUB_FILE);

    if (block == NULL)
        return ERR_NO_MEMORY;
    block->source = HUB_SOURCE_BASE64;
    block->media_type = SPAN("application/pdf");
    return openai_check(reading, data_base64(reading->memory, raw, &block->data),
                        SPAN("file.file_data"));
}

static int read_file(struct openai_reading *reading, const struct part *part)
{
    const struct json_node *file = json_member(part->node, SPAN("file"));
    const struct json_node *data = json_member(file, SPAN("file_data"));
    int err;

    if (json_member(file, SPAN("file_id")) != NULL)
        return openai_refuse(reading, ERR_UNTRANSLATABLE, SPAN("file.file_id"),
                             SPAN("A file that lies with one provider is unknown to another."));
    if (!json_is(data, JSON_STRING))
        return openai_refuse(reading, ERR_INVALID, SPAN("file.file_data"), SPAN(""));
    if (data_url_is(data->raw) || is_remote(reading->memory, data->raw))
        err = add_url(reading, part, data->raw, SPAN("file.file_data"), HUB_FILE);
    else
        err = add_bare_file(reading, part, data->raw);
    if (err == 0)
        part->out->last->name = json_text(json_member(file, SPAN("filename")));
    return err;
}

static const struct {
    struct span type;
    unsigned allowed; /* enum openai_parts, where it may stand */
    int (*read)(struct openai_reading *reading, const struct part *part);
} part_types[] = {
    {{"text", 4},
     OPENAI_PARTS_TEXT | OPENAI_PARTS_ASSISTANT | OPENAI_PARTS_TOOL | OPENAI_PARTS_USER,
     read_text},
    {{"refusal", 7}, OPENAI_PARTS_ASSISTANT, read_refusal},
    {{"image_url", 9}, OPENAI_PARTS_TOOL | OPENAI_PARTS_USER, read_image},
    {{"input_audio", 11}, OPENAI_PARTS_USER, read_audio},
    {{"file", 4}, OPENAI_PARTS_TOOL | OPENAI_PARTS_USER, read_file},
    {{"video_url", 9}, OPENAI_PARTS_USER, read_video},
};

static int read_part(struct openai_reading *reading, enum openai_parts parts,
                     const struct part *part)
{
    const struct json_node *type = json_member(part->node, SPAN("type"));
    int err = json_is(type, JSON_STRING) ? ERR_UNTRANSLATABLE : ERR_INVALID;

    for (size_t i = 0; i < sizeof(part_types) / sizeof(part_types[0]); i++) {
        if (!json_is_text(type, part_types[i].type))
            continue;
        if ((part_types[i].allowed & parts) != 0)
            return part_types[i].read(reading, part);
        err = ERR_INVALID;
    }
    /* What is unknown here may be known to a deployment of the client's own protocol. */
    return openai_refuse(reading, err, SPAN("type"), SPAN(""));
}

static int read_parts(struct openai_reading *reading, const struct json_node *content,
                      enum openai_parts parts, struct hub_blocks *out)
{
    size_t index = 0;
    int err = 0;

    JSON_EACH(item, content)
    {
        size_t mark = openai_enter(reading, SPAN("content"), index++);

        err = read_part(reading, parts, &(struct part){item, out});
        if (err != 0)
            break;
        openai_leave(reading, mark);
    }
    return err;
}

int openai_read_content(struct openai_reading *reading, const struct json_node *content,
                        enum openai_parts parts, struct hub_blocks *out)
{
    struct hub_block *block;

    if (content == NULL)
        return 0;
    if (json_is(content, JSON_ARRAY))
        return read_parts(reading, content, parts, out);
    if (!json_is(content, JSON_STRING))
        return openai_refuse(reading, ERR_INVALID, SPAN("content"), SPAN(""));
    block = hub_add_block(reading->memory, out, HUB_TEXT);
    if (block == NULL)
        return ERR_NO_MEMORY;
    block->text = content->raw;
    return 0;
}
