#include "tools/admin_begin.h"

#include "tools/admin_help.h"

#include <stdio.h>

static void help(const struct admin_words *words, const char *noun)
{
    if (words->command == NULL)
        admin_help_noun(stdout, noun);
    else
        admin_help_command(stdout, words->command);
}

static void refuse(const struct admin_words *words, const char *who, const char *noun)
{
    const struct admin_command *command = words->command;

    fprintf(stderr, "%s: %s\n", who, words->problem);
    if (command != NULL)
        admin_help_usage(stderr, command);
    fprintf(stderr, "`weir %s%s%s --help` says more\n", noun,
            command == NULL || command->verb[0] == '\0' ? "" : " ",
            command == NULL ? "" : command->verb);
}

bool admin_begin(int argc, char *const *argv, struct admin_words *out,
                 char who[static ADMIN_WHO_BYTES], int *status)
{
    enum admin_parsed parsed = admin_words_parse(argc, argv, out);
    const char *verb = out->command == NULL ? "" : out->command->verb;

    (void)snprintf(who, ADMIN_WHO_BYTES, "weir %s%s%s", argv[0], verb[0] == '\0' ? "" : " ", verb);
    switch (parsed) {
    case ADMIN_PARSED_HELP:
        help(out, argv[0]);
        *status = TOOL_OK;
        return false;
    case ADMIN_PARSED_WRONG:
        refuse(out, who, argv[0]);
        *status = TOOL_USAGE;
        return false;
    case ADMIN_PARSED:
        break;
    }
    return true;
}
