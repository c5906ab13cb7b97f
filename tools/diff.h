/** What is different between two configurations. */
#ifndef WEIR_TOOLS_DIFF_H
#define WEIR_TOOLS_DIFF_H

#include "lib/base/arena.h"
#include "lib/base/text.h"
#include "registry/list.h"
#include "tools/offline.h"

enum diff_change_kind { DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/** Something that is only in one of them, or a value that is another one. */
struct diff_change {
    const char *section; /* "models"; "settings" */
    struct span name;    /* the slug; empty: of a setting */
    enum diff_change_kind kind;
    struct span path; /* DIFF_CHANGED: "price.input" */
    struct span from; /* JSON; empty: an item that a list has more, a thing that is added */
    struct span to;   /* JSON; empty: one that it has no more, a thing that is removed */
    bool restart;     /* a reload refuses it */
    uint32_t number;  /* of a thing that is added or removed: its row in the data that have it */
};

/** Keys that gain and lose the same models. */
struct diff_access {
    uint32_t key_first; /* in `keys` */
    uint32_t key_count;
    uint32_t slug_first; /* in `slugs`: those that are gained, then those that are lost */
    uint32_t gain_count;
    uint32_t loss_count;
};

/** Texts lie in the arena or are borrowed of the two configurations. */
struct diff {
    const struct offline *before;
    const struct offline *after;
    struct arena *arena;
    struct list changes; /* struct diff_change, section by section */
    struct list access;  /* struct diff_access */
    struct list keys;    /* struct span; empty: whoever has no key */
    struct list slugs;   /* struct span */
};

/**
 * @param before, after  borrowed
 * @return 0, ERR_NO_MEMORY, or ERR_NO_SPACE: something is too large to be described; close it in
 *         both cases
 */
int diff_find(struct diff *diff, const struct offline *before, const struct offline *after);

/** Of diff_find(): the things and the settings. @return as it */
int diff_find_changes(struct diff *diff);

/** Of diff_find(): who may call what. @return 0 or ERR_NO_MEMORY */
int diff_find_access(struct diff *diff);

void diff_close(struct diff *diff);

static inline bool diff_is_empty(const struct diff *diff)
{
    return diff->changes.count == 0 && diff->access.count == 0;
}

/** How many names a line for people has before it says how many more there are. */
enum { DIFF_NAMES_SHOWN = 8 };

/**
 * Of a key that is added or removed the models that it may call, or might; of a model the keys.
 * Separated by commas, cut short; nothing for other things.
 *
 * @return false: nothing was added
 */
bool diff_add_reach(const struct diff *diff, const struct diff_change *change, struct text *out);

/** To standard output: for people, and as one JSON document. */
void diff_print(const struct diff *diff);
void diff_print_json(const struct diff *diff);

#endif
