#include "tools/admin_help.h"
#include "tools/tools.h"

#include <stdio.h>
#include <string.h>

int tool_completion(int argc, char **argv, const struct tool_command *commands, size_t count)
{
    if (argc != 2 || strcmp(argv[1], "bash") != 0) {
        if (argc == 2)
            fprintf(stderr, "weir completion: there is none for \"%s\", only for bash\n", argv[1]);
        fputs("usage: weir completion bash\n", stderr);
        return TOOL_USAGE;
    }
    admin_help_bash(stdout, commands, count);
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? TOOL_OK : TOOL_FAILED;
}
