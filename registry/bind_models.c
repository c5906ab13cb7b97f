/* Models and the deployments that serve them. */
#include "lib/base/clock.h"
#include "registry/bind_fields.h"
#include "registry/sections.h"

enum {
    DEPLOYMENTS_MAX = 64, /* of one model */
    DEPLOYMENT_WEIGHT_MAX = 1000,
    DEPLOYMENT_TIER_MAX = 16,
    PRIORITY_MAX = 1000000,
    MEDIA_TOKENS_DEFAULT = 2048,
    MODEL_TOKENS_MAX = 1000000000,
};

static const struct span kind_words[] = {{"chat", 4}, {"embedding", 9}, {"image", 5}};
static const struct words kinds = {kind_words, MODEL_KIND_COUNT};
_Static_assert(MODEL_CHAT == 0 && MODEL_EMBEDDING == 1 && MODEL_IMAGE == 2 && MODEL_KIND_COUNT == 3,
               "the words of kinds are in the order of the numbers");

static const struct span lifecycle_words[] = {
    {"active", 6}, {"preview", 7}, {"deprecated", 10}, {"retired", 7}};
static const struct words lifecycles = {lifecycle_words, LIFECYCLE_COUNT};
_Static_assert(LIFECYCLE_ACTIVE == 0 && LIFECYCLE_PREVIEW == 1 && LIFECYCLE_DEPRECATED == 2 &&
                   LIFECYCLE_RETIRED == 3 && LIFECYCLE_COUNT == 4,
               "the words of lifecycles are in the order of the numbers");

static const struct span modality_words[] = {
#define X(name, word) {word, sizeof(word) - 1},
    MODALITY_MAP(X)
#undef X
};
static const struct words modalities = {modality_words, MODALITY_COUNT};

static const struct span capability_words[] = {{"reasoning", 9}, {"attachments", 11}, {"tools", 5}};
static const struct words capabilities = {capability_words, 3};
_Static_assert(MODEL_REASONING == 1 && MODEL_ATTACHMENTS == 2 && MODEL_TOOLS == 4,
               "the words of capabilities are in the order of their bits");

#define MODEL(member) offsetof(struct draft_model, row.member)

static const struct word_list input_modalities = {MODEL(input_modality_count), DIALECT_WORDS_MAX,
                                                  &modalities};
static const struct word_list output_modalities = {MODEL(output_modality_count), DIALECT_WORDS_MAX,
                                                   &modalities};
static const struct word_list features = {MODEL(feature_count), DIALECT_WORDS_MAX, NULL};
static const struct word_list parameters = {MODEL(parameter_count), DIALECT_WORDS_MAX * 2, NULL};

static bool has_level(const struct data_model *model, struct span effort)
{
    for (uint32_t i = 0; i < model->level_count; i++) {
        if (span_equal(model->levels[i].effort, effort))
            return true;
    }
    return false;
}

static void bind_level(struct binder *binder, struct data_model *model, struct span effort,
                       struct report_place place)
{
    static const struct field description = {.offset = offsetof(struct dialect_level, description),
                                             .form = form_prose};
    const char *wrong = form_word(effort);

    if (wrong != NULL)
        bind_error(binder, place, "", "the key %s", wrong);
    if (has_level(model, effort)) {
        bind_error(binder, place, "", "\"%.*s\" is written twice", SPAN_FMT(effort));
        yaml_events_skip(binder->yaml);
        return;
    }
    if (model->level_count == DIALECT_LEVELS_MAX) {
        bind_error(binder, place, "", "there are more than %d levels", DIALECT_LEVELS_MAX);
        yaml_events_skip(binder->yaml);
        return;
    }
    struct dialect_level *level = &model->levels[model->level_count++];
    level->effort = effort;
    bind_push(binder, effort);
    bind_text(binder, &description, level);
    bind_pop(binder);
}

static void bind_levels(struct binder *binder, const struct field *field, void *target)
{
    struct draft_model *model = target;

    (void)field;
    if (!bind_enter_map(binder, "a mapping from effort to description"))
        return;
    while (bind_has_more(binder)) {
        struct report_place place;
        struct span effort;

        if (bind_take_key(binder, &effort, &place))
            bind_level(binder, &model->row, effort, place);
    }
}

static const struct field reasoning_fields[] = {
    {FIELD_NAME("levels"), bind_levels, 0},
    {FIELD_NAME("default"), bind_text, MODEL(default_reasoning), .form = form_word},
    {FIELD_NAME("summaries"), bind_flag, MODEL(flags), .max = MODEL_SUMMARIES},
};

static void bind_reasoning(struct binder *binder, const struct field *field, void *target)
{
    struct draft_model *model = target;
    struct report_place place = binder->yaml->place;
    struct span chosen;

    (void)field;
    (void)bind_map(binder, &SHAPE(reasoning_fields), model);
    chosen = model->row.default_reasoning;
    if (chosen.len > 0 && !has_level(&model->row, chosen))
        bind_error(binder, place, "", "the default is not one of the levels");
}

static const struct field verbosity_fields[] = {
    {FIELD_NAME("default"), bind_text, MODEL(default_verbosity), .form = form_word,
     .required = true},
};

static void bind_verbosity(struct binder *binder, const struct field *field, void *target)
{
    struct draft_model *model = target;

    (void)field;
    model->row.flags |= MODEL_VERBOSITY;
    (void)bind_map(binder, &SHAPE(verbosity_fields), model);
}

static const struct field deployment_fields[] = {
    {FIELD_NAME("provider"), bind_reference, offsetof(struct draft_deployment, provider),
     .required = true},
    {FIELD_NAME("model"), bind_text, offsetof(struct draft_deployment, row.model),
     .form = form_line, .required = true},
    {FIELD_NAME("weight"), bind_count32, offsetof(struct draft_deployment, row.weight), .min = 1,
     .max = DEPLOYMENT_WEIGHT_MAX},
    {FIELD_NAME("tier"), bind_count32, offsetof(struct draft_deployment, row.tier), .min = 1,
     .max = DEPLOYMENT_TIER_MAX},
    {FIELD_NAME("translation"), bind_traits, offsetof(struct draft_deployment, row.given)},
};

static void bind_deployment(struct binder *binder, struct list *deployments)
{
    struct report_place place = binder->yaml->place;
    struct draft_deployment *deployment;

    if (deployments->count == DEPLOYMENTS_MAX) {
        bind_error(binder, place, "", "there are more than %d deployments", DEPLOYMENTS_MAX);
        yaml_events_skip(binder->yaml);
        return;
    }
    deployment = list_add(deployments);
    if (deployment == NULL) {
        binder->out_of_memory = true;
        yaml_events_skip(binder->yaml);
        return;
    }
    deployment->row.weight = 1;
    deployment->row.tier = 1;
    (void)bind_map(binder, &SHAPE(deployment_fields), deployment);
}

static void bind_deployments(struct binder *binder, const struct field *field, void *target)
{
    struct list deployments = {.row_bytes = sizeof(struct draft_deployment)};
    struct draft_model *model = target;
    struct report_place place = binder->yaml->place;
    uint32_t number = 0;

    (void)field;
    if (!bind_enter_list(binder, "a list of deployments"))
        return;
    while (bind_has_more(binder)) {
        bind_push_item(binder, number++);
        bind_deployment(binder, &deployments);
        bind_pop(binder);
    }
    if (number == 0 && !binder->yaml->failed)
        bind_error(binder, place, "", "the list is empty");
    model->deployments = list_copy(&deployments, binder->scratch);
    model->deployment_count = model->deployments == NULL ? 0 : deployments.count;
    binder->out_of_memory = binder->out_of_memory || model->deployment_count != deployments.count;
    list_close(&deployments);
}

#define TOKENS(key)                                                                 \
    {                                                                               \
        FIELD_NAME(#key), bind_count, MODEL(key), .min = 1, .max = MODEL_TOKENS_MAX \
    }
#define TEXT(key, its_form)                                         \
    {                                                               \
        FIELD_NAME(#key), bind_text, MODEL(key), .form = (its_form) \
    }
/* A date that may have passed: whether that is said otherwise is known when the model is read. */
static void bind_end(struct binder *binder, const struct field *field, void *target)
{
    struct report_place *place = bind_member(&(const struct field){.offset = field->max}, target);

    *place = binder->yaml->place;
    bind_time(binder, field, target);
}

#define TIME(key, member)                          \
    {                                              \
        FIELD_NAME(#key), bind_time, MODEL(member) \
    }
#define FLAG(key, flag)                                          \
    {                                                            \
        FIELD_NAME(#key), bind_flag, MODEL(flags), .max = (flag) \
    }
#define WORDS(key)                                                                        \
    {                                                                                     \
        FIELD_NAME(#key), bind_word_list, MODEL(key), .detail = &(key), .form = form_word \
    }

static const struct field model_fields[] = {
    TEXT(name, form_line),
    TEXT(description, form_prose),
    {FIELD_NAME("kind"), bind_word, MODEL(kind), .detail = &kinds},
    TEXT(owned_by, form_line),
    {FIELD_NAME("lifecycle"), bind_word, MODEL(lifecycle), .detail = &lifecycles},
    TIME(released, released_s),
    {FIELD_NAME("deprecated"), bind_end, MODEL(deprecated_s),
     .max = offsetof(struct draft_model, deprecated)},
    {FIELD_NAME("retires"), bind_end, MODEL(retires_s),
     .max = offsetof(struct draft_model, retires)},
    TOKENS(context_window),
    TOKENS(max_input_tokens),
    TOKENS(max_output_tokens),
    TOKENS(media_tokens),
    {FIELD_NAME("capabilities"), bind_flag_list, MODEL(flags), .detail = &capabilities},
    WORDS(input_modalities),
    WORDS(output_modalities),
    WORDS(features),
    WORDS(parameters),
    {FIELD_NAME("reasoning"), bind_reasoning, 0},
    {FIELD_NAME("verbosity"), bind_verbosity, 0},
    FLAG(parallel_tool_calls, MODEL_PARALLEL_TOOL_CALLS),
    FLAG(websockets, MODEL_WEBSOCKETS),
    FLAG(in_api, MODEL_IN_API),
    TEXT(client_version_min, form_version),
    {FIELD_NAME("priority"), bind_integer32, MODEL(priority), .max = PRIORITY_MAX},
    {FIELD_NAME("price"), bind_price, offsetof(struct draft_model, row)},
    {FIELD_NAME("enabled"), bind_switch, MODEL(enabled)},
    {FIELD_NAME("strict_params"), bind_tristate, MODEL(strict_params)},
    {FIELD_NAME("translation"), bind_traits, MODEL(given_traits)},
    {FIELD_NAME("deployments"), bind_deployments, 0},
};

static void set_no_price(struct price_row *price)
{
#define X(name) price->name = PRICE_NONE;
    PRICE_MAP(X)
#undef X
    price->above_input = PRICE_NONE;
    price->above_output = PRICE_NONE;
}

static void set_modalities(struct data_model *model)
{
    static const struct span outputs[] = {[MODEL_CHAT] = {"text", 4},
                                          [MODEL_EMBEDDING] = {"embeddings", 10},
                                          [MODEL_IMAGE] = {"image", 5}};

    if (model->input_modality_count == 0) {
        model->input_modalities[0] = (struct span){"text", 4};
        model->input_modality_count = 1;
    }
    if (model->output_modality_count == 0) {
        model->output_modalities[0] = outputs[model->kind];
        model->output_modality_count = 1;
    }
}

/* Who looks for models that use tools looks for these words. */
static void set_parameters(struct data_model *model)
{
    if (model->parameter_count > 0 || (model->flags & MODEL_TOOLS) == 0)
        return;
    model->parameters[0] = (struct span){"tools", 5};
    model->parameters[1] = (struct span){"tool_choice", 11};
    model->parameter_count = 2;
}

static void check_window(struct binder *binder, const struct data_model *model)
{
    if (model->context_window == 0)
        return;
    if (model->max_input_tokens > model->context_window)
        bind_error(binder, model->place, "", "max_input_tokens is larger than context_window");
    if (model->max_output_tokens > model->context_window)
        bind_error(binder, model->place, "", "max_output_tokens is larger than context_window");
}

static void warn_of_end(struct binder *binder, struct span name, struct report_place place,
                        const char *remedy)
{
    bind_push(binder, name);
    bind_warning(binder, place, "it has passed, and lists call the model active: say %s", remedy);
    bind_pop(binder);
}

/* A date that passes changes no list: somebody decides that, and the lifecycle says it. */
static void check_ends(struct binder *binder, const struct draft_model *model)
{
    const struct data_model *data = &model->row;
    int64_t now_s = wall_now_s();

    if (data->retires_s != 0 && data->retires_s <= now_s)
        warn_of_end(binder, SPAN("retires"), model->retires,
                    "\"lifecycle: retired\" or \"enabled: false\"");
    else if (data->deprecated_s != 0 && data->deprecated_s <= now_s)
        warn_of_end(binder, SPAN("deprecated"), model->deprecated, "\"lifecycle: deprecated\"");
}

enum { MODEL_FIELD_LIFECYCLE = 4 };
enum { MODEL_FIELD_DEPLOYMENTS = sizeof(model_fields) / sizeof(model_fields[0]) - 1 };

static void bind_model(struct binder *binder, struct span name, void *row)
{
    struct draft_model *model = row;
    struct data_model *data = &model->row;

    data->place = binder->yaml->place;
    data->slug = name;
    data->name = name;
    data->enabled = true;
    data->flags = MODEL_IN_API;
    data->media_tokens = MEDIA_TOKENS_DEFAULT;
    set_no_price(&data->price);
    bind_seen seen = bind_map(binder, &SHAPE(model_fields), model);
    if (data->enabled && (seen & UINT64_C(1) << MODEL_FIELD_DEPLOYMENTS) == 0)
        bind_error(binder, data->place, "", "an enabled model needs \"deployments\"");
    if (data->max_input_tokens == 0)
        data->max_input_tokens = data->context_window;
    if (data->enabled && (seen & UINT64_C(1) << MODEL_FIELD_LIFECYCLE) == 0)
        check_ends(binder, model);
    set_modalities(data);
    set_parameters(data);
    check_window(binder, data);
}

const struct section section_models = {offsetof(struct draft, models), form_slug, bind_model};
