#include "master/child.h"

#include "lib/base/invariant.h"

static const struct child_step steps[CHILD_STATE_COUNT][CHILD_EVENT_COUNT] = {
    [CHILD_DOWN] =
        {
            [CHILD_EV_WANTED] = {CHILD_STARTING, CHILD_DO_FORK},
            [CHILD_EV_READY] = {CHILD_DOWN, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_DOWN, CHILD_DO_NOTHING},
            [CHILD_EV_DRAIN] = {CHILD_DOWN, CHILD_DO_NOTHING},
            [CHILD_EV_TIMEOUT] = {CHILD_DOWN, CHILD_DO_NOTHING},
            [CHILD_EV_STUCK] = {CHILD_DOWN, CHILD_DO_NOTHING},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_NOTHING},
        },
    /* It has no slot and no request yet: leaving is the same as draining. */
    [CHILD_STARTING] =
        {
            [CHILD_EV_WANTED] = {CHILD_STARTING, CHILD_DO_NOTHING},
            [CHILD_EV_READY] = {CHILD_SERVING, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_DRAINING, CHILD_DO_ASK_DRAIN},
            [CHILD_EV_DRAIN] = {CHILD_DRAINING, CHILD_DO_ASK_DRAIN},
            [CHILD_EV_TIMEOUT] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_STUCK] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_BURY},
        },
    /* The only deadline of a serving child is that of its acknowledgement: the requests that it
     * has open need not suffer for a generation that it did not adopt. */
    [CHILD_SERVING] =
        {
            [CHILD_EV_WANTED] = {CHILD_SERVING, CHILD_DO_NOTHING},
            [CHILD_EV_READY] = {CHILD_SERVING, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_DRAIN] = {CHILD_DRAINING, CHILD_DO_ASK_DRAIN},
            [CHILD_EV_TIMEOUT] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_STUCK] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_BURY},
        },
    [CHILD_LEAVING] =
        {
            [CHILD_EV_WANTED] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_READY] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_DRAIN] = {CHILD_DRAINING, CHILD_DO_ASK_DRAIN},
            [CHILD_EV_TIMEOUT] = {CHILD_LEAVING, CHILD_DO_NOTHING},
            [CHILD_EV_STUCK] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_BURY},
        },
    [CHILD_DRAINING] =
        {
            [CHILD_EV_WANTED] = {CHILD_DRAINING, CHILD_DO_NOTHING},
            [CHILD_EV_READY] = {CHILD_DRAINING, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_DRAINING, CHILD_DO_NOTHING},
            [CHILD_EV_DRAIN] = {CHILD_DRAINING, CHILD_DO_NOTHING},
            [CHILD_EV_TIMEOUT] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_STUCK] = {CHILD_DYING, CHILD_DO_KILL},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_BURY},
        },
    [CHILD_DYING] =
        {
            [CHILD_EV_WANTED] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_READY] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_LEAVE] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_DRAIN] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_TIMEOUT] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_STUCK] = {CHILD_DYING, CHILD_DO_NOTHING},
            [CHILD_EV_EXITED] = {CHILD_DOWN, CHILD_DO_BURY},
        },
};

struct child_step child_step(enum child_state state, enum child_event event)
{
    INVARIANT(state < CHILD_STATE_COUNT && event < CHILD_EVENT_COUNT);
    return steps[state][event];
}

const char *child_state_word(enum child_state state)
{
    static const char *const words[] = {
#define X(name, word) word,
        CHILD_STATE_MAP(X)
#undef X
    };

    INVARIANT(state < CHILD_STATE_COUNT);
    return words[state];
}

uint64_t child_backoff_ms(uint32_t failures)
{
    uint64_t delay = CHILD_BACKOFF_FIRST_MS;

    if (failures == 0)
        return 0;
    for (uint32_t i = 1; i < failures && delay < CHILD_BACKOFF_MAX_MS; i++)
        delay *= 2;
    return delay < CHILD_BACKOFF_MAX_MS ? delay : CHILD_BACKOFF_MAX_MS;
}
