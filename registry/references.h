/**
 * References in scalar values: `${NAME}` from the environment, `${credential:NAME}` from
 * $CREDENTIALS_DIRECTORY, `${file:PATH}`; `$${` stands for `${`. Resolved once: what a reference
 * brings in is not looked at again.
 */
#ifndef WEIR_REGISTRY_REFERENCES_H
#define WEIR_REGISTRY_REFERENCES_H

#include "lib/base/text.h"

enum {
    REFERENCE_FILE_BYTES_MAX = 64 * 1024,
    REFERENCE_PROBLEM_BYTES = 512,
};

/** True when references_resolve() would change the text or complain. */
static inline bool references_in(struct span raw)
{
    const char *dollar = raw.len == 0 ? NULL : memchr(raw.ptr, '$', raw.len);

    /* Nearly no value has a dollar: the search for both bytes costs five times as much. */
    return dollar != NULL && memmem(raw.ptr, raw.len, "${", 2) != NULL;
}

/**
 * @param folder   what a relative PATH is relative to
 * @param out      the text with every reference replaced, a secret until shown otherwise
 * @param problem  a sentence without any resolved byte, when the result is not 0
 * @return 0; ERR_INVALID for a malformed reference; ERR_NOT_FOUND for one that is missing or
 *         empty; ERR_NO_SPACE when `out` is too small
 */
int references_resolve(struct span raw, const char *folder, struct text *out,
                       char problem[static REFERENCE_PROBLEM_BYTES]);

#endif
