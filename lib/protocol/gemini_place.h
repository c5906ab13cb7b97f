/**
 * What holds at one place of a JSON Schema: the schema that stands there, what it refers to and
 * what its `allOf` adds. Part of gemini_schema.
 */
#ifndef WEIR_PROTOCOL_GEMINI_PLACE_H
#define WEIR_PROTOCOL_GEMINI_PLACE_H

#include "lib/protocol/gemini_schema.h"

/** One schema that is being gone through. */
struct gemini_walk {
    const struct json_node *root;
    uint32_t visits;
    int err; /* ERR_UNTRANSLATABLE: beyond a bound */
};

/** Begins with `outer` and `depth`, else as zeros. */
struct gemini_place {
    const struct gemini_place *outer;
    const struct json_node *parts[GEMINI_SCHEMA_PARTS_MAX]; /* all hold here, the first one first */
    const struct json_node *variants; /* `anyOf` or `oneOf` of several that are not null */
    uint32_t count;
    uint32_t depth;
    bool is_nullable;
    bool is_cycle; /* a part holds at a place around this one: there is no end to it */
    bool is_begun; /* the writer's own: a member has been written */
};

/** Add a schema and all that goes with it; for what is no object nothing. */
void gemini_place_add(struct gemini_walk *walk, struct gemini_place *place,
                      const struct json_node *schema);

/** The keyword's value, of the first part that has it; NULL when none does. */
const struct json_node *gemini_place_find(const struct gemini_place *place, struct span keyword);

/** Does it allow nothing but null? */
bool gemini_is_null_schema(const struct json_node *schema);

#endif
