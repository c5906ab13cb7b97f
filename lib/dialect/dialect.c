#include "lib/dialect/dialect.h"

#include "lib/base/invariant.h"
#include "lib/dialect/openai.h"

static const struct {
    const char *name;
    struct span head;
    struct span tail;
    void (*render_model)(const struct dialect_model *model, struct text *out);
} dialects[DIALECT_COUNT] = {
    [DIALECT_OPENAI] = {"openai",
                        {OPENAI_LIST_HEAD, sizeof(OPENAI_LIST_HEAD) - 1},
                        {OPENAI_LIST_TAIL, sizeof(OPENAI_LIST_TAIL) - 1},
                        openai_render_model},
};

void dialect_render_model(enum dialect dialect, const struct dialect_model *model, struct text *out)
{
    INVARIANT(dialect < DIALECT_COUNT);
    dialects[dialect].render_model(model, out);
}

struct span dialect_list_head(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].head;
}

struct span dialect_list_tail(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].tail;
}

const char *dialect_name(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].name;
}
