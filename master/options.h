/** The arguments of `weir serve`. */
#ifndef WEIR_MASTER_OPTIONS_H
#define WEIR_MASTER_OPTIONS_H

#include <limits.h>

#define OPTIONS_CONFIG_DEFAULT "/etc/weir/weir.yaml"

struct options {
    char config_path[PATH_MAX]; /* a copy: the process's title is written over the arguments */
};

/**
 * `[--config FILE]`
 *
 * @param argv  argv[0] is the command's name
 * @return 0, or ERR_INVALID after saying on standard error what is wrong
 */
int options_parse(int argc, char **argv, struct options *out);

#endif
