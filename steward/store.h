/**
 * The steward's hold on its database: open, or closed with a reason and another attempt to come.
 *
 *   phase     entered by                                      the database
 *   closed    store_init(), a failure, a file that is gone    is tried again, later and later
 *   open      an attempt                                      may be read
 *   locked    a call that waited for another process's lock   may be read; is tried again
 *
 * No request of a client of the gateway depends on any of this. Everything runs on the steward's
 * loop, so a wait for a lock is short (STORE_BUSY_MS), and after one that was in vain calls that
 * would write are refused at once until the next attempt.
 *
 * A file that was removed, or replaced by another, is noticed before each use. An empty database is
 * made only where there never was one: when the exported file says that changes were made, a
 * missing database is a failure, not a new beginning that would take every key away.
 */
#ifndef WEIR_STEWARD_STORE_H
#define WEIR_STEWARD_STORE_H

#include "lib/base/clock.h"
#include "steward/database.h"
#include "steward/write_ahead.h"

enum {
    STORE_BUSY_MS = 250,
    STORE_RETRY_FIRST_MS = 200,
    STORE_RETRY_MAX_MS = 5000,
};

struct store {
    char folder[DATABASE_PATH_BYTES_MAX]; /* state_dir */
    char path[DATABASE_PATH_BYTES_MAX];
    struct database *database;       /* NULL: closed */
    struct write_ahead ahead;        /* the file that is open, or was open last */
    struct database_trouble trouble; /* err 0: none */
    struct monotime retry_at;
    uint64_t retry_ms;
    void (*on_closing)(void *owner); /* the database is about to be closed; NULL: nobody cares */
    void *owner;
    uint32_t attempts; /* that made it usable; whoever keeps something derived compares */
};

/** Closed; the first store_tick() opens it. @return 0, or ERR_INVALID: the folder's path is too long */
int store_init(struct store *store, struct span state_dir);

void store_close(struct store *store);

/** Try again when it is due. @return false when nothing has changed */
bool store_tick(struct store *store, struct monotime now);

/**
 * The database, to read, or to write as well.
 *
 * @return 0, or an error of database.h, or ERR_NOT_FOUND: the file is gone. The sentence is in
 *         store->trouble.
 */
int store_reader(struct store *store, struct database **out);
int store_writer(struct store *store, struct database **out);

/**
 * An operation failed with an error of database.h: what follows from it for the next ones. Other
 * errors, and 0 after a write, are fine to pass.
 */
void store_after(struct store *store, int err);

#endif
