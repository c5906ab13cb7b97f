/* Which keys gain or lose which models: asked of lib/access, for both configurations. */
#include "tools/diff.h"

#include "lib/base/err.h"
#include "registry/names.h"

#include <stdlib.h>

/* What a key may call before and after: rows of GRANT_SETS. */
struct pair {
    uint32_t before;
    uint32_t after;
    struct span key;
};

/* The empty set is row 0: whom the gateway refuses may call nothing. */
enum { EMPTY_SET = 0 };

static uint32_t set_of(const struct offline *offline, const struct caller *caller)
{
    struct access access;

    return offline_identify(offline, caller, KEY_SCOPE_CALL, &access) == 0 ? access.grant_set
                                                                           : EMPTY_SET;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left;
    const struct pair *b = right;

    if (a->before != b->before)
        return a->before < b->before ? -1 : 1;
    if (a->after != b->after)
        return a->after < b->after ? -1 : 1;
    int order = memcmp(a->key.ptr, b->key.ptr, a->key.len < b->key.len ? a->key.len : b->key.len);
    return order != 0 ? order : (a->key.len > b->key.len) - (a->key.len < b->key.len);
}

/* --- pairs ------------------------------------------------------------------------------------ */

static int add_pair(struct list *pairs, struct span key, uint32_t before, uint32_t after)
{
    struct pair *pair = list_add(pairs);

    if (pair == NULL)
        return ERR_NO_MEMORY;
    *pair = (struct pair){before, after, key};
    return 0;
}

/* By name, the first of each: the texts that a rotated key had before stand behind it. */
static int number_keys(const struct offline *offline, struct names *names)
{
    const struct data *data = offline_data(offline);
    const uint32_t count = data->key_count - data->directory.old_digest_count;
    uint32_t number;
    int err = 0;

    for (uint32_t i = 0; err != ERR_NO_MEMORY && i < count; i++)
        err = names_add(names, data->keys[i].name, (struct report_place){0}, &number);
    return err == ERR_NO_MEMORY ? err : 0;
}

static int pair_keys(const struct diff *diff, struct list *pairs)
{
    struct names before;
    struct names after;

    names_init(&before, diff->arena);
    names_init(&after, diff->arena);
    int err = number_keys(diff->before, &before);
    if (err == 0)
        err = number_keys(diff->after, &after);
    for (uint32_t i = 0; err == 0 && i < before.count; i++) {
        int64_t there = names_find(&after, before.entries[i].text);
        const struct caller old_key = {.key = i};
        const struct caller new_key = {.key = there == NAME_NONE ? ROW_NONE : (uint32_t)there};

        err = add_pair(pairs, before.entries[i].text, set_of(diff->before, &old_key),
                       set_of(diff->after, &new_key));
    }
    for (uint32_t i = 0; err == 0 && i < after.count; i++) {
        const struct caller new_key = {.key = i};

        if (names_find(&before, after.entries[i].text) == NAME_NONE)
            err = add_pair(pairs, after.entries[i].text, EMPTY_SET, set_of(diff->after, &new_key));
    }
    return err;
}

/* --- what they come to ------------------------------------------------------------------------ */

static int add_span(struct list *list, struct span text)
{
    struct span *row = list_add(list);

    if (row == NULL)
        return ERR_NO_MEMORY;
    *row = text;
    return 0;
}

/* What the one set has and the other has not, in display order. @return how many, or an error */
static int64_t add_missing(struct diff *diff, const struct offline *here, uint32_t set,
                           const struct offline *there, uint32_t other_set)
{
    const uint32_t count = snapshot_rows(&here->snapshot, SNAPSHOT_MODELS);
    int64_t added = 0;

    for (uint32_t model = 0; model < count; model++) {
        const struct span slug = snapshot_bytes(&here->snapshot,
                                                snapshot_model(&here->snapshot, model)->slug);
        const uint32_t other = snapshot_find_model(&there->snapshot, slug);

        if (!snapshot_is_granted(&here->snapshot, set, model) ||
            (other != ROW_NONE && snapshot_is_granted(&there->snapshot, other_set, other)))
            continue;
        if (add_span(&diff->slugs, slug) != 0)
            return ERR_NO_MEMORY;
        added++;
    }
    return added;
}

static bool is_same(const struct pair *a, const struct pair *b)
{
    return a->before == b->before && a->after == b->after;
}

/* @param end  one past the last pair that is like the first */
static int add_access(struct diff *diff, const struct list *pairs, uint32_t first, uint32_t end)
{
    const struct pair *pair = list_at(pairs, first);
    const uint32_t slug_first = diff->slugs.count;
    int64_t gains = add_missing(diff, diff->after, pair->after, diff->before, pair->before);
    int64_t losses = gains < 0
                         ? gains
                         : add_missing(diff, diff->before, pair->before, diff->after, pair->after);

    if (losses <= 0 && gains <= 0)
        return losses < 0 ? ERR_NO_MEMORY : 0;
    if (losses < 0)
        return ERR_NO_MEMORY;
    struct diff_access *access = list_add(&diff->access);
    if (access == NULL)
        return ERR_NO_MEMORY;
    *access = (struct diff_access){diff->keys.count, end - first, slug_first, (uint32_t)gains,
                                   (uint32_t)losses};
    for (uint32_t i = first; i < end; i++) {
        if (add_span(&diff->keys, ((const struct pair *)list_at(pairs, i))->key) != 0)
            return ERR_NO_MEMORY;
    }
    return 0;
}

static int add_all(struct diff *diff, const struct list *pairs)
{
    uint32_t end;
    int err = 0;

    for (uint32_t first = 0; err == 0 && first < pairs->count; first = end) {
        end = first + 1;
        while (end < pairs->count && is_same(list_at(pairs, first), list_at(pairs, end)))
            end++;
        err = add_access(diff, pairs, first, end);
    }
    return err;
}

int diff_find_access(struct diff *diff)
{
    const struct caller anonymous = {.is_anonymous = true, .key = ROW_NONE};
    struct list pairs = {.row_bytes = sizeof(struct pair)};
    struct list callers = {.row_bytes = sizeof(struct pair)};
    int err = pair_keys(diff, &pairs);

    if (err == 0 && pairs.count > 0)
        qsort(pairs.rows, pairs.count, sizeof(struct pair), compare_pairs);
    if (err == 0)
        err = add_pair(&callers, SPAN(""), set_of(diff->before, &anonymous),
                       set_of(diff->after, &anonymous));
    if (err == 0)
        err = add_all(diff, &callers);
    if (err == 0)
        err = add_all(diff, &pairs);
    list_close(&pairs);
    list_close(&callers);
    return err;
}
