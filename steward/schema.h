/** The database's schema: what it is, and how an older one becomes it. */
#ifndef WEIR_STEWARD_SCHEMA_H
#define WEIR_STEWARD_SCHEMA_H

#include "steward/database.h"

/** `application_id` of the file: "weir" in ASCII. */
enum { SCHEMA_APPLICATION = 0x77656972 };

/** One version's step from the one before. */
struct schema_step {
    const char *sql; /* statements, each with its semicolon */
};

/** Steps 1, 2, …: never changed once released, only added to. */
struct schema_steps {
    const struct schema_step *rows;
    uint32_t count; /* the newest version */
};

extern const struct schema_steps schema_steps;

/**
 * Bring the database to the newest version, each step in a transaction of its own that also says
 * the version: a crash leaves one version or the next.
 *
 * @return 0; ERR_VERSION when it is newer than the last step; ERR_CORRUPT when it is another
 *         program's; or an error of database.h. The sentence is in database_last_trouble().
 */
int schema_bring_up(struct database *database, const struct schema_steps *steps);

#endif
