#include "lib/dialect/fields.h"

void field_string(struct text *out, struct span name, struct span value)
{
    text_add(out, name);
    text_add_json(out, value);
}

void field_string_or_null(struct text *out, struct span name, struct span value)
{
    text_add(out, name);
    if (value.len == 0)
        text_add(out, SPAN("null"));
    else
        text_add_json(out, value);
}

void field_unsigned(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    text_add_unsigned(out, value);
}

void field_signed(struct text *out, struct span name, int64_t value)
{
    text_add(out, name);
    text_add_signed(out, value);
}

void field_unsigned_or_null(struct text *out, struct span name, uint64_t value)
{
    text_add(out, name);
    if (value == 0)
        text_add(out, SPAN("null"));
    else
        text_add_unsigned(out, value);
}

void field_bool(struct text *out, struct span name, bool value)
{
    text_add(out, name);
    text_add(out, value ? SPAN("true") : SPAN("false"));
}

void field_rate(struct text *out, struct span name, uint64_t value, unsigned scale)
{
    text_add(out, name);
    if (value == PRICE_NONE)
        text_add(out, SPAN("null"));
    else
        text_add_decimal(out, value, scale);
}

void field_words(struct text *out, struct span name, const struct span *words, uint32_t count)
{
    text_add(out, name);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        text_add_json(out, words[i]);
    }
    text_add_char(out, ']');
}

void field_levels(struct text *out, struct span name, const struct dialect_model *model)
{
    text_add(out, name);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < model->level_count; i++) {
        field_string(out, i > 0 ? SPAN(",{\"effort\":") : SPAN("{\"effort\":"),
                     model->levels[i].effort);
        field_string(out, SPAN(",\"description\":"), model->levels[i].description);
        text_add_char(out, '}');
    }
    text_add_char(out, ']');
}
