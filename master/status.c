#include "master/status.h"

#include "master/master.h"

#include <stdio.h>
#include <unistd.h>

static const char *state_word(const struct master *master)
{
    if (master->stopping)
        return "stopping";
    return master->ready ? "running" : "starting";
}

void status_line(const struct master *master, char *out, size_t bytes)
{
    char name[GENERATION_NAME_BYTES];
    uint64_t uptime_ms = monotime_now().ms - master->born.ms;

    generation_name(&master->live, name);
    snprintf(out, bytes,
             "weir %s pid=%d generation=%s workers=%u serving=%u state=%s reload=%s uptime=%llu",
             WEIR_VERSION, (int)getpid(), name, master->supervisor.workers,
             supervisor_count(&master->supervisor, CHILD_SERVING), state_word(master),
             reload_state_word(master->reload.state), (unsigned long long)(uptime_ms / 1000));
}

void status_sentence(const struct master *master, char *out, size_t bytes)
{
    char name[GENERATION_NAME_BYTES];

    generation_name(&master->live, name);
    snprintf(out, bytes, "generation %s, %u of %u workers serve", name,
             supervisor_count(&master->supervisor, CHILD_SERVING), master->supervisor.workers);
}
