#include "master/options.h"

#include "lib/base/err.h"

#include <getopt.h>
#include <stdio.h>

int options_parse(int argc, char **argv, struct options *out)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    const char *path = OPTIONS_CONFIG_DEFAULT;
    int option;

    optind = 0; /* glibc: begin anew */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "+c:", known, NULL)) != -1) {
        if (option == 'c')
            path = optarg;
        else
            return ERR_INVALID;
    }
    if (optind < argc) {
        fprintf(stderr, "%s: unexpected argument \"%s\"\n", argv[0], argv[optind]);
        return ERR_INVALID;
    }
    int len = snprintf(out->config_path, sizeof(out->config_path), "%s", path);
    if (len <= 0 || (size_t)len >= sizeof(out->config_path)) {
        fprintf(stderr, "%s: the path of --config is empty or too long\n", argv[0]);
        return ERR_INVALID;
    }
    return 0;
}
