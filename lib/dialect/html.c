#include "lib/dialect/html.h"

#include "lib/dialect/fields.h"
#include "lib/wire/url.h"
#include "shm/model_order.h"

enum {
    USD_PER_1M_SCALE = 6, /* pico-dollars per token are micro-dollars per 1M tokens */
    USD_DIGITS_MIN = 2,   /* behind the point */
    DIGITS_MAX = 32,
    DESCRIPTION_BYTES_MAX = 160,
};

static const struct span kinds[MODEL_KIND_COUNT] = {
    [MODEL_CHAT] = {"Chat", 4},
    [MODEL_EMBEDDING] = {"Embedding", 9},
    [MODEL_IMAGE] = {"Image", 5},
};

/* Who is active needs no word. */
static const struct span lifecycles[LIFECYCLE_COUNT] = {
    [LIFECYCLE_PREVIEW] = {"preview", 7},
    [LIFECYCLE_DEPRECATED] = {"deprecated", 10},
    [LIFECYCLE_RETIRED] = {"retired", 7},
};

/* "1,048,576" */
static void add_grouped(struct text *out, uint64_t value)
{
    char memory[DIGITS_MAX];
    struct text digits = text_over(memory, sizeof(memory));

    text_add_unsigned(&digits, value);
    for (size_t i = 0; i < digits.len; i++) {
        if (i > 0 && (digits.len - i) % 3 == 0)
            text_add_char(out, ',');
        text_add_char(out, digits.ptr[i]);
    }
}

/* What is not there is a dash to the eye and words to who listens. */
static void add_missing(struct text *out)
{
    text_add(out, SPAN("<span aria-hidden=\"true\">\xe2\x80\x93</span>"
                       "<span class=\"sr\">not given</span>"));
}

static void add_tokens(struct text *out, uint64_t tokens)
{
    if (tokens == 0)
        add_missing(out);
    else
        add_grouped(out, tokens);
}

/* "3.00", "0.075": exact, with at least two digits behind the point so that points line up. */
static void add_usd(struct text *out, uint64_t pico_usd)
{
    char memory[DIGITS_MAX];
    struct text digits = text_over(memory, sizeof(memory));

    if (pico_usd == PRICE_NONE) {
        add_missing(out);
        return;
    }
    text_add_decimal(&digits, pico_usd, USD_PER_1M_SCALE);
    const char *point = memchr(digits.ptr, '.', digits.len);
    size_t behind = point == NULL ? 0 : digits.len - (size_t)(point - digits.ptr) - 1;

    text_add(out, text_span(&digits));
    if (point == NULL)
        text_add_char(out, '.');
    for (; behind < USD_DIGITS_MIN; behind++)
        text_add_char(out, '0');
}

/* Its begin, whole characters of UTF-8, when all of it would be too much for a row. */
static void add_description(struct text *out, struct span description)
{
    size_t len = description.len;

    if (len == 0)
        return;
    if (len > DESCRIPTION_BYTES_MAX) {
        len = DESCRIPTION_BYTES_MAX;
        while (len > 0 && (description.ptr[len] & 0xc0) == 0x80)
            len--;
    }
    text_add(out, SPAN("<small>"));
    text_add_html(out, (struct span){description.ptr, len});
    if (len < description.len)
        text_add(out, SPAN("\xe2\x80\xa6"));
    text_add(out, SPAN("</small>"));
}

static void add_capability(struct text *out, bool has_it, struct span icon, struct span name)
{
    text_add(out, has_it ? SPAN("<svg class=\"has\" role=\"img\"><title>")
                         : SPAN("<svg class=\"not\" role=\"img\"><title>No "));
    text_add(out, name);
    text_add(out, SPAN("</title><use href=\"#"));
    text_add(out, icon);
    text_add(out, SPAN("\"/></svg>"));
}

static void add_names(struct text *out, const struct dialect_model *model)
{
    struct span lifecycle = lifecycles[model->row->lifecycle];

    text_add(out, SPAN("<tr><th scope=\"row\"><a href=\"/connect?model="));
    url_add_encoded(out, model->slug);
    text_add(out, SPAN("\"><code>"));
    text_add_html(out, model->slug);
    text_add(out, SPAN("</code></a></th><td>"));
    text_add_html(out, model->name);
    if (lifecycle.len > 0) {
        text_add(out, SPAN(" <em>"));
        text_add(out, lifecycle);
        text_add(out, SPAN("</em>"));
    }
    add_description(out, model->description);
}

void html_render_model(const struct dialect_model *model, struct text *out)
{
    const struct price_row *price = model->price;

    add_names(out, model);
    text_add(out, SPAN("</td><td>"));
    text_add(out, kinds[model->row->kind]);
    text_add(out, SPAN("</td><td>"));
    add_tokens(out, model->row->max_input_tokens);
    text_add(out, SPAN("</td><td>"));
    add_tokens(out, model->row->max_output_tokens);
    text_add(out, SPAN("</td><td>"));
    add_capability(out, model_has(model, MODEL_REASONING), SPAN("i-reasoning"), SPAN("reasoning"));
    add_capability(out, model_has(model, MODEL_ATTACHMENTS), SPAN("i-attachments"),
                   SPAN("attachments"));
    add_capability(out, model_has(model, MODEL_TOOLS), SPAN("i-tools"), SPAN("tools"));
    text_add(out, SPAN("</td><td>"));
    add_usd(out, price == NULL ? PRICE_NONE : price->input);
    text_add(out, SPAN("</td><td>"));
    add_usd(out, price == NULL ? PRICE_NONE : price->output);
    text_add(out, SPAN("</td><td>"));
    text_add_html(out, model_provider_word((uint32_t)model->provider));
    text_add(out, SPAN("</td></tr>"));
}
