#include "master/dialogue.h"

#include "lib/base/err.h"
#include "lib/base/log.h"

#include <string.h>

void dialogue_send_message(struct child *child, const struct channel_message *message)
{
    if (child->channel < 0)
        return;
    int err = channel_send(child->channel, message);
    if (err == 0)
        return;
    log_write(LOG_ERROR, "record %u, process %d, does not take %s: %s", child->number,
              (int)child->process.pid, channel_word_name(message->word), err_name(err));
    supervisor_hang_up(child);
}

void dialogue_send(struct child *child, enum channel_word word, uint64_t number)
{
    struct channel_message message = {.word = word, .number = number};

    dialogue_send_message(child, &message);
}

/* What a child was told last and has not answered has one deadline. */
static void await_answer(const struct supervisor *sup, struct child *child)
{
    child->deadline = monotime_after(monotime_now(),
                                     generation_settings(sup->input.generation)->ack_ms);
}

void dialogue_send_generation(struct supervisor *sup, struct child *child)
{
    const struct generation *live = sup->input.generation;
    struct channel_message message = {
        .word = CHANNEL_GENERATION,
        .number = live->number,
        .descriptor_count = 2,
        .descriptors = {live->snapshot_fd,
                        supervisor_is_worker(child) ? live->secrets_fd : live->accounts_fd},
    };

    child->sent = live->number;
    child->refused = false;
    /* Nothing waits for the steward. */
    if (child->state == CHILD_SERVING && supervisor_is_worker(child))
        await_answer(sup, child);
    dialogue_send_message(child, &message);
}

void dialogue_send_tokens(const struct supervisor *sup, struct child *child)
{
    struct channel_message message = {
        .word = CHANNEL_TOKENS,
        .number = sup->tokens.number,
        .descriptor_count = 1,
        .descriptors = {sup->tokens.fd},
    };

    if (sup->tokens.number != 0)
        dialogue_send_message(child, &message);
}

static void send_listen(struct supervisor *sup, const struct slot_order *order)
{
    const struct listeners *listeners = sup->input.listeners;
    struct channel_message message = {.word = CHANNEL_LISTEN,
                                      .number = order->slot,
                                      .descriptor_count = listeners->address_count};

    memcpy(message.descriptors, listeners->fds[order->slot],
           listeners->address_count * sizeof(message.descriptors[0]));
    dialogue_send_message(&sup->children[order->worker], &message);
}

static worker_set set_of(const struct supervisor *sup, enum child_state state, bool hearing)
{
    worker_set set = 0;

    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        const struct child *child = &sup->children[i];

        if (child->state == state && child->channel >= 0 && !(hearing && child->deaf))
            set |= UINT64_C(1) << i;
    }
    return set;
}

/* A leaving worker keeps its slots until as many others serve as there should be, and gets those of
 * the dead when nobody serves at all. */
static struct slot_candidates candidates(const struct supervisor *sup)
{
    struct slot_candidates who = {
        .workers = sup->workers,
        .eligible = set_of(sup, CHILD_SERVING, true),
    };

    if (who.eligible == 0)
        who.eligible = set_of(sup, CHILD_LEAVING, true);
    if (supervisor_count(sup, CHILD_SERVING) < sup->workers)
        who.keeping = set_of(sup, CHILD_LEAVING, false);
    return who;
}

static void stop_waiting(const struct supervisor *sup, struct child *child)
{
    bool adopted = child->adopted == sup->input.generation->number || child->refused;

    if (child->state != CHILD_STARTING && child->state != CHILD_DRAINING && adopted &&
        !slots_awaits(&sup->slots, child->number))
        child->deadline = WATCH_NEVER;
}

void dialogue_hand_over(struct supervisor *sup)
{
    struct slot_order orders[SETTINGS_WORKERS_MAX];
    struct slot_candidates who = candidates(sup);
    uint32_t count = slots_reconcile(&sup->slots, &who, orders);

    for (uint32_t i = 0; i < count; i++) {
        await_answer(sup, &sup->children[orders[i].worker]);
        send_listen(sup, &orders[i]);
    }
}

void dialogue_tell_revoked(struct supervisor *sup)
{
    const struct channel_message message = {.word = CHANNEL_REVOKED};

    sup->revoked = false;
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++) {
        if (sup->children[i].channel >= 0)
            (void)channel_send(sup->children[i].channel, &message);
    }
}

void dialogue_give_up(struct supervisor *sup, struct child *child)
{
    child->deaf = true;
    slots_abandon(&sup->slots, child->number);
}

/* @return false for a generation that it cannot have */
static bool on_adopted(struct supervisor *sup, struct child *child, uint64_t number)
{
    if (number < child->adopted || number > child->sent)
        return false;
    child->adopted = number;
    if (number != sup->input.generation->number)
        return true;
    child->refused = false;
    supervisor_event(sup, child, CHILD_EV_READY);
    stop_waiting(sup, child);
    return true;
}

/* Descriptors that were lost on the way are refused without a number: it may have been those of a
 * listener slot. */
static bool on_refused(struct supervisor *sup, struct child *child,
                       const struct channel_message *message)
{
    if (message->number > child->sent)
        return false;
    log_write(LOG_ERROR, "worker %u, process %d, refuses generation %llu: %s", child->number,
              (int)child->process.pid, (unsigned long long)child->sent, err_name(message->err));
    if (message->number != 0 && message->number != sup->input.generation->number)
        return true;
    child->refused = true;
    if (message->number == 0)
        dialogue_give_up(sup, child);
    supervisor_event(sup, child, child->state == CHILD_STARTING ? CHILD_EV_STUCK : CHILD_EV_LEAVE);
    return true;
}

static bool on_listening(struct supervisor *sup, struct child *child, uint64_t slot)
{
    uint32_t former = SLOT_NOBODY;

    if (slot >= sup->slots.count)
        return false;
    if (slots_confirm(&sup->slots, slot, child->number, &former)) {
        stop_waiting(sup, child);
        if (former != SLOT_NOBODY)
            dialogue_send(&sup->children[former], CHANNEL_UNLISTEN, slot);
        return true;
    }
    if (sup->slots.slots[slot].owner != child->number)
        dialogue_send(child, CHANNEL_UNLISTEN, slot);
    return true;
}

/* The next call that is refused says it again: what is not passed on now is not kept, and nobody
 * fills the steward's channel with it. */
static void tell_refused(struct supervisor *sup, const struct channel_message *message)
{
    const struct child *steward = &sup->children[SUPERVISOR_STEWARD];
    struct monotime now = monotime_now();
    struct monotime *from = &sup->refusals_from[message->number % TOKEN_REFUSAL_PLACES];

    if (steward->channel < 0 || !monotime_reached(now, *from))
        return;
    *from = monotime_after(now, DIALOGUE_REFUSAL_MS);
    (void)channel_send(steward->channel, message);
}

static bool on_worker_message(struct supervisor *sup, struct child *child,
                              const struct channel_message *message)
{
    switch ((enum channel_word)message->word) {
    case CHANNEL_ADOPTED:
        return on_adopted(sup, child, message->number);
    case CHANNEL_REFUSED:
        return on_refused(sup, child, message);
    case CHANNEL_LISTENING:
        return on_listening(sup, child, message->number);
    case CHANNEL_UNLISTENED:
        return message->number < sup->slots.count;
    case CHANNEL_TOKEN_REFUSED:
        tell_refused(sup, message);
        return true;
    case CHANNEL_GENERATION:
    case CHANNEL_LISTEN:
    case CHANNEL_UNLISTEN:
    case CHANNEL_DRAIN:
    case CHANNEL_READY:
    case CHANNEL_REVOKED:
    case CHANNEL_RELOAD_WANTED:
    case CHANNEL_RELOADED:
    case CHANNEL_DATABASE:
    case CHANNEL_TOKENS:
    case CHANNEL_WORD_COUNT:
        break;
    }
    return false;
}

/* To whoever still serves something, also a worker that drains: its calls may try again. */
static bool on_tokens(struct supervisor *sup, const struct channel_message *message)
{
    int err = held_tokens_take(&sup->tokens, message->number, message->descriptors[0]);

    if (err != 0) {
        log_write(LOG_ERROR, "the steward's tokens cannot be used: %s", err_name(err));
        return false;
    }
    for (uint32_t i = 0; i < SETTINGS_WORKERS_MAX; i++)
        dialogue_send_tokens(sup, &sup->children[i]);
    return true;
}

static bool on_steward_message(struct supervisor *sup, struct child *child,
                               const struct channel_message *message)
{
    struct steward_words *said = &sup->steward_said;

    switch ((enum channel_word)message->word) {
    case CHANNEL_READY:
        supervisor_event(sup, child, CHILD_EV_READY);
        return true;
    case CHANNEL_ADOPTED:
    case CHANNEL_REFUSED:
        return message->number <= child->sent;
    case CHANNEL_RELOAD_WANTED:
        said->wants_reload = true;
        said->change = message->number;
        return true;
    case CHANNEL_REVOKED:
        sup->revoked = true;
        return true;
    case CHANNEL_DATABASE:
        said->database_err = message->err;
        return true;
    case CHANNEL_TOKENS:
        return on_tokens(sup, message);
    case CHANNEL_GENERATION:
    case CHANNEL_LISTEN:
    case CHANNEL_UNLISTEN:
    case CHANNEL_DRAIN:
    case CHANNEL_LISTENING:
    case CHANNEL_UNLISTENED:
    case CHANNEL_RELOADED:
    case CHANNEL_TOKEN_REFUSED:
    case CHANNEL_WORD_COUNT:
        break;
    }
    return false;
}

static bool on_message(struct supervisor *sup, struct child *child,
                       const struct channel_message *message)
{
    if (supervisor_is_worker(child))
        return on_worker_message(sup, child, message);
    return on_steward_message(sup, child, message);
}

void dialogue_on_readable(void *ctx, uint32_t number)
{
    struct supervisor *sup = ctx;
    struct child *child = &sup->children[number];
    struct channel_message message;

    for (unsigned i = 0; i < DIALOGUE_MESSAGES_PER_TURN && child->channel >= 0; i++) {
        int err = channel_receive(child->channel, &message);
        if (err == ERR_AGAIN)
            return;
        if (err == ERR_NOT_FOUND || err == ERR_IO) {
            supervisor_hang_up(child);
            return;
        }
        if (err == 0 && on_message(sup, child, &message))
            continue;
        if (err == 0)
            channel_discard(&message);
        log_write(LOG_ERROR, "record %u, process %d, says what it cannot say (%s): killed", number,
                  (int)child->process.pid,
                  err == 0 ? channel_word_name(message.word) : err_name(err));
        supervisor_event(sup, child, CHILD_EV_STUCK);
        return;
    }
}
