#include "master/environment.h"

#include "lib/base/span.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* The log's, the resolver's, the C library's, OpenSSL's, and what sanitizers look for at their end. */
static bool is_library(struct span variable)
{
    static const struct span names[] = {
        {"JOURNAL_STREAM=", 15},
        {"RES_OPTIONS=", 12},
        {"LOCALDOMAIN=", 12},
        {"HOSTALIASES=", 12},
        {"TZ=", 3},
        {"LANG=", 5},
        {"LC_", 3},
        {"OPENSSL_CONF=", 13},
        {"SSL_CERT_FILE=", 14},
        {"SSL_CERT_DIR=", 13},
        {"ASAN_OPTIONS=", 13},
        {"UBSAN_OPTIONS=", 14},
        {"TSAN_OPTIONS=", 13},
        {"LSAN_OPTIONS=", 13},
        {"LLVM_PROFILE_FILE=", 18},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_starts_with(variable, names[i]))
            return true;
    }
    return false;
}

void environment_forget(void)
{
    char **kept = environ;

    for (char **variable = environ; *variable != NULL; variable++) {
        struct span text = span_of(*variable);

        if (is_library(text))
            *kept++ = *variable;
        else
            span_wipe(text);
    }
    *kept = NULL;
}
