#include "lib/dialect/anthropic.h"

#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/dialect/fields.h"
#include "lib/wire/url.h"

enum {
    LIMIT_DEFAULT = 20,
    LIMIT_MAX = 1000,
    LIFECYCLES_MAX = 3,
    WORD_BYTES_MAX = 16,
    NAME_BYTES_MAX = 16
};

static void add_leaf(struct text *out, struct span name, bool supported)
{
    field_bool(out, name, supported);
    text_add_char(out, '}');
}

static void add_feature(struct text *out, struct span name, const struct dialect_model *model,
                        struct span feature)
{
    add_leaf(out, name, model_features(model, feature));
}

/* What context management a model has is a matter of dated names: null is "not this one". */
static void add_edit(struct text *out, struct span name, const struct dialect_model *model,
                     struct span feature)
{
    text_add(out, name);
    text_add(out, model_features(model, feature) ? SPAN("{\"supported\":true}") : SPAN("null"));
}

static void add_context_management(struct text *out, const struct dialect_model *model)
{
    static const struct span edits[] = {{"clear_thinking_20251015", 23},
                                        {"clear_tool_uses_20250919", 24},
                                        {"compact_20260112", 16}};
    bool any = false;

    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
        any = any || model_features(model, edits[i]);
    add_edit(out, SPAN(",\"context_management\":{\"clear_thinking_20251015\":"), model, edits[0]);
    add_edit(out, SPAN(",\"clear_tool_uses_20250919\":"), model, edits[1]);
    add_edit(out, SPAN(",\"compact_20260112\":"), model, edits[2]);
    add_leaf(out, SPAN(",\"supported\":"), any);
}

static void add_effort(struct text *out, const struct dialect_model *model)
{
    add_leaf(out, SPAN(",\"effort\":{\"high\":{\"supported\":"),
             model_has_level(model, SPAN("high")));
    add_leaf(out, SPAN(",\"low\":{\"supported\":"), model_has_level(model, SPAN("low")));
    add_leaf(out, SPAN(",\"max\":{\"supported\":"), model_has_level(model, SPAN("max")));
    add_leaf(out, SPAN(",\"medium\":{\"supported\":"), model_has_level(model, SPAN("medium")));
    field_bool(out, SPAN(",\"supported\":"), model->level_count > 0);
    text_add(out, model_has_level(model, SPAN("xhigh")) ? SPAN(",\"xhigh\":{\"supported\":true}}")
                                                        : SPAN(",\"xhigh\":null}"));
}

static void add_server_tools(struct text *out, const struct dialect_model *model)
{
    bool code = model_features(model, SPAN("code_execution"));
    bool web = model_features(model, SPAN("web_search"));

    add_leaf(out, SPAN(",\"server_tools\":{\"code_execution\":{\"supported\":"), code);
    add_leaf(out, SPAN(",\"web_search\":{\"supported\":"), web);
    add_leaf(out, SPAN(",\"supported\":"), code || web);
}

/* `disabled` asks a model not to think: only one that always does refuses that. */
static void add_thinking(struct text *out, const struct dialect_model *model, bool is_newer)
{
    bool thinks = model_has(model, MODEL_REASONING);

    field_bool(out, SPAN(",\"thinking\":{\"supported\":"), thinks);
    add_feature(out, SPAN(",\"types\":{\"adaptive\":{\"supported\":"), model,
                SPAN("adaptive_thinking"));
    if (is_newer) {
        add_feature(out, SPAN(",\"between_tools\":{\"supported\":"), model,
                    SPAN("between_tools_thinking"));
        add_leaf(out, SPAN(",\"disabled\":{\"supported\":"),
                 !model_features(model, SPAN("mandatory_thinking")));
    }
    add_leaf(out, SPAN(",\"enabled\":{\"supported\":"), thinks);
    text_add(out, SPAN("}}"));
}

/* All keys are always there: some SDKs fail on one that is missing. */
static void add_capabilities(struct text *out, const struct dialect_model *model, bool is_newer)
{
    add_feature(out, SPAN(",\"capabilities\":{\"batch\":{\"supported\":"), model, SPAN("batch"));
    add_feature(out, SPAN(",\"citations\":{\"supported\":"), model, SPAN("citations"));
    add_feature(out, SPAN(",\"code_execution\":{\"supported\":"), model, SPAN("code_execution"));
    add_context_management(out, model);
    add_effort(out, model);
    add_leaf(out, SPAN(",\"image_input\":{\"supported\":"), model_takes(model, SPAN("image")));
    add_leaf(out, SPAN(",\"pdf_input\":{\"supported\":"), model_takes(model, SPAN("file")));
    add_server_tools(out, model);
    add_feature(out, SPAN(",\"structured_outputs\":{\"supported\":"), model,
                SPAN("structured_outputs"));
    add_thinking(out, model, is_newer);
    text_add_char(out, '}');
}

static void add_time(struct text *out, struct span name, int64_t unix_s)
{
    text_add(out, name);
    text_add_char(out, '"');
    timestamp_add(out, unix_s);
    text_add_char(out, '"');
}

static void add_time_or_null(struct text *out, struct span name, int64_t unix_s)
{
    text_add(out, name);
    timestamp_add_json(out, unix_s);
}

/* `is_newer`: what came with version 2026-10-21 belongs to it. */
static void add_base(struct text *out, const struct dialect_model *model, bool is_newer)
{
    field_string(out, SPAN("{\"type\":\"model\",\"id\":"), model->slug);
    field_string(out, SPAN(",\"display_name\":"), model->name);
    add_time(out, SPAN(",\"created_at\":"), model->released_s);
    field_unsigned_or_null(out, SPAN(",\"max_input_tokens\":"), model->row->max_input_tokens);
    field_unsigned_or_null(out, SPAN(",\"max_tokens\":"), model->row->max_output_tokens);
    add_capabilities(out, model, is_newer);
}

void anthropic_2023_render_model(const struct dialect_model *model, struct text *out)
{
    add_base(out, model, false);
    text_add_char(out, '}');
}

static const struct span lifecycles[LIFECYCLE_COUNT] = {
    [LIFECYCLE_ACTIVE] = {"active", 6},
    [LIFECYCLE_PREVIEW] = {"active", 6},
    [LIFECYCLE_DEPRECATED] = {"deprecated", 10},
    [LIFECYCLE_RETIRED] = {"retired", 7},
};

void anthropic_render_model(const struct dialect_model *model, struct text *out)
{
    add_base(out, model, true);
    add_time_or_null(out, SPAN(",\"deprecated_at\":"), model->deprecated_s);
    field_string(out, SPAN(",\"lifecycle\":"), lifecycles[model->row->lifecycle]);
    /* No configuration says which line of models one belongs to, and its name is no source. */
    add_time_or_null(out, SPAN(",\"line\":null,\"retires_at\":"), model->retires_s);
    text_add_char(out, '}');
}

/* The bits of the word's lifecycles, or 0. */
static uint32_t lifecycle_bits(struct span word)
{
    uint32_t bits = 0;

    for (uint32_t n = 0; n < LIFECYCLE_COUNT; n++)
        bits |= span_equal(lifecycles[n], word) ? UINT32_C(1) << n : 0;
    return bits;
}

/* `lifecycle`, `lifecycle[]` or `lifecycle[0]` …: how clients write a parameter with several values. */
static bool is_lifecycle(struct span encoded)
{
    const struct span word = SPAN("lifecycle");
    char memory[NAME_BYTES_MAX];
    struct span name;

    if (url_decode(encoded, memory, sizeof(memory), &name) != 0 || !span_starts_with(name, word))
        return false;
    name = span_skip(name, word.len);
    if (name.len == 0)
        return true;
    if (name.len < 2 || name.ptr[0] != '[' || name.ptr[name.len - 1] != ']')
        return false;
    for (size_t i = 1; i < name.len - 1; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return false;
    }
    return true;
}

/* The first parameter off a query. */
static void take_parameter(struct span *query, struct span *name, struct span *value)
{
    const char *and = memchr(query->ptr, '&', query->len);
    struct span pair = and == NULL ? *query : span_from(query->ptr, and);
    const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);

    *name = equals == NULL ? pair : span_from(pair.ptr, equals);
    *value = equals == NULL ? span_skip(pair, pair.len) : span_skip(pair, name->len + 1);
    *query = span_skip(*query, and == NULL ? pair.len : pair.len + 1);
}

/* All of them together are at most three; an empty one is not given. */
static int read_lifecycles(struct span query, uint32_t *bits)
{
    char memory[WORD_BYTES_MAX];
    struct span name;
    struct span encoded;
    struct span word;
    int count = 0;

    while (query.len > 0) {
        take_parameter(&query, &name, &encoded);
        if (encoded.len == 0 || !is_lifecycle(name))
            continue;
        if (++count > LIFECYCLES_MAX || url_decode(encoded, memory, sizeof(memory), &word) != 0 ||
            lifecycle_bits(word) == 0)
            return ERR_INVALID;
        *bits |= lifecycle_bits(word);
    }
    return 0;
}

/* The model that a cursor names, if the caller may know of it. */
static int find_cursor(const struct page_request *request, struct span name, uint32_t *model)
{
    const struct snapshot *snapshot = request->snapshot;
    char memory[LAYOUT_SLUG_BYTES_MAX];
    struct span slug;
    int err = page_find_text(request->query, name, memory, sizeof(memory), &slug);

    *model = ROW_NONE;
    if (err != 0 || slug.len == 0)
        return err;
    *model = snapshot_find_model(snapshot, slug);
    if (*model == ROW_NONE)
        return ERR_INVALID;
    return snapshot->header->settings.conceal_ungranted == 0 ||
                   snapshot_is_granted(snapshot, request->grant_set, *model)
               ? 0
               : ERR_INVALID;
}

static void add_id(struct text *out, struct span name, const struct snapshot *snapshot,
                   uint32_t model)
{
    text_add(out, name);
    if (model == ROW_NONE) {
        text_add(out, SPAN("null"));
        return;
    }
    /* A slug has no letter that JSON escapes. */
    text_add_char(out, '"');
    text_add(out, snapshot_bytes(snapshot, snapshot_model(snapshot, model)->slug));
    text_add_char(out, '"');
}

/* Before a cursor stand the last `limit` models in front of it, still in display order. */
static bool cut_front(struct selection *selection, uint64_t limit)
{
    uint32_t count = selection_count(selection);

    if (count > limit)
        selection_skip(selection, count - limit);
    return count > limit;
}

static int read_cursors(const struct page_request *request, struct selection *selection,
                        bool *is_before, struct span *wrong)
{
    uint32_t after;
    uint32_t before;

    *wrong = SPAN("`after_id`: no model has this id.");
    if (find_cursor(request, SPAN("after_id"), &after) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`before_id`: no model has this id.");
    if (find_cursor(request, SPAN("before_id"), &before) != 0)
        return ERR_INVALID;
    *wrong = SPAN("Give `after_id` or `before_id`, not both.");
    if (after != ROW_NONE && before != ROW_NONE)
        return ERR_INVALID;
    *is_before = before != ROW_NONE;
    if (after != ROW_NONE)
        selection->from = after + 1;
    if (before != ROW_NONE)
        selection->end = before;
    return 0;
}

int anthropic_answer(const struct page_request *request, struct page *page, struct span *wrong)
{
    struct selection *selection = &page->selection;
    struct text tail = text_over(page->tail, sizeof(page->tail));
    uint64_t limit = LIMIT_DEFAULT;
    bool is_before;

    *wrong = SPAN("`limit` is a number from 1 to 1000.");
    if (page_find_number(request->query, SPAN("limit"), LIMIT_MAX, &limit) != 0 || limit == 0)
        return ERR_INVALID;
    *wrong = SPAN("`lifecycle` is active, deprecated or retired, up to three of them.");
    if (read_lifecycles(request->query, &selection->filter.lifecycles) != 0)
        return ERR_INVALID;
    if (read_cursors(request, selection, &is_before, wrong) != 0)
        return ERR_INVALID;
    bool has_more = is_before && cut_front(selection, limit);
    struct selection_sum sum = page_cut(request, page, (uint32_t)limit);

    field_bool(&tail, SPAN("],\"has_more\":"), has_more || sum.has_more);
    add_id(&tail, SPAN(",\"first_id\":"), request->snapshot, sum.first);
    add_id(&tail, SPAN(",\"last_id\":"), request->snapshot, sum.last);
    text_add_char(&tail, '}');
    page_close(page, &sum, SPAN(ANTHROPIC_LIST_HEAD), &tail);
    return 0;
}
