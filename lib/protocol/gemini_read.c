/* A Gemini client's request: its members, and the conversation. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_inner.h"

/* --- where the reader stands ------------------------------------------------------------------ */

size_t gemini_enter(struct gemini_reader *reader, struct span name)
{
    size_t mark = reader->path.len;

    if (mark > 0)
        text_add_char(&reader->path, '.');
    text_add(&reader->path, name);
    return mark;
}

size_t gemini_enter_item(struct gemini_reader *reader, struct span name, uint32_t number)
{
    size_t mark = gemini_enter(reader, name);

    text_add_char(&reader->path, '[');
    text_add_unsigned(&reader->path, number);
    text_add_char(&reader->path, ']');
    return mark;
}

int gemini_read_items(struct gemini_reader *reader, struct span name, const struct json_node *list,
                      gemini_read_fn *read)
{
    uint32_t number = 0;

    JSON_EACH(item, list)
    {
        size_t mark = gemini_enter_item(reader, name, number++);
        int err = read(reader, item);

        reader->path.len = mark;
        if (err != 0)
            return err;
    }
    return 0;
}

/* The path and a member's name, which a client may have chosen as long as it likes. */
static struct span name_at(const struct gemini_reader *reader, struct span member,
                           struct text *text)
{
    size_t room;

    text_add(text, text_span(&reader->path));
    if (reader->path.len > 0 && member.len > 0)
        text_add_char(text, '.');
    room = text->cap - text->len;
    text_add(text, (struct span){member.ptr, member.len < room ? member.len : room});
    return text_span(text);
}

int gemini_drop(struct gemini_reader *reader, struct span member)
{
    char memory[sizeof(reader->path_memory) + 64];
    struct text text = text_over(memory, sizeof(memory));

    return hub_drop(reader->notes, name_at(reader, member, &text));
}

int gemini_refuse(struct gemini_reader *reader, int err, struct span member, struct span detail)
{
    char memory[sizeof(reader->path_memory) + 64];
    struct text text = text_over(memory, sizeof(memory));

    return hub_refuse(reader->notes, err, name_at(reader, member, &text), detail);
}

static const struct gemini_field *find_field(const struct json_node *member,
                                             const struct gemini_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (gemini_is_named(member, fields[i].name))
            return &fields[i];
    }
    return NULL;
}

int gemini_read_fields(struct gemini_reader *reader, const struct json_node *object,
                       const struct gemini_field *fields, size_t count)
{
    JSON_EACH(member, object)
    {
        const struct gemini_field *field = find_field(member, fields, count);
        int err = 0;

        if (member->type == JSON_NULL)
            continue;
        if (field == NULL)
            err = gemini_drop(reader, member->key);
        else if (field->read != NULL)
            err = field->read(reader, member);
        if (err != 0)
            return err;
    }
    return 0;
}

/* --- the conversation ------------------------------------------------------------------------- */

static int read_parts(struct gemini_reader *reader, const struct json_node *content)
{
    const struct json_node *parts = gemini_member(content, SPAN("parts"));

    if (parts == NULL)
        return 0;
    if (parts->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, SPAN("parts"), SPAN("It is an array of parts."));
    return gemini_read_items(reader, SPAN("parts"), parts, gemini_read_part);
}

/* Unknown members of a content are refused: who knows what they would have said. */
static int check_content(struct gemini_reader *reader, const struct json_node *content)
{
    if (!json_is(content, JSON_OBJECT))
        return gemini_refuse(reader, ERR_INVALID, SPAN(""), SPAN("A content is an object."));
    JSON_EACH(member, content)
    {
        if (!gemini_is_named(member, SPAN("role")) && !gemini_is_named(member, SPAN("parts")))
            return gemini_refuse(reader, ERR_UNTRANSLATABLE, member->key, SPAN(""));
    }
    return 0;
}

/* `function` is what older clients call the role of responses. */
static int read_role(struct gemini_reader *reader, const struct json_node *content,
                     enum hub_role *out)
{
    const struct json_node *role = gemini_member(content, SPAN("role"));

    *out = HUB_USER;
    if (role == NULL || gemini_is_word(role, SPAN("user")) ||
        gemini_is_word(role, SPAN("function")) || json_is_text(role, SPAN("")))
        return 0;
    *out = HUB_ASSISTANT;
    if (gemini_is_word(role, SPAN("model")))
        return 0;
    return gemini_refuse(reader, ERR_INVALID, SPAN("role"),
                         SPAN("A role is \"user\" or \"model\"."));
}

static int read_content(struct gemini_reader *reader, const struct json_node *content)
{
    enum hub_role role = HUB_USER;
    int err = check_content(reader, content);

    if (err == 0)
        err = read_role(reader, content, &role);
    if (err != 0)
        return err;
    reader->message = hub_add_message(reader->memory, reader->request, role);
    return reader->message == NULL ? ERR_NO_MEMORY : read_parts(reader, content);
}

int gemini_read_contents(struct gemini_reader *reader, const struct json_node *value)
{
    if (value->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, SPAN("contents"),
                             SPAN("It is an array of contents."));
    return gemini_read_items(reader, SPAN("contents"), value, read_content);
}

static int check_system(struct gemini_reader *reader)
{
    for (const struct hub_block *block = reader->message->blocks.first; block != NULL;
         block = block->next) {
        if (block->kind != HUB_TEXT)
            return gemini_refuse(reader, ERR_UNTRANSLATABLE, SPAN("parts"),
                                 SPAN("A system instruction is text."));
    }
    return 0;
}

int gemini_read_system(struct gemini_reader *reader, const struct json_node *value)
{
    size_t mark;
    int err;

    reader->message = hub_add_message(reader->memory, reader->request, HUB_SYSTEM);
    if (reader->message == NULL)
        return ERR_NO_MEMORY;
    if (value->type == JSON_STRING) {
        struct hub_block *block = hub_add_block(reader->memory, &reader->message->blocks, HUB_TEXT);

        if (block == NULL)
            return ERR_NO_MEMORY;
        block->text = value->raw;
        return 0;
    }
    mark = gemini_enter(reader, SPAN("systemInstruction"));
    err = check_content(reader, value);
    if (err == 0)
        err = read_parts(reader, value);
    if (err == 0)
        err = check_system(reader);
    reader->path.len = mark;
    return err;
}

/* --- the request ------------------------------------------------------------------------------ */

static int drop_field(struct gemini_reader *reader, const struct json_node *value)
{
    return gemini_drop(reader, value->key);
}

static int refuse_cached(struct gemini_reader *reader, const struct json_node *value)
{
    (void)value;
    return gemini_refuse(reader, ERR_UNTRANSLATABLE, SPAN("cachedContent"),
                         SPAN("Only the provider that holds it knows what it says."));
}

static int read_store(struct gemini_reader *reader, const struct json_node *value)
{
    if (value->type == JSON_TRUE)
        return gemini_refuse(reader, ERR_UNTRANSLATABLE, SPAN("store"), SPAN(""));
    return gemini_drop(reader, SPAN("store"));
}

static int read_service_tier(struct gemini_reader *reader, const struct json_node *value)
{
    if (gemini_is_word(value, SPAN("standard")))
        reader->request->service_tier = SPAN("default");
    else if (gemini_is_word(value, SPAN("flex")))
        reader->request->service_tier = SPAN("flex");
    else if (gemini_is_word(value, SPAN("priority")))
        reader->request->service_tier = SPAN("priority");
    else if (!gemini_is_word(value, SPAN("unspecified")))
        return gemini_drop(reader, SPAN("serviceTier"));
    return 0;
}

int gemini_read_request(struct region *memory, const struct json_node *root,
                        struct hub_request *out, struct hub_notes *notes)
{
    static const struct gemini_field fields[] = {
        {{"systemInstruction", 17}, NULL}, /* read first, wherever it stands */
        {{"model", 5}, NULL},              /* the URL's; SDKs repeat it to count tokens */
        {{"contents", 8}, gemini_read_contents},
        {{"tools", 5}, gemini_read_tools},
        {{"toolConfig", 10}, gemini_read_tool_config},
        {{"generationConfig", 16}, gemini_read_generation_config},
        {{"serviceTier", 11}, read_service_tier},
        {{"cachedContent", 13}, refuse_cached},
        {{"store", 5}, read_store},
        {{"safetySettings", 14}, drop_field},
        {{"labels", 6}, drop_field},
    };
    struct gemini_reader reader = {.memory = memory, .request = out, .notes = notes};
    const struct json_node *system = gemini_member(root, SPAN("systemInstruction"));
    int err = 0;

    reader.path = text_over(reader.path_memory, sizeof(reader.path_memory));
    if (system != NULL)
        err = gemini_read_system(&reader, system);
    if (err == 0)
        err = gemini_read_fields(&reader, root, fields, sizeof(fields) / sizeof(fields[0]));
    if (err == 0 && (out->last == NULL || out->last->role == HUB_SYSTEM))
        err = gemini_refuse(&reader, ERR_INVALID, SPAN("contents"), SPAN("There are none."));
    return err;
}
