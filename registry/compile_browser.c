#include "registry/compile_browser.h"

#include "lib/base/err.h"
#include "registry/files.h"
#include "shm/keysets_file.h"
#include "shm/snapshot_browser.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert((int)DATA_ISSUERS_MAX + 1 == (int)BROWSER_ISSUERS_MAX &&
                   (int)KEYSETS_MAX == (int)BROWSER_ISSUERS_MAX,
               "App Check and the others");

static struct browser_issuer_row issuer_row(struct build *build, const struct data_issuer *issuer)
{
    return (struct browser_issuer_row){
        .issuer = pool_add(&build->pool, issuer->issuer),
        .audience = pool_add(&build->pool, issuer->audience),
        .keys_url = pool_add(&build->pool, issuer->keys_url),
    };
}

static int compile_issuers(struct build *build)
{
    const struct data_browser *browser = &build->data->browser;
    uint32_t count = browser->issuer_count == 0 ? 0 : browser->issuer_count + 1;
    struct browser_issuer_row *rows = build_take_rows(build, SNAPSHOT_BROWSER_ISSUERS, count);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        rows[i] = issuer_row(build, i == 0 ? &browser->app_check : &browser->issuers[i - 1]);
    return build->pool.err;
}

static struct digest identity_of(struct build *build, const struct data_browser_user *user)
{
    digester_begin(build->digester);
    digester_add(build->digester, user->issuer);
    digester_add(build->digester, (struct span){"", 1});
    digester_add(build->digester, user->subject);
    return digester_end(build->digester);
}

static int order_users(const void *a, const void *b)
{
    const struct browser_user_row *left = a;
    const struct browser_user_row *right = b;

    return memcmp(left->identity.bytes, right->identity.bytes, DIGEST_BYTES);
}

int compile_browser(struct build *build)
{
    const struct data_browser *browser = &build->data->browser;
    uint32_t count = browser->issuer_count == 0 ? 0 : browser->user_count;
    struct browser_user_row *rows = build_take_rows(build, SNAPSHOT_BROWSER_USERS, count);

    if (rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct browser_user_row){
            .identity = identity_of(build, &browser->users[i]),
            .user = browser->users[i].user,
        };
    if (count > 1)
        qsort(rows, count, sizeof(*rows), order_users);
    return compile_issuers(build);
}

static void add_keys(struct build *build, struct browser_issuer_row *issuer,
                     const struct keyset *set)
{
    struct build_table *table = &build->tables[SNAPSHOT_BROWSER_KEYS];
    struct browser_key_row *rows = table->rows;

    issuer->key_first = table->count;
    if (set == NULL)
        return;
    issuer->fetched_s = set->fetched_s;
    issuer->key_count = set->key_count;
    for (uint32_t i = 0; i < set->key_count; i++)
        rows[table->count++] = (struct browser_key_row){
            .key_id = pool_add(&build->pool, set->keys[i].key_id),
            .modulus = pool_add(&build->pool, set->keys[i].modulus),
            .exponent = pool_add(&build->pool, set->keys[i].exponent),
        };
}

static void warn(struct build *build, const struct data_issuer *issuer, const char *problem)
{
    report_add(build->report, REPORT_WARNING,
               issuer == NULL ? build->data->browser.place : issuer->place, "browser", "",
               "%s: its tokens are refused until the steward has fetched them", problem);
}

static void add_sets(struct build *build, const struct keysets *sets)
{
    const struct data_browser *browser = &build->data->browser;
    struct browser_issuer_row *rows = build->tables[SNAPSHOT_BROWSER_ISSUERS].rows;

    for (uint32_t i = 0; i < build->tables[SNAPSHOT_BROWSER_ISSUERS].count; i++) {
        const struct data_issuer *issuer = i == 0 ? &browser->app_check : &browser->issuers[i - 1];
        const struct keyset *set = keysets_find(sets, issuer->keys_url);

        add_keys(build, &rows[i], set);
        if (set == NULL)
            warn(build, issuer, "the keys of this issuer are not known");
        else if (snapshot_issuer_is_stale(&rows[i], build->input->now_s))
            warn(build, issuer, "the keys of this issuer were fetched more than 24 hours ago");
    }
}

/* What could be read of the file: nothing, with a warning that says why, or the sets. */
static int read_sets(struct build *build, struct span *file, struct keysets *sets)
{
    char path[PATH_MAX];
    char complaint[PATH_MAX + 128];
    const char *problem = "its path is too long";
    int len = snprintf(path, sizeof(path), "%.*s/%s", SPAN_FMT(build->data->state_dir),
                       KEYSETS_FILE_NAME);
    int err = len < 0 || (size_t)len >= sizeof(path)
                  ? ERR_NO_SPACE
                  : file_content_read(path, KEYSETS_FILE_BYTES_MAX, file, &problem);

    sets->count = 0;
    if (err == 0) {
        struct text memory = text_over(build_take(build, file->len + 1, 1), file->len);

        if (memory.ptr == NULL)
            return ERR_NO_MEMORY;
        err = keysets_file_parse(*file, &memory, sets);
        problem = err_text(err);
    }
    if (err == ERR_NO_MEMORY)
        return err;
    if (err != 0) {
        (void)snprintf(complaint, sizeof(complaint), "%s cannot be used (%s)", path, problem);
        warn(build, NULL, complaint);
    }
    return 0;
}

int compile_keysets(struct build *build)
{
    uint32_t issuers = build->tables[SNAPSHOT_BROWSER_ISSUERS].count;
    struct browser_key_row *rows = build_take_rows(build, SNAPSHOT_BROWSER_KEYS,
                                                   issuers * KEYSET_KEYS_MAX);
    struct keysets *sets = build_take(build, 1, sizeof(*sets));
    struct span file = {NULL, 0};

    if (rows == NULL || sets == NULL)
        return ERR_NO_MEMORY;
    build->tables[SNAPSHOT_BROWSER_KEYS].count = 0;
    if (issuers == 0)
        return 0;
    int err = read_sets(build, &file, sets);
    if (err == 0)
        add_sets(build, sets);
    file_content_free(&file);
    return err != 0 ? err : build->pool.err;
}
