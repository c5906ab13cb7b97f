/** What the steward's files share: its parts, on one loop. Nobody else includes it. */
#ifndef WEIR_STEWARD_STEWARD_INNER_H
#define WEIR_STEWARD_STEWARD_INNER_H

#include "shm/boot.h"
#include "shm/revocations.h"
#include "shm/snapshot.h"
#include "steward/admin.h"
#include "steward/keysets.h"
#include "steward/publisher.h"
#include "steward/store.h"
#include "steward/tokens.h"

#include <uv.h>

struct steward {
    uv_loop_t loop;
    int channel_fd;
    uv_poll_t channel;
    uv_timer_t second;
    uv_timer_t drain_deadline;
    uint64_t generation; /* 0: none has come yet, and nothing below but the digester is there */
    struct snapshot snapshot; /* of that generation: settings, and the directory of cells */
    struct revocations revocations;
    struct digester *digester;
    struct store store;
    struct publisher publisher;
    struct admin admin;
    struct keysets_service keysets;
    struct token_service tokens;
    int told_err; /* what the master knows about the database */
    int exit_status;
    bool is_draining;
};

/**
 * A key does not work any more, or the keys of a user or group: revoked, removed, disabled, or
 * rotated without grace. The change is committed. From the return on every worker refuses them.
 */
void steward_on_revoked(struct steward *steward, enum directory_kind kind, struct span name);

/** @return 0, or ERR_AGAIN when the master does not read */
int steward_say(struct steward *steward, uint32_t word, uint64_t number, int err);

#endif
