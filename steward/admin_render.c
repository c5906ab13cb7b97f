#include "steward/admin_render.h"

#include "lib/base/timestamp.h"
#include "shm/rows.h"

static void add_word(struct text *out, const char *word)
{
    text_add(out, SPAN(",\""));
    text_add(out, span_of(word));
    text_add(out, SPAN("\":"));
}

void render_text(struct text *out, const char *word, struct span text)
{
    add_word(out, word);
    if (text.len > 0)
        text_add_json(out, text);
    else
        text_add(out, SPAN("null"));
}

void render_time(struct text *out, const char *word, int64_t unix_s)
{
    add_word(out, word);
    timestamp_add_json(out, unix_s);
}

void render_number(struct text *out, const char *word, uint64_t number)
{
    add_word(out, word);
    text_add_unsigned(out, number);
}

static void add_switch(struct text *out, const char *word, bool on)
{
    add_word(out, word);
    text_add(out, on ? SPAN("true") : SPAN("false"));
}

static void add_list(struct text *out, const char *word, uint32_t count, const struct span *items)
{
    add_word(out, word);
    text_add_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        text_add_json(out, items[i]);
    }
    text_add_char(out, ']');
}

static void add_models(struct text *out, const char *word, const struct directory_models *models)
{
    if (!models->all) {
        add_list(out, word, models->count, models->slugs);
        return;
    }
    add_word(out, word);
    text_add(out, SPAN("\"all\""));
}

static void add_name(struct text *out, struct span name)
{
    text_add(out, SPAN("{\"name\":"));
    text_add_json(out, name);
}

void render_subject(struct text *out, enum directory_kind kind,
                    const struct directory_subject *subject)
{
    add_name(out, subject->name);
    add_word(out, "display");
    text_add_json(out, subject->display.len == 0 ? SPAN("") : subject->display);
    add_switch(out, "disabled", subject->disabled);
    add_models(out, "models", &subject->models);
    if (kind == DIRECTORY_USER)
        add_list(out, "groups", subject->group_count, subject->groups);
    render_number(out, "version", subject->version);
    render_time(out, "created", subject->created_ms / 1000);
    render_time(out, "changed", subject->changed_ms / 1000);
    text_add_char(out, '}');
}

static void add_scopes(struct text *out, uint32_t scopes)
{
    static const struct {
        uint32_t scope;
        struct span word;
    } rows[] = {
        {KEY_SCOPE_LIST, {"list", 4}},
        {KEY_SCOPE_CALL, {"call", 4}},
        {KEY_SCOPE_ADMIN, {"admin", 5}},
    };
    struct span words[sizeof(rows) / sizeof(rows[0])];
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((scopes & rows[i].scope) != 0)
            words[count++] = rows[i].word;
    }
    add_list(out, "scopes", count, words);
}

void render_key(struct text *out, const struct directory_key *key, bool open)
{
    add_name(out, key->name);
    render_text(out, "user", key->user);
    render_text(out, "group", key->group);
    add_models(out, "allowed_models", &key->allowed);
    render_time(out, "expires", key->expires_s);
    add_scopes(out, key->scopes);
    add_switch(out, "disabled", key->disabled);
    render_text(out, "state", span_of(directory_state_word(key->state)));
    render_number(out, "version", key->version);
    render_time(out, "created", key->created_ms / 1000);
    render_time(out, "changed", key->changed_ms / 1000);
    render_time(out, "revoked", key->revoked_ms / 1000);
    render_time(out, "old_key_until", key->old_until_s);
    if (!open)
        text_add_char(out, '}');
}

void render_grants(struct text *out, const struct directory_models *models, uint64_t version)
{
    text_add(out, models->all ? SPAN("{\"all\":true") : SPAN("{\"all\":false"));
    add_list(out, "models", models->count, models->slugs);
    render_number(out, "version", version);
    text_add_char(out, '}');
}

/* `before` and `after` are JSON already. */
static void add_json_or_null(struct text *out, const char *word, struct span json)
{
    add_word(out, word);
    text_add(out, json.len > 0 ? json : SPAN("null"));
}

void render_audit(struct text *out, const struct audit_row *row)
{
    text_add(out, SPAN("{\"change\":"));
    text_add_unsigned(out, row->change);
    render_time(out, "at", row->at_ms / 1000);
    render_text(out, "actor", row->actor);
    render_text(out, "verb", row->verb);
    render_text(out, "kind", row->kind);
    render_text(out, "name", row->name);
    add_json_or_null(out, "before", row->before);
    add_json_or_null(out, "after", row->after);
    text_add_char(out, '}');
}
