/** The rules that decide whether a caller may call a model, each with its answer and its place. */
#ifndef WEIR_TOOLS_WHY_H
#define WEIR_TOOLS_WHY_H

#include "registry/list.h"
#include "registry/locate.h"
#include "tools/offline.h"

enum { WHY_TEXT_BYTES = 256, WHY_PLACES_MAX = 3 };

/** X(NAME, word in JSON and on the terminal) */
#define WHY_ANSWER_MAP(X)                                                         \
    X(YES, "yes")       /* the rule is kept */                                    \
    X(NO, "no")         /* it is not, and so the answer is no */                  \
    X(GRANTS, "grants") /* one of the sources of grants: one of them is enough */ \
    X(NOTHING, "-")     /* a source that does not grant it, or a remark */

enum why_answer {
#define X(name, word) WHY_##name,
    WHY_ANSWER_MAP(X)
#undef X
};

/** A row of the directory's export. */
struct why_row {
    const char *table; /* "users"; NULL: it is not in the directory */
    uint32_t number;   /* from 0, shown from 1; ROW_NONE: one of the table */
};

struct why_rule {
    const char *name;
    enum why_answer answer;
    char text[WHY_TEXT_BYTES];
    uint32_t location_first; /* in `locations`, the most exact first */
    uint32_t location_count;
    struct why_row row;
};

struct why {
    const struct offline *offline;
    struct caller caller;
    const char *key; /* as it was asked for */
    struct span slug;
    struct list rules;     /* struct why_rule */
    struct list locations; /* struct location */
    uint32_t grants;       /* sources that grant the model */
    int verdict;           /* 0, or what the gateway answers with; by lib/access */
    bool out_of_memory;
};

const char *why_answer_word(enum why_answer answer);

/**
 * Put the question to the rules, and to lib/access for the verdict. Texts are borrowed.
 *
 * @param why  zeroed but for `offline`, `caller`, `key` and `slug`
 * @return 0 or ERR_NO_MEMORY; close it in both cases
 */
int why_ask(struct why *why);

void why_close(struct why *why);

/** Where the rule is written; file NULL: in no file. */
struct report_place why_place(const struct why *why, const struct why_rule *rule);

#endif
