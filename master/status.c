#include "master/status.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "master/master.h"
#include "shm/snapshot_browser.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *state_word(const struct master *master)
{
    if (master->stopping)
        return "stopping";
    return master->ready ? "running" : "starting";
}

/* Issuers whose tokens are refused because nobody has fetched their keys for a day. */
static uint32_t stale_issuers(const struct master *master)
{
    return master->live.number == 0 ? 0
                                    : snapshot_stale_issuers(&master->live.snapshot, wall_now_s());
}

/* How the last reload ended; then who owns what: the file, and behind the directory's words the
 * directory. */
static void add_live(const struct master *master, char *out, size_t bytes)
{
    const struct snapshot *snapshot = &master->live.snapshot;
    const struct snapshot_header *header = snapshot->header;
    const struct reload *reload = &master->reload;

    size_t len = 0;

    /* The first one is decided when every worker has answered; until then there is none. */
    if (reload->outcome != RELOAD_WAS_NONE)
        len = (size_t)snprintf(
            out, bytes, " last_reload=%s last_reload_age=%llu",
            reload_outcome_word(reload->outcome),
            (unsigned long long)((monotime_now().ms - reload->decided.ms) / 1000));
    len += (size_t)snprintf(
        out + len, bytes - len,
        " groups=%u users=%u keys=%u directory_groups=%u directory_users=%u directory_keys=%u",
        snapshot_rows(snapshot, SNAPSHOT_GROUPS) - header->directory_groups,
        snapshot_rows(snapshot, SNAPSHOT_USERS) - header->directory_users,
        snapshot_rows(snapshot, SNAPSHOT_KEYS) - header->directory_keys -
            header->directory_old_keys,
        header->directory_groups, header->directory_users, header->directory_keys);

    uint32_t stale = stale_issuers(master);
    if (stale != 0 && len < bytes)
        snprintf(out + len, bytes - len, " stale_issuers=%u", stale);
}

void status_line(const struct master *master, char *out, size_t bytes)
{
    char name[GENERATION_NAME_BYTES];
    uint64_t uptime_ms = monotime_now().ms - master->born.ms;

    generation_name(&master->live, name);
    int len = snprintf(out, bytes,
                       "weir %s pid=%d generation=%s workers=%u serving=%u state=%s reload=%s"
                       " database=%s uptime=%llu",
                       WEIR_VERSION, (int)getpid(), name, master->supervisor.workers,
                       supervisor_count(&master->supervisor, CHILD_SERVING), state_word(master),
                       reload_state_word(master->reload.state),
                       directory_reload_word(master->supervisor.steward_said.database_err),
                       (unsigned long long)(uptime_ms / 1000));
    if (master->live.number != 0 && len > 0 && (size_t)len < bytes)
        add_live(master, out + len, bytes - (size_t)len);
}

void status_sentence(const struct master *master, char *out, size_t bytes)
{
    char name[GENERATION_NAME_BYTES];
    int database_err = master->supervisor.steward_said.database_err;
    bool works = database_err == 0 || database_err == ERR_NOT_READY;

    generation_name(&master->live, name);
    bool is_refused = master->reload.outcome == RELOAD_WAS_REFUSED;
    snprintf(out, bytes, "generation %s, %u of %u workers serve%s%s%s%s", name,
             supervisor_count(&master->supervisor, CHILD_SERVING), master->supervisor.workers,
             is_refused ? "; the last reload was refused" : "",
             stale_issuers(master) == 0 ? "" : "; browsers' tokens are refused: stale keys",
             works ? "" : "; the database is ", works ? "" : directory_reload_word(database_err));
}
