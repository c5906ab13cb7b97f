/**
 * Messages between the master and its children, over a SOCK_SEQPACKET socketpair.
 *
 * A message is one fixed-size packet and up to CHANNEL_DESCRIPTORS_MAX descriptors. End of file
 * means that the other side is gone. The receiver checks everything: a packet of another size, an
 * unknown word, an err outside the table or a wrong count of descriptors is ERR_CORRUPT, and a
 * packet whose descriptors were lost (MSG_CTRUNC) is ERR_NO_SPACE; the descriptors that did arrive
 * are closed. What `number` may be is for who acts on the word to check.
 */
#ifndef WEIR_SHM_CHANNEL_H
#define WEIR_SHM_CHANNEL_H

#include "shm/settings.h"

#include <stdint.h>

enum { CHANNEL_DESCRIPTORS_MAX = SETTINGS_LISTEN_MAX };

/** X(NAME, descriptors at least, at most, who says it and what it means) */
#define CHANNEL_MAP(X)                                                                            \
    X(GENERATION, 2, 2,                                                                           \
      "master: adopt snapshot and secrets (steward: accounts) of generation `number`")            \
    X(LISTEN, 1, CHANNEL_DESCRIPTORS_MAX, "master: accept on these; number is the listener slot") \
    X(UNLISTEN, 0, 0, "master: stop accepting on listener slot `number`")                         \
    X(DRAIN, 0, 0, "master: finish what is open within `number` milliseconds, then exit")         \
    X(ADOPTED, 0, 0, "child: new requests use generation `number`")                               \
    X(REFUSED, 0, 0, "child: generation `number` cannot be used; err says why")                   \
    X(LISTENING, 0, 0, "child: accepts on listener slot `number`")                                \
    X(UNLISTENED, 0, 0, "child: accepts on listener slot `number` no more")                       \
    X(READY, 0, 0, "steward: has started")                                                        \
    X(REVOKED, 0, 0,                                                                              \
      "steward: bits of shm/revocations.h were set; master, to workers: look there")              \
    X(RELOAD_WANTED, 0, 0,                                                                        \
      "steward: a file of its changed; the directory's includes change `number`")                 \
    X(RELOADED, 0, 0, "master: the load wanted for change `number` is decided; err says how")     \
    X(DATABASE, 0, 0, "steward: err says what is wrong with its database, 0: nothing")            \
    X(TOKENS, 1, 1, "steward: provider tokens, memfd `number`; master, to all: use these")        \
    X(TOKEN_REFUSED, 0, 0,                                                                        \
      "worker: a provider does not take its token; number is account_mark(); master, to the "     \
      "steward: the same")

enum channel_word {
#define X(name, ...) CHANNEL_##name,
    CHANNEL_MAP(X) CHANNEL_WORD_COUNT,
#undef X
};

struct channel_message {
    uint32_t word; /* enum channel_word */
    uint32_t
        descriptor_count; /* set by the receiver from what arrived, by the sender for what goes */
    uint64_t number;
    int32_t err; /* 0 or an ERR_ value */
    uint32_t reserved;
    int descriptors
        [CHANNEL_DESCRIPTORS_MAX]; /* not on the wire as numbers; owned by the receiver */
};

/** A non-blocking, close-on-exec pair. @return 0 or ERR_IO */
int channel_pair(int ends[2]);

/**
 * The descriptors stay the sender's; a count that the word does not allow is a bug (INVARIANT).
 *
 * @return 0; ERR_AGAIN when the other side is not reading; ERR_IO when it is gone
 */
int channel_send(int fd, const struct channel_message *message);

/**
 * @param out  on 0 the caller owns its descriptors; after an error there are none in it
 * @return 0; ERR_AGAIN when nothing waits; ERR_NOT_FOUND at end of file; ERR_CORRUPT; ERR_NO_SPACE;
 *         ERR_IO
 */
int channel_receive(int fd, struct channel_message *out);

/** Close all descriptors that arrived with a message which is not going to be used. */
void channel_discard(struct channel_message *message);

/** "GENERATION" …; never NULL, also for numbers outside the table. */
const char *channel_word_name(uint32_t word);

#endif
