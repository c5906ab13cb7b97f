/* Who may call a model that is new or gone, and what such a key may call: asked of lib/access. */
#include "tools/diff.h"

struct names_line {
    struct text *out;
    uint32_t count;
};

static void add_name(struct names_line *line, struct span name)
{
    if (line->count < DIFF_NAMES_SHOWN) {
        text_add(line->out, line->count > 0 ? SPAN(", ") : SPAN(""));
        text_add(line->out, name);
    }
    line->count++;
}

static void end(const struct names_line *line)
{
    if (line->count <= DIFF_NAMES_SHOWN)
        return;
    text_add(line->out, SPAN(" and "));
    text_add_unsigned(line->out, line->count - DIFF_NAMES_SHOWN);
    text_add(line->out, SPAN(" more"));
}

static void add_models(const struct offline *offline, uint32_t key, struct names_line *line)
{
    const struct snapshot *snapshot = &offline->snapshot;
    const struct caller caller = {.key = key};
    struct access access;

    if (offline_identify(offline, &caller, KEY_SCOPE_CALL, &access) != 0)
        return;
    for (uint32_t model = 0; model < snapshot_rows(snapshot, SNAPSHOT_MODELS); model++) {
        if (snapshot_is_granted(snapshot, access.grant_set, model))
            add_name(line, snapshot_bytes(snapshot, snapshot_model(snapshot, model)->slug));
    }
}

static void add_keys(const struct offline *offline, struct span slug, struct names_line *line)
{
    const struct data *data = offline_data(offline);
    const uint32_t count = data->key_count - data->directory.old_digest_count;
    const struct caller anonymous = {.is_anonymous = true, .key = ROW_NONE};

    if (offline_admit(offline, &anonymous, slug) == 0)
        add_name(line, SPAN("(no key)"));
    for (uint32_t key = 0; key < count; key++) {
        const struct caller caller = {.key = key};

        if (offline_admit(offline, &caller, slug) == 0)
            add_name(line, data->keys[key].name);
    }
}

bool diff_add_reach(const struct diff *diff, const struct diff_change *change, struct text *out)
{
    const struct offline *offline = change->kind == DIFF_ADDED ? diff->after : diff->before;
    const bool is_key = strcmp(change->section, "keys") == 0;
    struct names_line line = {.out = out};

    if (change->kind == DIFF_CHANGED || (!is_key && strcmp(change->section, "models") != 0))
        return false;
    if (is_key)
        add_models(offline, change->number, &line);
    else
        add_keys(offline, change->name, &line);
    if (line.count == 0)
        text_add(out, is_key ? SPAN("nothing") : SPAN("no key"));
    end(&line);
    return true;
}
