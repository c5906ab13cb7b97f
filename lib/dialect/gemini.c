#include "lib/dialect/gemini.h"

#include "lib/base/err.h"
#include "lib/dialect/fields.h"

enum { PAGE_SIZE_DEFAULT = 50, PAGE_SIZE_MAX = 1000 };

static void add_number(struct text *out, struct span name, uint64_t value)
{
    if (value != 0)
        field_unsigned(out, name, value);
}

/* Only who speaks Gemini's protocol counts tokens in it. */
static const enum wire_protocol protocols[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, ...) [PROVIDER_##name] = PROTOCOL_##protocol,
    PROVIDER_KIND_MAP(X)
#undef X
};

/* What can be asked for here: there is no way to ask for embeddings, and nothing is the default. */
static void add_methods(const struct dialect_model *model, struct text *out)
{
    if (model->row->kind == MODEL_EMBEDDING)
        return;
    text_add(out, SPAN(",\"supportedGenerationMethods\":[\"generateContent\""));
    if (model->row->kind == MODEL_CHAT && protocols[model->provider] == PROTOCOL_GEMINI)
        text_add(out, SPAN(",\"countTokens\""));
    text_add_char(out, ']');
}

/* A slug has no letter that JSON escapes. */
static void add_name(struct text *out, struct span slug)
{
    text_add(out, SPAN("{\"name\":\"models/"));
    text_add(out, slug);
    text_add_char(out, '"');
}

void gemini_render_model(const struct dialect_model *model, struct text *out)
{
    add_name(out, model->slug);
    field_string(out, SPAN(",\"displayName\":"), model->name);
    if (model->description.len > 0)
        field_string(out, SPAN(",\"description\":"), model->description);
    add_number(out, SPAN(",\"inputTokenLimit\":"), model->row->max_input_tokens);
    add_number(out, SPAN(",\"outputTokenLimit\":"), model->row->max_output_tokens);
    add_methods(model, out);
    if (model_has(model, MODEL_REASONING))
        text_add(out, SPAN(",\"thinking\":true"));
    text_add_char(out, '}');
}

int gemini_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    struct text tail = text_over(page->tail, sizeof(page->tail));
    char memory[PAGE_TOKEN_BYTES_MAX];
    struct span token;
    uint64_t size = 0;

    *wrong = SPAN("`pageSize` is a number from 0 on.");
    if (page_find_number(request->query, SPAN("pageSize"), INT32_MAX, &size) != 0)
        return ERR_INVALID;
    if (size == 0)
        size = PAGE_SIZE_DEFAULT;
    *wrong = SPAN("`pageToken` is not one that a page of this list gave.");
    if (page_find_text(request->query, SPAN("pageToken"), memory, sizeof(memory), &token) != 0 ||
        (token.len > 0 && page_read_token(token, request->snapshot, &page->selection.from) != 0))
        return ERR_INVALID;
    struct selection_sum sum = page_cut(request, page,
                                        (uint32_t)(size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : size));

    /* No model at all is the default value, too. */
    if (sum.models == 0) {
        text_add_char(&tail, '}');
        page_close(page, &sum, SPAN("{"), &tail);
        return 0;
    }
    text_add_char(&tail, ']');
    if (sum.has_more) {
        text_add(&tail, SPAN(",\"nextPageToken\":\""));
        page_add_token(&tail, request->snapshot, sum.last);
        text_add_char(&tail, '"');
    }
    text_add_char(&tail, '}');
    page_close(page, &sum, SPAN(GEMINI_LIST_HEAD), &tail);
    return 0;
}
