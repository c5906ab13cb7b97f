/**
 * A directory's export from a plan in words: lists are names with a blank between them, in any
 * order; nothing has to be sorted.
 */
#ifndef WEIR_TESTS_UNIT_EXPORT_FIXTURE_H
#define WEIR_TESTS_UNIT_EXPORT_FIXTURE_H

#include "lib/base/digest.h"

#include <stdbool.h>
#include <stdint.h>

enum { PLAN_ROWS_MAX = 64, PLAN_NAMES_MAX = 512 };

struct plan_subject {
    const char *name; /* NULL: the end */
    const char *models;
    const char *groups; /* of a user; all names are optional: NULL is an empty list */
    bool all;
    bool disabled;
};

struct plan_key {
    const char *name; /* NULL: the end */
    const char *text;
    const char *user;
    const char *group;
    const char *models; /* NULL: not restricted */
    bool disabled;
    uint32_t scopes; /* 0: list and call */
    int64_t expires_s;
    const char *old_text; /* NULL: not rotated */
    int64_t old_expires_s;
};

struct plan {
    struct plan_subject groups[PLAN_ROWS_MAX];
    struct plan_subject users[PLAN_ROWS_MAX];
    struct plan_key keys[PLAN_ROWS_MAX];
    const char *revoked_names;
    const char *revoked_texts;
    uint64_t change;
    int64_t written_ms;
};

/** Replaces `folder/directory`; fails the test when it cannot. Sorts the rows of the plan. */
void export_plan_write(const char *folder, struct plan *plan);

/** The digest of a key's text. */
struct digest export_plan_digest(const char *text);

#endif
