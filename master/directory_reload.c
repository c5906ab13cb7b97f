#include "master/directory_reload.h"

#include "lib/base/err.h"
#include "master/dialogue.h"
#include "master/master.h"

struct monotime directory_reload_tick(struct master *master, struct monotime now)
{
    struct steward_words *said = &master->supervisor.steward_said;
    struct directory_reload *wanted = &master->directory_reload;

    if (!said->wants_reload || master->stopping || master->live.number == 0)
        return WATCH_NEVER;
    if (!monotime_reached(now, wanted->not_before))
        return wanted->not_before;
    said->wants_reload = false;
    /* Before it is asked for: a reload that ends at once answers it. */
    *wanted = (struct directory_reload){
        .ticket = master->reload.ticket + 1,
        .change = said->change,
        .not_before = monotime_after(now, DIRECTORY_RELOAD_PAUSE_MS),
    };
    reload_ask(master);
    return WATCH_NEVER;
}

void directory_reload_finished(struct master *master, int err)
{
    struct directory_reload *wanted = &master->directory_reload;
    const struct channel_message message = {
        .word = CHANNEL_RELOADED, .number = wanted->change, .err = err};

    if (wanted->ticket == 0 || master->reload.ticket < wanted->ticket)
        return;
    wanted->ticket = 0;
    dialogue_send_message(&master->supervisor.children[SUPERVISOR_STEWARD], &message);
}

const char *directory_reload_word(int database_err)
{
    switch (database_err) {
    case 0:
        return "ok";
    case ERR_NOT_READY:
        return "closed";
    case ERR_AGAIN:
        return "locked";
    case ERR_NOT_FOUND:
        return "missing";
    case ERR_DISK_FULL:
        return "disk-full";
    case ERR_CORRUPT:
        return "corrupt";
    case ERR_VERSION:
        return "too-new";
    case ERR_NO_MEMORY:
        return "out-of-memory";
    default:
        return "unusable";
    }
}
