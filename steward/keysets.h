/**
 * Fetching the key sets that browsers' tokens are checked against.
 *
 *   a set is       when
 *   due            its URL is new, its time is over, or the pause after a failure is
 *   being fetched  its turn has come: one at a time
 *   exported       an answer was good: state_dir/keysets is written
 *   published      the master has reloaded: the generation has these keys, and knows them to be fresh
 *
 * An answer counts for as long as its Cache-Control says, within KEYSETS_FRESH_MIN_S … _MAX_S. A
 * failure keeps the last good set and is tried again after a pause that doubles, with jitter,
 * from KEYSETS_PAUSE_MIN_MS to _MAX_MS. Workers refuse a set that nobody has fetched for a day, so
 * a reload is also wanted when only its age changed, long before.
 */
#ifndef WEIR_STEWARD_KEYSETS_H
#define WEIR_STEWARD_KEYSETS_H

#include "lib/base/clock.h"
#include "lib/net/http_client.h"
#include "shm/snapshot_browser.h"
#include "steward/jwks.h"

enum {
    KEYSETS_FRESH_MIN_S = 5 * 60,
    KEYSETS_FRESH_MAX_S = 6 * 60 * 60,
    KEYSETS_FRESH_S = 60 * 60, /* when the answer does not say */
    KEYSETS_PAUSE_MIN_MS = 1000,
    KEYSETS_PAUSE_MAX_MS = 10 * 60 * 1000,
    KEYSETS_PUBLISHED_AGE_MAX_S = 3 * 60 * 60, /* then a reload makes it younger */
    KEYSETS_ASK_PAUSE_MS = 30 * 1000,          /* between two wishes for a reload */
    KEYSETS_CONNECT_MS = 5000,
    KEYSETS_TOTAL_MS = 15000,
};

struct keysets_source {
    char url[KEYSET_URL_BYTES_MAX];
    struct keyset set; /* its URL is the text above; never fetched: time 0 and no keys */
    char memory[JWKS_MEMORY_BYTES];
    struct http_endpoint *endpoint;
    struct monotime due;
    uint32_t failures; /* in a row */
};

struct keysets_service {
    uv_loop_t *loop;
    struct http_client *client; /* NULL: no generation has had an issuer yet */
    struct http_transfer *transfer;
    struct keysets_source *fetching; /* NULL: nothing is */
    struct span folder;              /* state_dir; the owner's */
    uint64_t random;                 /* state of the jitter; never 0 */
    uint32_t count;
    bool is_unwritten; /* the file lacks a set that was fetched */
    struct monotime ask_at;
    struct monotime write_at;
    int64_t max_age_s; /* of the answer that is coming */
    int status;
    int err; /* why it is not going to be used */
    size_t body_bytes;
    struct keysets_source sources[KEYSETS_MAX];
    char body[JWKS_BYTES_MAX];
    char file[2 * KEYSETS_FILE_BYTES_MAX];
};

/** @param folder  borrowed for the life of the service; has the last export, if there is one */
void keysets_init(struct keysets_service *service, uv_loop_t *loop, struct span folder);

/** The URLs of this generation are fetched from now on, and no others. */
void keysets_configure(struct keysets_service *service, const struct snapshot *snapshot);

/**
 * Once a second: begin what is due.
 *
 * @param snapshot  the generation that was given to keysets_configure() last
 * @return true: a reload is wanted, because the file has what the generation has not
 */
bool keysets_tick(struct keysets_service *service, const struct snapshot *snapshot);

/** Gives everything up; the loop must still run its close callbacks. One never configured is fine. */
void keysets_close(struct keysets_service *service);

/** How long an answer counts, in seconds. @param max_age_s  of Cache-Control; -1: not told */
int64_t keysets_fresh_s(int64_t max_age_s);

/** The pause after that many failures in a row (1 …): half of it is drawn with `random`. */
uint64_t keysets_pause_ms(uint32_t failures, uint64_t random);

#endif
