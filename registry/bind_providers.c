/* Providers: where calls go, and the secret that goes with them. */
#include "lib/base/invariant.h"
#include "registry/bind_fields.h"
#include "registry/sections.h"

static const struct span kind_words[] = {
#define X(name, word, ...) {word, sizeof(word) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};
static const struct words kinds = {kind_words, PROVIDER_KIND_COUNT};

static const enum wire_protocol protocols[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, ...) [PROVIDER_##name] = PROTOCOL_##protocol,
    PROVIDER_KIND_MAP(X)
#undef X
};

/* The kinds without a row need `base_url`. */
static const struct span default_urls[PROVIDER_KIND_COUNT] = {
    [PROVIDER_OPENAI] = {"https://api.openai.com/v1", 25},
    [PROVIDER_ANTHROPIC] = {"https://api.anthropic.com", 25},
    [PROVIDER_GEMINI] = {"https://generativelanguage.googleapis.com/v1beta", 48},
    [PROVIDER_OPENROUTER] = {"https://openrouter.ai/api/v1", 28},
};

static void bind_base_url(struct binder *binder, const struct field *field, void *target)
{
    struct span *member = bind_member(field, target);
    struct bind_value value;

    if (!bind_take_value(binder, "a URL", &value) || !bind_has_form(binder, form_base_url, &value))
        return;
    while (value.text.ptr[value.text.len - 1] == '/')
        value.text.len--;
    *member = bind_keep(binder, value.text);
}

/* Only a load that resolves keeps the secret; a check needs to know no more than that it is there. */
static void bind_api_key(struct binder *binder, const struct field *field, void *target)
{
    struct data_provider *provider = target;
    struct bind_value value;

    (void)field;
    provider->has_secret = true;
    if (!bind_take_value(binder, "a secret", &value))
        return;
    const char *wrong = form_secret(value.text);
    if (wrong != NULL)
        bind_error(binder, value.place, "", "%s", wrong);
    else if (binder->resolve)
        provider->secret = bind_keep(binder, value.text);
    explicit_bzero(binder->value, value.text.len);
}

static const struct field provider_fields[] = {
    {FIELD_NAME("kind"), bind_word, offsetof(struct data_provider, kind), .detail = &kinds,
     .required = true},
    {FIELD_NAME("api_key"), bind_api_key, 0},
    {FIELD_NAME("base_url"), bind_base_url, offsetof(struct data_provider, base_url)},
    {FIELD_NAME("credentials"), bind_credentials, 0},
};

enum { PROVIDER_FIELD_BASE_URL = 2 };

static void check_credentials(struct binder *binder, const struct data_provider *provider)
{
    if (!provider->has_account)
        return;
    if (provider->has_secret)
        bind_error(binder, provider->place, "",
                   "\"api_key\" and \"credentials\" exclude each other");
    if (protocols[provider->kind] != PROTOCOL_OPENAI)
        bind_error(binder, provider->place, "",
                   "\"credentials\" need a kind that takes a bearer token, such as "
                   "openai_compatible");
}

static void bind_provider(struct binder *binder, struct span name, void *row)
{
    struct data_provider *provider = row;

    provider->name = name;
    provider->place = binder->yaml->place;
    bind_seen seen = bind_map(binder, &SHAPE(provider_fields), provider);
    INVARIANT(provider->kind < PROVIDER_KIND_COUNT);
    check_credentials(binder, provider);
    if (provider->base_url.len > 0)
        return;
    provider->base_url = default_urls[provider->kind];
    if (provider->base_url.len > 0)
        return;
    if ((seen & 1U << PROVIDER_FIELD_BASE_URL) == 0)
        bind_error(binder, provider->place, "", "\"base_url\" is missing: the kind has no default");
    else
        provider->base_url = (struct span){"http://unresolved.invalid", 25};
}

const struct section section_providers = {offsetof(struct draft, providers), form_id,
                                          bind_provider};
