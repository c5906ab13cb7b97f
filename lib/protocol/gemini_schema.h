/**
 * JSON Schema and Gemini's own Schema (a subset of OpenAPI's), each as the other.
 *
 * Both go through a schema by position: a property whose name is that of a keyword is a property.
 */
#ifndef WEIR_PROTOCOL_GEMINI_SCHEMA_H
#define WEIR_PROTOCOL_GEMINI_SCHEMA_H

#include "lib/base/text.h"
#include "lib/wire/json_tape.h"

enum {
    GEMINI_SCHEMA_DEPTH_MAX = 48,
    /** Subschemas looked at, references followed as often as they stand there. */
    GEMINI_SCHEMA_VISITS_MAX = 20000,
    GEMINI_SCHEMA_PARTS_MAX = 24, /* subschemas that hold for one place: `$ref` and `allOf` */
};

/**
 * JSON Schema for `parameters` and `responseSchema`. References are put in place, one that leads to
 * itself is `{"type":"OBJECT"}`; `allOf` is merged, `oneOf` is `anyOf`, `null` among the types is
 * `nullable`, values of `enum` are strings; what the subset has no word for is left out, so that
 * the outcome may allow more, never less.
 *
 * @param schema  an object
 * @param out     nothing is promised of it after an error
 * @return 0, or ERR_UNTRANSLATABLE for a schema beyond the bounds above
 */
int gemini_schema_write(const struct json_node *schema, struct text *out);

/** Gemini's Schema as JSON Schema. What is JSON Schema already stays as it is. */
void gemini_schema_read(const struct json_node *schema, struct text *out);

/** Does a tool with this JSON Schema take no arguments? Gemini wants its `parameters` left out. */
bool gemini_schema_is_empty(const struct json_node *schema);

#endif
