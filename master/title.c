#include "master/title.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
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

/* The copies live as long as the process does. */
static bool move_environment(void)
{
    size_t bytes = 1;

    for (char **variable = environ; *variable != NULL; variable++)
        bytes += strlen(*variable) + 1;
    char *copy = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return false;
    /* A provider's key may stand in it: it goes into no core. */
    (void)madvise(copy, bytes, MADV_DONTDUMP);
    for (char **variable = environ; *variable != NULL; variable++) {
        size_t len = strlen(*variable) + 1;

        memcpy(copy, *variable, len);
        *variable = copy;
        copy += len;
    }
    return true;
}

void title_init(int argc, char **argv)
{
    if (argc == 0)
        return;
    char *end = end_of_strings(argv[0], argv);
    end = end_of_strings(end, environ);

    if (!move_environment())
        return;
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
