/** How each command of admin_table.h begins. */
#ifndef WEIR_TOOLS_ADMIN_BEGIN_H
#define WEIR_TOOLS_ADMIN_BEGIN_H

#include "tools/admin_words.h"

enum { ADMIN_WHO_BYTES = 64 };

/**
 * Parse, and do what needs no more: print help, or what is wrong.
 *
 * @param who     begins each line on standard error: "weir keys create"
 * @param status  on false what the process ends with
 * @return true: the command is to be run
 */
bool admin_begin(int argc, char *const *argv, struct admin_words *out,
                 char who[static ADMIN_WHO_BYTES], int *status);

#endif
