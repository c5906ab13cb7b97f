/**
 * `GET /admin/backup`: the database's file, copied in small steps between turns of the loop, then
 * sent. One copy at a time.
 */
#ifndef WEIR_STEWARD_ADMIN_BACKUP_H
#define WEIR_STEWARD_ADMIN_BACKUP_H

#include "steward/admin.h"
#include "steward/admin_call.h"

/** All that was written has gone: send the next piece, or end. */
void admin_backup_go_on(struct admin_call *call);

/** The database is about to be closed: a copy that is being made fails. */
void admin_backup_lose(struct admin *admin);

/** Give up what the call has of it; a call without one is fine. */
void admin_backup_end(struct admin_call *call);

#endif
