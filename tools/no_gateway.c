#include "tools/no_gateway.h"

#include "tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int no_gateway(const char *who, const char *path, int reason)
{
    if (reason == EACCES || reason == EPERM)
        fprintf(stderr, "%s: you may not use %s: ask as root, or as a member of its group\n", who,
                path);
    else
        fprintf(stderr,
                "%s: no gateway answers on %s (%s): start it with `systemctl start weir`, or name "
                "its socket with --socket or --config\n",
                who, path, reason == 0 ? "no answer" : strerrordesc_np(reason));
    return TOOL_NO_SERVICE;
}
