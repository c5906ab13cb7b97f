/** What the service manager says through the environment, for this process and not for its children. */
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

#endif
