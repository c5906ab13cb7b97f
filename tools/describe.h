/**
 * What a configuration says of a thing, as one JSON object: for `models show`, and to be compared.
 * Pure. Every member is always there, in the same order, so that two objects of one kind can be
 * walked over side by side. What is not given is null. No secret is in it.
 */
#ifndef WEIR_TOOLS_DESCRIBE_H
#define WEIR_TOOLS_DESCRIBE_H

#include "lib/base/text.h"
#include "registry/data.h"

void describe_model(const struct data *data, const struct data_model *model, struct text *out);
void describe_provider(const struct data_provider *provider, struct text *out);

/** A group, or a user with `groups`. */
void describe_subject(const struct data *data, const struct data_subject *subject, bool is_user,
                      struct text *out);

void describe_key(const struct data *data, const struct data_key *key, struct text *out);

/** Settings, and what else there is one of. */
void describe_settings(const struct data *data, struct text *out);

/** Does a change of `path` ("limits.calls") take a restart? */
bool describe_needs_restart(struct span path);

#endif
