/** What the environment says to this process, and not to its children. */
#ifndef WEIR_MASTER_ENVIRONMENT_H
#define WEIR_MASTER_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

/**
 * Copy a variable and remove it. The master has one thread: nobody else looks meanwhile.
 *
 * @return its length, also when it did not fit and `out` is empty; 0 when it is not set
 */
size_t environment_take(const char *name, char *out, size_t bytes);

/** The same for a whole number; 0 for everything that is none. */
uint64_t environment_take_number(const char *name);

/**
 * In a child that loads no configuration: overwrite all variables but those that libraries ask for.
 * Any other may be what a `${…}` of the configuration stands for, a provider's key.
 */
void environment_forget(void);

#endif
