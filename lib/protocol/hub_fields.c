#include "lib/protocol/hub_fields.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

static const struct span names[HUB_FIELD_COUNT][PROTOCOL_COUNT] = {
#define X(name, openai, anthropic, gemini)                         \
    [HUB_FIELD_##name] = {                                         \
        [PROTOCOL_OPENAI] = {openai, sizeof(openai) - 1},          \
        [PROTOCOL_ANTHROPIC] = {anthropic, sizeof(anthropic) - 1}, \
        [PROTOCOL_GEMINI] = {gemini, sizeof(gemini) - 1},          \
    },
    HUB_FIELD_MAP(X)
#undef X
};

static struct span name_of(const struct hub_notes *notes, enum hub_field field)
{
    INVARIANT(notes->client < PROTOCOL_COUNT && field < HUB_FIELD_COUNT);
    return names[field][notes->client];
}

int hub_drop_field(struct hub_notes *notes, enum hub_field field)
{
    struct span name = name_of(notes, field);

    return name.len == 0 ? notes->err : hub_drop(notes, name);
}

int hub_refuse_field(struct hub_notes *notes, enum hub_field field, struct span detail)
{
    return hub_refuse(notes, ERR_UNTRANSLATABLE, name_of(notes, field), detail);
}
