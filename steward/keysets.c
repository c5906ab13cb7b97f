#include "steward/keysets.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "steward/keysets_store.h"

#include <sys/random.h>

enum { TRANSFERS_MAX = 2, STATUS_OK = 200, WRITE_PAUSE_MS = 10000 };

/* --- time ------------------------------------------------------------------------------------- */

int64_t keysets_fresh_s(int64_t max_age_s)
{
    if (max_age_s < 0)
        return KEYSETS_FRESH_S;
    if (max_age_s < KEYSETS_FRESH_MIN_S)
        return KEYSETS_FRESH_MIN_S;
    return max_age_s < KEYSETS_FRESH_MAX_S ? max_age_s : KEYSETS_FRESH_MAX_S;
}

uint64_t keysets_pause_ms(uint32_t failures, uint64_t random)
{
    uint64_t pause_ms = KEYSETS_PAUSE_MIN_MS;

    for (uint32_t i = 1; i < failures && pause_ms < KEYSETS_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    if (pause_ms > KEYSETS_PAUSE_MAX_MS)
        pause_ms = KEYSETS_PAUSE_MAX_MS;
    return pause_ms / 2 + random % (pause_ms / 2 + 1);
}

/* xorshift64: what many gateways draw must differ, and nothing more. */
static uint64_t draw(struct keysets_service *service)
{
    service->random ^= service->random << 13;
    service->random ^= service->random >> 7;
    service->random ^= service->random << 17;
    return service->random;
}

/* --- sources ---------------------------------------------------------------------------------- */

static void set_url(struct keysets_source *source, struct span url)
{
    memcpy(source->url, url.ptr, url.len);
    source->set.url = (struct span){source->url, url.len};
}

/* A key's bytes lie in its source's memory. */
static void copy_set(struct keysets_source *source, const struct keyset *set)
{
    struct text memory = text_over(source->memory, sizeof(source->memory));

    source->set.fetched_s = set->fetched_s;
    source->set.key_count = set->key_count;
    for (uint32_t i = 0; i < set->key_count; i++) {
        const struct span *from[] = {&set->keys[i].key_id, &set->keys[i].modulus,
                                     &set->keys[i].exponent};
        struct span *to[] = {&source->set.keys[i].key_id, &source->set.keys[i].modulus,
                             &source->set.keys[i].exponent};

        for (size_t n = 0; n < sizeof(from) / sizeof(from[0]); n++) {
            *to[n] = (struct span){memory.ptr + memory.len, from[n]->len};
            text_add(&memory, *from[n]);
        }
    }
    INVARIANT(memory.err == 0);
}

static struct keysets_source *find_source(struct keysets_service *service, struct span url)
{
    for (uint32_t i = 0; i < service->count; i++) {
        if (span_equal(service->sources[i].set.url, url))
            return &service->sources[i];
    }
    return NULL;
}

static bool is_wanted(const struct snapshot *snapshot, struct span url)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS); n++) {
        if (span_equal(snapshot_bytes(snapshot, snapshot_issuer(snapshot, n)->keys_url), url))
            return true;
    }
    return false;
}

static void forget(struct keysets_service *service, struct keysets_source *source)
{
    if (service->fetching == source) {
        http_transfer_abort(&service->transfer);
        service->fetching = NULL;
    }
    http_endpoint_free(&source->endpoint);
}

/* Spans point into their own source: one that moves is made anew. */
static void move_source(struct keysets_service *service, struct keysets_source *to,
                        struct keysets_source *from)
{
    struct keyset set = from->set;

    to->endpoint = from->endpoint;
    to->due = from->due;
    to->failures = from->failures;
    set_url(to, set.url);
    copy_set(to, &set);
    from->endpoint = NULL;
    if (service->fetching == from)
        service->fetching = to;
}

static void drop_unwanted(struct keysets_service *service, const struct snapshot *snapshot)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < service->count; i++) {
        struct keysets_source *source = &service->sources[i];

        if (!is_wanted(snapshot, source->set.url)) {
            forget(service, source);
            continue;
        }
        if (kept != i)
            move_source(service, &service->sources[kept], source);
        kept++;
    }
    service->count = kept;
}

static void add_source(struct keysets_service *service, struct span url)
{
    INVARIANT(service->count < KEYSETS_MAX && url.len <= KEYSET_URL_BYTES_MAX);
    struct keysets_source *source = &service->sources[service->count++];
    struct http_endpoint_config config = {.url = url, .is_get = true};

    source->set = (struct keyset){.fetched_s = 0};
    set_url(source, url);
    source->endpoint = NULL;
    source->failures = 0;
    source->due = monotime_now();
    int err = http_endpoint_new(service->client, &config, &source->endpoint);
    if (err != 0)
        log_write(LOG_ERROR, "keys cannot be fetched from %.*s: %s", SPAN_FMT(url), err_text(err));
}

/* What the last steward had fetched is good until its time is over. */
static void read_export(struct keysets_service *service, struct keysets *sets)
{
    struct text memory = text_over(service->file, sizeof(service->file));
    int err = keysets_store_read(service->folder, &memory, sets);

    if (err != 0 && err != ERR_NOT_FOUND)
        log_write(LOG_WARNING, "%.*s/%s is written anew: %s", SPAN_FMT(service->folder),
                  KEYSETS_FILE_NAME, err_text(err));
}

static int start_client(struct keysets_service *service, const struct snapshot *snapshot)
{
    struct http_client_config config = {
        .loop = service->loop,
        .transfers_max = TRANSFERS_MAX,
        .ca_file = snapshot_bytes(snapshot, snapshot->header->ca_file),
    };

    if (service->client != NULL)
        return 0;
    int err = http_client_new(&config, &service->client);
    if (err != ERR_CONFIG)
        return err;
    log_write(LOG_WARNING, "no certificates can be read from ca_file: no keys come by https");
    config.ca_file = SPAN("");
    return http_client_new(&config, &service->client);
}

void keysets_init(struct keysets_service *service, uv_loop_t *loop, struct span folder)
{
    service->loop = loop;
    service->folder = folder;
    if (getrandom(&service->random, sizeof(service->random), 0) != (ssize_t)sizeof(service->random))
        service->random = (uint64_t)wall_now_s();
    service->random |= 1;
}

void keysets_configure(struct keysets_service *service, const struct snapshot *snapshot)
{
    static struct keysets exported; /* large, and there is one service in a process */

    drop_unwanted(service, snapshot);
    if (!snapshot_has_browser(snapshot))
        return;
    int err = start_client(service, snapshot);
    if (err != 0) {
        log_write(LOG_ERROR, "keys cannot be fetched: %s", err_text(err));
        return;
    }
    if (service->count == 0)
        read_export(service, &exported);
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS); n++) {
        struct span url = snapshot_bytes(snapshot, snapshot_issuer(snapshot, n)->keys_url);

        if (find_source(service, url) != NULL)
            continue;
        add_source(service, url);
        const struct keyset *set = keysets_find(&exported, url);
        if (set != NULL)
            copy_set(find_source(service, url), set);
    }
    exported.count = 0;
}

/* --- fetching --------------------------------------------------------------------------------- */

static void on_head(void *ctx, const struct http_answer_head *head)
{
    struct keysets_service *service = ctx;

    service->status = head->status;
    service->max_age_s = head->max_age_s;
}

static enum http_body_verdict on_body(void *ctx, struct span bytes)
{
    struct keysets_service *service = ctx;

    if (bytes.len > sizeof(service->body) - service->body_bytes) {
        service->err = ERR_NO_SPACE;
        return HTTP_BODY_ABORT;
    }
    memcpy(service->body + service->body_bytes, bytes.ptr, bytes.len);
    service->body_bytes += bytes.len;
    return HTTP_BODY_GO_ON;
}

static void fail(struct keysets_service *service, struct keysets_source *source, const char *why)
{
    source->failures++;
    uint64_t pause_ms = keysets_pause_ms(source->failures, draw(service));

    source->due = monotime_after(monotime_now(), pause_ms);
    log_write(LOG_WARNING, "keys cannot be fetched from %.*s: %s; tried again in %llu ms",
              SPAN_FMT(source->set.url), why, (unsigned long long)pause_ms);
}

static void take_answer(struct keysets_service *service, struct keysets_source *source)
{
    static struct keyset set;
    static char decoded[JWKS_MEMORY_BYTES];
    struct text memory = text_over(decoded, sizeof(decoded));
    int err = jwks_parse((struct span){service->body, service->body_bytes}, &memory, &set);

    if (err != 0) {
        fail(service, source,
             err == ERR_NOT_FOUND  ? "there is no RSA key for signatures in the answer"
             : err == ERR_INVALID  ? "two keys of the answer have one kid"
             : err == ERR_NO_SPACE ? "the answer has more keys than the gateway takes"
                                   : "the answer is no key set");
        return;
    }
    set.fetched_s = wall_now_s();
    copy_set(source, &set);
    if (source->failures != 0)
        log_write(LOG_NOTICE, "keys have been fetched from %.*s again", SPAN_FMT(source->set.url));
    source->failures = 0;
    source->due = monotime_after(monotime_now(),
                                 (uint64_t)keysets_fresh_s(service->max_age_s) * 1000);
    service->is_unwritten = true;
}

static void on_end(void *ctx, int err)
{
    struct keysets_service *service = ctx;
    struct keysets_source *source = service->fetching;

    service->transfer = NULL;
    service->fetching = NULL;
    if (service->err == ERR_NO_SPACE)
        fail(service, source, "the answer is too long");
    else if (err != 0)
        fail(service, source, err_text(err));
    else if (service->status != STATUS_OK)
        fail(service, source, "the answer's status is not 200");
    else
        take_answer(service, source);
}

static void fetch(struct keysets_service *service, struct keysets_source *source)
{
    static const struct http_transfer_handlers handlers = {on_head, on_body, on_end};
    struct http_call call = {
        .endpoint = source->endpoint,
        .connect_ms = KEYSETS_CONNECT_MS,
        .first_byte_ms = KEYSETS_TOTAL_MS,
        .between_ms = KEYSETS_TOTAL_MS,
        .total_ms = KEYSETS_TOTAL_MS,
        .handlers = &handlers,
        .ctx = service,
    };

    service->fetching = source;
    service->body_bytes = 0;
    service->status = 0;
    service->max_age_s = -1;
    service->err = 0;
    int err = source->endpoint == NULL
                  ? ERR_INVALID
                  : http_transfer_start(service->client, &call, &service->transfer);
    if (err == 0)
        return;
    service->fetching = NULL;
    fail(service, source, err_text(err));
}

static void fetch_due(struct keysets_service *service, struct monotime now)
{
    struct keysets_source *first = NULL;

    if (service->fetching != NULL)
        return;
    for (uint32_t i = 0; i < service->count; i++) {
        struct keysets_source *source = &service->sources[i];

        if (monotime_reached(now, source->due) && (first == NULL || source->due.ms < first->due.ms))
            first = source;
    }
    if (first != NULL)
        fetch(service, first);
}

/* --- export ----------------------------------------------------------------------------------- */

static void export_sets(struct keysets_service *service, struct monotime now)
{
    static struct keysets sets;
    struct text memory = text_over(service->file, KEYSETS_FILE_BYTES_MAX);

    if (!service->is_unwritten || !monotime_reached(now, service->write_at))
        return;
    sets.count = 0;
    for (uint32_t i = 0; i < service->count; i++) {
        if (service->sources[i].set.fetched_s != 0)
            sets.sets[sets.count++] = service->sources[i].set;
    }
    int err = keysets_store_write(service->folder, &memory, &sets);
    if (err != 0) {
        service->write_at = monotime_after(now, WRITE_PAUSE_MS);
        log_write(LOG_ERROR, "%.*s/%s cannot be written: %s", SPAN_FMT(service->folder),
                  KEYSETS_FILE_NAME, err_text(err));
        return;
    }
    service->is_unwritten = false;
    service->ask_at = now;
}

static bool has_keys(const struct snapshot *snapshot, const struct browser_issuer_row *issuer,
                     const struct keyset *set)
{
    if (issuer->key_count != set->key_count)
        return false;
    for (uint32_t i = 0; i < set->key_count; i++) {
        const struct browser_key_row *row = snapshot_issuer_key(snapshot, issuer->key_first + i);

        if (!span_equal(snapshot_bytes(snapshot, row->key_id), set->keys[i].key_id) ||
            !span_equal(snapshot_bytes(snapshot, row->modulus), set->keys[i].modulus) ||
            !span_equal(snapshot_bytes(snapshot, row->exponent), set->keys[i].exponent))
            return false;
    }
    return true;
}

/* Does the file have keys that the generation has not, or know them to be much younger? */
static bool is_behind(struct keysets_service *service, const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS); n++) {
        const struct browser_issuer_row *issuer = snapshot_issuer(snapshot, n);
        const struct keysets_source *source = find_source(
            service, snapshot_bytes(snapshot, issuer->keys_url));

        if (source == NULL || source->set.fetched_s == 0)
            continue;
        if (!has_keys(snapshot, issuer, &source->set) ||
            source->set.fetched_s - issuer->fetched_s > KEYSETS_PUBLISHED_AGE_MAX_S)
            return true;
    }
    return false;
}

bool keysets_tick(struct keysets_service *service, const struct snapshot *snapshot)
{
    struct monotime now = monotime_now();

    if (service->count == 0)
        return false;
    fetch_due(service, now);
    export_sets(service, now);
    if (service->is_unwritten || !monotime_reached(now, service->ask_at) ||
        !is_behind(service, snapshot))
        return false;
    service->ask_at = monotime_after(now, KEYSETS_ASK_PAUSE_MS);
    return true;
}

void keysets_close(struct keysets_service *service)
{
    for (uint32_t i = 0; i < service->count; i++)
        forget(service, &service->sources[i]);
    service->count = 0;
    http_client_free(&service->client);
}
