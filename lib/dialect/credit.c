#include "lib/dialect/credit.h"

#include "lib/dialect/fields.h"

__extension__ typedef unsigned __int128 wide;

enum {
    WIDE_DIGITS_MAX = 39,
    /* USD for 1,000 tokens are nano-dollars (9), the margin is in millionths (6). */
    CREDITS_SCALE = 15,
};

static const struct span providers[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, protocol, credit, ...) \
    [PROVIDER_##name] = {credit, sizeof(credit) - 1},
    PROVIDER_KIND_MAP(X)
#undef X
};

/* `value` / 10^CREDITS_SCALE without trailing zeros. */
static void add_credits(struct text *out, wide value)
{
    char digits[WIDE_DIGITS_MAX];
    size_t begin = sizeof(digits);
    size_t end = sizeof(digits);
    const size_t point = sizeof(digits) - CREDITS_SCALE;

    /* At least one digit stands before the point. */
    while (value != 0 || begin >= point) {
        digits[--begin] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    while (end > point && digits[end - 1] == '0')
        end--;
    text_add(out, span_from(digits + begin, digits + point));
    if (end == point)
        return;
    text_add_char(out, '.');
    text_add(out, span_from(digits + point, digits + end));
}

/* Without a rate for the tokens or for the credits there is no price, which is not a price of 0. */
static void add_cost(struct text *out, struct span name, const struct dialect_model *model,
                     uint64_t pico_usd)
{
    text_add(out, name);
    if (pico_usd == PRICE_NONE || model->credits_per_usd == 0)
        text_add(out, SPAN("null"));
    else
        add_credits(out, (wide)pico_usd * model->credits_per_usd * model->credits_margin_micros);
}

void credit_render_model(const struct dialect_model *model, struct text *out)
{
    const struct price_row *price = model->price;

    field_string(out, SPAN("{\"id\":"), model->slug);
    field_string(out, SPAN(",\"name\":"), model->name);
    field_string(out, SPAN(",\"provider\":"), providers[model->provider]);
    field_unsigned(out, SPAN(",\"context_window\":"), model->row->context_window);
    field_unsigned(out, SPAN(",\"max_output_tokens\":"), model->row->max_output_tokens);
    add_cost(out, SPAN(",\"cost_per_1k_input\":"), model,
             price == NULL ? PRICE_NONE : price->input);
    add_cost(out, SPAN(",\"cost_per_1k_output\":"), model,
             price == NULL ? PRICE_NONE : price->output);
    field_bool(out, SPAN(",\"supports_tools\":"), model_has(model, MODEL_TOOLS));
    field_bool(out, SPAN(",\"supports_vision\":"), model_takes(model, SPAN("image")));
    text_add_char(out, '}');
}
