#include "tools/admin_socket.h"

#include "registry/registry.h"
#include "tools/tools.h"

#include <stdio.h>
#include <unistd.h>

static const char config_default[] = "/etc/weir/weir.yaml";
static const char socket_default[] = "/var/lib/weir/admin.sock";

static int keep(const char *who, const char *path, char out[static ADMIN_SOCKET_BYTES])
{
    size_t len = strlen(path);

    if (len >= ADMIN_SOCKET_BYTES) {
        fprintf(stderr, "%s: the path of the socket is too long: %s\n", who, path);
        return TOOL_USAGE;
    }
    memcpy(out, path, len + 1);
    return TOOL_OK;
}

static int from_config(const char *who, const char *config, char path[static ADMIN_SOCKET_BYTES])
{
    int err = registry_find_admin_socket(config, path, ADMIN_SOCKET_BYTES);

    if (err == 0)
        return TOOL_OK;
    fprintf(stderr,
            "%s: %s does not say where the admin API's socket is, and `weir check --config %s` "
            "says why; it can be named with --socket\n",
            who, config, config);
    return TOOL_FAILED;
}

int admin_socket_find(const struct admin_words *words, const char *who,
                      char path[static ADMIN_SOCKET_BYTES])
{
    const char *config = words->values[ADMIN_OPTION_CONFIG];

    if (admin_words_have(words, ADMIN_OPT(SOCKET)))
        return keep(who, words->values[ADMIN_OPTION_SOCKET], path);
    /* Who may use the socket need not be able to read the configuration. */
    if (config == NULL && access(config_default, R_OK) != 0)
        return keep(who, socket_default, path);
    return from_config(who, config == NULL ? config_default : config, path);
}
