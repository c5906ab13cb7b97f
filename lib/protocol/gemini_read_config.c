/* A Gemini client's tools and its wishes for the answer. */
#include "lib/base/err.h"
#include "lib/protocol/gemini_inner.h"
#include "lib/protocol/gemini_schema.h"
#include "lib/protocol/hub_text.h"

struct span gemini_read_schema(struct region *memory, const struct json_node *schema)
{
    struct text text = region_text(memory);

    gemini_schema_read(schema, &text);
    if (text.err != 0)
        return (struct span){NULL, 0};
    region_keep_text(memory, &text);
    return text_span(&text);
}

/* --- tools ------------------------------------------------------------------------------------ */

/* `parameters` is Gemini's Schema, `parametersJsonSchema` JSON Schema already. */
static int read_parameters(struct gemini_reader *reader, const struct json_node *declaration,
                           struct hub_tool *tool)
{
    const struct json_node *schema = gemini_member(declaration, SPAN("parametersJsonSchema"));
    bool is_json_schema = schema != NULL;

    if (schema == NULL)
        schema = gemini_member(declaration, SPAN("parameters"));
    if (schema == NULL)
        return 0;
    if (schema->type != JSON_OBJECT)
        return gemini_refuse(reader, ERR_INVALID, schema->key, SPAN("A schema is an object."));
    tool->schema = is_json_schema ? schema->raw : gemini_read_schema(reader->memory, schema);
    return tool->schema.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int read_declaration(struct gemini_reader *reader, const struct json_node *declaration)
{
    static const struct gemini_field known[] = {
        {{"name", 4}, NULL},
        {{"description", 11}, NULL},
        {{"parameters", 10}, NULL},
        {{"parametersJsonSchema", 20}, NULL},
    };
    struct span name = json_text(gemini_member(declaration, SPAN("name")));
    struct hub_tool *tool;
    int err;

    if (name.len == 0)
        return gemini_refuse(reader, ERR_INVALID, SPAN("name"), SPAN("It is missing."));
    tool = hub_add_tool(reader->memory, reader->request);
    if (tool == NULL)
        return ERR_NO_MEMORY;
    tool->name = name;
    tool->description = json_text(gemini_member(declaration, SPAN("description")));
    err = gemini_read_fields(reader, declaration, known, sizeof(known) / sizeof(known[0]));
    return err != 0 ? err : read_parameters(reader, declaration, tool);
}

static int read_declarations(struct gemini_reader *reader, const struct json_node *value)
{
    if (value->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("It is an array."));
    return gemini_read_items(reader, SPAN("functionDeclarations"), value, read_declaration);
}

/* Everything but functions runs at Google: search, code, maps, computer use. */
static int read_tool(struct gemini_reader *reader, const struct json_node *tool)
{
    JSON_EACH(member, tool)
    {
        int err = 0;

        if (member->type == JSON_NULL)
            continue;
        if (gemini_is_named(member, SPAN("functionDeclarations")))
            err = read_declarations(reader, member);
        else
            err = gemini_refuse(reader, ERR_UNTRANSLATABLE, member->key,
                                SPAN("Only functions are tools of every provider."));
        if (err != 0)
            return err;
    }
    return 0;
}

int gemini_read_tools(struct gemini_reader *reader, const struct json_node *value)
{
    if (value->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, SPAN("tools"), SPAN("It is an array."));
    return gemini_read_items(reader, SPAN("tools"), value, read_tool);
}

/* --- choice of tools -------------------------------------------------------------------------- */

/* VALIDATED is AUTO that keeps to the schemas. */
static int read_mode(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct {
        struct span word;
        enum hub_choice choice;
    } modes[] = {
        {{"AUTO", 4}, HUB_CHOICE_AUTO},
        {{"ANY", 3}, HUB_CHOICE_REQUIRED},
        {{"NONE", 4}, HUB_CHOICE_NONE},
        {{"VALIDATED", 9}, HUB_CHOICE_AUTO},
        {{"MODE_UNSPECIFIED", 16}, HUB_CHOICE_UNSET},
    };

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (!gemini_is_word(value, modes[i].word))
            continue;
        reader->request->choice = (uint8_t)modes[i].choice;
        return 0;
    }
    return gemini_refuse(reader, ERR_INVALID, SPAN("mode"),
                         SPAN("A mode is \"AUTO\", \"ANY\", \"NONE\" or \"VALIDATED\"."));
}

static int add_words(struct gemini_reader *reader, const struct json_node *value,
                     struct span words[static HUB_STOPS_MAX], uint32_t *count)
{
    if (value->type != JSON_ARRAY)
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("It is an array of strings."));
    JSON_EACH(word, value)
    {
        if (word->type != JSON_STRING)
            return gemini_refuse(reader, ERR_INVALID, value->key,
                                 SPAN("It is an array of strings."));
        if (*count == HUB_STOPS_MAX)
            return gemini_refuse(reader, ERR_UNTRANSLATABLE, value->key,
                                 SPAN("There are too many."));
        words[(*count)++] = word->raw;
    }
    return 0;
}

static int read_allowed(struct gemini_reader *reader, const struct json_node *value)
{
    return add_words(reader, value, reader->request->allowed, &reader->request->allowed_count);
}

static int read_calling(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct gemini_field fields[] = {
        {{"mode", 4}, read_mode},
        {{"allowedFunctionNames", 20}, read_allowed},
    };
    size_t mark = gemini_enter(reader, SPAN("functionCallingConfig"));
    int err = gemini_read_fields(reader, value, fields, sizeof(fields) / sizeof(fields[0]));

    reader->path.len = mark;
    return err;
}

/* ANY of one function is that function. */
static void name_choice(struct hub_request *request)
{
    if (request->choice != HUB_CHOICE_REQUIRED || request->allowed_count != 1)
        return;
    request->choice = HUB_CHOICE_NAMED;
    request->choice_name = request->allowed[0];
    request->allowed_count = 0;
}

int gemini_read_tool_config(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct gemini_field fields[] = {
        {{"functionCallingConfig", 21}, read_calling},
    };
    size_t mark = gemini_enter(reader, SPAN("toolConfig"));
    int err = gemini_read_fields(reader, value, fields, sizeof(fields) / sizeof(fields[0]));

    reader->path.len = mark;
    name_choice(reader->request);
    return err;
}

/* --- generationConfig ------------------------------------------------------------------------- */

static int read_number(struct gemini_reader *reader, const struct json_node *value,
                       struct span *out)
{
    if (value->type != JSON_NUMBER)
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("It is a number."));
    *out = value->raw;
    return 0;
}

#define NUMBER_READER(name, field)                                               \
    static int name(struct gemini_reader *reader, const struct json_node *value) \
    {                                                                            \
        return read_number(reader, value, &reader->request->field);              \
    }

NUMBER_READER(read_temperature, temperature)
NUMBER_READER(read_top_p, top_p)
NUMBER_READER(read_top_k, top_k)
NUMBER_READER(read_presence_penalty, presence_penalty)
NUMBER_READER(read_frequency_penalty, frequency_penalty)
NUMBER_READER(read_seed, seed)

static int read_max_tokens(struct gemini_reader *reader, const struct json_node *value)
{
    struct hub_request *request = reader->request;

    if (!json_count(value, &request->max_tokens) || request->max_tokens == 0)
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("It is a number from 1 on."));
    request->has_max_tokens = true;
    return 0;
}

static int read_candidate_count(struct gemini_reader *reader, const struct json_node *value)
{
    uint64_t count;

    if (json_count(value, &count) && count == 1)
        return 0;
    return gemini_refuse(reader, ERR_UNTRANSLATABLE, value->key, SPAN("One answer is one answer."));
}

static int read_stops(struct gemini_reader *reader, const struct json_node *value)
{
    return add_words(reader, value, reader->request->stops, &reader->request->stop_count);
}

static int read_media_type(struct gemini_reader *reader, const struct json_node *value)
{
    struct hub_request *request = reader->request;

    if (json_is_text(value, SPAN("text/plain")) || json_is_text(value, SPAN("")))
        return 0;
    if (!json_is_text(value, SPAN("application/json")))
        return gemini_refuse(reader, ERR_UNTRANSLATABLE, value->key,
                             SPAN("An answer is \"text/plain\" or \"application/json\"."));
    if (request->format == HUB_FORMAT_TEXT)
        request->format = HUB_FORMAT_JSON;
    return 0;
}

static int read_schema_as(struct gemini_reader *reader, const struct json_node *value,
                          bool is_json_schema)
{
    struct hub_request *request = reader->request;

    if (value->type != JSON_OBJECT)
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("A schema is an object."));
    request->format = HUB_FORMAT_SCHEMA;
    request->format_schema = is_json_schema ? value->raw
                                            : gemini_read_schema(reader->memory, value);
    return request->format_schema.ptr == NULL ? ERR_NO_MEMORY : 0;
}

static int read_response_schema(struct gemini_reader *reader, const struct json_node *value)
{
    return read_schema_as(reader, value, false);
}

static int read_response_json_schema(struct gemini_reader *reader, const struct json_node *value)
{
    return read_schema_as(reader, value, true);
}

static int read_modalities(struct gemini_reader *reader, const struct json_node *value)
{
    JSON_EACH(word, value)
    {
        if (!gemini_is_word(word, SPAN("TEXT")))
            return gemini_refuse(reader, ERR_UNTRANSLATABLE, value->key,
                                 SPAN("An answer is text."));
    }
    return 0;
}

static int refuse_true(struct gemini_reader *reader, const struct json_node *value)
{
    if (value->type == JSON_FALSE)
        return 0;
    return gemini_refuse(reader, ERR_UNTRANSLATABLE, value->key, SPAN(""));
}

/* 0 is off, −1 leaves it to the model. */
static int read_budget(struct gemini_reader *reader, const struct json_node *value)
{
    struct hub_reasoning *reasoning = &reader->request->reasoning;
    uint64_t tokens;

    if (json_is(value, JSON_NUMBER) && span_equal(value->raw, SPAN("-1"))) {
        reasoning->is_adaptive = true;
        return 0;
    }
    if (!json_count(value, &tokens))
        return gemini_refuse(reader, ERR_INVALID, value->key, SPAN("It is a number from -1 on."));
    reasoning->has_budget = tokens > 0;
    reasoning->budget = tokens;
    reasoning->effort = (uint8_t)(tokens > 0 ? hub_effort_of_budget(tokens) : HUB_EFFORT_NONE);
    return 0;
}

static int read_level(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct {
        struct span word;
        enum hub_effort effort;
    } levels[] = {
        {{"MINIMAL", 7}, HUB_EFFORT_MINIMAL},
        {{"LOW", 3}, HUB_EFFORT_LOW},
        {{"MEDIUM", 6}, HUB_EFFORT_MEDIUM},
        {{"HIGH", 4}, HUB_EFFORT_HIGH},
        {{"THINKING_LEVEL_UNSPECIFIED", 26}, HUB_EFFORT_UNSET},
    };

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (!gemini_is_word(value, levels[i].word))
            continue;
        reader->request->reasoning.effort = (uint8_t)levels[i].effort;
        return 0;
    }
    return gemini_refuse(reader, ERR_INVALID, value->key,
                         SPAN("A level is \"MINIMAL\", \"LOW\", \"MEDIUM\" or \"HIGH\"."));
}

static int read_shown(struct gemini_reader *reader, const struct json_node *value)
{
    reader->request->reasoning.shown = value->type == JSON_TRUE ? HUB_YES : HUB_NO;
    return 0;
}

static int read_thinking(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct gemini_field fields[] = {
        {{"includeThoughts", 15}, read_shown},
        {{"thinkingBudget", 14}, read_budget},
        {{"thinkingLevel", 13}, read_level},
    };
    size_t mark = gemini_enter(reader, SPAN("thinkingConfig"));
    int err = gemini_read_fields(reader, value, fields, sizeof(fields) / sizeof(fields[0]));

    reader->path.len = mark;
    return err;
}

int gemini_read_generation_config(struct gemini_reader *reader, const struct json_node *value)
{
    static const struct gemini_field fields[] = {
        {{"temperature", 11}, read_temperature},
        {{"topP", 4}, read_top_p},
        {{"topK", 4}, read_top_k},
        {{"presencePenalty", 15}, read_presence_penalty},
        {{"frequencyPenalty", 16}, read_frequency_penalty},
        {{"seed", 4}, read_seed},
        {{"maxOutputTokens", 15}, read_max_tokens},
        {{"candidateCount", 14}, read_candidate_count},
        {{"stopSequences", 13}, read_stops},
        {{"responseMimeType", 16}, read_media_type},
        {{"responseSchema", 14}, read_response_schema},
        {{"responseJsonSchema", 18}, read_response_json_schema},
        {{"_responseJsonSchema", 19}, read_response_json_schema}, /* as older SDKs name it */
        {{"responseModalities", 18}, read_modalities},
        {{"responseLogprobs", 16}, refuse_true},
        {{"thinkingConfig", 14}, read_thinking},
    };
    size_t mark = gemini_enter(reader, SPAN("generationConfig"));
    int err = gemini_read_fields(reader, value, fields, sizeof(fields) / sizeof(fields[0]));

    reader->path.len = mark;
    return err;
}
