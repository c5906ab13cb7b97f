#include "lib/base/invariant.h"

#include "lib/base/log.h"

#include <stdlib.h>

void invariant_failed(const char *expr, const char *func, const char *file, int line)
{
    log_write(LOG_FATAL, "invariant failed: %s, in %s() at %s:%d", expr, func, file, line);
    abort();
}
