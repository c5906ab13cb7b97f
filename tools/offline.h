/**
 * A configuration as a gateway that loaded it would judge by it, without one.
 *
 * The files and the directory's export are loaded without resolving secrets, and compiled into a
 * generation that nobody serves. So what the commands say comes from the same bitmaps, by the same
 * functions, as what the gateway answers. Revocations count as far as the export knows them.
 */
#ifndef WEIR_TOOLS_OFFLINE_H
#define WEIR_TOOLS_OFFLINE_H

#include "lib/access/access.h"
#include "registry/data.h"
#include "registry/registry.h"

#define OFFLINE_CONFIG_DEFAULT "/etc/weir/weir.yaml"

/** Zeroed: closed. */
struct offline {
    const char *who; /* begins lines on standard error; borrowed */
    const char *path;
    struct report *report;
    struct registry *registry;
    struct snapshot snapshot;
    struct revocations revocations;
    struct digester *digester;
};

/**
 * Load and compile. What goes wrong is said on standard error.
 *
 * @param path  borrowed; NULL: the usual one
 * @return false: there is nothing to look at; close it as well
 */
bool offline_open(struct offline *offline, const char *who, const char *path);

/** A closed or half-open one is fine. */
void offline_close(struct offline *offline);

static inline const struct data *offline_data(const struct offline *offline)
{
    return &offline->registry->data;
}

/**
 * Was the directory read, or is there none? Whoever may not read it gets answers without it, and
 * whom it revokes would seem welcome: then it is said on standard error, and false.
 */
bool offline_knows_directory(const struct offline *offline);

/** Who calls. */
struct caller {
    bool is_anonymous;
    uint32_t key; /* index into the data's keys; ROW_NONE: anonymous, or no such key */
};

/**
 * @param word  a key's name; `-`: the key whose text stands on standard input, so that it stands in
 *              no list of processes; empty: a caller without a key
 * @return TOOL_OK, also when there is no such key; TOOL_USAGE: no key can be read, which was said
 */
int offline_find_caller(const struct offline *offline, const char *word, struct caller *out);

/** As access_identify() of the caller's key. */
int offline_identify(const struct offline *offline, const struct caller *caller,
                     enum key_flag scope, struct access *out);

/** May the caller call it? @return 0, or what the gateway would answer with */
int offline_admit(const struct offline *offline, const struct caller *caller, struct span slug);

/** `; did you mean "…"?`, or nothing. @param memory  OFFLINE_HINT_BYTES */
enum { OFFLINE_HINT_BYTES = 192 };
const char *offline_key_hint(const struct offline *offline, const char *name, char *memory);
const char *offline_model_hint(const struct offline *offline, const char *slug, char *memory);

#endif
