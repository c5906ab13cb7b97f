/** What a load has to say: errors and warnings with the place they are about. */
#ifndef WEIR_REGISTRY_REPORT_H
#define WEIR_REGISTRY_REPORT_H

#include "lib/base/span.h"

#include <stdbool.h>
#include <stdint.h>

enum report_severity { REPORT_WARNING, REPORT_ERROR };

/** A place in a file; line 0: the whole file. Lines and columns count from 1, columns in bytes. */
struct report_place {
    const char *file; /* NULL: no file */
    uint32_t line;
    uint32_t column;
};

enum { REPORT_ENTRIES_MAX = 1000 };

struct report;

/** @return NULL when out of memory */
struct report *report_new(void);

/** Clears the pointer; NULL is fine. */
void report_free(struct report **report);

/**
 * Add an entry. After REPORT_ENTRIES_MAX only the counts go on.
 *
 * @param path  "models.gpt-4o.deployments[0].provider"; "" for none
 * @param hint  one more sentence, such as `did you mean "openai"?`; "" for none
 */
void report_add(struct report *report, enum report_severity severity, struct report_place place,
                const char *path, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

uint32_t report_errors(const struct report *report);
uint32_t report_warnings(const struct report *report);

/**
 * All entries, ordered by file, line and column, one a line, to a descriptor:
 * `weir.yaml:12:9: error: models.gpt-4o.deployments[0].provider: there is no provider "opena"; did you mean "openai"?`
 *
 * @return 0 or ERR_IO
 */
int report_print(const struct report *report, int fd);

/** The same of those entries whose path is wanted. */
int report_print_some(const struct report *report, bool (*is_wanted)(const char *path), int fd);

#endif
