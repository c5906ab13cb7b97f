/**
 * YAML nodes into C structures, through tables: one row a key.
 *
 * A mapping's `struct shape` lists its fields; bind_map() finds each key's row, reports unknown,
 * repeated and missing keys, and lets the row's function bind the value into the structure. The
 * same rows make "did you mean …?" and the file of defaults.
 *
 * Every bind function consumes exactly the node it is called at, whatever is wrong with it, and
 * reports through bind_error(): after an error the load goes on and finds the next.
 */
#ifndef WEIR_REGISTRY_BINDER_H
#define WEIR_REGISTRY_BINDER_H

#include "registry/draft.h"
#include "registry/forms.h"
#include "registry/yaml_events.h"

enum {
    BINDER_SCALAR_BYTES_MAX = 64 * 1024, /* one value, resolved */
    BINDER_PATH_BYTES = 512,
    BINDER_FIELDS_MAX = 64, /* of one mapping; bits of a word */
};

struct path_part {
    struct span name; /* empty: an item of a list, by its number */
    uint32_t number;
};

struct binder {
    struct arena *arena;   /* the registry's */
    struct arena *scratch; /* this load's */
    struct report *report;
    struct draft *draft;
    struct data *data;
    struct yaml_events *yaml;
    const char *folder; /* of the main file; NULL when the text came from memory */
    bool resolve;       /* a missing reference is an error, not a warning */
    bool included;      /* this is not the main file */
    bool out_of_memory; /* something was left out; the load fails */
    bool unenforced;    /* the warning about limits was given */
    uint32_t depth;
    struct path_part path[YAML_DEPTH_MAX + 2];
    struct list items; /* struct reference: the list being read */
    char value[BINDER_SCALAR_BYTES_MAX + 1];
    char shown[128];
};

/** A scalar value, references resolved. Valid until the next one is read. */
struct bind_value {
    struct span text;
    struct report_place place;
    bool hidden; /* it has resolved bytes: not to be printed */
};

struct field;

/** @param target  the structure that the shape is of; the field says where in it */
typedef void bind_fn(struct binder *binder, const struct field *field, void *target);

struct field {
    struct span name;
    bind_fn *bind;
    size_t offset;
    uint64_t min;
    uint64_t max;
    const void *detail; /* what else the function wants to know */
    form_fn *form;      /* of texts */
    bool required;
    bool included;        /* a file that is included may have it too */
    const char *sentence; /* for the file of defaults */
};

#define FIELD_NAME(literal) .name = {"" literal, sizeof(literal) - 1}

struct shape {
    const struct field *fields;
    uint32_t count;
    const struct shape *more; /* further fields, or NULL */
};

#define SHAPE(array) ((struct shape){(array), sizeof(array) / sizeof((array)[0]), NULL})

/** The words of an enumeration, numbered as they stand. */
struct words {
    const struct span *words;
    uint32_t count;
};

/** Which fields a mapping had: bit n is field n of the shape, `more` counted on. */
typedef uint64_t bind_seen;

/** All bits: what was no mapping misses nothing. */
#define BIND_SEEN_ALL UINT64_MAX

/** Bind a whole mapping. */
bind_seen bind_map(struct binder *binder, const struct shape *shape, void *target);

/**
 * The value here as text, and on to the next node.
 *
 * @param wanted  what should stand here, for the message: "a whole number"
 * @return false when there is none to use; what there is to say has been said
 */
bool bind_take_value(struct binder *binder, const char *wanted, struct bind_value *value);

/** True at a list, whose first item is then the node; else the complaint is made, and skipped. */
bool bind_enter_list(struct binder *binder, const char *wanted);

/** The same for a mapping. */
bool bind_enter_map(struct binder *binder, const char *wanted);

/** False at the end of the list or mapping, which is consumed. */
bool bind_has_more(struct binder *binder);

/** The key here, kept in the arena; false after complaining, key and value skipped. */
bool bind_take_key(struct binder *binder, struct span *key, struct report_place *place);

/** Go down and up again. The name is borrowed until then. */
void bind_push(struct binder *binder, struct span name);
void bind_push_item(struct binder *binder, uint32_t number);
void bind_pop(struct binder *binder);

/** Report at the path where the binder is. */
void bind_error(struct binder *binder, struct report_place place, const char *hint,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
void bind_warning(struct binder *binder, struct report_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The value in quotes and cut, or words for it when it must not be printed. One at a time. */
const char *bind_quote(struct binder *binder, const struct bind_value *value);

/** A copy in the registry's arena; empty when out of memory, which the binder remembers. */
struct span bind_keep(struct binder *binder, struct span text);

/** The member of the target that a field is for. */
static inline void *bind_member(const struct field *field, void *target)
{
    return (char *)target + field->offset;
}

#endif
