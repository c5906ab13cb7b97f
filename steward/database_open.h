/** Opening the database's file: its mode, its settings, its health. The first half of database_open(). */
#ifndef WEIR_STEWARD_DATABASE_OPEN_H
#define WEIR_STEWARD_DATABASE_OPEN_H

#include "steward/database.h"

/**
 * @param out      owned by the caller, also on failure: then NULL or to be closed as well
 * @param trouble  filled on failure
 * @return 0 or an error of database.h
 */
int database_open_file(const struct database_options *options, sqlite3 **out,
                       struct database_trouble *trouble);

#endif
