/** A key as a body gives it. Of use to the routes of keys. */
#ifndef WEIR_STEWARD_ADMIN_KEYS_H
#define WEIR_STEWARD_ADMIN_KEYS_H

#include "steward/admin_input.h"

/** With what holds when nothing is said: every model, listing and calling, for ever. */
struct directory_key admin_key_of(const struct admin_input *input, struct span name);

#endif
