#include "tests/unit/registry_fixture.h"

const uint32_t only_alpha[1] = {ALPHA};
const uint32_t only_beta[1] = {BETA};
const uint32_t beta_and_gamma[2] = {BETA, GAMMA};
const uint32_t alpha_and_delta[2] = {ALPHA, DELTA};
const uint32_t only_g_alpha[1] = {G_ALPHA};

static struct settings fixture_settings(void)
{
    return (struct settings)
    {
#define X(section, name, kind, fallback, ...) .name = (fallback),
        SETTINGS_MAP(X)
#undef X
    };
}

struct data_model fixture_model(const char *slug, int32_t priority,
                                const struct data_deployment *deployments)
{
    struct data_model model = {
        .slug = span_of(slug),
        .name = span_of(slug),
        .description = SPAN("A model of the fixture"),
        .owned_by = SPAN("openai"),
        .flags = MODEL_TOOLS | MODEL_IN_API,
        .enabled = true,
        .has_price = true,
        .priority = priority,
        .context_window = 128000,
        .max_input_tokens = 120000,
        .max_output_tokens = 16000,
        .media_tokens = 2048,
        .input_modality_count = 1,
        .input_modalities = {SPAN("text")},
        .deployment_count = 2,
        .deployments = deployments,
        .price =
            {
#define X(name) .name = PRICE_NONE,
                PRICE_MAP(X)
#undef X
            },
    };

    model.price.input = 2500000;
    model.price.output = 10000000;
    return model;
}

struct data_key fixture_key(const char *name, uint32_t user, uint32_t group)
{
    struct data_key key = {.name = span_of(name),
                           .user = user,
                           .group = group,
                           .flags = KEY_SCOPE_LIST | KEY_SCOPE_CALL};
    uint64_t state = SNAPSHOT_FNV_START;

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        state = snapshot_fnv(state, name, strlen(name));
        key.digest.bytes[i] = (uint8_t)(state >> 32);
    }
    return key;
}

static void fixture_init_models(struct fixture *fx)
{
    static const struct {
        const char *slug;
        int32_t priority;
    } rows[MODEL_COUNT] = {[ALPHA] = {"alpha", 0},
                           [BETA] = {"beta", 5},
                           [GAMMA] = {"gamma", 9},
                           [DELTA] = {"delta", 0}};

    for (uint32_t i = 0; i < MODEL_COUNT; i++) {
        fx->deployments[i][0] = (struct data_deployment){
            .provider = 0, .model = SPAN("upstream-a"), .weight = 3, .tier = 1};
        fx->deployments[i][1] = (struct data_deployment){
            .provider = 1, .model = SPAN("upstream-b"), .weight = 1, .tier = 2};
        fx->models[i] = fixture_model(rows[i].slug, rows[i].priority, fx->deployments[i]);
    }
    fx->models[GAMMA].enabled = false;
    fx->models[DELTA].has_price = false;
}

static void fixture_init_access(struct fixture *fx)
{
    fx->groups[G_ALPHA] = (struct data_subject){.name = SPAN("g-alpha"),
                                                .grant = {.count = 1, .models = only_alpha}};
    fx->groups[G_ALL] = (struct data_subject){.name = SPAN("g-all"), .grant = {.all = true}};
    fx->groups[G_OFF] = (struct data_subject){
        .name = SPAN("g-off"), .disabled = true, .grant = {.count = 1, .models = only_beta}};
    fx->users[ADA] = (struct data_subject){.name = SPAN("ada"),
                                           .grant = {.count = 2, .models = beta_and_gamma},
                                           .group_count = 1,
                                           .groups = only_g_alpha};
    fx->users[OFF] = (struct data_subject){
        .name = SPAN("off"), .disabled = true, .grant = {.all = true}};
    fx->keys[KEY_ADA] = fixture_key("key-ada", ADA, ROW_NONE);
    fx->keys[KEY_OFF] = fixture_key("key-off", OFF, ROW_NONE);
    fx->keys[KEY_GROUP] = fixture_key("key-group", ROW_NONE, G_ALL);
    fx->keys[KEY_BOTH] = fixture_key("key-both", ADA, G_ALL);
    fx->keys[KEY_NARROW] = fixture_key("key-narrow", ADA, G_ALL);
    fx->keys[KEY_NARROW].restricted = true;
    fx->keys[KEY_NARROW].allowed_count = 2;
    fx->keys[KEY_NARROW].allowed = alpha_and_delta;
    fx->keys[KEY_GROUP_OFF] = fixture_key("key-group-off", ROW_NONE, G_OFF);
    fx->keys[KEY_BARE] = fixture_key("key-bare", ROW_NONE, ROW_NONE);
}

void fixture_init(struct fixture *fx)
{
    memset(fx, 0, sizeof(*fx));
    fx->providers[0] = (struct data_provider){.name = SPAN("openai"),
                                              .base_url = SPAN("http://127.0.0.1/v1"),
                                              .kind = PROVIDER_OPENAI,
                                              .has_secret = true,
                                              .secret = SPAN(FIXTURE_SECRET)};
    fx->providers[1] = (struct data_provider){.name = SPAN("local"),
                                              .base_url = SPAN("http://127.0.0.1:8000/v1"),
                                              .kind = PROVIDER_OPENAI_COMPATIBLE};
    fixture_init_models(fx);
    fixture_init_access(fx);
    fx->registry.data = (struct data){
        .settings = fixture_settings(),
        .config_path = SPAN("/etc/weir/weir.yaml"),
        .state_dir = SPAN("/var/lib/weir"),
        .control_socket = SPAN("/run/weir/control.sock"),
        .ca_file = SPAN("/etc/ssl/certs/ca-certificates.crt"),
        .listen_count = 1,
        .listen = {SPAN("127.0.0.1:8080")},
        .provider_count = LEN(fx->providers),
        .providers = fx->providers,
        .model_count = MODEL_COUNT,
        .models = fx->models,
        .group_count = GROUP_COUNT,
        .groups = fx->groups,
        .user_count = USER_COUNT,
        .users = fx->users,
        .key_count = KEY_COUNT,
        .keys = fx->keys,
    };
    /* Small enough for any descriptor limit that the tests may run under. */
    fx->registry.data.settings.connections = 100;
    fx->registry.data.settings.calls = 100;
    fx->registry.data.settings.workers = 2;
}

struct registry_compile_input input_after(const struct generation *previous)
{
    struct registry_compile_input input = {.generation = 1, .now_s = 1000};

    if (previous != NULL) {
        input.previous = &previous->snapshot;
        input.previous_secrets = &previous->secrets;
        input.generation = previous->snapshot.header->generation + 1;
        input.now_s = 1000 * (int64_t)input.generation;
    }
    return input;
}

struct generation compile_with(const struct fixture *fx, const struct registry_compile_input *input)
{
    struct generation out = {0};
    struct report *report = report_new();

    assert_non_null(report);
    assert_int_equal(registry_compile(&fx->registry, input, report, &out.compiled), 0);
    assert_int_equal(report_errors(report), 0);
    report_free(&report);
    if (!out.compiled.unchanged) {
        assert_int_equal(snapshot_open(out.compiled.snapshot_fd, &out.snapshot), 0);
        assert_int_equal(secrets_open(out.compiled.secrets_fd, &out.secrets), 0);
    }
    return out;
}

struct generation compile_after(const struct fixture *fx, const struct generation *previous)
{
    const struct registry_compile_input input = input_after(previous);

    return compile_with(fx, &input);
}

void generation_close(struct generation *generation)
{
    if (generation->compiled.snapshot_fd >= 0 && generation->snapshot.header != NULL) {
        snapshot_close(&generation->snapshot);
        secrets_close(&generation->secrets);
        close(generation->compiled.snapshot_fd);
        close(generation->compiled.secrets_fd);
        close(generation->compiled.accounts_fd);
    }
    generation->compiled.snapshot_fd = -1;
}

struct span bytes_at(const struct generation *generation, struct ref at)
{
    return snapshot_bytes(&generation->snapshot, at);
}
