/** Users, groups and keys. */
#ifndef WEIR_REGISTRY_COMPILE_ACCESS_H
#define WEIR_REGISTRY_COMPILE_ACCESS_H

#include "registry/build.h"

/** USERS and GROUPS, without cells. @return 0 or ERR_NO_MEMORY */
int compile_subjects(struct build *build);

/** KEYS, without cells and grant sets. A disabled user's keys are disabled. @return as above */
int compile_keys(struct build *build);

/** KEY_SLOTS. @return 0, ERR_NO_MEMORY, or ERR_CONFIG (see report) */
int compile_key_slots(struct build *build);

#endif
