/** The parts of the document: a table for each kind of entity, and the settings. */
#ifndef WEIR_REGISTRY_SECTIONS_H
#define WEIR_REGISTRY_SECTIONS_H

#include "registry/binder.h"

/** A mapping from names to entities of one kind. */
struct section {
    size_t table_offset; /* of the struct draft_table in struct draft */
    form_fn *form;       /* of the names */
    void (*bind_row)(struct binder *binder, struct span name, void *row);
};

/** Bind the entities; detail: struct section; the target is not used. */
bind_fn bind_section;

extern const struct section section_providers;
extern const struct section section_models;
extern const struct section section_groups;
extern const struct section section_users;
extern const struct section section_keys;

/** struct account of struct data_provider. */
bind_fn bind_credentials;

/** struct data_traits: a model's or a deployment's `translation`; bind_traits.c. */
bind_fn bind_traits;

/** struct price_row inside struct draft_model, and the prices of images beside it. */
bind_fn bind_price;

/** struct reference_list anonymous of the draft. */
bind_fn bind_anonymous;

/** struct data_browser. */
bind_fn bind_browser;

/** struct data_limits. */
bind_fn bind_limits;

/** struct data_budget. */
bind_fn bind_budget;

/** credits_per_usd and credits_margin_micros of struct data. */
bind_fn bind_credits;

/** admin_socket and admin_listen of struct data. */
bind_fn bind_admin;

/** The whole document, in the main file or an included one. */
void bind_document(struct binder *binder);

/** Every setting at its default, and the paths at theirs. */
void settings_set_defaults(struct data *data);

#endif
