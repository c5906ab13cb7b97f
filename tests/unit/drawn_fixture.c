#include "tests/unit/drawn_fixture.h"

#include "lib/base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { YAML_BYTES = 256 * 1024 };

static uint64_t chance;

void drawn_begin(uint64_t seed)
{
    chance = seed | 1;
}

uint32_t drawn_number(uint32_t below)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (uint32_t)(chance >> 20) % below;
}

static void draw_models(const struct drawn *drawn, bool *set)
{
    const uint32_t one_in = 1 + drawn_number(12);
    const bool all = drawn_number(8) == 0;

    for (uint32_t n = 0; n < drawn->models; n++)
        set[n] = all || drawn_number(one_in) == 0;
}

static void draw_subject(const struct drawn *drawn, struct drawn_subject *subject)
{
    draw_models(drawn, subject->grants);
    subject->is_disabled = drawn_number(8) == 0;
    for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++)
        subject->groups[n] = drawn_number(3) == 0;
}

static void draw_key(const struct drawn *drawn, struct drawn_key *key)
{
    static const uint32_t scopes[] = {KEY_SCOPE_LIST, KEY_SCOPE_CALL,
                                      KEY_SCOPE_LIST | KEY_SCOPE_CALL};

    key->user = drawn_number(DRAWN_SUBJECTS_MAX + 2);
    key->group = drawn_number(DRAWN_SUBJECTS_MAX + 2);
    key->is_narrowed = drawn_number(3) == 0;
    draw_models(drawn, key->allowed);
    key->is_disabled = drawn_number(10) == 0;
    key->is_expired = drawn_number(10) == 0;
    key->is_revoked = drawn_number(10) == 0;
    key->scopes = scopes[drawn_number(10) < 2 ? drawn_number(2) : 2];
}

/* Slugs of every form, which sort differently from their numbers. */
struct span drawn_slug(uint32_t model, char memory[static DRAWN_SLUG_BYTES])
{
    static const char *const before[] = {"m", "org/m", "vendor.m-v", "M"};
    static const char *const behind[] = {"", "", ":0", "@x"};
    int len = snprintf(memory, DRAWN_SLUG_BYTES, "%s%u%s", before[model % 4], model * 37 % 1000,
                       behind[model % 4]);

    return (struct span){memory, (size_t)len};
}

static bool is_before(const struct drawn *drawn, uint32_t a, uint32_t b)
{
    char memory[2][DRAWN_SLUG_BYTES];

    if (drawn->priority[a] != drawn->priority[b])
        return drawn->priority[a] > drawn->priority[b];
    (void)drawn_slug(a, memory[0]);
    (void)drawn_slug(b, memory[1]);
    return strcmp(memory[0], memory[1]) < 0;
}

static void order_models(struct drawn *drawn)
{
    drawn->enabled = 0;
    for (uint32_t n = 0; n < drawn->models; n++) {
        uint32_t at = drawn->enabled;

        if (!drawn->is_enabled[n])
            continue;
        for (; at > 0 && is_before(drawn, n, drawn->order[at - 1]); at--)
            drawn->order[at] = drawn->order[at - 1];
        drawn->order[at] = n;
        drawn->enabled++;
    }
}

void drawn_registry(struct drawn *drawn)
{
    *drawn = (struct drawn){.models = 1 + drawn_number(DRAWN_MODELS_MAX),
                            .keys = 1 + drawn_number(DRAWN_KEYS_MAX)};
    drawn->conceals = drawn_number(2) == 0;
    for (uint32_t n = 0; n < drawn->models; n++) {
        drawn->is_enabled[n] = drawn_number(7) != 0;
        drawn->priority[n] = (int)drawn_number(3) - 1;
    }
    order_models(drawn);
    if (drawn_number(2) == 0)
        draw_models(drawn, drawn->anonymous);
    for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++) {
        draw_subject(drawn, &drawn->groups[n]);
        draw_subject(drawn, &drawn->users[n]);
    }
    for (uint32_t n = 0; n < drawn->keys; n++)
        draw_key(drawn, &drawn->key[n]);
}

void drawn_change(struct drawn *drawn)
{
    for (uint32_t n = 0; n < drawn->models; n++) {
        if (drawn_number(6) == 0)
            drawn->is_enabled[n] = !drawn->is_enabled[n];
        if (drawn_number(10) == 0)
            drawn->priority[n] = (int)drawn_number(3) - 1;
    }
    order_models(drawn);
    draw_subject(drawn, &drawn->groups[drawn_number(DRAWN_SUBJECTS_MAX)]);
}

static char yaml[YAML_BYTES];
static size_t yaml_bytes;

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(yaml + yaml_bytes, sizeof(yaml) - yaml_bytes, format, arguments);
    va_end(arguments);
    assert_true(len >= 0 && (size_t)len < sizeof(yaml) - yaml_bytes);
    yaml_bytes += (size_t)len;
}

static void say_models(const struct drawn *drawn, const char *name, const bool *set)
{
    const char *before = "";

    say(" %s: [", name);
    for (uint32_t n = 0; n < drawn->models; n++) {
        char memory[DRAWN_SLUG_BYTES];

        if (!set[n])
            continue;
        say("%s\"%.*s\"", before, SPAN_FMT(drawn_slug(n, memory)));
        before = ", ";
    }
    say("]");
}

static void say_subject(const struct drawn *drawn, const struct drawn_subject *subject,
                        bool is_user)
{
    const char *before = "";

    say_models(drawn, "models", subject->grants);
    say(", disabled: %s", subject->is_disabled ? "true" : "false");
    if (!is_user) {
        say(" }\n");
        return;
    }
    say(", groups: [");
    for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++) {
        if (!subject->groups[n])
            continue;
        say("%sg%u", before, n);
        before = ", ";
    }
    say("] }\n");
}

const char *drawn_key_text(uint32_t key)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "weir_key-%u", key);
    return text;
}

static void say_key(const struct drawn *drawn, uint32_t number, struct digester *digester)
{
    const struct drawn_key *key = &drawn->key[number];
    const struct digest digest = digester_hash(digester, span_of(drawn_key_text(number)));

    say("  k%u: { sha256: \"", number);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        say("%02x", digest.bytes[i]);
    say("\", disabled: %s", key->is_disabled ? "true" : "false");
    if (key->user < DRAWN_SUBJECTS_MAX)
        say(", user: u%u", key->user);
    if (key->group < DRAWN_SUBJECTS_MAX)
        say(", group: g%u", key->group);
    if (key->is_narrowed) {
        say(",");
        say_models(drawn, "allowed_models", key->allowed);
    }
    if (key->is_expired)
        say(", expires: 2020-01-01");
    say(", scopes: [%s%s%s] }\n", (key->scopes & KEY_SCOPE_LIST) != 0 ? "list" : "",
        key->scopes == (KEY_SCOPE_LIST | KEY_SCOPE_CALL) ? ", " : "",
        (key->scopes & KEY_SCOPE_CALL) != 0 ? "call" : "");
}

const char *drawn_yaml(const struct drawn *drawn, struct digester *digester)
{
    yaml_bytes = 0;
    say("listen: [\"127.0.0.1:8080\"]\nconceal_ungranted: %s\n",
        drawn->conceals ? "true" : "false");
    say("providers:\n  p: { kind: openai_compatible, base_url: \"http://127.0.0.1:9/v1\" }\n");
    say("models:\n");
    for (uint32_t n = 0; n < drawn->models; n++) {
        char memory[DRAWN_SLUG_BYTES];

        say("  \"%.*s\": { context_window: 1000, priority: %d, enabled: %s, "
            "deployments: [{ provider: p, model: x }] }\n",
            SPAN_FMT(drawn_slug(n, memory)), drawn->priority[n],
            drawn->is_enabled[n] ? "true" : "false");
    }
    say("groups:\n");
    for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++) {
        say("  g%u: {", n);
        say_subject(drawn, &drawn->groups[n], false);
    }
    say("users:\n");
    for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++) {
        say("  u%u: {", n);
        say_subject(drawn, &drawn->users[n], true);
    }
    say("anonymous: {");
    say_models(drawn, "models", drawn->anonymous);
    say(" }\nkeys:\n");
    for (uint32_t n = 0; n < drawn->keys; n++)
        say_key(drawn, n, digester);
    return yaml;
}

static bool grants(const struct drawn_subject *subject, uint32_t model)
{
    return !subject->is_disabled && subject->grants[model];
}

/* The rule of DESIGN section 6, for a key whose number is below `keys`, else for anybody. */
bool drawn_may_use(const struct drawn *drawn, uint32_t key, uint32_t model)
{
    const struct drawn_key *row = &drawn->key[key];
    bool is_granted = false;
    bool is_empty = true;

    if (key == drawn->keys)
        return drawn->anonymous[model];
    if (row->group < DRAWN_SUBJECTS_MAX)
        is_granted = grants(&drawn->groups[row->group], model);
    if (row->user < DRAWN_SUBJECTS_MAX) {
        is_granted = is_granted || grants(&drawn->users[row->user], model);
        for (uint32_t n = 0; n < DRAWN_SUBJECTS_MAX; n++)
            is_granted = is_granted ||
                         (drawn->users[row->user].groups[n] && grants(&drawn->groups[n], model));
    }
    for (uint32_t n = 0; n < drawn->models; n++)
        is_empty = is_empty && !row->allowed[n];
    return is_granted && (!row->is_narrowed || is_empty || row->allowed[model]);
}

int drawn_refusal(const struct drawn *drawn, uint32_t key, enum key_flag scope)
{
    const struct drawn_key *row = &drawn->key[key];

    if (key == drawn->keys) {
        for (uint32_t n = 0; n < drawn->enabled; n++) {
            if (drawn->anonymous[drawn->order[n]])
                return 0;
        }
        return ERR_NO_CREDENTIAL;
    }
    if (row->is_revoked)
        return ERR_KEY_REVOKED;
    if (row->is_disabled || (row->user < DRAWN_SUBJECTS_MAX && drawn->users[row->user].is_disabled))
        return ERR_KEY_DISABLED;
    if (row->is_expired)
        return ERR_KEY_EXPIRED;
    return (row->scopes & (uint32_t)scope) != 0 ? 0 : ERR_SCOPE;
}
