/**
 * What binding has read and linking has not resolved yet: the rows of data.h beside the names that
 * they refer to. Lives for one load; the names of references are in the scratch arena.
 */
#ifndef WEIR_REGISTRY_DRAFT_H
#define WEIR_REGISTRY_DRAFT_H

#include "registry/data.h"
#include "registry/list.h"
#include "registry/names.h"

/** The name of something that may come later or in another file. An empty name: none. */
struct reference {
    struct span name;
    struct report_place place;
    bool hidden; /* came out of a ${reference}: not to be printed */
};

struct reference_list {
    bool all; /* `all` stood there instead of a list */
    uint32_t count;
    const struct reference *items;
};

struct draft_deployment {
    struct data_deployment row;
    struct reference provider;
};

struct draft_model {
    struct data_model row;
    struct report_place deprecated; /* where its dates stand */
    struct report_place retires;
    uint32_t deployment_count;
    const struct draft_deployment *deployments;
};

struct draft_subject {
    struct data_subject row;
    struct reference_list models;
    struct reference_list groups;
};

struct draft_key {
    struct data_key row;
    bool known; /* its digest is; it is left out when that was an unresolved reference */
    struct reference user;
    struct reference group;
    struct reference_list allowed;
};

/** A subject of an issuer, as the key of `browser.users` names it. */
struct draft_browser_user {
    struct data_browser_user row;
    struct span name; /* the key itself */
    struct report_place place;
    struct reference user;
};

/** The entities of one kind: names and rows in step, in the order of the configuration. */
struct draft_table {
    struct names names;
    struct list rows;
};

struct draft {
    struct draft_table providers; /* struct data_provider */
    struct draft_table models;    /* struct draft_model */
    struct draft_table groups;    /* struct draft_subject */
    struct draft_table users;     /* struct draft_subject */
    struct draft_table keys;      /* struct draft_key */
    struct names digests;         /* of the keys, as 32-byte names, in the order of their coming */
    struct reference_list anonymous;
    struct draft_table browser_users; /* struct draft_browser_user, by the key */
    struct reference browser_group;
    struct list includes; /* struct reference: patterns */
};

/** Both arenas are borrowed: what ends up in the registry, and what only the load needs. */
void draft_init(struct draft *draft, struct arena *scratch);

/** Frees the lists. */
void draft_close(struct draft *draft);

/**
 * Resolve every reference and lay the rows out in `arena`, with room behind them for what
 * data->directory counts, which references may mean too.
 *
 * @param report  takes what does not resolve
 * @return 0 or ERR_NO_MEMORY
 */
int draft_link(struct draft *draft, struct arena *arena, struct report *report, struct data *data);

#endif
