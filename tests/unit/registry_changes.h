/** Changes of the registry fixture: of all that a gateway serves, or that operators see of it. */
#ifndef WEIR_TESTS_REGISTRY_CHANGES_H
#define WEIR_TESTS_REGISTRY_CHANGES_H

#include "tests/unit/registry_fixture.h"

/** X(what, how): one change each, to `fx`. */
#define REGISTRY_CHANGE_MAP(X)                                                    \
    X(provider_name, fx->providers[0].name = SPAN("other"))                       \
    X(provider_base_url, fx->providers[0].base_url = SPAN("http://127.0.0.1/v2")) \
    X(provider_kind, fx->providers[0].kind = PROVIDER_ANTHROPIC)                  \
    X(provider_has_secret, fx->providers[1].has_secret = true)                    \
    X(model_slug, fx->models[ALPHA].slug = SPAN("alpha-2"))                       \
    X(model_name, fx->models[ALPHA].name = SPAN("Alpha"))                         \
    X(model_description, fx->models[ALPHA].description = SPAN("other"))           \
    X(model_owned_by, fx->models[ALPHA].owned_by = SPAN("other"))                 \
    X(model_reasoning, fx->models[ALPHA].default_reasoning = SPAN("low"))         \
    X(model_verbosity, fx->models[ALPHA].default_verbosity = SPAN("low"))         \
    X(model_client_version, fx->models[ALPHA].client_version_min = SPAN("1.0"))   \
    X(model_kind, fx->models[ALPHA].kind = MODEL_EMBEDDING)                       \
    X(model_flags, fx->models[ALPHA].flags ^= MODEL_ATTACHMENTS)                  \
    X(model_disabled, fx->models[ALPHA].enabled = false)                          \
    X(model_disabled_slug, fx->models[GAMMA].slug = SPAN("omega"))                \
    X(model_enabled, fx->models[GAMMA].enabled = true)                            \
    X(model_priority, fx->models[ALPHA].priority = 1)                             \
    X(model_context_window, fx->models[ALPHA].context_window++)                   \
    X(model_max_input, fx->models[ALPHA].max_input_tokens++)                      \
    X(model_max_output, fx->models[ALPHA].max_output_tokens++)                    \
    X(model_media_tokens, fx->models[ALPHA].media_tokens++)                       \
    X(model_modalities, fx->models[ALPHA].input_modalities[0] = SPAN("image"))    \
    X(model_modality_count, fx->models[ALPHA].input_modality_count = 0)           \
    X(model_levels, fx->models[ALPHA].level_count = 1)                            \
    X(price_input, fx->models[ALPHA].price.input++)                               \
    X(price_output, fx->models[ALPHA].price.output++)                             \
    X(price_cache_read, fx->models[ALPHA].price.cache_read = 0)                   \
    X(price_cache_write, fx->models[ALPHA].price.cache_write = 0)                 \
    X(price_cache_write_1h, fx->models[ALPHA].price.cache_write_1h = 0)           \
    X(price_audio_input, fx->models[ALPHA].price.audio_input = 0)                 \
    X(price_audio_output, fx->models[ALPHA].price.audio_output = 0)               \
    X(price_image_input, fx->models[ALPHA].price.image_input = 0)                 \
    X(price_request, fx->models[ALPHA].price.request = 0)                         \
    X(price_image, fx->models[ALPHA].price.image = 0)                             \
    X(price_above_tokens, fx->models[ALPHA].price.above_tokens = 200000)          \
    X(price_above_input, fx->models[ALPHA].price.above_input = 1)                 \
    X(price_above_output, fx->models[ALPHA].price.above_output = 1)               \
    X(deployment_provider, fx->deployments[ALPHA][0].provider = 1)                \
    X(deployment_model, fx->deployments[ALPHA][0].model = SPAN("upstream-x"))     \
    X(deployment_weight, fx->deployments[ALPHA][0].weight++)                      \
    X(deployment_tier, fx->deployments[ALPHA][1].tier++)                          \
    X(deployment_removed, fx->models[ALPHA].deployment_count = 1)                 \
    X(group_name, fx->groups[G_ALPHA].name = SPAN("other"))                       \
    X(group_enabled, fx->groups[G_OFF].disabled = false)                          \
    X(group_grant, fx->groups[G_ALPHA].grant.all = true)                          \
    X(user_name, fx->users[ADA].name = SPAN("other"))                             \
    X(user_enabled, fx->users[OFF].disabled = false)                              \
    X(user_grant, fx->users[ADA].grant.count = 0)                                 \
    X(user_groups, fx->users[ADA].group_count = 0)                                \
    X(key_name, fx->keys[KEY_ADA].name = SPAN("other"))                           \
    X(key_digest, fx->keys[KEY_ADA].digest.bytes[DIGEST_BYTES - 1] ^= 1)          \
    X(key_user, fx->keys[KEY_BARE].user = OFF)                                    \
    X(key_group, fx->keys[KEY_BARE].group = G_OFF)                                \
    X(key_flags, fx->keys[KEY_ADA].flags |= KEY_SCOPE_ADMIN)                      \
    X(key_disabled, fx->keys[KEY_ADA].flags |= KEY_DISABLED)                      \
    X(key_expires, fx->keys[KEY_ADA].expires_s = 1)                               \
    X(key_allowed, fx->keys[KEY_NARROW].allowed_count = 1)                        \
    X(key_removed, fx->registry.data.key_count--)                                 \
    X(anonymous, fx->registry.data.anonymous.all = true)

/* For a map: the functions that make its changes, and the rows of a table of them. */
#define REGISTRY_CHANGE_FUNCTION(what, how)       \
    static void change_##what(struct fixture *fx) \
    {                                             \
        how;                                      \
    }
#define REGISTRY_CHANGE_ROW(what, how) {#what, change_##what},

struct registry_change {
    const char *name;
    void (*change)(struct fixture *fx);
};

#endif
