/**
 * The reload that the steward asks for when it has exported a change of the directory, and the
 * answer it gets once that reload is decided.
 *
 * It is a reload like any other: asked for while one runs, it is the next one, and one for all who
 * ask. The steward asks again only after it was answered, so one errand is remembered. Whatever it
 * does, its reloads keep a pause between them, and all that it wants meanwhile is one reload: the
 * newest change is the one that is answered for. What takes a right away does not wait for any.
 */
#ifndef WEIR_MASTER_DIRECTORY_RELOAD_H
#define WEIR_MASTER_DIRECTORY_RELOAD_H

#include "lib/base/clock.h"

#include <stdint.h>

struct master;

enum {
    DIRECTORY_RELOAD_PAUSE_MS = 200, /* from the beginning of one to that of the next */
};

struct directory_reload {
    uint64_t ticket; /* of the reload that will include the change; 0: nothing is wanted */
    uint64_t change; /* of the export */
    struct monotime not_before; /* when the next one may begin */
};

/** Ask for the reload that the steward wants, if it wants one and may. @return the next deadline */
struct monotime directory_reload_tick(struct master *master, struct monotime now);

/** A reload is decided: answers the steward when it was the one. @param err  how it ended; 0: well */
void directory_reload_finished(struct master *master, int err);

/** "ok", "locked", … for an error of the steward's database; never NULL. */
const char *directory_reload_word(int database_err);

#endif
