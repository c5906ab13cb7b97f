#include "master/directory_reload.h"

#include "lib/base/err.h"
#include "master/dialogue.h"
#include "master/master.h"

void directory_reload_tick(struct master *master)
{
    struct steward_words *said = &master->supervisor.steward_said;

    if (!said->wants_reload || master->stopping || master->live.number == 0)
        return;
    said->wants_reload = false;
    /* Before it is asked for: a reload that ends at once answers it. */
    master->directory_reload = (struct directory_reload){
        .ticket = master->reload.ticket + 1,
        .change = said->change,
    };
    reload_ask(master);
}

void directory_reload_finished(struct master *master, int err)
{
    struct directory_reload *wanted = &master->directory_reload;
    const struct channel_message message = {
        .word = CHANNEL_RELOADED, .number = wanted->change, .err = err};

    if (wanted->ticket == 0 || master->reload.ticket < wanted->ticket)
        return;
    *wanted = (struct directory_reload){0};
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
