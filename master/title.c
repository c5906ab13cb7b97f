#include "master/title.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The kernel shows the bytes where it put the arguments, whatever is written there. */
static char *area;
static size_t area_bytes;

static char *end_of_strings(char *end, char *const *strings)
{
    for (; *strings != NULL; strings++) {
        if (*strings == end)
            end += strlen(end) + 1;
    }
    return end;
}

void title_init(int argc, char **argv)
{
    if (argc == 0)
        return;
    char *end = end_of_strings(argv[0], argv);
    end = end_of_strings(end, environ);

    /* These copies live as long as the process does. */
    for (char **variable = environ; *variable != NULL; variable++) {
        char *copy = strdup(*variable);

        if (copy == NULL)
            return;
        *variable = copy;
    }
    area = argv[0];
    area_bytes = (size_t)(end - argv[0]);
}

void title_set(const char *title)
{
    prctl(PR_SET_NAME, title);
    if (area_bytes < 2)
        return;
    size_t len = strnlen(title, area_bytes - 1);
    memcpy(area, title, len);
    memset(area + len, 0, area_bytes - len);
}
