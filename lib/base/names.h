/**
 * The forms of the names that outlive a process: ids, slugs, display names. Pure.
 *
 * Each returns NULL when the text has the form, else what is wrong with it as the rest of a
 * sentence that begins with the text: "must begin with a letter or a digit". The configuration
 * holds its names to the same forms (DESIGN: Configuration), so that one name means one thing in a
 * file and in the directory.
 */
#ifndef WEIR_BASE_NAMES_H
#define WEIR_BASE_NAMES_H

#include "lib/base/span.h"

enum { NAME_ID_BYTES_MAX = 64, NAME_SLUG_BYTES_MAX = 128, NAME_LINE_BYTES_MAX = 256 };

/** The name of a user, group or key: `[a-z0-9][a-z0-9._-]{0,63}`. */
const char *name_check_id(struct span text);

/** A model's slug: `[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}`, and what DESIGN forbids besides. */
const char *name_check_slug(struct span text);

/** One line of UTF-8 for people, without control characters; may be empty. */
const char *name_check_line(struct span text);

#endif
