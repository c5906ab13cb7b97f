#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/snapshot_browser.h"
#include "shm/snapshot_rows.h"

static const uint32_t row_bytes[SNAPSHOT_TABLE_COUNT] = {
#define X(name, type, what) sizeof(type),
    SNAPSHOT_TABLE_MAP(X)
#undef X
};

#define SETTINGS_COUNT (sizeof(struct settings) / sizeof(uint64_t))

static const struct {
    uint64_t min;
    uint64_t max;
} setting_ranges[SETTINGS_COUNT] = {
#define X(section, name, kind, fallback, min, max, when, sentence) {min, max},
    SETTINGS_MAP(X)
#undef X
};

static bool are_settings_in_range(const struct settings *settings)
{
    uint64_t values[SETTINGS_COUNT];

    memcpy(values, settings, sizeof(values));
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (values[i] < setting_ranges[i].min || values[i] > setting_ranges[i].max)
            return false;
    }
    return true;
}

static bool are_addresses_sound(const struct snapshot_header *header)
{
    if (header->listen_count > SETTINGS_LISTEN_MAX)
        return false;
    for (uint32_t i = 0; i < header->listen_count; i++) {
        if (header->listen[i][0] == '\0' ||
            memchr(header->listen[i], '\0', SETTINGS_ADDRESS_BYTES) == NULL)
            return false;
    }
    return true;
}

/* In order, aligned, without overlap, inside, and with rows of the size that this program means. */
static bool are_tables_in_place(const struct snapshot *snapshot)
{
    uint64_t end = sizeof(struct snapshot_header);

    for (size_t i = 0; i < SNAPSHOT_TABLE_COUNT; i++) {
        const struct table_place *table = &snapshot->header->tables[i];

        if (table->row_bytes != row_bytes[i] || table->offset % LAYOUT_TABLE_ALIGN != 0 ||
            table->offset < end || table->offset > snapshot->bytes ||
            table->rows > (snapshot->bytes - table->offset) / row_bytes[i])
            return false;
        end = table->offset + (uint64_t)table->rows * row_bytes[i];
    }
    return true;
}

/* A look-up goes from slot to slot until an empty one: without one it would not end. */
static bool can_hold(uint32_t slots, uint32_t rows)
{
    return slots > rows && (slots & (slots - 1)) == 0;
}

static bool are_directory_counts_sound(const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;

    return header->directory_groups <= snapshot_rows(snapshot, SNAPSHOT_GROUPS) &&
           header->directory_users <= snapshot_rows(snapshot, SNAPSHOT_USERS) &&
           (uint64_t)header->directory_keys + header->directory_old_keys <=
               snapshot_rows(snapshot, SNAPSHOT_KEYS);
}

static bool do_row_counts_agree(const struct snapshot *snapshot)
{
    uint64_t models = snapshot_rows(snapshot, SNAPSHOT_MODELS);
    uint64_t sets = snapshot_rows(snapshot, SNAPSHOT_GRANT_SETS);

    return sets >= 1 && are_directory_counts_sound(snapshot) &&
           snapshot_rows(snapshot, SNAPSHOT_GRANT_WORDS) == sets * ((models + 63) / 64) &&
           snapshot_rows(snapshot, SNAPSHOT_LISTINGS) == sets * DIALECT_COUNT &&
           snapshot_rows(snapshot, SNAPSHOT_FRAGMENTS) == DIALECT_COUNT * models &&
           snapshot_rows(snapshot, SNAPSHOT_DIALECTS) == DIALECT_COUNT &&
           snapshot_rows(snapshot, SNAPSHOT_ORDERS) == MODEL_ORDER_COUNT * models &&
           snapshot_rows(snapshot, SNAPSHOT_SEARCH_TEXTS) == models &&
           can_hold(snapshot_rows(snapshot, SNAPSHOT_MODEL_SLOTS), (uint32_t)models) &&
           can_hold(snapshot_rows(snapshot, SNAPSHOT_KEY_SLOTS),
                    snapshot_rows(snapshot, SNAPSHOT_KEYS));
}

static bool is_header_sound(const struct snapshot *snapshot)
{
    const struct snapshot_header *header = snapshot->header;

    return header->header_bytes == sizeof(*header) && header->total_bytes == snapshot->bytes &&
           snapshot_holds(snapshot, header->config_path) &&
           snapshot_holds(snapshot, header->state_dir) &&
           snapshot_holds(snapshot, header->control_socket) &&
           snapshot_holds(snapshot, header->ca_file) &&
           snapshot_holds(snapshot, header->admin_socket) &&
           snapshot_holds(snapshot, header->admin_listen) && are_addresses_sound(header) &&
           are_settings_in_range(&header->settings) &&
           header->cells_used <= header->settings.cells_max && header->has_directory <= 1;
}

static bool is_checksum_right(const struct snapshot *snapshot)
{
    const char *memory = (const char *)snapshot->header;

    return snapshot_checksum(memory + LAYOUT_CHECKSUM_FROM,
                             snapshot->bytes - LAYOUT_CHECKSUM_FROM) == snapshot->header->checksum;
}

int snapshot_check(const void *memory, size_t bytes)
{
    const struct snapshot snapshot = {memory, bytes};

    INVARIANT((uintptr_t)memory % LAYOUT_TABLE_ALIGN == 0);
    if (bytes < sizeof(*snapshot.header) || snapshot.header->magic != SNAPSHOT_MAGIC)
        return ERR_CORRUPT;
    /* Before anything whose place another version may have changed. */
    if (snapshot.header->version != LAYOUT_VERSION)
        return ERR_VERSION;
    if (!is_header_sound(&snapshot) || !are_tables_in_place(&snapshot) ||
        !do_row_counts_agree(&snapshot))
        return ERR_CORRUPT;
    if (snapshot.header->anonymous_grant_set >= snapshot_rows(&snapshot, SNAPSHOT_GRANT_SETS))
        return ERR_CORRUPT;
    if (!snapshot_browser_is_sound(&snapshot))
        return ERR_CORRUPT;
    return is_checksum_right(&snapshot) && snapshot_rows_are_sound(&snapshot) ? 0 : ERR_CORRUPT;
}
