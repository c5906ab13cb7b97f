/** The kinds of fields that tables are made of. Each says what it stores, and where its limits are. */
#ifndef WEIR_REGISTRY_BIND_FIELDS_H
#define WEIR_REGISTRY_BIND_FIELDS_H

#include "registry/binder.h"

/** struct span: text of the field's form, kept in the registry's arena. */
bind_fn bind_text;

/** uint32_t or an enum: the number of a word; detail: struct words. */
bind_fn bind_word;

/** Whole numbers from min to max. */
bind_fn bind_count;
bind_fn bind_count32;

/** int32_t, from -max to max. */
bind_fn bind_integer32;

/** bool. */
bind_fn bind_switch;

/** An enum data_tristate. */
bind_fn bind_tristate;

/** uint32_t flags: true sets the bits of max, false clears them. */
bind_fn bind_flag;

/** int64_t, seconds since 1970. */
bind_fn bind_time;

/** uint64_t: a decimal of at most min decimals, times 10^min, at most max. */
bind_fn bind_decimal;

/** uint64_t: an amount with K or M, from min to max. */
bind_fn bind_amount;

/** struct reference: the name of an entity, looked up when all files are read. */
bind_fn bind_reference;

/** struct reference_list: a list of names. */
bind_fn bind_reference_list;

/** The same, or the word `all`. */
bind_fn bind_grant;

/** uint32_t flags: a list of words; word n of the detail sets bit n, shifted left by min. */
bind_fn bind_flag_list;

/** A list of words with its count elsewhere in the target; detail: struct word_list. */
bind_fn bind_word_list;

struct word_list {
    size_t count_offset;       /* of the uint32_t beside the array of struct span */
    uint32_t max;              /* room in the array */
    const struct words *known; /* NULL: any word of the field's form */
};

/** Report "… is not one of …" with the nearest word as the hint. */
void bind_refuse_word(struct binder *binder, const struct words *words,
                      const struct bind_value *value);

/** @return the word's number, or -1 */
int bind_find_word(const struct words *words, struct span text);

/** The text of the value when it has the form, else a complaint and false. */
bool bind_has_form(struct binder *binder, form_fn *form, const struct bind_value *value);

/** Limits, budgets and credits are not enforced by this version: say so once a load. */
void bind_warn_unenforced(struct binder *binder, struct report_place place);

#endif
