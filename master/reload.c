#include "master/reload.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "master/master.h"
#include "master/publish.h"

#include <stdio.h>
#include <string.h>

static const struct reload_step steps[RELOAD_STATE_COUNT][RELOAD_EVENT_COUNT] = {
    [RELOAD_IDLE] =
        {
            [RELOAD_EV_ASKED] = {RELOAD_LOADING, RELOAD_DO_LOAD},
            [RELOAD_EV_UNCHANGED] = {RELOAD_IDLE, RELOAD_DO_NOTHING},
            [RELOAD_EV_REFUSED] = {RELOAD_IDLE, RELOAD_DO_NOTHING},
            [RELOAD_EV_LOADED] = {RELOAD_IDLE, RELOAD_DO_NOTHING},
            [RELOAD_EV_DECIDED] = {RELOAD_IDLE, RELOAD_DO_NOTHING},
        },
    [RELOAD_LOADING] =
        {
            [RELOAD_EV_ASKED] = {RELOAD_LOADING, RELOAD_DO_QUEUE},
            [RELOAD_EV_UNCHANGED] = {RELOAD_IDLE, RELOAD_DO_ANSWER},
            [RELOAD_EV_REFUSED] = {RELOAD_IDLE, RELOAD_DO_ANSWER},
            [RELOAD_EV_LOADED] = {RELOAD_PUBLISHING, RELOAD_DO_PUBLISH},
            [RELOAD_EV_DECIDED] = {RELOAD_LOADING, RELOAD_DO_NOTHING},
        },
    [RELOAD_PUBLISHING] =
        {
            [RELOAD_EV_ASKED] = {RELOAD_PUBLISHING, RELOAD_DO_QUEUE},
            [RELOAD_EV_UNCHANGED] = {RELOAD_PUBLISHING, RELOAD_DO_NOTHING},
            [RELOAD_EV_REFUSED] = {RELOAD_PUBLISHING, RELOAD_DO_NOTHING},
            [RELOAD_EV_LOADED] = {RELOAD_PUBLISHING, RELOAD_DO_NOTHING},
            [RELOAD_EV_DECIDED] = {RELOAD_IDLE, RELOAD_DO_ANSWER},
        },
};

struct reload_step reload_step(enum reload_state state, enum reload_event event)
{
    INVARIANT(state < RELOAD_STATE_COUNT && event < RELOAD_EVENT_COUNT);
    return steps[state][event];
}

const char *reload_state_word(enum reload_state state)
{
    static const char *const words[] = {
#define X(name, word) word,
        RELOAD_STATE_MAP(X)
#undef X
    };

    INVARIANT(state < RELOAD_STATE_COUNT);
    return words[state];
}

const char *reload_outcome_word(enum reload_outcome outcome)
{
    static const char *const words[] = {
#define X(name, word) word,
        RELOAD_OUTCOME_MAP(X)
#undef X
    };

    INVARIANT(outcome < RELOAD_OUTCOME_COUNT);
    return words[outcome];
}

void reload_init(struct reload *reload)
{
    *reload = (struct reload){
        .loader = LOADER_NONE, .result = LOADER_RESULT_NONE, .deadline = WATCH_NEVER};
}

void reload_cancel(struct reload *reload)
{
    loader_stop(&reload->loader);
    loader_discard(&reload->result);
    reload->state = RELOAD_IDLE;
    reload->queued = false;
    reload->deadline = WATCH_NEVER;
}

static void because(struct master *master, const char *reason)
{
    snprintf(master->reload.reason, sizeof(master->reload.reason), "%s", reason);
}

/* @return what follows at once, or RELOAD_EVENT_COUNT */
static enum reload_event load(struct master *master)
{
    struct reload *reload = &master->reload;
    bool first = master->live.number == 0;
    struct loader_boot boot = {
        .config_path = master->input.config_path,
        .restore = first ? master->input.restore : NULL,
        .snapshot_fd = master->live.snapshot_fd,
        .secrets_fd = master->live.secrets_fd,
        .state_fd = master->state_fd,
        .generation = master->live.number + 1,
        .acknowledged = first ? 0 : supervisor_acknowledged(&master->supervisor),
    };
    uint64_t load_ms = first ? RELOAD_FIRST_LOAD_MS : generation_settings(&master->live)->load_ms;

    reload->ticket++;
    reload->reason[0] = '\0';
    reload->deadline = monotime_after(monotime_now(), load_ms);
    if (!first)
        notify_reloading(&master->notifier);
    if (loader_start(&reload->loader, master->input.loader_main, &boot) == 0)
        return RELOAD_EVENT_COUNT;
    because(master, "the loader cannot be started");
    return RELOAD_EV_REFUSED;
}

static enum reload_outcome outcome_of(const struct master *master, enum reload_state from)
{
    const struct reload *reload = &master->reload;

    if (from != RELOAD_PUBLISHING)
        return reload->result.unchanged ? RELOAD_WAS_UNCHANGED : RELOAD_WAS_REFUSED;
    if (supervisor_behind(&master->supervisor) > 0)
        return RELOAD_WAS_LATE;
    return reload->ticket > 1 ? RELOAD_WAS_RELOADED : RELOAD_WAS_LOADED;
}

/* What the reload came to, as one line: its first word is what programs look at. */
static enum log_level describe(const struct master *master, char line[static RELOAD_LINE_BYTES])
{
    const struct reload *reload = &master->reload;
    const char *word = reload_outcome_word(reload->outcome);
    char name[GENERATION_NAME_BYTES];

    generation_name(&master->live, name);
    if (reload->outcome == RELOAD_WAS_REFUSED) {
        snprintf(line, RELOAD_LINE_BYTES, "%s errors=%u warnings=%u generation=%s reason=\"%s\"",
                 word, reload->result.errors, reload->result.warnings, name, reload->reason);
        return LOG_ERROR;
    }
    int len = snprintf(line, RELOAD_LINE_BYTES, "%s generation=%s warnings=%u", word, name,
                       reload->result.warnings);
    if (reload->outcome != RELOAD_WAS_LATE)
        return LOG_NOTICE;
    snprintf(line + len, RELOAD_LINE_BYTES - (size_t)len, " workers=%u",
             supervisor_behind(&master->supervisor));
    return LOG_WARNING;
}

static int result_of(enum reload_outcome outcome)
{
    if (outcome == RELOAD_WAS_LATE)
        return ERR_TIMEOUT;
    return outcome == RELOAD_WAS_REFUSED ? ERR_CONFIG : 0;
}

/* @return what follows at once, or RELOAD_EVENT_COUNT */
static enum reload_event answer(struct master *master, enum reload_state from)
{
    struct reload *reload = &master->reload;
    char line[RELOAD_LINE_BYTES];

    reload->outcome = outcome_of(master, from);
    reload->decided = monotime_now();
    loader_stop(&reload->loader);
    reload->deadline = WATCH_NEVER;
    log_write(describe(master, line), "%s", line);
    control_answer_waiters(&master->control, reload->ticket, line, reload->result.report_fd);
    loader_discard(&reload->result);
    master_reload_finished(master, result_of(reload->outcome));
    if (!reload->queued || master->stopping)
        return RELOAD_EVENT_COUNT;
    reload->queued = false;
    return RELOAD_EV_ASKED;
}

/* @return what follows at once, or RELOAD_EVENT_COUNT */
static enum reload_event move(struct master *master, enum reload_event event,
                              struct generation *next)
{
    struct reload *reload = &master->reload;
    enum reload_state before = reload->state;
    struct reload_step step = reload_step(before, event);

    reload->state = step.next;
    switch (step.action) {
    case RELOAD_DO_LOAD:
        return load(master);
    case RELOAD_DO_QUEUE:
        reload->queued = true;
        break;
    case RELOAD_DO_PUBLISH:
        publish_commit(master, next);
        reload->deadline = monotime_after(monotime_now(),
                                          generation_settings(&master->live)->ack_ms);
        break;
    case RELOAD_DO_ANSWER:
        return answer(master, before);
    case RELOAD_DO_NOTHING:
    case RELOAD_ACTION_COUNT:
        break;
    }
    return RELOAD_EVENT_COUNT;
}

static void happen(struct master *master, enum reload_event event, struct generation *next)
{
    while (event != RELOAD_EVENT_COUNT)
        event = move(master, event, next);
}

static void refuse(struct master *master, const char *reason)
{
    because(master, reason);
    happen(master, RELOAD_EV_REFUSED, NULL);
}

uint64_t reload_ask(struct master *master)
{
    struct reload *reload = &master->reload;
    uint64_t ticket = reload->ticket + 1;

    /* Before happen(): a reload that ends at once has counted on by then. */
    happen(master, RELOAD_EV_ASKED, NULL);
    return ticket;
}

static void take_result(struct master *master)
{
    struct reload *reload = &master->reload;
    struct generation next = GENERATION_NONE;
    char problem[RELOAD_REASON_BYTES];

    if (reload->result.err != 0) {
        refuse(master, err_text(reload->result.err));
        return;
    }
    if (reload->result.unchanged) {
        happen(master, RELOAD_EV_UNCHANGED, NULL);
        return;
    }
    if (publish_prepare(master, &next, problem) != 0) {
        refuse(master, problem);
        return;
    }
    happen(master, RELOAD_EV_LOADED, &next);
}

void reload_on_loader(void *ctx, uint32_t number)
{
    struct master *master = ctx;
    struct reload *reload = &master->reload;

    (void)number;
    if (reload->state != RELOAD_LOADING)
        return;
    int err = loader_receive(&reload->loader, &reload->result);
    if (err == ERR_AGAIN)
        return;
    loader_stop(&reload->loader);
    if (err == ERR_NOT_FOUND)
        refuse(master, "the loader ended without a result");
    else if (err != 0)
        refuse(master, "the loader's result is malformed");
    else
        take_result(master);
}

struct monotime reload_tick(struct master *master, struct monotime now)
{
    struct reload *reload = &master->reload;
    bool late = monotime_reached(now, reload->deadline);

    if (reload->state == RELOAD_LOADING && late)
        refuse(master, "the loader took longer than reload.load_ms");
    else if (reload->state == RELOAD_PUBLISHING &&
             (late || supervisor_undecided(&master->supervisor) == 0))
        happen(master, RELOAD_EV_DECIDED, NULL);
    return reload->deadline;
}
