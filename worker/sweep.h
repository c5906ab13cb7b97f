/**
 * Ends the calls whose key works no more: revoked, expired, or gone from the configuration.
 *
 * Admission asks for each request and needs none of this. Calls that run are looked through when
 * something happened, so that a turn of the loop costs one load:
 *
 *   what happened                        seen by                                    within
 *   a bit was set, the master said so    the channel's message wakes the loop       one turn
 *   … and the message was lost           the next turn, whatever it is for          one second
 *   … and its writer died half-way       the look at every call, once a second      one second
 *   a key expired                        the same                                   one second
 *   a generation without the key         the turn that adopts it                    one turn
 *
 * A client that has got nothing of its answer gets 401 in its dialect; another one an error event
 * and no terminator. Each sweep that ended something writes one line, with a count and no key.
 */
#ifndef WEIR_WORKER_SWEEP_H
#define WEIR_WORKER_SWEEP_H

struct worker;

/** Bits may have been set: once a turn, and when the master says so. */
void sweep_revoked(struct worker *worker);

/** Once a second: every call, revoked or expired. */
void sweep_all(struct worker *worker);

/** Another generation is current: keys may be gone or disabled. */
void sweep_removed(struct worker *worker);

#endif
