/**
 * What master and children say to each other, and who gets which listener slot.
 *
 * Nothing that a child says is believed before it fits what it was told: a generation that it was
 * sent, a slot that it was given, a word that is a child's to say.
 */
#ifndef WEIR_MASTER_DIALOGUE_H
#define WEIR_MASTER_DIALOGUE_H

#include "master/supervisor.h"
#include "shm/channel.h"

#include <stdint.h>

enum {
    DIALOGUE_MESSAGES_PER_TURN = 64, /* one talkative child does not keep the master */
    DIALOGUE_REFUSAL_MS = 1000,      /* between two words to the steward about refused tokens */
};

/** A word and a number. A child that does not take it is hung up on. */
void dialogue_send(struct child *child, enum channel_word word, uint64_t number);

/** The whole message; the same. */
void dialogue_send_message(struct child *child, const struct channel_message *message);

/**
 * The live generation, and a deadline for a serving worker to adopt it. The steward gets its service
 * accounts where a worker gets its secrets.
 */
void dialogue_send_generation(struct supervisor *sup, struct child *child);

/** The newest provider tokens, when there are any; a child that does not take them is hung up on. */
void dialogue_send_tokens(const struct supervisor *sup, struct child *child);

/** Begin the hand-overs of listener slots that are due. */
void dialogue_hand_over(struct supervisor *sup);

/** It does not answer to LISTEN: it is given no slot any more. */
void dialogue_give_up(struct supervisor *sup, struct child *child);

/**
 * Bits were set: every worker with a process is to look, also one that only drains. A worker that
 * does not read now is not hung up on for it: it looks by itself once a second.
 */
void dialogue_tell_revoked(struct supervisor *sup);

/** A watch_fn: `ctx` is the supervisor, `number` the child's record. */
void dialogue_on_readable(void *ctx, uint32_t number);

#endif
