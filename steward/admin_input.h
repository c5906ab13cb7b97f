/**
 * JSON bodies of the admin API, bound through one table of members: the parser, its messages and
 * the schemas of the description are made from it.
 */
#ifndef WEIR_STEWARD_ADMIN_INPUT_H
#define WEIR_STEWARD_ADMIN_INPUT_H

#include "lib/base/arena.h"
#include "steward/directory_keys.h"

enum { ADMIN_INPUT_DEPTH_MAX = 8, ADMIN_IMPORT_MAX = 1000 };

/** What a member's value is: X(NAME, JSON schema of it) */
#define ADMIN_VALUE_MAP(X)                                                                      \
    X(TEXT, "{\"type\":\"string\"}")                                                            \
    X(TEXT_OR_NULL, "{\"type\":[\"string\",\"null\"]}")                                         \
    X(SWITCH, "{\"type\":\"boolean\"}")                                                         \
    X(MODELS, "{\"oneOf\":[{\"const\":\"all\"},{\"type\":\"array\",\"items\":{\"type\":"        \
              "\"string\"}}]}")                                                                 \
    X(NAMES, "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}")                            \
    X(TIME, "{\"type\":[\"string\",\"null\"],\"description\":\"RFC 3339, or YYYY-MM-DD; null: " \
            "never\"}")                                                                         \
    X(SCOPES, "{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"list\",\"call\","      \
              "\"admin\"]}}")                                                                   \
    X(SECONDS, "{\"type\":\"integer\",\"minimum\":0}")                                          \
    X(KEYS, "{\"type\":\"array\",\"maxItems\":1000,\"items\":{\"$ref\":"                        \
            "\"#/components/schemas/KeyImport\"}}")

enum admin_value {
#define X(name, schema) ADMIN_VALUE_##name,
    ADMIN_VALUE_MAP(X) ADMIN_VALUE_COUNT,
#undef X
};

/** X(NAME, word, value, member of struct admin_input) */
#define ADMIN_MEMBER_MAP(X)                              \
    X(NAME, "name", TEXT, name)                          \
    X(DISPLAY, "display", TEXT, display)                 \
    X(DISABLED, "disabled", SWITCH, disabled)            \
    X(MODELS, "models", MODELS, models)                  \
    X(GROUPS, "groups", NAMES, groups)                   \
    X(USER, "user", TEXT_OR_NULL, user)                  \
    X(GROUP, "group", TEXT_OR_NULL, group)               \
    X(ALLOWED_MODELS, "allowed_models", MODELS, allowed) \
    X(EXPIRES, "expires", TIME, expires_s)               \
    X(SCOPES, "scopes", SCOPES, scopes)                  \
    X(KEY, "key", TEXT, key)                             \
    X(SHA256, "sha256", TEXT, sha256)                    \
    X(GRACE, "grace", SECONDS, grace_s)                  \
    X(MODEL, "model", TEXT, model)                       \
    X(ALL, "all", SWITCH, all)                           \
    X(KEYS, "keys", KEYS, keys)

enum admin_member {
#define X(name, ...) ADMIN_MEMBER_##name,
    ADMIN_MEMBER_MAP(X) ADMIN_MEMBER_COUNT,
#undef X
};

#define ADMIN_HAS(NAME) (1U << ADMIN_MEMBER_##NAME)

#define ADMIN_KEY_MEMBERS                                                                  \
    (ADMIN_HAS(USER) | ADMIN_HAS(GROUP) | ADMIN_HAS(ALLOWED_MODELS) | ADMIN_HAS(EXPIRES) | \
     ADMIN_HAS(SCOPES) | ADMIN_HAS(DISABLED))
#define ADMIN_GROUP_MEMBERS (ADMIN_HAS(DISPLAY) | ADMIN_HAS(DISABLED) | ADMIN_HAS(MODELS))
#define ADMIN_USER_MEMBERS  (ADMIN_GROUP_MEMBERS | ADMIN_HAS(GROUPS))

/** Bodies: X(NAME, name of its schema, members, those that must be there) */
#define ADMIN_BODY_MAP(X)                                                                        \
    X(NONE, "", 0, 0)                                                                            \
    X(GROUP_NEW, "GroupNew", ADMIN_HAS(NAME) | ADMIN_GROUP_MEMBERS, ADMIN_HAS(NAME))             \
    X(GROUP_CHANGE, "GroupChange", ADMIN_GROUP_MEMBERS, 0)                                       \
    X(USER_NEW, "UserNew", ADMIN_HAS(NAME) | ADMIN_USER_MEMBERS, ADMIN_HAS(NAME))                \
    X(USER_CHANGE, "UserChange", ADMIN_USER_MEMBERS, 0)                                          \
    X(KEY_NEW, "KeyNew", ADMIN_HAS(NAME) | ADMIN_KEY_MEMBERS, 0)                                 \
    X(KEY_CHANGE, "KeyChange", ADMIN_KEY_MEMBERS, 0)                                             \
    X(KEY_IMPORT, "KeyImport",                                                                   \
      ADMIN_HAS(NAME) | ADMIN_KEY_MEMBERS | ADMIN_HAS(KEY) | ADMIN_HAS(SHA256), ADMIN_HAS(NAME)) \
    X(IMPORT, "Import", ADMIN_HAS(KEYS), ADMIN_HAS(KEYS))                                        \
    X(ROTATE, "Rotate", ADMIN_HAS(GRACE), 0)                                                     \
    X(KEY_TEXT, "KeyText", ADMIN_HAS(KEY) | ADMIN_HAS(SHA256), 0)                                \
    X(GRANT, "Grant", ADMIN_HAS(MODEL) | ADMIN_HAS(ALL), 0)

enum admin_body {
#define X(name, ...) ADMIN_BODY_##name,
    ADMIN_BODY_MAP(X) ADMIN_BODY_COUNT,
#undef X
};

struct admin_names {
    uint32_t count;
    const struct span *names;
};

/** Members that are not in `given` are zero; null is as if empty. */
struct admin_input {
    uint32_t given; /* ADMIN_HAS(NAME) | … */
    struct span name;
    struct span display;
    struct span user;
    struct span group;
    struct span key;
    struct span sha256;
    struct span model;
    struct span keys; /* the raw array */
    struct admin_names groups;
    struct directory_models models;
    struct directory_models allowed;
    int64_t expires_s;
    uint64_t grace_s;
    uint32_t scopes;
    bool disabled;
    bool all;
};

/** Where what is bound goes to, and who hears what is wrong with it. */
struct admin_binding {
    struct arena *arena;
    struct directory_refusal *refusal;
};

/** Is it one JSON value, not nested deeper than ADMIN_INPUT_DEPTH_MAX? @return 0 or ERR_BAD_JSON,
 *  refused with the offset */
int admin_input_check(const struct admin_binding *binding, struct span text);

/**
 * Bind an object that admin_input_check() has passed.
 *
 * @return 0; ERR_INVALID, ERR_UNKNOWN_MEMBER or ERR_NO_MEMORY, refused with the member's word
 */
int admin_input_bind(const struct admin_binding *binding, enum admin_body body, struct span object,
                     struct admin_input *out);

/** Members as the directory's fields. */
uint32_t admin_input_gives(const struct admin_input *input);

/** The word, the schema of a member; the words of a body's schema. Never NULL. */
const char *admin_member_word(enum admin_member member);
const char *admin_member_schema(enum admin_member member);
const char *admin_body_word(enum admin_body body);
uint32_t admin_body_members(enum admin_body body, bool required);

#endif
