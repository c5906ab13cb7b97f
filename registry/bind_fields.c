#include "registry/bind_fields.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/text.h"
#include "lib/base/timestamp.h"
#include "registry/scalars.h"
#include "registry/suggest.h"

#include <inttypes.h>

enum { HINT_BYTES = 128, CHOICES_BYTES = 512 };

bool bind_has_form(struct binder *binder, form_fn *form, const struct bind_value *value)
{
    const char *wrong = form(value->text);

    if (wrong != NULL)
        bind_error(binder, value->place, "", "%s %s", bind_quote(binder, value), wrong);
    return wrong == NULL;
}

void bind_text(struct binder *binder, const struct field *field, void *target)
{
    struct span *member = bind_member(field, target);
    struct bind_value value;

    if (bind_take_value(binder, "text", &value) && bind_has_form(binder, field->form, &value))
        *member = bind_keep(binder, value.text);
}

int bind_find_word(const struct words *words, struct span text)
{
    for (uint32_t i = 0; i < words->count; i++) {
        if (span_equal(words->words[i], text))
            return (int)i;
    }
    return -1;
}

void bind_refuse_word(struct binder *binder, const struct words *words,
                      const struct bind_value *value)
{
    struct suggestion suggestion = suggestion_begin(value->text);
    char memory[CHOICES_BYTES];
    char hint[HINT_BYTES];
    struct text choices = text_over(memory, sizeof(memory));

    for (uint32_t i = 0; i < words->count; i++) {
        suggestion_offer(&suggestion, words->words[i]);
        if (i > 0)
            text_add(&choices, SPAN(", "));
        text_add(&choices, words->words[i]);
    }
    bind_error(binder, value->place,
               value->hidden ? "" : suggestion_hint(&suggestion, hint, sizeof(hint)),
               "%s is not one of %.*s", bind_quote(binder, value), SPAN_FMT(text_span(&choices)));
}

void bind_word(struct binder *binder, const struct field *field, void *target)
{
    const struct words *words = field->detail;
    uint32_t *member = bind_member(field, target);
    struct bind_value value;

    if (!bind_take_value(binder, "a word", &value))
        return;
    int number = bind_find_word(words, value.text);
    if (number < 0)
        bind_refuse_word(binder, words, &value);
    else
        *member = (uint32_t)number;
}

static void refuse_range(struct binder *binder, const struct field *field,
                         const struct bind_value *value)
{
    bind_error(binder, value->place, "", "%s must be from %" PRIu64 " to %" PRIu64,
               bind_quote(binder, value), field->min, field->max);
}

/* A number by `parse`, within the field's range. */
static bool take_number(struct binder *binder, const struct field *field, const char *wanted,
                        int (*parse)(struct span text, uint64_t *out), uint64_t *out)
{
    struct bind_value value;

    if (!bind_take_value(binder, wanted, &value))
        return false;
    int err = parse(value.text, out);
    if (err == ERR_INVALID) {
        bind_error(binder, value.place, "", "%s is not %s", bind_quote(binder, &value), wanted);
        return false;
    }
    if (err != 0 || *out < field->min || *out > field->max) {
        refuse_range(binder, field, &value);
        return false;
    }
    return true;
}

void bind_count(struct binder *binder, const struct field *field, void *target)
{
    uint64_t *member = bind_member(field, target);
    uint64_t number;

    if (take_number(binder, field, "a whole number", scalar_count, &number))
        *member = number;
}

void bind_count32(struct binder *binder, const struct field *field, void *target)
{
    uint32_t *member = bind_member(field, target);
    uint64_t number;

    INVARIANT(field->max <= UINT32_MAX);
    if (take_number(binder, field, "a whole number", scalar_count, &number))
        *member = (uint32_t)number;
}

void bind_amount(struct binder *binder, const struct field *field, void *target)
{
    uint64_t *member = bind_member(field, target);
    uint64_t number;

    if (take_number(binder, field, "a whole number, optionally with K or M", scalar_amount,
                    &number))
        *member = number;
}

void bind_integer32(struct binder *binder, const struct field *field, void *target)
{
    int32_t *member = bind_member(field, target);
    int64_t max = (int64_t)field->max;
    struct bind_value value;
    int64_t number = 0;

    INVARIANT(field->max <= INT32_MAX);
    if (!bind_take_value(binder, "a whole number", &value))
        return;
    int err = scalar_integer(value.text, &number);
    if (err == ERR_INVALID)
        bind_error(binder, value.place, "", "%s is not a whole number", bind_quote(binder, &value));
    else if (err != 0 || number > max || number < -max)
        bind_error(binder, value.place, "", "%s must be from %" PRId64 " to %" PRId64,
                   bind_quote(binder, &value), -max, max);
    else
        *member = (int32_t)number;
}

static bool take_switch(struct binder *binder, bool *out)
{
    struct bind_value value;

    if (!bind_take_value(binder, "true or false", &value))
        return false;
    if (scalar_switch(value.text, out) == 0)
        return true;
    bind_error(binder, value.place, "", "%s is not true or false", bind_quote(binder, &value));
    return false;
}

void bind_switch(struct binder *binder, const struct field *field, void *target)
{
    bool *member = bind_member(field, target);
    bool on;

    if (take_switch(binder, &on))
        *member = on;
}

void bind_tristate(struct binder *binder, const struct field *field, void *target)
{
    enum data_tristate *member = bind_member(field, target);
    bool on;

    if (take_switch(binder, &on))
        *member = on ? DATA_ON : DATA_OFF;
}

void bind_flag(struct binder *binder, const struct field *field, void *target)
{
    uint32_t *member = bind_member(field, target);
    uint32_t bits = (uint32_t)field->max;
    bool on;

    if (take_switch(binder, &on))
        *member = on ? *member | bits : *member & ~bits;
}

void bind_time(struct binder *binder, const struct field *field, void *target)
{
    int64_t *member = bind_member(field, target);
    struct bind_value value;
    int64_t at;

    if (!bind_take_value(binder, "a date", &value))
        return;
    if (timestamp_parse(value.text, &at) == 0)
        *member = at;
    else
        bind_error(binder, value.place, "",
                   "%s is not a date such as 2027-01-31 or a time such as 2027-01-31T12:00:00Z",
                   bind_quote(binder, &value));
}

void bind_decimal(struct binder *binder, const struct field *field, void *target)
{
    uint64_t *member = bind_member(field, target);
    struct bind_value value;
    uint64_t number = 0;

    if (!bind_take_value(binder, "a decimal number", &value))
        return;
    const bool is_negative = span_starts_with(value.text, SPAN("-"));
    const struct span digits = span_skip(value.text, is_negative ? 1 : 0);
    int err = scalar_decimal(digits, (unsigned)field->min, &number);
    if (err != ERR_INVALID && is_negative)
        bind_error(binder, value.place, "", "%s must not be negative", bind_quote(binder, &value));
    else if (err == ERR_INVALID)
        bind_error(binder, value.place, "",
                   "%s is not a decimal number with at most %" PRIu64 " decimals",
                   bind_quote(binder, &value), field->min);
    else if (err != 0 || number > field->max)
        bind_error(binder, value.place, "", "%s is too large", bind_quote(binder, &value));
    else
        *member = number;
}

/* A name as a reference; the bytes live as long as the load. */
static bool take_reference(struct binder *binder, struct reference *out)
{
    struct bind_value value;

    if (!bind_take_value(binder, "a name", &value))
        return false;
    struct span name = arena_copy(binder->scratch, value.text);
    if (name.ptr == NULL)
        binder->out_of_memory = true;
    *out = (struct reference){name, value.place, value.hidden};
    return true;
}

void bind_reference(struct binder *binder, const struct field *field, void *target)
{
    struct reference *member = bind_member(field, target);
    struct reference found;

    if (take_reference(binder, &found))
        *member = found;
}

static void take_references(struct binder *binder, struct reference_list *out)
{
    uint32_t number = 0;

    list_clear(&binder->items);
    if (!bind_enter_list(binder, "a list of names"))
        return;
    while (bind_has_more(binder)) {
        struct reference found;

        bind_push_item(binder, number++);
        if (take_reference(binder, &found)) {
            struct reference *item = list_add(&binder->items);
            if (item == NULL)
                binder->out_of_memory = true;
            else
                *item = found;
        }
        bind_pop(binder);
    }
    out->items = list_copy(&binder->items, binder->scratch);
    out->count = out->items == NULL ? 0 : binder->items.count;
    if (out->count != binder->items.count)
        binder->out_of_memory = true;
}

void bind_reference_list(struct binder *binder, const struct field *field, void *target)
{
    take_references(binder, bind_member(field, target));
}

void bind_grant(struct binder *binder, const struct field *field, void *target)
{
    struct reference_list *member = bind_member(field, target);
    struct bind_value value;

    if (binder->yaml->node != NODE_SCALAR) {
        take_references(binder, member);
        return;
    }
    if (!bind_take_value(binder, "a list of models, or all", &value))
        return;
    member->all = span_equal(value.text, SPAN("all"));
    if (!member->all)
        bind_error(binder, value.place, "", "%s is neither a list of models nor \"all\"",
                   bind_quote(binder, &value));
}

void bind_flag_list(struct binder *binder, const struct field *field, void *target)
{
    const struct words *words = field->detail;
    uint32_t *member = bind_member(field, target);
    uint32_t number = 0;
    uint32_t all = ((1U << words->count) - 1) << field->min;

    if (!bind_enter_list(binder, "a list of words"))
        return;
    *member &= ~all;
    while (bind_has_more(binder)) {
        struct bind_value value;

        bind_push_item(binder, number++);
        if (bind_take_value(binder, "a word", &value)) {
            int word = bind_find_word(words, value.text);
            if (word < 0)
                bind_refuse_word(binder, words, &value);
            else
                *member |= 1U << ((uint32_t)word + field->min);
        }
        bind_pop(binder);
    }
}

static bool has_word(const struct span *words, uint32_t count, struct span word)
{
    const struct words list = {words, count};

    return bind_find_word(&list, word) >= 0;
}

static bool is_good_word(struct binder *binder, const struct field *field,
                         const struct bind_value *value)
{
    const struct word_list *list = field->detail;

    if (list->known == NULL)
        return bind_has_form(binder, field->form, value);
    if (bind_find_word(list->known, value->text) >= 0)
        return true;
    bind_refuse_word(binder, list->known, value);
    return false;
}

static void add_word(struct binder *binder, const struct field *field, struct span *words,
                     uint32_t *count)
{
    const struct word_list *list = field->detail;
    struct bind_value value;

    if (!bind_take_value(binder, "a word", &value) || !is_good_word(binder, field, &value))
        return;
    if (has_word(words, *count, value.text))
        bind_error(binder, value.place, "", "%s is named twice", bind_quote(binder, &value));
    else if (*count == list->max)
        bind_error(binder, value.place, "", "there are more than %u words", list->max);
    else
        words[(*count)++] = bind_keep(binder, value.text);
}

void bind_word_list(struct binder *binder, const struct field *field, void *target)
{
    const struct word_list *list = field->detail;
    struct span *words = bind_member(field, target);
    void *count_member = (char *)target + list->count_offset;
    uint32_t *count = count_member;
    uint32_t number = 0;

    if (!bind_enter_list(binder, "a list of words"))
        return;
    while (bind_has_more(binder)) {
        bind_push_item(binder, number++);
        add_word(binder, field, words, count);
        bind_pop(binder);
    }
}

void bind_warn_unenforced(struct binder *binder, struct report_place place)
{
    if (binder->unenforced)
        return;
    binder->unenforced = true;
    bind_warning(binder, place, "limits and budgets are checked but not enforced by this version");
}
