#include "tests/unit/snapshot_fixture.h"

#include "lib/base/invariant.h"
#include "shm/model_order.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    BYTES_PER_MODEL = 1024, /* of strings and fragments; far more than they take */
    BYTES_PER_KEY = 256,
    BYTES_BESIDES = 65536,
    NAME_BYTES = 96,
    PROVIDERS = 2,
    SUBJECTS = 2, /* a user and a group */
    ISSUERS = 2,
    BROWSER_USERS = 2,
    MODULUS_BYTES = 256,
};

/* Strings are added behind the tables, whose places are fixed before the first one. */
struct builder {
    const struct fixture_plan *plan;
    struct fixture *fixture;
    struct digester *digester;
    uint32_t cells;
};

struct span fixture_slug(uint32_t model, char *memory)
{
    int len = snprintf(memory, FIXTURE_SLUG_BYTES, "model-%05u", model);

    return (struct span){memory, (size_t)len};
}

void *fixture_row(const struct fixture *fixture, enum snapshot_table table, uint32_t number)
{
    const struct table_place *place = &fixture->header->tables[table];

    return fixture->memory + place->offset + (size_t)number * place->row_bytes;
}

static struct ref add_bytes(struct builder *to, struct span bytes)
{
    struct ref at = {.offset = to->fixture->bytes, .len = (uint32_t)bytes.len};

    if (bytes.len != 0)
        memcpy(to->fixture->memory + at.offset, bytes.ptr, bytes.len);
    to->fixture->bytes += bytes.len;
    return at;
}

static uint32_t slots_for(uint32_t rows)
{
    uint32_t slots = 1;

    while (slots < 2 * rows)
        slots *= 2;
    return slots;
}

static void fill_slots(struct builder *to, enum snapshot_table table, uint32_t row, uint64_t hash)
{
    uint32_t *slots = fixture_row(to->fixture, table, 0);
    uint32_t mask = to->fixture->header->tables[table].rows - 1;
    uint32_t slot = (uint32_t)hash & mask;

    while (slots[slot] != ROW_NONE)
        slot = (slot + 1) & mask;
    slots[slot] = row;
}

static uint32_t add_cell(struct builder *to, enum cell_kind kind, struct span name)
{
    char text[NAME_BYTES];
    int len = snprintf(text, sizeof(text), "%d %.*s", (int)kind, SPAN_FMT(name));
    struct cell_row *row = fixture_row(to->fixture, SNAPSHOT_CELLS, to->cells);

    row->identity = digester_hash(to->digester, (struct span){text, (size_t)len});
    row->cell = to->cells;
    row->kind = kind;
    row->born = 1;
    return to->cells++;
}

static int order_cells(const void *a, const void *b)
{
    const struct cell_row *left = a;
    const struct cell_row *right = b;

    return memcmp(left->identity.bytes, right->identity.bytes, DIGEST_BYTES);
}

static struct span slug_of(const struct builder *to, uint32_t model, char *memory)
{
    return to->plan->slugs != NULL ? span_of(to->plan->slugs[model]) : fixture_slug(model, memory);
}

/* Each model has one deployment, the first one two. */
static uint32_t deployments_of(uint32_t model)
{
    return model == 0 ? 2 : 1;
}

static void add_deployments(struct builder *to, uint32_t model, struct span slug)
{
    struct model_row *row = fixture_row(to->fixture, SNAPSHOT_MODELS, model);

    row->deployment_first = model == 0 ? 0 : model + 1;
    row->deployment_count = deployments_of(model);
    for (uint32_t i = 0; i < row->deployment_count; i++) {
        char name[NAME_BYTES];
        int len = snprintf(name, sizeof(name), "%.*s#%u", SPAN_FMT(slug), i);
        struct deployment_row *deployment = fixture_row(to->fixture, SNAPSHOT_DEPLOYMENTS,
                                                        row->deployment_first + i);

        deployment->upstream_model = add_bytes(to, SPAN("upstream-model"));
        deployment->provider = i;
        deployment->model = model;
        deployment->tier = i;
        deployment->weight = 1;
        deployment->cell = add_cell(to, CELL_DEPLOYMENT, (struct span){name, (size_t)len});
    }
}

static void add_model(struct builder *to, uint32_t number)
{
    char memory[FIXTURE_SLUG_BYTES];
    struct span slug = slug_of(to, number, memory);
    struct model_row *row = fixture_row(to->fixture, SNAPSHOT_MODELS, number);

    row->slug_hash = snapshot_hash_slug(slug);
    row->slug = add_bytes(to, slug);
    row->name = row->slug;
    row->parameters = add_bytes(to, number % 2 == 0 ? SPAN("seed,tools") : SPAN("seed,top_p"));
    row->inputs = 1U << MODALITY_TEXT;
    row->outputs = 1U << MODALITY_TEXT;
    row->kind = MODEL_CHAT;
    row->price = number == 0 ? 0 : ROW_NONE;
    row->cell = add_cell(to, CELL_MODEL, slug);
    add_deployments(to, number, slug);
    fill_slots(to, SNAPSHOT_MODEL_SLOTS, number, row->slug_hash);
}

static void add_key(struct builder *to, uint32_t number)
{
    const struct fixture_key *key = &to->plan->keys[number];
    struct key_row *row = fixture_row(to->fixture, SNAPSHOT_KEYS, number);
    struct span text = span_of(key->text);

    row->digest = digester_hash(to->digester, text);
    row->expires_s = key->expires_s;
    row->name = add_bytes(to, SPAN("key"));
    row->grant_set = key->grant_set;
    row->user = number % 2 == 0 ? 0 : ROW_NONE;
    row->group = number % 2 == 0 ? ROW_NONE : 0;
    row->flags = key->flags;
    row->cell = add_cell(to, CELL_KEY, text);
    fill_slots(to, SNAPSHOT_KEY_SLOTS, number, digest_prefix(&row->digest));
}

static void add_subject(struct builder *to, enum snapshot_table table, enum cell_kind kind)
{
    struct subject_row *row = fixture_row(to->fixture, table, 0);

    row->name = add_bytes(to, SPAN("ada"));
    row->cell = add_cell(to, kind, SPAN("ada"));
}

static void add_providers(struct builder *to)
{
    for (uint32_t i = 0; i < PROVIDERS; i++) {
        struct provider_row *row = fixture_row(to->fixture, SNAPSHOT_PROVIDERS, i);

        struct span name = i == 0 ? SPAN("openai") : SPAN("claude");

        row->name = add_bytes(to, name);
        row->base_url = add_bytes(to, SPAN("http://127.0.0.1:9/v1"));
        row->kind = i == 0 ? PROVIDER_OPENAI : PROVIDER_ANTHROPIC;
        row->secret = i == 0 ? 0 : ROW_NONE;
        row->cell = add_cell(to, CELL_PROVIDER, name);
    }
}

static void add_fragments(struct builder *to, uint32_t dialect)
{
    struct dialect_row *ends = fixture_row(to->fixture, SNAPSHOT_DIALECTS, dialect);

    ends->head = add_bytes(to, SPAN("{\"data\":["));
    ends->tail = add_bytes(to, SPAN("]}"));
    ends->behind = dialect == DIALECT_CODEX ? DIALECT_OPENAI : ROW_NONE;
    for (uint32_t n = 0; n < to->plan->model_count; n++) {
        char slug[FIXTURE_SLUG_BYTES];
        char text[LAYOUT_SLUG_BYTES_MAX + NAME_BYTES];
        int len = snprintf(text, sizeof(text), "%c{\"id\":\"%.*s\"}",
                           dialect_separator((enum dialect)dialect),
                           SPAN_FMT(slug_of(to, n, slug)));
        struct ref *row = fixture_row(to->fixture, SNAPSHOT_FRAGMENTS,
                                      dialect * to->plan->model_count + n);

        *row = add_bytes(to, (struct span){text, (size_t)len});
    }
}

static bool is_in_set(const struct fixture_plan *plan, uint32_t set, uint32_t model)
{
    return set != 0 && plan->is_granted(set, model);
}

static uint64_t add_items(struct builder *to, uint32_t set, uint32_t dialect, uint32_t *runs)
{
    const struct dialect_row *ends = fixture_row(to->fixture, SNAPSHOT_DIALECTS, dialect);
    uint64_t bytes = ends->tail.len;
    bool before = false;

    *runs = 0;
    for (uint32_t n = 0; n < to->plan->model_count; n++) {
        const struct ref *fragment = fixture_row(to->fixture, SNAPSHOT_FRAGMENTS,
                                                 dialect * to->plan->model_count + n);
        bool now = is_in_set(to->plan, set, n);

        bytes += now ? fragment->len : 0;
        *runs += now && !before;
        before = now;
    }
    return bytes - (*runs != 0);
}

static void add_listing(struct builder *to, uint32_t set, uint32_t dialect)
{
    struct listing_row *row = fixture_row(to->fixture, SNAPSHOT_LISTINGS,
                                          set * DIALECT_COUNT + dialect);
    const struct dialect_row *ends = fixture_row(to->fixture, SNAPSHOT_DIALECTS, dialect);

    row->body_bytes = ends->head.len;
    if (ends->behind != ROW_NONE)
        row->body_bytes += add_items(to, set, ends->behind, &row->runs);
    row->body_bytes += add_items(to, set, dialect, &row->runs);
    memcpy(row->etag, "\"0123456789abcdef\"", 19);
}

static void add_set(struct builder *to, uint32_t number)
{
    struct grant_set_row *row = fixture_row(to->fixture, SNAPSHOT_GRANT_SETS, number);
    uint32_t words = (to->plan->model_count + 63) / 64;

    row->first_word = number * words;
    for (uint32_t n = 0; n < to->plan->model_count; n++) {
        uint64_t *word = fixture_row(to->fixture, SNAPSHOT_GRANT_WORDS, number * words + n / 64);

        if (!is_in_set(to->plan, number, n))
            continue;
        *word |= UINT64_C(1) << (n % 64);
        row->models++;
    }
    for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
        add_listing(to, number, dialect);
}

static size_t place_tables(const struct fixture_plan *plan, struct snapshot_header *header)
{
    const struct {
        uint32_t rows;
        size_t row_bytes;
    } tables[SNAPSHOT_TABLE_COUNT] = {
        [SNAPSHOT_PROVIDERS] = {PROVIDERS, sizeof(struct provider_row)},
        [SNAPSHOT_MODELS] = {plan->model_count, sizeof(struct model_row)},
        [SNAPSHOT_MODEL_SLOTS] = {slots_for(plan->model_count), sizeof(uint32_t)},
        [SNAPSHOT_DEPLOYMENTS] = {plan->model_count == 0 ? 0 : plan->model_count + 1,
                                  sizeof(struct deployment_row)},
        [SNAPSHOT_KEYS] = {plan->key_count, sizeof(struct key_row)},
        [SNAPSHOT_KEY_SLOTS] = {slots_for(plan->key_count), sizeof(uint32_t)},
        [SNAPSHOT_USERS] = {1, sizeof(struct subject_row)},
        [SNAPSHOT_GROUPS] = {1, sizeof(struct subject_row)},
        [SNAPSHOT_GRANT_SETS] = {plan->set_count, sizeof(struct grant_set_row)},
        [SNAPSHOT_GRANT_WORDS] = {plan->set_count * ((plan->model_count + 63) / 64),
                                  sizeof(uint64_t)},
        [SNAPSHOT_LISTINGS] = {plan->set_count * DIALECT_COUNT, sizeof(struct listing_row)},
        [SNAPSHOT_FRAGMENTS] = {DIALECT_COUNT * plan->model_count, sizeof(struct ref)},
        [SNAPSHOT_DIALECTS] = {DIALECT_COUNT, sizeof(struct dialect_row)},
        [SNAPSHOT_ORDERS] = {MODEL_ORDER_COUNT * plan->model_count, sizeof(uint32_t)},
        [SNAPSHOT_SEARCH_TEXTS] = {plan->model_count, sizeof(struct ref)},
        [SNAPSHOT_PRICES] = {1, sizeof(struct price_row)},
        [SNAPSHOT_CELLS] = {PROVIDERS + SUBJECTS + plan->key_count +
                                (plan->model_count == 0 ? 0 : 2 * plan->model_count + 1),
                            sizeof(struct cell_row)},
        [SNAPSHOT_BROWSER_ISSUERS] = {plan->has_browser ? ISSUERS : 0,
                                      sizeof(struct browser_issuer_row)},
        [SNAPSHOT_BROWSER_KEYS] = {plan->has_browser ? ISSUERS : 0, sizeof(struct browser_key_row)},
        [SNAPSHOT_BROWSER_USERS] = {plan->has_browser ? BROWSER_USERS : 0,
                                    sizeof(struct browser_user_row)},
    };
    size_t end = sizeof(*header);

    for (size_t i = 0; i < SNAPSHOT_TABLE_COUNT; i++) {
        end = (end + LAYOUT_TABLE_ALIGN - 1) / LAYOUT_TABLE_ALIGN * LAYOUT_TABLE_ALIGN;
        header->tables[i] = (struct table_place){end, tables[i].rows,
                                                 (uint32_t)tables[i].row_bytes};
        end += tables[i].rows * tables[i].row_bytes;
    }
    return end;
}

/* Two issuers with a key each, and two subjects of the second: "u1" and "u2". */
static void add_browser(struct builder *to)
{
    char modulus[MODULUS_BYTES];
    struct browser_user_row *users = fixture_row(to->fixture, SNAPSHOT_BROWSER_USERS, 0);

    memset(modulus, 0x81, sizeof(modulus));
    for (uint32_t n = 0; n < ISSUERS; n++) {
        struct browser_issuer_row *issuer = fixture_row(to->fixture, SNAPSHOT_BROWSER_ISSUERS, n);
        struct browser_key_row *key = fixture_row(to->fixture, SNAPSHOT_BROWSER_KEYS, n);

        issuer->issuer = add_bytes(to, n == 0 ? SPAN("https://check") : SPAN("https://users"));
        issuer->audience = add_bytes(to, SPAN("app"));
        issuer->keys_url = add_bytes(to, SPAN("https://keys"));
        issuer->fetched_s = 1700000000;
        issuer->key_first = n;
        issuer->key_count = 1;
        key->key_id = add_bytes(to, SPAN("k1"));
        key->modulus = add_bytes(to, to->plan->browser_modulus.len != 0
                                         ? to->plan->browser_modulus
                                         : (struct span){modulus, sizeof(modulus)});
        key->exponent = add_bytes(to, SPAN("\x01\x00\x01"));
    }
    users[0].identity = digester_hash(to->digester, SPAN("https://users\0u1"));
    users[1].identity = digester_hash(to->digester, SPAN("https://users\0u2"));
    if (memcmp(users[0].identity.bytes, users[1].identity.bytes, DIGEST_BYTES) > 0) {
        struct browser_user_row first = users[0];

        users[0] = users[1];
        users[1] = first;
    }
    for (uint32_t n = 0; n < BROWSER_USERS; n++)
        users[n].grant_set = to->plan->set_count - 1;
}

static void fill_settings(struct builder *to)
{
    struct settings *settings = &to->fixture->header->settings;

#define X(section, name, kind, fallback, ...) settings->name = (fallback);
    SETTINGS_MAP(X)
#undef X
    settings->conceal_ungranted = to->plan->conceal_ungranted;
}

static void fill_header(struct builder *to)
{
    struct snapshot_header *header = to->fixture->header;

    header->magic = SNAPSHOT_MAGIC;
    header->version = LAYOUT_VERSION;
    header->header_bytes = sizeof(*header);
    header->generation = 1;
    header->published_s = 1700000000;
    header->anonymous_grant_set = to->plan->anonymous_grant_set;
    header->browser_grant_set = to->plan->browser_grant_set;
    header->browser_group = ROW_NONE;
    header->session_key = ROW_NONE;
    header->config_path = add_bytes(to, SPAN("/etc/weir/weir.yaml"));
    header->state_dir = add_bytes(to, SPAN("/var/lib/weir"));
    header->control_socket = add_bytes(to, SPAN("/run/weir/control.sock"));
    header->listen_count = 1;
    memcpy(header->listen[0], "127.0.0.1:8080", sizeof("127.0.0.1:8080"));
    fill_settings(to);
}

static struct model_key key_of(const struct fixture *fixture, uint32_t order, uint32_t model)
{
    const struct model_facts facts = model_facts_of(&fixture->snapshot, model);

    return model_key_of(&facts, (enum model_sort)(order / 2));
}

/* Put in from behind, as long as what stands there belongs behind it. */
static void insert(const struct fixture *fixture, uint32_t order, uint32_t *places, uint32_t model)
{
    const struct model_key key = key_of(fixture, order, model);
    uint32_t place = model;

    for (; place > 0; place--) {
        const struct model_key before = key_of(fixture, order, places[place - 1]);

        if (model_key_compare(&before, &key, order % 2 == 1) <= 0)
            break;
        places[place] = places[place - 1];
    }
    places[place] = model;
}

void fixture_order(const struct fixture *fixture)
{
    uint32_t models = snapshot_rows(&fixture->snapshot, SNAPSHOT_MODELS);

    for (uint32_t order = 0; order < MODEL_ORDER_COUNT; order++) {
        uint32_t *places = fixture_row(fixture, SNAPSHOT_ORDERS, order * models);

        for (uint32_t model = 0; model < models; model++)
            insert(fixture, order, places, model);
    }
}

static void add_search_text(struct builder *to, uint32_t number)
{
    struct ref *row = fixture_row(to->fixture, SNAPSHOT_SEARCH_TEXTS, number);
    char slug[FIXTURE_SLUG_BYTES];
    char text[LAYOUT_SLUG_BYTES_MAX * 2 + NAME_BYTES];
    int len = snprintf(text, sizeof(text), "%.*s\n%.*s", SPAN_FMT(slug_of(to, number, slug)),
                       SPAN_FMT(slug_of(to, number, slug)));

    *row = add_bytes(to, (struct span){text, (size_t)len});
}

static void fill_tables(struct builder *to)
{
    struct snapshot_header *header = to->fixture->header;

    memset(fixture_row(to->fixture, SNAPSHOT_MODEL_SLOTS, 0), 0xff,
           header->tables[SNAPSHOT_MODEL_SLOTS].rows * sizeof(uint32_t));
    memset(fixture_row(to->fixture, SNAPSHOT_KEY_SLOTS, 0), 0xff,
           header->tables[SNAPSHOT_KEY_SLOTS].rows * sizeof(uint32_t));
    add_providers(to);
    for (uint32_t n = 0; n < to->plan->model_count; n++)
        add_model(to, n);
    for (uint32_t n = 0; n < to->plan->key_count; n++)
        add_key(to, n);
    add_subject(to, SNAPSHOT_USERS, CELL_USER);
    add_subject(to, SNAPSHOT_GROUPS, CELL_GROUP);
    for (uint32_t dialect = 0; dialect < DIALECT_COUNT; dialect++)
        add_fragments(to, dialect);
    for (uint32_t set = 0; set < to->plan->set_count; set++)
        add_set(to, set);
    for (uint32_t n = 0; n < to->plan->model_count; n++)
        add_search_text(to, n);
    if (to->plan->has_browser)
        add_browser(to);
    INVARIANT(to->cells == header->tables[SNAPSHOT_CELLS].rows);
    header->cells_used = to->cells;
    qsort(fixture_row(to->fixture, SNAPSHOT_CELLS, 0), to->cells, sizeof(struct cell_row),
          order_cells);
}

void fixture_build(const struct fixture_plan *plan, struct fixture *out)
{
    struct snapshot_header header = {0};
    size_t tables_end = place_tables(plan, &header);
    size_t capacity = tables_end + (size_t)plan->model_count * BYTES_PER_MODEL +
                      (size_t)plan->key_count * BYTES_PER_KEY + BYTES_BESIDES;
    struct builder builder = {.plan = plan, .fixture = out, .digester = digester_new()};

    capacity = capacity / LAYOUT_TABLE_ALIGN * LAYOUT_TABLE_ALIGN;
    *out = (struct fixture){.memory = aligned_alloc(LAYOUT_TABLE_ALIGN, capacity)};
    INVARIANT(out->memory != NULL && builder.digester != NULL);
    memset(out->memory, 0, capacity);
    memcpy(out->memory, &header, sizeof(header));
    void *memory = out->memory;
    out->header = memory;
    out->bytes = tables_end;
    fill_header(&builder);
    fill_tables(&builder);
    INVARIANT(out->bytes <= capacity);
    out->header->total_bytes = out->bytes;
    out->snapshot = (struct snapshot){out->header, out->bytes};
    fixture_order(out);
    fixture_sum(out);
    digester_free(&builder.digester);
}

void fixture_free(struct fixture *fixture)
{
    free(fixture->memory);
    *fixture = (struct fixture){0};
}

void fixture_sum(struct fixture *fixture)
{
    fixture->header->checksum = snapshot_checksum(fixture->memory + LAYOUT_CHECKSUM_FROM,
                                                  fixture->bytes - LAYOUT_CHECKSUM_FROM);
}

int fixture_memfd(const void *bytes, size_t len, int seals)
{
    int fd = memfd_create("fixture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    INVARIANT(fd >= 0);
    for (size_t done = 0; done < len;) {
        ssize_t wrote = write(fd, (const char *)bytes + done, len - done);

        INVARIANT(wrote > 0);
        done += (size_t)wrote;
    }
    int sealed = fcntl(fd, F_ADD_SEALS, seals);
    INVARIANT(sealed == 0);
    return fd;
}

void *fixture_secrets(const char *const *texts, uint32_t count, size_t *bytes)
{
    size_t at = sizeof(struct secrets_header) + count * sizeof(struct secret_row);
    size_t capacity = at;

    for (uint32_t n = 0; n < count; n++)
        capacity += strlen(texts[n]);
    char *memory = calloc(1, capacity);
    INVARIANT(memory != NULL);
    struct secrets_header header = {.magic = SECRETS_MAGIC,
                                    .version = LAYOUT_VERSION,
                                    .rows = count,
                                    .total_bytes = capacity,
                                    .generation = 1};
    for (uint32_t n = 0; n < count; n++) {
        struct secret_row row = {.offset = at, .len = (uint32_t)strlen(texts[n])};

        memcpy(memory + sizeof(header) + n * sizeof(row), &row, sizeof(row));
        memcpy(memory + at, texts[n], row.len);
        at += row.len;
    }
    memcpy(memory, &header, sizeof(header));
    header.checksum = snapshot_checksum(memory + LAYOUT_CHECKSUM_FROM,
                                        capacity - LAYOUT_CHECKSUM_FROM);
    memcpy(memory, &header, sizeof(header));
    *bytes = capacity;
    return memory;
}
