/**
 * YAML in, a checked registry out, and from it the two memfds of a generation.
 *
 *   registry_load()  ->  struct registry  ->  registry_compile()  ->  sealed memfds
 *
 * Nothing here talks to another process or writes a file. All problems of a load are reported, not
 * only the first.
 */
#ifndef WEIR_REGISTRY_REGISTRY_H
#define WEIR_REGISTRY_REGISTRY_H

#include "registry/report.h"
#include "shm/snapshot.h"
#include "shm/state.h"

struct registry;

/**
 * @param config_path  the main file; its `include:` globs are relative to it
 * @param resolve      resolve ${…} references: a missing one is an error; else it is a warning
 * @param report       takes every error and warning
 * @return the registry, or NULL when `report` has an error
 */
struct registry *registry_load(const char *config_path, bool resolve, struct report *report);

/** Clears the pointer and wipes resolved secrets; NULL is fine. */
void registry_free(struct registry **registry);

struct registry_counts {
    uint32_t providers;
    uint32_t models;
    uint32_t groups;
    uint32_t users;
    uint32_t keys;
};

/** How many of each the configuration has, disabled ones among them. */
void registry_count(const struct registry *registry, struct registry_counts *out);

struct registry_compile_input {
    const struct snapshot *previous;        /* NULL at the first start */
    const struct secrets *previous_secrets; /* NULL at the first start */
    const struct state *state;              /* for cells still held; NULL: none */
    uint64_t generation;                    /* the number that the new one will have */
    uint64_t acknowledged;                  /* every worker has acknowledged this one; 0: none */
    int64_t now_s;
};

struct registry_compiled {
    bool unchanged;  /* equal to `previous`, secrets included: no memfds were made */
    int snapshot_fd; /* sealed, named weir-snapshot-G; owned by the caller; -1: none */
    int secrets_fd;  /* sealed, named weir-secrets-G */
};

/**
 * Compile and seal.
 *
 * Refused, each as an error in `report`: a change of a setting that only a restart can change,
 * more cells than `state.cells_max`, connection and call limits that do not fit RLIMIT_NOFILE.
 *
 * @return 0, ERR_CONFIG (see report), ERR_NO_MEMORY or ERR_IO
 */
int registry_compile(const struct registry *registry, const struct registry_compile_input *input,
                     struct report *report, struct registry_compiled *out);

/** Print every setting with its default, range and sentence as a YAML file that loads. */
void registry_print_defaults(void);

#endif
