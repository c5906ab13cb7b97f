/* Loading: what is accepted, and what it becomes. */
#include "lib/base/err.h"
#include "registry/names.h"
#include "tests/unit/load_fixture.h"

#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUDGET_WARNING \
    "warning: groups.engineering.budget: limits and budgets are checked but not enforced"

static void check_sample_providers(const struct data *data)
{
    assert_int_equal(data->provider_count, 3);
    const struct data_provider *rows = data->providers;

    load_assert_text(rows[0].name, "openai");
    assert_int_equal(rows[0].kind, PROVIDER_OPENAI);
    load_assert_text(rows[0].base_url, "https://api.openai.com/v1");
    assert_true(rows[0].has_secret);
    load_assert_text(rows[0].secret, "sk-openai-1");
    assert_int_equal(rows[0].place.line, 6);
    load_assert_text(rows[1].name, "claude");
    assert_int_equal(rows[1].kind, PROVIDER_ANTHROPIC);
    load_assert_text(rows[1].base_url, "https://api.anthropic.com");
    assert_true(rows[1].has_secret);
    load_assert_text(rows[1].secret, "sk-ant-1");
    load_assert_text(rows[2].name, "local");
    assert_int_equal(rows[2].kind, PROVIDER_OPENAI_COMPATIBLE);
    load_assert_text(rows[2].base_url, "http://127.0.0.1:8000/v1");
    assert_false(rows[2].has_secret);
    assert_int_equal(rows[2].secret.len, 0);
}

static void check_sample_model_words(const struct data_model *model)
{
    load_assert_text(model->slug, "claude-sonnet-4");
    load_assert_text(model->name, "Claude Sonnet 4");
    load_assert_text(model->description, "Balanced model for coding and agents");
    load_assert_text(model->owned_by, "anthropic");
    assert_int_equal(model->lifecycle, LIFECYCLE_ACTIVE);
    assert_int_equal(model->client_version_min.len, 0);
    assert_int_equal(model->input_modality_count, 2);
    load_assert_text(model->input_modalities[0], "text");
    load_assert_text(model->input_modalities[1], "image");
    assert_int_equal(model->output_modality_count, 1);
    load_assert_text(model->output_modalities[0], "text");
    assert_int_equal(model->feature_count, 1);
    load_assert_text(model->features[0], "json_mode");
    assert_int_equal(model->parameter_count, 2);
    assert_int_equal(model->level_count, 3);
    load_assert_text(model->levels[0].effort, "low");
    load_assert_text(model->levels[0].description, "Quick answers");
    load_assert_text(model->levels[1].effort, "medium");
    load_assert_text(model->levels[2].description, "Deep work");
    load_assert_text(model->default_reasoning, "medium");
    load_assert_text(model->default_verbosity, "low");
}

static void check_sample_model(const struct data *data)
{
    assert_int_equal(data->model_count, 1);
    const struct data_model *model = &data->models[0];

    check_sample_model_words(model);
    assert_int_equal(model->kind, MODEL_CHAT);
    assert_int_equal(model->flags, MODEL_REASONING | MODEL_ATTACHMENTS | MODEL_TOOLS |
                                       MODEL_SUMMARIES | MODEL_VERBOSITY |
                                       MODEL_PARALLEL_TOOL_CALLS | MODEL_IN_API);
    assert_true(model->enabled);
    assert_int_equal(model->released_s, 1747180800);
    assert_int_equal(model->deprecated_s, 0);
    assert_int_equal(model->retires_s, 0);
    assert_int_equal(model->context_window, 200000);
    assert_int_equal(model->max_input_tokens, 200000);
    assert_int_equal(model->max_output_tokens, 64000);
    assert_int_equal(model->media_tokens, 2048);
    assert_int_equal(model->priority, 10);
    assert_int_equal(model->place.line, 12);
    assert_true(model->has_price);
    assert_int_equal(model->price.input, 3000000);
    assert_int_equal(model->price.output, 15000000);
    assert_int_equal(model->price.cache_read, 300000);
    assert_int_equal(model->price.cache_write, 3750000);
    assert_true(model->price.cache_write_1h == PRICE_NONE);
    assert_true(model->price.image == PRICE_NONE);
    assert_int_equal(model->price.above_tokens, 0);
    assert_int_equal(model->deployment_count, 2);
    assert_int_equal(model->deployments[0].provider, 1);
    load_assert_text(model->deployments[0].model, "claude-sonnet-4-5-20250929");
    assert_int_equal(model->deployments[0].weight, 3);
    assert_int_equal(model->deployments[0].tier, 1);
    assert_int_equal(model->deployments[1].provider, 2);
    load_assert_text(model->deployments[1].model, "sonnet-clone");
    assert_int_equal(model->deployments[1].weight, 1);
    assert_int_equal(model->deployments[1].tier, 2);
}

static void check_sample_access(const struct data *data)
{
    char hex[DIGEST_HEX_BYTES];

    assert_int_equal(data->group_count, 1);
    const struct data_subject *group = &data->groups[0];
    load_assert_text(group->name, "engineering");
    assert_false(group->grant.all);
    assert_int_equal(group->grant.count, 1);
    assert_int_equal(group->grant.models[0], 0);
    assert_true(group->budget.given);
    assert_int_equal(group->budget.micro_usd, 500000000);
    assert_int_equal(group->budget.per, WINDOW_MONTH);

    assert_int_equal(data->user_count, 1);
    const struct data_subject *user = &data->users[0];
    load_assert_text(user->name, "ada");
    assert_int_equal(user->group_count, 1);
    assert_int_equal(user->groups[0], 0);
    assert_int_equal(user->grant.count, 1);
    assert_int_equal(user->limits.requests.per_minute, 600);
    assert_int_equal(user->limits.requests.burst, 600);
    assert_int_equal(user->limits.input_tokens.per_minute, 1000000);
    assert_int_equal(user->limits.output_tokens.per_minute, 0);
    assert_int_equal(user->limits.concurrent, 20);
    assert_false(user->budget.given);

    assert_int_equal(data->key_count, 1);
    const struct data_key *key = &data->keys[0];
    load_assert_text(key->name, "ada-laptop");
    digest_to_hex(&key->digest, hex);
    assert_memory_equal(hex, "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
                        DIGEST_HEX_BYTES);
    assert_int_equal(key->user, 0);
    assert_int_equal(key->group, ROW_NONE);
    assert_int_equal(key->flags, KEY_SCOPE_LIST | KEY_SCOPE_CALL);
    assert_int_equal(key->expires_s, 1798761600);
    assert_int_equal(key->allowed_count, 1);
    assert_int_equal(key->allowed[0], 0);
}

static void the_sample_of_the_manual_loads(void **state)
{
    struct report *report = report_new();
    struct registry *registry = registry_load("tests/unit/data/sample.yaml", true, NULL, report);

    (void)state;
    if (registry == NULL) {
        fail_msg("%s", load_printed(report));
        return;
    }
    assert_int_equal(report_errors(report), 0);
    assert_int_equal(report_warnings(report), 1);
    assert_non_null(strstr(load_printed(report), BUDGET_WARNING));

    const struct data *data = &registry->data;
    load_assert_text(data->config_path, "tests/unit/data/sample.yaml");
    assert_int_equal(data->listen_count, 1);
    load_assert_text(data->listen[0], "0.0.0.0:8080");
    assert_int_equal(data->places.listen.line, 1);
    assert_int_equal(data->places.listen.column, 9);
    assert_int_equal(data->settings.workers, 0);
    assert_int_equal(data->places.workers.line, 2);
    assert_int_equal(data->places.cells_max.line, 0);
    load_assert_text(data->state_dir, "/var/lib/weir");
    load_assert_text(data->control_socket, "/run/weir/control.sock");
    load_assert_text(data->ca_file, "/etc/ssl/certs/ca-certificates.crt");
    check_sample_providers(data);
    check_sample_model(data);
    check_sample_access(data);
    assert_false(data->anonymous.all);
    assert_int_equal(data->anonymous.count, 0);
    assert_int_equal(data->credits_per_usd, 1000);
    assert_int_equal(data->credits_margin_micros, 1400000);
    registry_free(&registry);
    assert_null(registry);
    registry_free(&registry);
    report_free(&report);
}

static void a_setting_that_is_not_written_has_its_default(void **state)
{
    struct registry *registry = load_good("workers: 7\n");
    const struct settings *settings = &registry->data.settings;

    (void)state;
#define X(section, name, kind, initial, ...) \
    assert_true(settings->name == (strcmp(#name, "workers") == 0 ? 7 : (initial)));
    SETTINGS_MAP(X)
#undef X
    assert_int_equal(registry->data.listen_count, 1);
    load_assert_text(registry->data.listen[0], "127.0.0.1:8080");
    registry_free(&registry);
}

static void numbers_are_read_by_the_kind_of_their_row(void **state)
{
    struct registry *registry = load_good("conceal_ungranted: true\n"
                                          "drain_ms: 0\n"
                                          "limits: { head_bytes: 64KiB, body_memory: 1GiB,\n"
                                          "          body_bytes: 2MiB, connections: 7 }\n"
                                          "timeouts: { connect_ms: \"250\", keepalive_ms: 0 }\n"
                                          "retries: { attempts_max: 16, retry_percent: 0 }\n"
                                          "breaker: { failures: 255, open_ms: 100 }\n"
                                          "state: { cells_max: 2048 }\n");
    const struct settings *settings = &registry->data.settings;

    (void)state;
    assert_int_equal(settings->conceal_ungranted, 1);
    assert_int_equal(settings->drain_ms, 0);
    assert_int_equal(settings->head_bytes, 65536);
    assert_int_equal(settings->body_memory, 1073741824);
    assert_int_equal(settings->body_bytes, 2097152);
    assert_int_equal(settings->connections, 7);
    assert_int_equal(settings->connect_ms, 250);
    assert_int_equal(settings->keepalive_ms, 0);
    assert_int_equal(settings->attempts_max, 16);
    assert_int_equal(settings->retry_percent, 0);
    assert_int_equal(settings->failures, 255);
    assert_int_equal(settings->open_ms, 100);
    assert_int_equal(settings->cells_max, 2048);
    assert_int_equal(registry->data.places.body_bytes.line, 4);
    registry_free(&registry);
}

static void every_further_key_of_a_model_is_read(void **state)
{
    struct registry *registry = load_good(
        "providers: { p: { kind: openai_compatible, base_url: \"https://h:8443/v1///\" } }\n"
        "models:\n"
        "  a/b:1:\n"
        "    kind: image\n"
        "    lifecycle: deprecated\n"
        "    deprecated: 2026-01-01T00:00:00.25+01:30\n"
        "    retires: 2026-06-30T23:59:59Z\n"
        "    websockets: true\n"
        "    in_api: false\n"
        "    client_version_min: 1.2.0\n"
        "    output_modalities: [image, text]\n"
        "    parameters: [temperature, top_p]\n"
        "    media_tokens: 100\n"
        "    context_window: 1000\n"
        "    priority: -5\n"
        "    price: { input: 2.5, request: \"0.01\", image_input: \"10\",\n"
        "             cache_write_1h: \"6\", audio_input: \"40\", audio_output: \"80\",\n"
        "             image: { 1024x1024/hd: \"0.08\", low: \"0.000000000001\" },\n"
        "             above: { tokens: 200000, input: \"5\", output: \"22.5\" } }\n"
        "    deployments:\n"
        "      - { provider: p, model: third, tier: 16 }\n"
        "      - { provider: p, model: first, weight: 1000 }\n"
        "      - { provider: p, model: second }\n"
        "  off: { enabled: false, kind: embedding }\n");
    const struct data_model *model = &registry->data.models[0];

    (void)state;
    load_assert_text(registry->data.providers[0].base_url, "https://h:8443/v1");
    load_assert_text(model->slug, "a/b:1");
    load_assert_text(model->name, "a/b:1");
    load_assert_text(model->owned_by, "openai_compatible");
    assert_int_equal(model->lifecycle, LIFECYCLE_DEPRECATED);
    assert_int_equal(model->kind, MODEL_IMAGE);
    assert_int_equal(model->deprecated_s, 1767220200);
    assert_int_equal(model->retires_s, 1782863999);
    assert_int_equal(model->flags, MODEL_WEBSOCKETS);
    load_assert_text(model->client_version_min, "1.2.0");
    assert_int_equal(model->output_modality_count, 2);
    assert_int_equal(model->parameter_count, 2);
    load_assert_text(model->parameters[1], "top_p");
    assert_int_equal(model->media_tokens, 100);
    assert_int_equal(model->max_input_tokens, 1000);
    assert_int_equal(model->max_output_tokens, 0);
    assert_int_equal(model->priority, -5);
    assert_int_equal(model->price.input, 2500000);
    assert_true(model->price.output == PRICE_NONE);
    assert_int_equal(model->price.request, 10000000000);
    assert_int_equal(model->price.image_input, 10000000);
    assert_int_equal(model->price.cache_write_1h, 6000000);
    assert_int_equal(model->price.audio_input, 40000000);
    assert_int_equal(model->price.audio_output, 80000000);
    assert_true(model->price.image == PRICE_NONE);
    assert_int_equal(model->image_price_count, 2);
    load_assert_text(model->image_prices[0].name, "1024x1024/hd");
    assert_int_equal(model->image_prices[0].pico_usd, 80000000000);
    assert_int_equal(model->image_prices[1].pico_usd, 1);
    assert_int_equal(model->price.above_tokens, 200000);
    assert_int_equal(model->price.above_input, 5000000);
    assert_int_equal(model->price.above_output, 22500000);
    load_assert_text(model->deployments[0].model, "first");
    load_assert_text(model->deployments[1].model, "second");
    load_assert_text(model->deployments[2].model, "third");
    assert_false(registry->data.models[1].enabled);
    assert_int_equal(registry->data.models[1].deployment_count, 0);
    load_assert_text(registry->data.models[1].output_modalities[0], "embeddings");
    registry_free(&registry);
}

static void who_uses_tools_has_their_parameters_unless_others_are_given(void **state)
{
    struct registry *registry = load_good(
        "providers: { p: { kind: openai } }\n"
        "models:\n"
        "  bare: { capabilities: [reasoning], deployments: [{ provider: p, model: x }] }\n"
        "  given: { capabilities: [tools], parameters: [seed],\n"
        "           deployments: [{ provider: p, model: x }] }\n"
        "  tools: { capabilities: [tools], deployments: [{ provider: p, model: x }] }\n");
    const struct data_model *models = registry->data.models;

    (void)state;
    assert_int_equal(models[0].parameter_count, 0);
    assert_int_equal(models[1].parameter_count, 1);
    load_assert_text(models[1].parameters[0], "seed");
    assert_int_equal(models[2].parameter_count, 2);
    load_assert_text(models[2].parameters[0], "tools");
    load_assert_text(models[2].parameters[1], "tool_choice");
    registry_free(&registry);
}

static void a_trait_is_the_deployments_the_models_or_the_kinds(void **state)
{
    struct registry *registry = load_good(
        "providers:\n"
        "  o: { kind: openai }\n"
        "  a: { kind: anthropic }\n"
        "  c: { kind: openai_compatible, base_url: \"http://h/v1\" }\n"
        "  g: { kind: gemini }\n"
        "  r: { kind: openrouter }\n"
        "models:\n"
        "  m:\n"
        "    strict_params: false\n"
        "    translation: { sampling: none, image_urls: false, token_parameter: max_tokens }\n"
        "    deployments:\n"
        "      - { provider: o, model: x, translation: { sampling: all, thinking: none } }\n"
        "      - { provider: a, model: x, translation: { thinking: adaptive, system_turns: true,\n"
        "                                               structured_output: tool } }\n"
        "      - { provider: c, model: x, translation: { developer_role: true, top_k: true,\n"
        "                                               part_arrays: true, image_urls: true,\n"
        "                                               parallel_tool_calls: true } }\n"
        "      - { provider: g, model: x, translation: { thinking: level, json_schemas: false,\n"
        "                                               tool_ids: false, signatures: false } }\n"
        "      - { provider: r, model: x }\n");
    const struct data_model *model = &registry->data.models[0];
    const struct data_deployment *rows = model->deployments;
    static const struct traits expected[] = {
        {.token_parameter = TOKENS_MAX_TOKENS,
         .developer_role = true,
         .part_arrays = true,
         .parallel_tools = true},
        {.sampling = SAMPLING_NONE,
         .thinking = THINKING_ADAPTIVE,
         .token_parameter = TOKENS_MAX_TOKENS,
         .structured_output = STRUCTURED_TOOL,
         .system_turns = true},
        {.sampling = SAMPLING_NONE,
         .token_parameter = TOKENS_MAX_TOKENS,
         .developer_role = true,
         .top_k = true,
         .part_arrays = true,
         .image_urls = true,
         .parallel_tools = true},
        {.sampling = SAMPLING_NONE,
         .thinking = THINKING_LEVEL,
         .token_parameter = TOKENS_MAX_TOKENS},
        {.sampling = SAMPLING_NONE,
         .thinking = THINKING_EFFORT,
         .token_parameter = TOKENS_MAX_TOKENS,
         .top_k = true,
         .part_arrays = true,
         .parallel_tools = true},
    };

    (void)state;
    assert_int_equal(model->strict_params, DATA_OFF);
    assert_int_equal(model->deployment_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_memory_equal(&rows[i].traits, &expected[i], sizeof(expected[i]));
    registry_free(&registry);
}

static void grants_scopes_and_rates_have_all_their_forms(void **state)
{
    struct registry *registry = load_good(
        "groups:\n"
        "  everyone: { models: all, disabled: true,\n"
        "              limits: { requests: { rate: 10K/min, burst: 60 } },\n"
        "              budget: { usd: 0.5, per: total } }\n"
        "keys:\n"
        "  k: { group: everyone, disabled: true, scopes: [admin, list],\n"
        "       expires: 2030-01-01T00:00:00-00:30, allowed_models: [],\n"
        "       sha256: 5E884898DA28047151D0E56F8DC6292773603D0D6AABBDD62A11EF721D1542D8 }\n"
        "anonymous: { models: all }\n");
    const struct data_subject *group = &registry->data.groups[0];
    const struct data_key *key = &registry->data.keys[0];

    (void)state;
    assert_true(group->grant.all);
    assert_true(group->disabled);
    assert_int_equal(group->limits.requests.per_minute, 10000);
    assert_int_equal(group->limits.requests.burst, 60);
    assert_int_equal(group->budget.micro_usd, 500000);
    assert_int_equal(group->budget.per, WINDOW_TOTAL);
    assert_int_equal(key->group, 0);
    assert_int_equal(key->user, ROW_NONE);
    assert_int_equal(key->flags, KEY_SCOPE_LIST | KEY_SCOPE_ADMIN | KEY_DISABLED);
    assert_int_equal(key->expires_s, 1893457800);
    assert_int_equal(key->allowed_count, 0);
    assert_true(registry->data.anonymous.all);
    registry_free(&registry);
}

static void a_name_that_is_listed_twice_counts_once(void **state)
{
    struct registry *registry = load_good(
        "models: { a: { enabled: false }, b: { enabled: false } }\n"
        "groups: { g: { models: [b, a, b, a] }, h: { models: [b] } }\n");

    (void)state;
    assert_int_equal(registry->data.groups[0].grant.count, 2);
    assert_int_equal(registry->data.groups[0].grant.models[0], 1);
    assert_int_equal(registry->data.groups[0].grant.models[1], 0);
    assert_int_equal(registry->data.groups[1].grant.count, 1);
    registry_free(&registry);
}

static void print_defaults(char output[static LOAD_OUTPUT_BYTES])
{
    int fd = memfd_create("defaults", MFD_CLOEXEC);
    int saved = dup(STDOUT_FILENO);

    assert_true(fd >= 0 && saved >= 0);
    assert_int_equal(fflush(stdout), 0);
    assert_true(dup2(fd, STDOUT_FILENO) >= 0);
    registry_print_defaults();
    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    (void)close(saved);
    load_read_whole(fd, output);
    (void)close(fd);
}

static void the_defaults_that_are_printed_load_as_the_defaults(void **state)
{
    static char output[LOAD_OUTPUT_BYTES];

    (void)state;
    print_defaults(output);
    struct registry *printed_ones = load_good(output);
    struct registry *defaults = load_good("{}\n");
    assert_memory_equal(&printed_ones->data.settings, &defaults->data.settings,
                        sizeof(struct settings));
    load_assert_text(printed_ones->data.listen[0], "127.0.0.1:8080");
    load_assert_text(printed_ones->data.control_socket, "/run/weir/control.sock");
#define X(section, name, ...) assert_true(printed_ones->data.places.name.line > 0);
    SETTINGS_MAP(X)
#undef X
    assert_true(printed_ones->data.places.ca_file.line > 0);
    registry_free(&defaults);
    registry_free(&printed_ones);
}

static void the_control_socket_is_found_in_a_file_with_mistakes(void **state)
{
    static const struct {
        const char *text;
        const char *path; /* NULL: the file does not tell */
    } rows[] = {
        {"workers: 2\n", "/run/weir/control.sock"},
        {"control_socket: /run/weir/control.sock\n", "/run/weir/control.sock"},
        {"control_socket: /a/b.sock\nworkers: many\nmodels: { m: { wrong: 1 } }\n", "/a/b.sock"},
        {"workers: many\n", NULL},
        {"contol_socket: /a/b.sock\n", NULL},
        {"control_socket: /a/b.sock\nmodels: [\n", "/a/b.sock"},
        {"models: [\n", NULL},
        {"models: }\ncontrol_socket: /a/b.sock\n", NULL},
        {"control_socket: \"${WEIR_TEST_NOWHERE}\"\n", NULL},
        {"control_socket: []\n", NULL},
    };
    char file[PATH_MAX];
    char path[PATH_MAX];

    (void)state;
    (void)snprintf(file, sizeof(file), "%s/found.yaml", load_folder());
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct report *report = report_new();

        load_write_file("found.yaml", rows[i].text);
        assert_int_equal(registry_find_control_socket(file, report, path, sizeof(path)),
                         rows[i].path == NULL ? ERR_NOT_FOUND : 0);
        if (rows[i].path != NULL)
            assert_string_equal(path, rows[i].path);
        report_free(&report);
    }
}

static void what_a_reload_refuses_is_marked_in_the_defaults(void **state)
{
    static const char *const names[] = {"listen: [", "state_dir: /", "control_socket: /",
                                        "ca_file: /", "  cells_max: "};
    static char output[LOAD_OUTPUT_BYTES];
    size_t marks = 0;

    (void)state;
    print_defaults(output);
    for (const char *p = output; (p = strstr(p, "; changed by a restart only\n")) != NULL;) {
        p = strchr(p, '\n') + 1;
        assert_true(marks < sizeof(names) / sizeof(names[0]));
        assert_int_equal(strncmp(p, names[marks], strlen(names[marks])), 0);
        marks++;
    }
    assert_int_equal(marks, sizeof(names) / sizeof(names[0]));
    assert_non_null(strstr(output, "; from 1 to 64\nworkers: auto\n"));
}

static void names_keep_their_numbers_while_the_table_grows(void **state)
{
    enum { COUNT = 5000 };
    struct arena *arena = arena_new(8 << 20);
    struct names names;
    uint32_t number;

    (void)state;
    names_init(&names, arena);
    assert_true(names_find(&names, SPAN("x")) == NAME_NONE);
    for (uint32_t i = 0; i < COUNT; i++) {
        char text[16];
        int len = snprintf(text, sizeof(text), "name-%u", i);
        struct span kept = arena_copy(arena, (struct span){text, (size_t)len});

        assert_int_equal(names_add(&names, kept, (struct report_place){0}, &number), 0);
        assert_int_equal(number, i);
    }
    assert_int_equal(names_add(&names, SPAN("name-17"), (struct report_place){0}, &number),
                     ERR_INVALID);
    assert_int_equal(number, 17);
    assert_true(names_find(&names, SPAN("name-4999")) == 4999);
    assert_true(names_find(&names, SPAN("name-5000")) == NAME_NONE);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_of_the_manual_loads),
        cmocka_unit_test(the_control_socket_is_found_in_a_file_with_mistakes),
        cmocka_unit_test(what_a_reload_refuses_is_marked_in_the_defaults),
        cmocka_unit_test(a_setting_that_is_not_written_has_its_default),
        cmocka_unit_test(numbers_are_read_by_the_kind_of_their_row),
        cmocka_unit_test(every_further_key_of_a_model_is_read),
        cmocka_unit_test(who_uses_tools_has_their_parameters_unless_others_are_given),
        cmocka_unit_test(a_trait_is_the_deployments_the_models_or_the_kinds),
        cmocka_unit_test(grants_scopes_and_rates_have_all_their_forms),
        cmocka_unit_test(a_name_that_is_listed_twice_counts_once),
        cmocka_unit_test(the_defaults_that_are_printed_load_as_the_defaults),
        cmocka_unit_test(names_keep_their_numbers_while_the_table_grows),
    };

    return cmocka_run_group_tests(tests, load_set_up, load_tear_down);
}
