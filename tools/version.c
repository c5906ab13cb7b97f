#include "tools/admin_begin.h"
#include "tools/tools.h"

#include <stdio.h>

int tool_version(int argc, char **argv)
{
    struct admin_words words;
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    puts("weir " WEIR_VERSION);
    return TOOL_OK;
}
