#include "lib/dialect/dialect.h"

#include "lib/base/invariant.h"
#include "lib/dialect/anthropic.h"
#include "lib/dialect/codex.h"
#include "lib/dialect/credit.h"
#include "lib/dialect/filterable.h"
#include "lib/dialect/gemini.h"
#include "lib/dialect/html.h"
#include "lib/dialect/openai.h"
#include "lib/dialect/openrouter.h"

#define ENDS(NAME)                                     \
    {NAME##_LIST_HEAD, sizeof(NAME##_LIST_HEAD) - 1},  \
    {                                                  \
        NAME##_LIST_TAIL, sizeof(NAME##_LIST_TAIL) - 1 \
    }

#define BARE    \
    {NULL, 0},  \
    {           \
        NULL, 0 \
    }

static const struct {
    const char *name;
    struct span head;
    struct span tail;
    struct span item_head; /* around a model that was asked for alone */
    struct span item_tail;
    uint32_t behind;
    void (*render_model)(const struct dialect_model *model, struct text *out);
    /* NULL: the list is always whole */
    int (*answer)(const struct page_request *request, struct page *page, struct span *wrong);
} dialects[DIALECT_COUNT] = {
    [DIALECT_OPENAI] = {"openai", ENDS(OPENAI), BARE, ROW_NONE, openai_render_model, NULL},
    [DIALECT_CODEX] = {"codex", ENDS(CODEX), BARE, DIALECT_OPENAI, codex_render_model, NULL},
    [DIALECT_CREDIT] = {"credit", ENDS(CREDIT), BARE, ROW_NONE, credit_render_model, NULL},
    [DIALECT_ANTHROPIC] = {"anthropic", ENDS(ANTHROPIC), BARE, ROW_NONE, anthropic_render_model,
                           anthropic_answer},
    [DIALECT_ANTHROPIC_2023] = {"anthropic_2023", ENDS(ANTHROPIC_2023), BARE, ROW_NONE,
                                anthropic_2023_render_model, anthropic_answer},
    [DIALECT_FILTERABLE] = {"filterable", ENDS(FILTERABLE), BARE, ROW_NONE, filterable_render_model,
                            filterable_answer},
    [DIALECT_OPENROUTER] = {"openrouter", ENDS(OPENROUTER), ENDS(OPENROUTER_ITEM), ROW_NONE,
                            openrouter_render_model, openrouter_answer},
    [DIALECT_OPENROUTER_ENDPOINTS] = {"openrouter_endpoints", ENDS(OPENROUTER),
                                      ENDS(OPENROUTER_ITEM), ROW_NONE, openrouter_render_endpoints,
                                      NULL},
    [DIALECT_GEMINI] = {"gemini", ENDS(GEMINI), BARE, ROW_NONE, gemini_render_model, gemini_answer},
    [DIALECT_HTML] = {"html", ENDS(HTML), BARE, ROW_NONE, html_render_model, NULL},
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

struct span dialect_item_head(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].item_head;
}

struct span dialect_item_tail(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].item_tail;
}

uint32_t dialect_list_behind(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].behind;
}

const char *dialect_name(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].name;
}

bool page_is_asked(enum dialect dialect)
{
    INVARIANT(dialect < DIALECT_COUNT);
    return dialects[dialect].answer != NULL;
}

int page_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    INVARIANT(page_is_asked(request->dialect));
    selection_init(&page->selection, request->snapshot, request->grant_set);
    return dialects[request->dialect].answer(request, page, wrong);
}
