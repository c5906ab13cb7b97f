/** Members of JSON objects, as the renderers of models write them: a name and a value. */
#ifndef WEIR_DIALECT_FIELDS_H
#define WEIR_DIALECT_FIELDS_H

#include "lib/dialect/dialect.h"

/* `name` is what stands before the value: comma, quoted name, colon. */

void field_string(struct text *out, struct span name, struct span value);

/** An empty value is null. */
void field_string_or_null(struct text *out, struct span name, struct span value);

void field_unsigned(struct text *out, struct span name, uint64_t value);
void field_signed(struct text *out, struct span name, int64_t value);

/** 0, which is how a model's row says that a number was not given, is null. */
void field_unsigned_or_null(struct text *out, struct span name, uint64_t value);

void field_bool(struct text *out, struct span name, bool value);

/** PRICE_NONE is null, anything else an exact decimal: value / 10^scale. */
void field_rate(struct text *out, struct span name, uint64_t value, unsigned scale);

/** An array of strings. */
void field_words(struct text *out, struct span name, const struct span *words, uint32_t count);

/** The array of {"effort","description"}. */
void field_levels(struct text *out, struct span name, const struct dialect_model *model);

/** Is one of the model's flags set? */
static inline bool model_has(const struct dialect_model *model, enum model_flag flag)
{
    return (model->row->flags & (uint32_t)flag) != 0;
}

/** Does its price say what tokens cost, in or out? It can be of pieces alone. */
static inline bool model_has_rates(const struct dialect_model *model)
{
    const struct price_row *price = model->price;

    return price != NULL && (price->input != PRICE_NONE || price->output != PRICE_NONE);
}

/** Is that word among its features? */
static inline bool model_features(const struct dialect_model *model, struct span word)
{
    for (uint32_t i = 0; i < model->feature_count; i++) {
        if (span_equal(model->features[i], word))
            return true;
    }
    return false;
}

/** Is there a level of reasoning of that name? */
static inline bool model_has_level(const struct dialect_model *model, struct span effort)
{
    for (uint32_t i = 0; i < model->level_count; i++) {
        if (span_equal(model->levels[i].effort, effort))
            return true;
    }
    return false;
}

/** Does it take input of that kind? */
static inline bool model_takes(const struct dialect_model *model, struct span modality)
{
    for (uint32_t i = 0; i < model->input_modality_count; i++) {
        if (span_equal(model->input_modalities[i], modality))
            return true;
    }
    return false;
}

#endif
