#include "registry/registry.h"
#include "tools/admin_begin.h"
#include "tools/tools.h"

#include <stdio.h>

int tool_config(int argc, char **argv)
{
    struct admin_words words;
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    registry_print_defaults();
    return fflush(stdout) == 0 && ferror(stdout) == 0 ? TOOL_OK : TOOL_FAILED;
}
