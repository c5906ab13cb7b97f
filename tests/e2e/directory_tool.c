/*
 * Changes `STATE_DIR/weir.db` by the steward's own operations and writes the export, as a test says
 * it on standard input, a line an operation:
 *
 *   group NAME MODELS             MODELS, GROUPS: names with commas, `all` or `-` for none
 *   user NAME GROUPS MODELS
 *   key NAME TEXT USER GROUP MODELS
 *   rotate NAME SECONDS           prints the new text; the old one works for so long
 *   revoke NAME                   also one that the directory does not know
 *   disable-user NAME
 *   remove-key NAME
 *   touch NAME                    a change of a key that leaves all as it is: disabled and enabled
 *
 * The export is written when standard input ends.
 */
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "shm/rows.h"
#include "steward/directory_keys.h"
#include "steward/export.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORDS_MAX = 8, NAMES_MAX = 64, LINE_BYTES = 4096 };

#define MEMORY_BYTES_MAX (UINT64_C(64) << 20)

struct tool {
    struct directory_call call;
    struct directory_refusal refusal;
};

static struct span word_or_none(struct span word)
{
    return span_equal(word, SPAN("-")) ? (struct span){NULL, 0} : word;
}

/* Splits at `separator`; @return how many */
static uint32_t split(struct span text, char separator, struct span *out, uint32_t max)
{
    uint32_t count = 0;

    while (text.len > 0 && count < max) {
        const char *end = memchr(text.ptr, separator, text.len);
        struct span word = span_from(text.ptr, end == NULL ? text.ptr + text.len : end);

        out[count++] = word;
        text = span_skip(text, word.len + (end == NULL ? 0 : 1));
    }
    return count;
}

static struct directory_models models_of(struct tool *tool, struct span word)
{
    struct span *slugs = arena_take(tool->call.arena, NAMES_MAX * sizeof(*slugs));

    if (span_equal(word, SPAN("all")))
        return (struct directory_models){.all = true};
    uint32_t count = split(word_or_none(word), ',', slugs, NAMES_MAX);
    return (struct directory_models){.count = count, .slugs = slugs};
}

static int add_group(struct tool *tool, const struct span *words)
{
    const struct directory_subject group = {.name = words[1], .models = models_of(tool, words[2])};

    return directory_subject_add(&tool->call, DIRECTORY_GROUP, &group);
}

static int add_user(struct tool *tool, const struct span *words)
{
    const struct directory_models groups = models_of(tool, words[2]);
    const struct directory_subject user = {
        .name = words[1],
        .models = models_of(tool, words[3]),
        .group_count = groups.count,
        .groups = groups.slugs,
    };

    return directory_subject_add(&tool->call, DIRECTORY_USER, &user);
}

static int add_key(struct tool *tool, const struct span *words)
{
    const struct directory_import import = {
        .key = {.name = words[1],
                .user = word_or_none(words[3]),
                .group = word_or_none(words[4]),
                .allowed = models_of(tool, words[5]),
                .scopes = KEY_SCOPE_LIST | KEY_SCOPE_CALL},
        .text = words[2],
    };
    struct directory_import_result result;

    return directory_key_import(&tool->call, &import, 1, &result);
}

static int rotate_key(struct tool *tool, const struct span *words)
{
    const struct directory_target target = {.name = words[1]};
    struct directory_secret secret;
    int64_t seconds = strtoll(words[2].ptr, NULL, 10);
    int err = directory_key_rotate(&tool->call, &target, wall_now_s() + seconds, &secret);

    if (err == 0)
        printf("%s\n", secret.text);
    return err;
}

static int revoke_key(struct tool *tool, const struct span *words)
{
    return directory_key_revoke(&tool->call, &(struct directory_target){.name = words[1]});
}

static int remove_key(struct tool *tool, const struct span *words)
{
    return directory_key_remove(&tool->call, &(struct directory_target){.name = words[1]});
}

static int disable_user(struct tool *tool, const struct span *words)
{
    return directory_subject_update(
        &tool->call, DIRECTORY_USER, &(struct directory_target){.name = words[1]},
        DIRECTORY_GIVES(DISABLED), &(struct directory_subject){.disabled = true});
}

static int touch_key(struct tool *tool, const struct span *words)
{
    const struct directory_target target = {.name = words[1]};
    struct directory_key key = {.disabled = true};
    int err = directory_key_update(&tool->call, &target, DIRECTORY_GIVES(DISABLED), &key);

    key.disabled = false;
    return err != 0 ? err
                    : directory_key_update(&tool->call, &target, DIRECTORY_GIVES(DISABLED), &key);
}

static const struct {
    const char *word;
    uint32_t words;
    int (*run)(struct tool *tool, const struct span *words);
} operations[] = {
    {"group", 3, add_group},           {"user", 4, add_user},     {"key", 6, add_key},
    {"rotate", 3, rotate_key},         {"revoke", 2, revoke_key}, {"remove-key", 2, remove_key},
    {"disable-user", 2, disable_user}, {"touch", 2, touch_key},
};

static int run_line(struct tool *tool, const char *line)
{
    struct span words[WORDS_MAX];
    uint32_t count = split((struct span){line, strcspn(line, "\n")}, ' ', words, WORDS_MAX);

    for (size_t i = 0; count > 0 && i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (span_equal(span_of(operations[i].word), words[0]) && operations[i].words == count)
            return operations[i].run(tool, words);
    }
    return ERR_INVALID;
}

static int run_all(struct tool *tool, const char *state_dir)
{
    struct export_result result;
    char line[LINE_BYTES];

    while (fgets(line, sizeof(line), stdin) != NULL) {
        int err = run_line(tool, line);

        if (err != 0) {
            fprintf(stderr, "directory_tool: %s%s\n", line, tool->refusal.sentence);
            return err;
        }
    }
    return export_write(&tool->call, state_dir, &result);
}

int main(int argc, char **argv)
{
    char path[DATABASE_PATH_BYTES_MAX];
    struct database_trouble trouble;
    struct tool tool = {
        .call = {.digester = digester_new(),
                 .actor = SPAN("test"),
                 .now_ms = wall_now_s() * 1000,
                 .arena = arena_new(MEMORY_BYTES_MAX)},
    };

    if (argc != 2) {
        fputs("usage: directory_tool STATE_DIR\n", stderr);
        return 2;
    }
    (void)snprintf(path, sizeof(path), "%s/weir.db", argv[1]);
    tool.call.refusal = &tool.refusal;
    int err = database_open(&(struct database_options){.path = path, .busy_ms = DATABASE_BUSY_MS},
                            &tool.call.database, &trouble);
    if (err != 0)
        fprintf(stderr, "directory_tool: %s\n", trouble.sentence);
    else
        err = run_all(&tool, argv[1]);
    if (err != 0)
        fprintf(stderr, "directory_tool: %s: %s\n", err_text(err), tool.refusal.sentence);
    database_close(&tool.call.database);
    arena_free(&tool.call.arena);
    digester_free(&tool.call.digester);
    return err == 0 ? 0 : 1;
}
