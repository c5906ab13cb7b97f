#include "tools/tools.h"

#include <stdio.h>

int tool_version(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "%s: takes no arguments\n", argv[0]);
        return TOOL_USAGE;
    }
    puts("weir " WEIR_VERSION);
    return TOOL_OK;
}
