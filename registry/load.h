/** Loading from memory: for the fuzzer and for tests that need no files. */
#ifndef WEIR_REGISTRY_LOAD_H
#define WEIR_REGISTRY_LOAD_H

#include "registry/registry.h"

enum {
    LOAD_INCLUDED_FILES_MAX = 10000,
};

#define LOAD_CONFIG_BYTES_MAX   (UINT64_C(256) << 20) /* all files of a load together */
#define LOAD_REGISTRY_BYTES_MAX (UINT64_C(2) << 30)   /* what a load may take in memory, twice */

/**
 * As registry_load(), of a text, without the directory. `include:` is an error: there is no folder
 * to look in.
 *
 * @param name  stands for the file in the report
 */
struct registry *registry_load_text(struct span text, const char *name, bool resolve,
                                    struct report *report);

#endif
