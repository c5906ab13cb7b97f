/** What a generation knows of browsers' tokens: who signs them, with which keys, for which users. */
#ifndef WEIR_SHM_SNAPSHOT_BROWSER_H
#define WEIR_SHM_SNAPSHOT_BROWSER_H

#include "shm/snapshot.h"

enum {
    BROWSER_ISSUERS_MAX = 9, /* App Check among them */
    BROWSER_APP_CHECK = 0,   /* its row */
    /* Keys that nobody has fetched for a day may have been withdrawn: the issuers' answers are good
     * for hours. */
    BROWSER_KEYS_AGE_MAX_S = 24 * 60 * 60,
    BROWSER_CLOCK_AHEAD_MAX_S = 60 * 60,
};

/** Is the pair of tokens accepted at all? */
static inline bool snapshot_has_browser(const struct snapshot *snapshot)
{
    return snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS) != 0;
}

static inline const struct browser_issuer_row *snapshot_issuer(const struct snapshot *snapshot,
                                                               uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, BROWSER_ISSUERS, struct browser_issuer_row, number);
}

static inline const struct browser_key_row *snapshot_issuer_key(const struct snapshot *snapshot,
                                                                uint32_t number)
{
    return SNAPSHOT_ROW(snapshot, BROWSER_KEYS, struct browser_key_row, number);
}

/**
 * May its keys not be used any more: never fetched, more than BROWSER_KEYS_AGE_MAX_S ago, or at a
 * time that is yet to come, so that a clock that was wrong once does not make them good for ever?
 */
bool snapshot_issuer_is_stale(const struct browser_issuer_row *issuer, int64_t now_s);

/** How many issuers' keys are stale. */
uint32_t snapshot_stale_issuers(const struct snapshot *snapshot, int64_t now_s);

/** @return the row of that identity, or NULL */
const struct browser_user_row *snapshot_find_browser_user(const struct snapshot *snapshot,
                                                          const struct digest *identity);

/** Part of snapshot_check(), after its tables have been found in place. */
bool snapshot_browser_is_sound(const struct snapshot *snapshot);

#endif
