/* `weir diff FILE`: load both, compare, print. */
#include "tools/diff.h"

#include "lib/base/err.h"
#include "tools/admin_begin.h"
#include "tools/tools.h"

#include <stdio.h>

#define ARENA_BYTES_MAX ((size_t)2 << 30)

int diff_find(struct diff *diff, const struct offline *before, const struct offline *after)
{
    *diff = (struct diff){
        .before = before,
        .after = after,
        .arena = arena_new(ARENA_BYTES_MAX),
        .changes = {.row_bytes = sizeof(struct diff_change)},
        .access = {.row_bytes = sizeof(struct diff_access)},
        .keys = {.row_bytes = sizeof(struct span)},
        .slugs = {.row_bytes = sizeof(struct span)},
    };
    int err = diff->arena == NULL ? ERR_NO_MEMORY : diff_find_changes(diff);

    return err != 0 ? err : diff_find_access(diff);
}

void diff_close(struct diff *diff)
{
    list_close(&diff->changes);
    list_close(&diff->access);
    list_close(&diff->keys);
    list_close(&diff->slugs);
    arena_free(&diff->arena);
}

static int print(const struct diff *diff, bool is_json)
{
    if (is_json)
        diff_print_json(diff);
    else
        diff_print(diff);
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return diff_is_empty(diff) ? TOOL_OK : TOOL_FAILED;
    fprintf(stderr, "%s: cannot write the differences\n", diff->before->who);
    return TOOL_USAGE;
}

static int compare(const struct offline *before, const struct offline *after, bool is_json)
{
    struct diff diff;

    if (!offline_knows_directory(before) || !offline_knows_directory(after))
        return TOOL_USAGE;
    int err = diff_find(&diff, before, after);
    if (err != 0)
        fprintf(stderr, "%s: the configurations cannot be compared: %s\n", before->who,
                err_text(err));
    int result = err != 0 ? TOOL_USAGE : print(&diff, is_json);
    diff_close(&diff);
    return result;
}

int tool_diff(int argc, char **argv)
{
    struct admin_words words;
    struct offline before;
    struct offline after = {0};
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    result = TOOL_USAGE;
    if (offline_open(&before, who, words.values[ADMIN_OPTION_FROM_CONFIG]) &&
        offline_open(&after, who, words.argument))
        result = compare(&before, &after, admin_words_have(&words, ADMIN_OPT(AS_JSON)));
    offline_close(&after);
    offline_close(&before);
    return result;
}
