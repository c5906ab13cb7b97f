/*
 * A generation that somebody has spoiled: what the check accepts, every look-up can walk.
 *
 * Magic, version, sizes and checksum are made right again, so that the spoilt bytes get as far as the
 * tables; they lie at the end of an allocation, where ASan sees the first one too many.
 *
 * Input: a byte of how many models, then changes of eight bytes: table (the header, when there is no
 * such table), row, word in it, how, and a number.
 */
#include "shm/grant_runs.h"
#include "shm/snapshot_browser.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/snapshot_fixture.h"

enum { MODELS_MAX = 70, SETS = 4, CHANGE_BYTES = 8 };

enum change { CHANGE_SET, CHANGE_ADD, CHANGE_SET_LONG, CHANGE_ADD_LONG, CHANGE_CUT, CHANGE_COUNT };

static uint64_t touched;

/* Read all of it, so that a span that leads outside is noticed. */
static void touch(struct span bytes)
{
    touched = snapshot_fnv(touched, bytes.ptr, bytes.len);
}

static void walk_models(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_MODELS); n++) {
        const struct model_row *model = snapshot_model(snapshot, n);
        uint32_t found = snapshot_find_model(snapshot, snapshot_bytes(snapshot, model->slug));

        INVARIANT(found != ROW_NONE);
        touch(snapshot_bytes(snapshot, model->name));
        for (uint32_t i = 0; i < model->deployment_count; i++) {
            const struct deployment_row *deployment = snapshot_deployment(
                snapshot, model->deployment_first + i);
            const struct provider_row *provider = snapshot_provider(snapshot, deployment->provider);

            touch(snapshot_bytes(snapshot, deployment->upstream_model));
            touch(snapshot_bytes(snapshot, provider->name));
            touch(snapshot_bytes(snapshot, provider->base_url));
        }
    }
    touched += snapshot_find_model(snapshot, SPAN("no such model"));
    touched += snapshot_find_model(snapshot, SPAN(""));
}

static void walk_keys(const struct snapshot *snapshot)
{
    struct digest none = {.bytes = {0}};

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_KEYS); n++) {
        const struct key_row *key = snapshot_key(snapshot, n);
        uint32_t found = snapshot_find_key(snapshot, &key->digest);

        INVARIANT(found != ROW_NONE);
        touch(snapshot_bytes(snapshot, key->name));
    }
    touched += snapshot_find_key(snapshot, &none);
}

static void walk_browser(const struct snapshot *snapshot)
{
    const struct digest none = {.bytes = {0}};

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_ISSUERS); n++) {
        const struct browser_issuer_row *issuer = snapshot_issuer(snapshot, n);

        touch(snapshot_bytes(snapshot, issuer->issuer));
        touch(snapshot_bytes(snapshot, issuer->audience));
        touch(snapshot_bytes(snapshot, issuer->keys_url));
        for (uint32_t i = 0; i < issuer->key_count; i++) {
            const struct browser_key_row *key = snapshot_issuer_key(snapshot,
                                                                    issuer->key_first + i);

            touch(snapshot_bytes(snapshot, key->key_id));
            touch(snapshot_bytes(snapshot, key->modulus));
            touch(snapshot_bytes(snapshot, key->exponent));
        }
    }
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_BROWSER_USERS); n++) {
        const struct browser_user_row *row = SNAPSHOT_ROW(snapshot, BROWSER_USERS,
                                                          struct browser_user_row, n);

        INVARIANT(snapshot_find_browser_user(snapshot, &row->identity) == row);
        touched += SNAPSHOT_ROW(snapshot, USERS, struct subject_row, row->user)->flags;
        touched += snapshot_listing(snapshot, row->grant_set, DIALECT_OPENAI)->body_bytes;
    }
    touched += snapshot_find_browser_user(snapshot, &none) != NULL;
    touched += snapshot_stale_issuers(snapshot, 1700000000);
}

/* The items of one dialect's listing, and its tail. @return their bytes as they would be told */
static uint64_t walk_items(const struct snapshot *snapshot, uint32_t set, enum dialect dialect)
{
    struct span tail = snapshot_bytes(snapshot, snapshot_dialect(snapshot, dialect)->tail);
    struct grant_runs runs = grant_runs_from(snapshot, set, 0);
    struct grant_run run;
    uint64_t bytes = tail.len;
    bool any = false;

    for (; grant_runs_next(&runs, &run); any = true) {
        for (uint32_t n = run.first; n < run.end; n++) {
            struct span fragment = snapshot_fragment(snapshot, dialect, n);

            INVARIANT(snapshot_is_granted(snapshot, set, n));
            touch(fragment);
            bytes += fragment.len;
        }
    }
    touch(tail);
    return bytes - any;
}

/* The listing as a client would get it, and its length as it would be told. */
static void walk_listing(const struct snapshot *snapshot, uint32_t set, enum dialect dialect)
{
    const struct dialect_row *row = snapshot_dialect(snapshot, dialect);
    struct span head = snapshot_bytes(snapshot, row->head);
    uint64_t bytes = head.len + walk_items(snapshot, set, dialect);

    touch(head);
    if (row->behind != ROW_NONE)
        bytes += walk_items(snapshot, set, (enum dialect)row->behind);
    INVARIANT(snapshot_listing(snapshot, set, dialect)->body_bytes == bytes);
    touch(span_of(snapshot_listing(snapshot, set, dialect)->etag));
}

/* Every order holds every model, and what is searched through lies inside. */
static void walk_orders(const struct snapshot *snapshot)
{
    uint32_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);

    for (uint32_t order = 0; order < MODEL_ORDER_COUNT; order++) {
        const uint32_t *places = snapshot_order(snapshot, (enum model_sort)(order / 2),
                                                order % 2 == 1);
        bool seen[MODELS_MAX] = {false};

        for (uint32_t place = 0; place < models; place++) {
            INVARIANT(places[place] < models && !seen[places[place]]);
            seen[places[place]] = true;
        }
    }
    for (uint32_t n = 0; n < models; n++)
        touch(snapshot_search_text(snapshot, n));
}

static void walk_cells(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_CELLS); n++) {
        const struct cell_row *row = SNAPSHOT_ROW(snapshot, CELLS, struct cell_row, n);

        INVARIANT(snapshot_find_cell(snapshot, &row->identity) == row);
    }
}

static void walk(const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;

    touch(snapshot_bytes(snapshot, header->config_path));
    touch(snapshot_bytes(snapshot, header->state_dir));
    touch(snapshot_bytes(snapshot, header->control_socket));
    touch(snapshot_bytes(snapshot, header->ca_file));
    for (uint32_t i = 0; i < header->listen_count; i++)
        touch(span_of(header->listen[i]));
    walk_models(snapshot);
    walk_keys(snapshot);
    walk_browser(snapshot);
    walk_cells(snapshot);
    walk_orders(snapshot);
    for (uint32_t set = 0; set < snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS); set++) {
        for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
            walk_listing(snapshot, set, (enum dialect)dialect);
    }
}

static void make_plausible(void *memory, size_t size)
{
    struct snapshot_header *header = memory;

    if (size < sizeof(*header))
        return;
    header->magic = SNAPSHOT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = sizeof(*header);
    header->total_bytes = size;
    header->checksum = snapshot_checksum((char *)memory + LAYOUT_CHECKSUM_FROM,
                                         size - LAYOUT_CHECKSUM_FROM);
}

static bool is_granted(uint32_t set, uint32_t model)
{
    return model % (set + 1) != 0;
}

/* Made once for each count of models. */
static const struct fixture *sound(uint32_t models)
{
    static struct fixture fixtures[MODELS_MAX + 1];
    static const struct fixture_key keys[] = {{"weir_a", 1, 0, 0}, {"weir_b", 2, 0, 0}};

    if (fixtures[models].memory == NULL) {
        const struct fixture_plan plan = {.model_count = models,
                                          .key_count = 2,
                                          .keys = keys,
                                          .set_count = SETS,
                                          .is_granted = is_granted,
                                          .anonymous_grant_set = 3,
                                          .has_browser = true,
                                          .browser_grant_set = 1};

        fixture_build(&plan, &fixtures[models]);
    }
    return &fixtures[models];
}

/* Where a change goes, within the first `size` bytes; of eight bytes at least. */
static char *find_word(const struct fixture *fixture, char *memory, size_t size,
                       const unsigned char *change)
{
    size_t at = 0;

    if (change[0] < SNAPSHOT_TABLE_COUNT) {
        const struct table_place *place = &fixture->header->tables[change[0]];

        at = place->offset +
             (size_t)(place->rows == 0 ? 0 : change[1] % place->rows) * place->row_bytes;
        at += change[2] * sizeof(uint32_t) % (place->row_bytes + sizeof(uint32_t));
    } else {
        at = (change[1] * sizeof(uint32_t) << 8 | change[2] * sizeof(uint32_t)) %
             sizeof(struct snapshot_header);
    }
    return size < sizeof(uint64_t) || at > size - sizeof(uint64_t) ? NULL : memory + at;
}

/* @return how many bytes the snapshot has then */
static size_t apply(const struct fixture *fixture, char *memory, size_t size,
                    const unsigned char *change)
{
    char *word = find_word(fixture, memory, size, change);
    enum change how = (enum change)(change[3] % CHANGE_COUNT);
    bool is_long = how == CHANGE_SET_LONG || how == CHANGE_ADD_LONG;
    int32_t number;
    uint64_t value = 0;

    memcpy(&number, change + 4, sizeof(number));
    if (how == CHANGE_CUT)
        return size - (uint32_t)number % (size + 1);
    if (word == NULL)
        return size;
    if (how == CHANGE_ADD || how == CHANGE_ADD_LONG)
        memcpy(&value, word, is_long ? sizeof(uint64_t) : sizeof(uint32_t));
    value += (uint64_t)(int64_t)number;
    memcpy(word, &value, is_long ? sizeof(uint64_t) : sizeof(uint32_t));
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fixture *fixture = sound(size == 0 ? 0 : data[0] % (MODELS_MAX + 1));
    size_t bytes = fixture->bytes;
    char *spoilt = malloc(bytes);
    void *memory = NULL;

    INVARIANT(spoilt != NULL);
    memcpy(spoilt, fixture->memory, bytes);
    for (size_t at = 1; at + CHANGE_BYTES <= size; at += CHANGE_BYTES)
        bytes = apply(fixture, spoilt, bytes, data + at);
    int failed = posix_memalign(&memory, LAYOUT_TABLE_ALIGN, bytes);
    INVARIANT(failed == 0);
    if (bytes > 0)
        memcpy(memory, spoilt, bytes);
    free(spoilt);
    make_plausible(memory, bytes);
    int err = snapshot_check(memory, bytes);
    INVARIANT(err == 0 || size >= 1 + CHANGE_BYTES);
    if (err == 0) {
        struct snapshot snapshot = {memory, bytes};

        walk(&snapshot);
    }
    free(memory);
    return 0;
}
