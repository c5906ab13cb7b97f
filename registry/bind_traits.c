/* `translation`: how a provider's model is asked for what providers ask for differently. */
#include "registry/bind_fields.h"
#include "registry/sections.h"
#include "registry/traits.h"

static const struct span sampling_words[] = {{"all", 3}, {"one", 3}, {"none", 4}};
static const struct words samplings = {sampling_words, SAMPLING_NONE + 1};
_Static_assert(SAMPLING_ALL == 0 && SAMPLING_ONE == 1 && SAMPLING_NONE == 2, "as the words stand");

static const struct span thinking_words[] = {
    {"none", 4}, {"effort", 6}, {"budget", 6}, {"adaptive", 8}, {"level", 5}};
static const struct words thinkings = {thinking_words, THINKING_LEVEL + 1};
_Static_assert(THINKING_NONE == 0 && THINKING_EFFORT == 1 && THINKING_BUDGET == 2 &&
                   THINKING_ADAPTIVE == 3 && THINKING_LEVEL == 4,
               "as the words stand");

static const struct span token_words[] = {{"max_completion_tokens", 21}, {"max_tokens", 10}};
static const struct words token_parameters = {token_words, TOKENS_MAX_TOKENS + 1};
_Static_assert(TOKENS_MAX_COMPLETION_TOKENS == 0 && TOKENS_MAX_TOKENS == 1, "as the words stand");

static const struct span structured_words[] = {{"native", 6}, {"tool", 4}, {"none", 4}};
static const struct words structured_outputs = {structured_words, STRUCTURED_NONE + 1};
_Static_assert(STRUCTURED_NATIVE == 0 && STRUCTURED_TOOL == 1 && STRUCTURED_NONE == 2,
               "as the words stand");

static bind_fn bind_trait_word;
static bind_fn bind_trait_switch;

#define TRAIT_WORD(key, words)                                                               \
    {                                                                                        \
        FIELD_NAME(#key), bind_trait_word, offsetof(struct traits, key), .detail = &(words), \
    }
#define TRAIT_SWITCH(name, member)                                            \
    {                                                                         \
        FIELD_NAME(name), bind_trait_switch, offsetof(struct traits, member), \
    }

static const struct field trait_fields[] = {
    TRAIT_WORD(sampling, samplings),
    TRAIT_WORD(thinking, thinkings),
    TRAIT_WORD(token_parameter, token_parameters),
    TRAIT_WORD(structured_output, structured_outputs),
    TRAIT_SWITCH("developer_role", developer_role),
    TRAIT_SWITCH("system_turns", system_turns),
    TRAIT_SWITCH("top_k", top_k),
    TRAIT_SWITCH("part_arrays", part_arrays),
    TRAIT_SWITCH("image_urls", image_urls),
    TRAIT_SWITCH("parallel_tool_calls", parallel_tools),
    TRAIT_SWITCH("json_schemas", json_schemas),
    TRAIT_SWITCH("tool_ids", tool_ids),
    TRAIT_SWITCH("signatures", signatures),
};

enum { TRAIT_COUNT = sizeof(trait_fields) / sizeof(trait_fields[0]) };

static void note_given(const struct field *field, struct data_traits *traits)
{
    traits->given |= 1U << (field - trait_fields);
}

static void bind_trait_word(struct binder *binder, const struct field *field, void *target)
{
    const struct words *words = field->detail;
    struct data_traits *traits = target;
    struct bind_value value;

    if (!bind_take_value(binder, "a word", &value))
        return;
    int number = bind_find_word(words, value.text);
    if (number < 0) {
        bind_refuse_word(binder, words, &value);
        return;
    }
    *(uint8_t *)bind_member(field, &traits->values) = (uint8_t)number;
    note_given(field, traits);
}

static void bind_trait_switch(struct binder *binder, const struct field *field, void *target)
{
    struct data_traits *traits = target;

    bind_switch(binder, field, &traits->values);
    note_given(field, traits);
}

void bind_traits(struct binder *binder, const struct field *field, void *target)
{
    (void)bind_map(binder, &SHAPE(trait_fields), bind_member(field, target));
}

bool traits_name(const struct traits *traits, uint32_t number, struct span *name,
                 struct span *value)
{
    if (number >= TRAIT_COUNT)
        return false;
    const struct field *field = &trait_fields[number];
    const struct words *words = field->detail;
    const uint8_t byte = *((const uint8_t *)traits + field->offset);

    *name = field->name;
    if (words == NULL)
        *value = byte != 0 ? SPAN("true") : SPAN("false");
    else
        *value = words->words[byte];
    return true;
}

/*
 * What holds for a kind's models when nothing is said. Where models of one kind differ, it is what
 * the most of them take, and what an older one takes before what only a newer one does.
 */
static const struct traits defaults[PROVIDER_KIND_COUNT] = {
    [PROVIDER_OPENAI] = {.thinking = THINKING_EFFORT,
                         .developer_role = true,
                         .part_arrays = true,
                         .image_urls = true,
                         .parallel_tools = true},
    [PROVIDER_ANTHROPIC] = {.sampling = SAMPLING_ONE,
                            .thinking = THINKING_BUDGET,
                            .image_urls = true},
    /* A server that nothing is known of: only what all of them take. */
    [PROVIDER_OPENAI_COMPATIBLE] = {.token_parameter = TOKENS_MAX_TOKENS, .image_urls = true},
    [PROVIDER_GEMINI] = {.thinking = THINKING_BUDGET,
                         .json_schemas = true,
                         .tool_ids = true,
                         .signatures = true},
    [PROVIDER_OPENROUTER] = {.thinking = THINKING_EFFORT,
                             .token_parameter = TOKENS_MAX_TOKENS,
                             .top_k = true,
                             .part_arrays = true,
                             .image_urls = true,
                             .parallel_tools = true},
};

struct traits traits_of_kind(enum provider_kind kind)
{
    return defaults[kind];
}

/* Each trait is one byte. */
static void overlay(const struct data_traits *from, struct traits *to)
{
    for (uint32_t i = 0; i < TRAIT_COUNT; i++) {
        size_t at = trait_fields[i].offset;

        if ((from->given >> i & 1) != 0)
            memcpy((char *)to + at, (const char *)&from->values + at, 1);
    }
}

struct traits traits_resolve(enum provider_kind kind, const struct data_traits *model,
                             const struct data_traits *deployment)
{
    struct traits traits = defaults[kind];

    overlay(model, &traits);
    overlay(deployment, &traits);
    return traits;
}

const char *traits_problem(enum provider_kind kind, const struct traits *traits)
{
    static const enum wire_protocol protocols[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, ...) [PROVIDER_##name] = PROTOCOL_##protocol,
        PROVIDER_KIND_MAP(X)
#undef X
    };
    static const struct {
        uint8_t known; /* a bit for each enum trait_thinking */
        const char *otherwise;
    } rows[PROTOCOL_COUNT] = {
        [PROTOCOL_OPENAI] = {1 << THINKING_NONE | 1 << THINKING_EFFORT,
                             "\"thinking\" of such a provider is none or effort"},
        [PROTOCOL_ANTHROPIC] = {1 << THINKING_NONE | 1 << THINKING_BUDGET | 1 << THINKING_ADAPTIVE,
                                "\"thinking\" of such a provider is none, budget or adaptive"},
        [PROTOCOL_GEMINI] = {1 << THINKING_NONE | 1 << THINKING_BUDGET | 1 << THINKING_LEVEL,
                             "\"thinking\" of such a provider is none, budget or level"},
    };
    enum wire_protocol protocol = protocols[kind];

    return (rows[protocol].known >> traits->thinking & 1) != 0 ? NULL : rows[protocol].otherwise;
}
