#include "master/environment.h"

#include <stdlib.h>
#include <string.h>

enum { NUMBER_BYTES = 24 };

size_t environment_take(const char *name, char *out, size_t bytes)
{
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    const char *value = getenv(name);
    size_t len = value == NULL ? 0 : strlen(value);

    out[0] = '\0';
    if (len > 0 && len < bytes)
        memcpy(out, value, len + 1);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    unsetenv(name);
    return len;
}

uint64_t environment_take_number(const char *name)
{
    char text[NUMBER_BYTES];
    char *end;

    environment_take(name, text, sizeof(text));
    if (text[0] < '0' || text[0] > '9')
        return 0;
    uint64_t number = strtoull(text, &end, 10);
    return *end == '\0' ? number : 0;
}
