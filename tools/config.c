#include "registry/registry.h"
#include "tools/tools.h"

#include <stdio.h>
#include <string.h>

int tool_config(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "--defaults") != 0) {
        (void)fputs("usage: weir config --defaults\n", stderr);
        return TOOL_USAGE;
    }
    registry_print_defaults();
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? TOOL_OK : TOOL_FAILED;
}
