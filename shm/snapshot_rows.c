#include "shm/snapshot_rows.h"

#include "shm/accounts.h"
#include "shm/grant_runs.h"
#include "shm/model_order.h"

bool snapshot_holds(const struct snapshot *snapshot, struct ref at)
{
    return at.offset <= snapshot->bytes && at.len <= snapshot->bytes - at.offset;
}

static bool is_row(const struct snapshot *snapshot, enum snapshot_table table, uint32_t number)
{
    return number < snapshot_rows(snapshot, table);
}

static bool is_row_or_none(const struct snapshot *snapshot, enum snapshot_table table,
                           uint32_t number)
{
    return number == ROW_NONE || is_row(snapshot, table, number);
}

static bool is_cell(const struct snapshot *snapshot, uint32_t number)
{
    return number < snapshot->header->cells_used;
}

static bool are_providers_sound(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_PROVIDERS); n++) {
        const struct provider_row *row = snapshot_provider(snapshot, n);

        if (!snapshot_holds(snapshot, row->name) || !snapshot_holds(snapshot, row->base_url) ||
            row->kind >= PROVIDER_KIND_COUNT || row->auth >= PROVIDER_AUTH_COUNT ||
            !is_cell(snapshot, row->cell))
            return false;
    }
    return true;
}

/* As bytes: a `bool` that is neither must not be read as one. */
static bool are_traits_sound(const struct traits *traits)
{
    static const unsigned char most[sizeof(struct traits)] = {
        [offsetof(struct traits, sampling)] = SAMPLING_NONE,
        [offsetof(struct traits, thinking)] = THINKING_LEVEL,
        [offsetof(struct traits, token_parameter)] = TOKENS_MAX_TOKENS,
        [offsetof(struct traits, structured_output)] = STRUCTURED_NONE,
        [offsetof(struct traits, developer_role)] = true,
        [offsetof(struct traits, system_turns)] = true,
        [offsetof(struct traits, top_k)] = true,
        [offsetof(struct traits, part_arrays)] = true,
        [offsetof(struct traits, image_urls)] = true,
        [offsetof(struct traits, parallel_tools)] = true,
        [offsetof(struct traits, json_schemas)] = true,
        [offsetof(struct traits, tool_ids)] = true,
        [offsetof(struct traits, signatures)] = true,
    };
    unsigned char bytes[sizeof(*traits)];

    memcpy(bytes, traits, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (bytes[i] > most[i])
            return false;
    }
    return true;
}

/* The deployments of model `number`, which are those from `first` on. */
static bool are_deployments_sound(const struct snapshot *snapshot, uint32_t number, uint32_t first)
{
    uint32_t tier = 0;

    for (uint32_t i = 0; i < snapshot_model(snapshot, number)->deployment_count; i++) {
        const struct deployment_row *row = snapshot_deployment(snapshot, first + i);

        if (row->model != number || row->tier < tier || !is_cell(snapshot, row->cell) ||
            !is_row(snapshot, SNAPSHOT_PROVIDERS, row->provider) ||
            !snapshot_holds(snapshot, row->upstream_model) || !are_traits_sound(&row->traits))
            return false;
        tier = row->tier;
    }
    return true;
}

static bool are_search_texts_sound(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_MODELS); n++) {
        if (!snapshot_holds(snapshot, *SNAPSHOT_ROW(snapshot, SEARCH_TEXTS, struct ref, n)))
            return false;
    }
    return true;
}

static bool is_model_sound(const struct snapshot *snapshot, const struct model_row *row)
{
    return snapshot_holds(snapshot, row->slug) && snapshot_holds(snapshot, row->name) &&
           snapshot_holds(snapshot, row->parameters) && row->inputs >> MODALITY_COUNT == 0 &&
           row->outputs >> MODALITY_COUNT == 0 && row->slug.len >= 1 &&
           row->slug.len <= LAYOUT_SLUG_BYTES_MAX &&
           row->slug_hash == snapshot_hash_slug(snapshot_bytes(snapshot, row->slug)) &&
           row->kind < MODEL_KIND_COUNT && row->lifecycle < LIFECYCLE_COUNT &&
           is_cell(snapshot, row->cell) && is_row_or_none(snapshot, SNAPSHOT_PRICES, row->price);
}

static bool are_models_sound(const struct snapshot *snapshot)
{
    uint32_t deployments = snapshot_rows(snapshot, SNAPSHOT_DEPLOYMENTS);
    uint32_t seen = 0;

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_MODELS); n++) {
        const struct model_row *row = snapshot_model(snapshot, n);

        if (!is_model_sound(snapshot, row) || row->deployment_count > deployments - seen)
            return false;
        if (row->deployment_count != 0 &&
            (row->deployment_first != seen || !are_deployments_sound(snapshot, n, seen)))
            return false;
        seen += row->deployment_count;
    }
    return seen == deployments;
}

static bool are_keys_sound(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_KEYS); n++) {
        const struct key_row *row = snapshot_key(snapshot, n);

        if (!snapshot_holds(snapshot, row->name) || !is_cell(snapshot, row->cell) ||
            !is_row(snapshot, SNAPSHOT_GRANT_SETS, row->grant_set) ||
            !is_row_or_none(snapshot, SNAPSHOT_USERS, row->user) ||
            !is_row_or_none(snapshot, SNAPSHOT_GROUPS, row->group))
            return false;
    }
    return true;
}

static bool are_subjects_sound(const struct snapshot *snapshot, enum snapshot_table table)
{
    const struct subject_row *rows = snapshot_table(snapshot, table);

    for (uint32_t n = 0; n < snapshot_rows(snapshot, table); n++) {
        if (!snapshot_holds(snapshot, rows[n].name) || !is_cell(snapshot, rows[n].cell))
            return false;
    }
    return true;
}

typedef uint64_t row_hash_fn(const struct snapshot *snapshot, uint32_t number);

static uint64_t hash_of_model(const struct snapshot *snapshot, uint32_t number)
{
    return snapshot_model(snapshot, number)->slug_hash;
}

static uint64_t hash_of_key(const struct snapshot *snapshot, uint32_t number)
{
    return digest_prefix(&snapshot_key(snapshot, number)->digest);
}

/* Would a look-up that starts at the home slot come upon `row` before an empty slot? */
static bool is_reachable(const uint32_t *slots, uint32_t mask, uint64_t hash, uint32_t row)
{
    uint32_t slot = (uint32_t)hash & mask;

    for (uint32_t probe = 0; probe <= LAYOUT_PROBES_MAX; probe++) {
        if (slots[slot] == row)
            return true;
        if (slots[slot] == ROW_NONE)
            return false;
        slot = (slot + 1) & mask;
    }
    return false;
}

/*
 * Every row is reachable and there are as many used slots as rows: so each row lies in exactly one
 * slot, every used slot names a row, and the rest, at least one, is empty.
 */
static bool are_slots_sound(const struct snapshot *snapshot, enum snapshot_table slots_table,
                            enum snapshot_table rows_table, row_hash_fn *hash_of)
{
    const uint32_t *slots = snapshot_table(snapshot, slots_table);
    uint32_t slot_count = snapshot_rows(snapshot, slots_table);
    uint32_t rows = snapshot_rows(snapshot, rows_table);
    uint32_t used = 0;

    for (uint32_t slot = 0; slot < slot_count; slot++)
        used += slots[slot] != ROW_NONE;
    if (used != rows)
        return false;
    for (uint32_t row = 0; row < rows; row++) {
        if (!is_reachable(slots, slot_count - 1, hash_of(snapshot, row), row))
            return false;
    }
    return true;
}

/* Models that stand side by side must do so as bytes too: a run of them is sent as one piece. */
static bool are_fragments_sound(const struct snapshot *snapshot, enum dialect dialect)
{
    uint32_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);
    const struct ref *rows = SNAPSHOT_ROW(snapshot, FRAGMENTS, struct ref,
                                          (size_t)dialect * models);

    for (uint32_t n = 0; n < models; n++) {
        if (!snapshot_holds(snapshot, rows[n]) || rows[n].len == 0 ||
            snapshot_bytes(snapshot, rows[n]).ptr[0] != dialect_separator(dialect))
            return false;
        if (n != 0 && rows[n].offset != rows[n - 1].offset + rows[n - 1].len)
            return false;
    }
    return true;
}

static bool are_dialects_sound(const struct snapshot *snapshot)
{
    for (uint32_t n = 0; n < DIALECT_COUNT; n++) {
        const struct dialect_row *row = snapshot_dialect(snapshot, (enum dialect)n);

        if (!snapshot_holds(snapshot, row->head) || !snapshot_holds(snapshot, row->tail) ||
            !are_fragments_sound(snapshot, (enum dialect)n))
            return false;
        if (row->behind != ROW_NONE && row->behind >= DIALECT_COUNT)
            return false;
    }
    return true;
}

/* Runs of granted models, and their bytes with the tail behind them. */
static uint32_t add_items(const struct snapshot *snapshot, uint32_t set, enum dialect dialect,
                          uint64_t *bytes)
{
    struct grant_runs left = grant_runs_from(snapshot, set, 0);
    struct grant_run run;
    uint32_t runs = 0;

    for (; grant_runs_next(&left, &run); runs++) {
        struct span last = snapshot_fragment(snapshot, dialect, run.end - 1);
        struct span first = snapshot_fragment(snapshot, dialect, run.first);

        *bytes += (uint64_t)(last.ptr - first.ptr) + last.len;
    }
    /* The first fragment leaves its comma out. */
    *bytes -= runs != 0;
    *bytes += snapshot_dialect(snapshot, dialect)->tail.len;
    return runs;
}

static bool is_listing_sound(const struct snapshot *snapshot, uint32_t set, enum dialect dialect)
{
    const struct listing_row *listing = snapshot_listing(snapshot, set, dialect);
    const struct dialect_row *ends = snapshot_dialect(snapshot, dialect);
    uint64_t bytes = ends->head.len;
    uint32_t runs = add_items(snapshot, set, dialect, &bytes);

    if (ends->behind != ROW_NONE)
        (void)add_items(snapshot, set, (enum dialect)ends->behind, &bytes);
    return listing->runs == runs && listing->body_bytes == bytes &&
           memchr(listing->etag, '\0', sizeof(listing->etag)) != NULL;
}

static bool is_grant_set_sound(const struct snapshot *snapshot, uint32_t number)
{
    const struct grant_set_row *set = SNAPSHOT_ROW(snapshot, GRANT_SETS, struct grant_set_row,
                                                   number);
    const uint64_t *words = snapshot_table(snapshot, SNAPSHOT_GRANT_WORDS);
    uint32_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);
    size_t word_count = ((size_t)models + 63) / 64;
    uint32_t granted = 0;

    if (set->first_word != number * word_count)
        return false;
    words += set->first_word;
    for (size_t i = 0; i < word_count; i++)
        granted += (uint32_t)__builtin_popcountll(words[i]);
    if (models % 64 != 0 && words[word_count - 1] >> (models % 64) != 0)
        return false;
    return set->models == granted && (number != 0 || granted == 0);
}

static bool are_grants_sound(const struct snapshot *snapshot)
{
    for (uint32_t set = 0; set < snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS); set++) {
        if (!is_grant_set_sound(snapshot, set))
            return false;
        for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++) {
            if (!is_listing_sound(snapshot, set, (enum dialect)dialect))
                return false;
        }
    }
    return true;
}

static bool are_cells_sound(const struct snapshot *snapshot)
{
    const struct cell_row *rows = snapshot_table(snapshot, SNAPSHOT_CELLS);
    uint32_t used = 0;

    for (uint32_t n = 0; n < snapshot_rows(snapshot, SNAPSHOT_CELLS); n++) {
        if (!is_cell(snapshot, rows[n].cell) || rows[n].kind < CELL_KEY ||
            rows[n].kind > CELL_PROVIDER)
            return false;
        if (n != 0 && memcmp(rows[n - 1].identity.bytes, rows[n].identity.bytes, DIGEST_BYTES) >= 0)
            return false;
        if (rows[n].cell >= used)
            used = rows[n].cell + 1;
    }
    return used == snapshot->header->cells_used;
}

bool snapshot_rows_are_sound(const struct snapshot *snapshot)
{
    /* Listings add up what the dialects refer to, which must therefore come before the grants. */
    return are_providers_sound(snapshot) && are_models_sound(snapshot) &&
           are_keys_sound(snapshot) && are_subjects_sound(snapshot, SNAPSHOT_USERS) &&
           are_subjects_sound(snapshot, SNAPSHOT_GROUPS) &&
           are_slots_sound(snapshot, SNAPSHOT_MODEL_SLOTS, SNAPSHOT_MODELS, hash_of_model) &&
           are_slots_sound(snapshot, SNAPSHOT_KEY_SLOTS, SNAPSHOT_KEYS, hash_of_key) &&
           are_dialects_sound(snapshot) && are_grants_sound(snapshot) &&
           are_cells_sound(snapshot) && are_search_texts_sound(snapshot) &&
           model_orders_are_sound(snapshot);
}
