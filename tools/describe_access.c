/* Groups, users, keys and settings as JSON. */
#include "tools/describe.h"

#include "registry/settings.h"
#include "tools/describe_json.h"

enum { MICRO_SCALE = 6 };

/* --- who -------------------------------------------------------------------------------------- */

/* Numbers in an array of the data, and the array. */
struct numbers {
    const struct data *data;
    const uint32_t *numbers;
};

static struct span slug_at(const void *context, uint32_t i)
{
    const struct numbers *numbers = context;

    return numbers->data->models[numbers->numbers[i]].slug;
}

static struct span group_at(const void *context, uint32_t i)
{
    const struct numbers *numbers = context;

    return numbers->data->groups[numbers->numbers[i]].name;
}

static void add_grant(struct text *out, struct span name, const struct data *data,
                      const struct data_grant *grant)
{
    const struct numbers models = {data, grant->models};

    if (grant->all)
        field_string(out, name, SPAN("all"));
    else
        describe_list(out, name, slug_at, &models, grant->count);
}

static void add_rate(struct text *out, struct span name, const struct data_rate *rate)
{
    text_add(out, name);
    field_unsigned_or_null(out, SPAN("{\"per_minute\":"), rate->per_minute);
    field_unsigned_or_null(out, SPAN(",\"burst\":"), rate->burst);
    text_add_char(out, '}');
}

static void add_limits(struct text *out, const struct data_limits *limits)
{
    add_rate(out, SPAN(",\"limits\":{\"requests\":"), &limits->requests);
    add_rate(out, SPAN(",\"input_tokens\":"), &limits->input_tokens);
    add_rate(out, SPAN(",\"output_tokens\":"), &limits->output_tokens);
    field_unsigned_or_null(out, SPAN(",\"concurrent\":"), limits->concurrent);
    text_add_char(out, '}');
}

static void add_budget(struct text *out, const struct data_budget *budget)
{
    static const struct span windows[] = {[WINDOW_DAY] = {"day", 3},
                                          [WINDOW_WEEK] = {"week", 4},
                                          [WINDOW_MONTH] = {"month", 5},
                                          [WINDOW_TOTAL] = {"total", 5}};

    text_add(out, SPAN(",\"budget\":{\"usd\":"));
    if (budget->given)
        text_add_decimal(out, budget->micro_usd, MICRO_SCALE);
    else
        text_add(out, SPAN("null"));
    field_string_or_null(out, SPAN(",\"per\":"), budget->given ? windows[budget->per] : SPAN(""));
    text_add_char(out, '}');
}

void describe_subject(const struct data *data, const struct data_subject *subject, bool is_user,
                      struct text *out)
{
    const struct numbers groups = {data, subject->groups};

    field_bool(out, SPAN("{\"disabled\":"), subject->disabled);
    add_grant(out, SPAN(",\"models\":"), data, &subject->grant);
    if (is_user)
        describe_list(out, SPAN(",\"groups\":"), group_at, &groups, subject->group_count);
    add_limits(out, &subject->limits);
    add_budget(out, &subject->budget);
    text_add_char(out, '}');
}

void describe_key(const struct data *data, const struct data_key *key, struct text *out)
{
    static const char *const scopes[] = {"list", "call", "admin"};
    const uint32_t scope_bits = key->flags & (KEY_SCOPE_LIST | KEY_SCOPE_CALL | KEY_SCOPE_ADMIN);
    const struct numbers allowed = {data, key->allowed};
    char hex[DIGEST_HEX_BYTES];

    digest_to_hex(&key->digest, hex);
    field_string(out, SPAN("{\"sha256\":"), (struct span){hex, sizeof(hex)});
    field_string_or_null(out, SPAN(",\"user\":"),
                         key->user == ROW_NONE ? SPAN("") : data->users[key->user].name);
    field_string_or_null(out, SPAN(",\"group\":"),
                         key->group == ROW_NONE ? SPAN("") : data->groups[key->group].name);
    if (key->restricted)
        describe_list(out, SPAN(",\"allowed_models\":"), slug_at, &allowed, key->allowed_count);
    else
        field_string(out, SPAN(",\"allowed_models\":"), SPAN("all"));
    describe_time(out, SPAN(",\"expires\":"), key->expires_s);
    describe_flags(out, SPAN(",\"scopes\":"), scopes, scope_bits / KEY_SCOPE_LIST);
    field_bool(out, SPAN(",\"disabled\":"), (key->flags & KEY_DISABLED) != 0);
    field_bool(out, SPAN(",\"revoked\":"), (key->flags & KEY_REVOKED) != 0);
    text_add_char(out, '}');
}

/* --- settings --------------------------------------------------------------------------------- */

static struct span listen_at(const void *context, uint32_t i)
{
    return ((const struct data *)context)->listen[i];
}

static void add_setting(struct text *out, const struct data *data, uint32_t n)
{
    uint64_t value;

    memcpy(&value, (const char *)data + setting_fields[n].offset, sizeof(value));
    text_add_json(out, setting_fields[n].name);
    text_add_char(out, ':');
    if (n == SETTING_workers && value == 0)
        text_add_json(out, SPAN("auto"));
    else if (settings_table[n].kind == SETTING_KIND_SWITCH)
        text_add(out, value != 0 ? SPAN("true") : SPAN("false"));
    else
        text_add_unsigned(out, value);
}

/* The rows of a section stand together; those of "top" are the document's own. */
static void add_sections(struct text *out, const struct data *data)
{
    const char *section = "top";

    for (uint32_t n = 0; n < SETTING_NUMBER_COUNT; n++) {
        const bool begins = strcmp(settings_table[n].section, section) != 0;
        const bool is_in_section = strcmp(section, "top") != 0;

        if (begins && is_in_section)
            text_add_char(out, '}');
        text_add_char(out, ',');
        if (begins) {
            section = settings_table[n].section;
            field_string(out, SPAN(""), span_of(section));
            text_add(out, SPAN(":{"));
        }
        add_setting(out, data, n);
    }
    if (strcmp(section, "top") != 0)
        text_add_char(out, '}');
}

static void add_issuer(struct text *out, const struct data_issuer *issuer)
{
    field_string_or_null(out, SPAN("{\"issuer\":"), issuer->issuer);
    field_string_or_null(out, SPAN(",\"audience\":"), issuer->audience);
    field_string_or_null(out, SPAN(",\"jwks_url\":"), issuer->keys_url);
    text_add_char(out, '}');
}

static void add_browser(struct text *out, const struct data *data)
{
    const struct data_browser *browser = &data->browser;
    const uint32_t group = browser->issuer_count > 0 ? browser->default_group : ROW_NONE;

    text_add(out, SPAN(",\"browser\":{\"app_check\":"));
    add_issuer(out, &browser->app_check);
    text_add(out, SPAN(",\"issuers\":["));
    for (uint32_t i = 0; i < browser->issuer_count; i++) {
        text_add(out, i > 0 ? SPAN(",") : SPAN(""));
        add_issuer(out, &browser->issuers[i]);
    }
    text_add(out, SPAN("],\"users\":["));
    for (uint32_t i = 0; i < browser->user_count; i++) {
        const struct data_browser_user *user = &browser->users[i];

        text_add(out, i > 0 ? SPAN(",") : SPAN(""));
        field_string(out, SPAN("{\"issuer\":"), user->issuer);
        field_string(out, SPAN(",\"subject\":"), user->subject);
        field_string(out, SPAN(",\"user\":"), data->users[user->user].name);
        text_add_char(out, '}');
    }
    field_string_or_null(out, SPAN("],\"default_group\":"),
                         group == ROW_NONE ? SPAN("") : data->groups[group].name);
    text_add_char(out, '}');
}

void describe_settings(const struct data *data, struct text *out)
{
    describe_list(out, SPAN("{\"listen\":"), listen_at, data, data->listen_count);
    field_string(out, SPAN(",\"state_dir\":"), data->state_dir);
    field_string(out, SPAN(",\"control_socket\":"), data->control_socket);
    field_string(out, SPAN(",\"ca_file\":"), data->ca_file);
    add_sections(out, data);
    field_string_or_null(out, SPAN(",\"admin\":{\"socket\":"), data->admin_socket);
    field_string_or_null(out, SPAN(",\"listen\":"), data->admin_listen);
    add_grant(out, SPAN("},\"anonymous\":{\"models\":"), data, &data->anonymous);
    field_unsigned_or_null(out, SPAN("},\"credits\":{\"per_usd\":"), data->credits_per_usd);
    text_add(out, SPAN(",\"margin\":"));
    if (data->credits_per_usd == 0)
        text_add(out, SPAN("null"));
    else
        text_add_decimal(out, data->credits_margin_micros, MICRO_SCALE);
    text_add_char(out, '}');
    add_browser(out, data);
    text_add_char(out, '}');
}

static bool is_restart_path(struct span path)
{
    for (uint32_t i = 0; i < PATH_FIELDS_COUNT; i++) {
        const struct path_setting *setting = path_fields[i].detail;

        if (span_equal(path_fields[i].name, path))
            return setting->when == SETTING_RESTART;
    }
    return false;
}

bool describe_needs_restart(struct span path)
{
    const char *point = path.len == 0 ? NULL : memchr(path.ptr, '.', path.len);
    const struct span section = point == NULL ? SPAN("top") : span_from(path.ptr, point);
    const struct span name = point == NULL ? path : span_from(point + 1, path.ptr + path.len);

    if (is_restart_path(path))
        return true;
    for (uint32_t n = 0; n < SETTING_NUMBER_COUNT; n++) {
        if (settings_table[n].when == SETTING_RESTART &&
            span_equal(span_of(settings_table[n].section), section) &&
            span_equal(setting_fields[n].name, name))
            return true;
    }
    return false;
}
