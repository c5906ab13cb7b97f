/** What the tables of admin_table.h say to people, and to a shell. */
#ifndef WEIR_TOOLS_ADMIN_HELP_H
#define WEIR_TOOLS_ADMIN_HELP_H

#include "tools/admin_table.h"
#include "tools/tools.h"

#include <stdio.h>

/** A noun's verbs, one a line. */
void admin_help_noun(FILE *out, const char *noun);

/** A command's usage, sentence and options. */
void admin_help_command(FILE *out, const struct admin_command *command);

/** `usage: weir keys show NAME [OPTION]…` */
void admin_help_usage(FILE *out, const struct admin_command *command);

/**
 * A script that bash reads to complete the words of weir's command line.
 *
 * @param commands  those of weir; the words behind a noun are known here
 */
void admin_help_bash(FILE *out, const struct tool_command *commands, size_t count);

#endif
