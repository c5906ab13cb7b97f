/**
 * YAML and the directory's export in, a checked registry out, and from it the two memfds of a generation.
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
 * Writes the directory's export anew, from the database in `state_dir`.
 *
 * @param problem  on failure why, as a sentence
 * @return 0 or an ERR_ value
 */
typedef int registry_restore_fn(const char *state_dir, char *problem, size_t bytes);

/**
 * The configuration and, when `state_dir/directory` is there, the directory's export.
 *
 * An export that cannot be used is an error, never left out: what it revokes would work again. A
 * process that may not read it at all and resolves nothing gets a warning instead.
 *
 * @param config_path  the main file; its `include:` globs are relative to it
 * @param resolve      resolve ${…} references: a missing one is an error; else it is a warning
 * @param restore      what to do first about an export that cannot be used, or that is missing
 *                     though there is a database; NULL: nothing, and one that is missing is none
 * @param report       takes every error and warning
 * @return the registry, or NULL when `report` has an error
 */
struct registry *registry_load(const char *config_path, bool resolve, registry_restore_fn *restore,
                               struct report *report);

/** Clears the pointer and wipes resolved secrets; NULL is fine. */
void registry_free(struct registry **registry);

struct registry_counts {
    uint32_t providers;
    uint32_t models;
    uint32_t groups;
    uint32_t users;
    uint32_t keys;
    bool has_directory;
    uint32_t directory_groups;
    uint32_t directory_users;
    uint32_t directory_keys;
};

/** How many of each the configuration has, and the directory; disabled ones among them. */
void registry_count(const struct registry *registry, struct registry_counts *out);

/**
 * The path of the admin API's socket, whether the file says it or it follows from `state_dir`.
 * Errors in what else the file says do not matter: who sets the directory right must find it.
 *
 * @return 0; ERR_NOT_FOUND: the file, or one that it includes, cannot be read; ERR_NO_SPACE: the
 *         path does not fit; ERR_NO_MEMORY
 */
int registry_find_admin_socket(const char *config_path, char *path, size_t path_bytes);

/**
 * The path of the control socket. Where the file says it, other mistakes do not matter: who reloads
 * a file that is wrong must find the gateway that says so. Of a file that is no YAML it counts when
 * it stands before the mistake. The default is that of a file without mistakes.
 *
 * @param report  takes what is wrong; empty
 * @return 0; ERR_NOT_FOUND: the file cannot be read, or does not say it in a way that can be used;
 *         ERR_NO_SPACE: the path does not fit; ERR_NO_MEMORY
 */
int registry_find_control_socket(const char *config_path, struct report *report, char *path,
                                 size_t path_bytes);

/** NUL-terminated; borrowed until registry_free(). */
const char *registry_state_dir(const struct registry *registry);

struct registry_compile_input {
    const struct snapshot *previous;        /* NULL at the first start */
    const struct secrets *previous_secrets; /* NULL at the first start */
    const struct state *state;              /* for cells still held; NULL: none */
    uint64_t generation;                    /* the number that the new one will have */
    uint64_t acknowledged; /* all workers and their calls are past older ones; 0: none */
    int64_t now_s;
    struct span session_key; /* SESSION_KEY_BYTES; empty: nobody can sign in. Borrowed */
    bool is_unserved;        /* nobody will serve it: what this host lacks for that is no error */
};

struct registry_compiled {
    bool unchanged;  /* equal to `previous`, secrets included: no memfds were made */
    int snapshot_fd; /* sealed, named weir-snapshot-G; owned by the caller; -1: none */
    int secrets_fd;  /* sealed, named weir-secrets-G */
    int accounts_fd; /* sealed, named weir-accounts-G; see shm/accounts.h */
};

/**
 * Compile and seal.
 *
 * Refused, each as an error in `report`: a change of a setting that only a restart can change, a
 * directory that `previous` had and this registry has not, more cells than `state.cells_max`,
 * more accounts than the steward has room for; and, unless it is unserved, certificates that cannot
 * be read and connection and call limits that do not fit RLIMIT_NOFILE.
 *
 * @return 0, ERR_CONFIG (see report), ERR_NO_MEMORY or ERR_IO
 */
#define REGISTRY_COMPILED_NONE \
    ((struct registry_compiled){.snapshot_fd = -1, .secrets_fd = -1, .accounts_fd = -1})

int registry_compile(const struct registry *registry, const struct registry_compile_input *input,
                     struct report *report, struct registry_compiled *out);

/** Print every setting with its default, range and sentence as a YAML file that loads. */
void registry_print_defaults(void);

#endif
