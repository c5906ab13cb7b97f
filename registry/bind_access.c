/* Who may call what: providers' secrets aside, everything that has to do with callers. */
#include "lib/base/err.h"
#include "registry/bind_fields.h"
#include "registry/scalars.h"
#include "registry/sections.h"

enum {
    LIMIT_CONCURRENT_MAX = 1000000,
    CREDITS_PER_USD_MAX = 1000000000,
    MONEY_DECIMALS = 6,
};

#define LIMIT_AMOUNT_MAX       UINT64_C(1000000000000)
#define BUDGET_MICRO_USD_MAX   UINT64_C(1000000000000000)
#define CREDITS_MARGIN_DEFAULT UINT64_C(1000000)
#define CREDITS_MARGIN_MAX     UINT64_C(1000000000)

static bool take_rate(struct binder *binder, uint64_t *per_minute)
{
    struct bind_value value;

    if (!bind_take_value(binder, "a rate such as 600/min", &value))
        return false;
    int err = scalar_rate(value.text, per_minute);
    if (err == 0 && *per_minute <= LIMIT_AMOUNT_MAX)
        return true;
    bind_error(binder, value.place, "", "%s is %s", bind_quote(binder, &value),
               err == ERR_INVALID ? "not a rate such as 600/min or 1M/min" : "too large a rate");
    return false;
}

static void bind_rate_member(struct binder *binder, const struct field *field, void *target)
{
    uint64_t *member = bind_member(field, target);
    uint64_t per_minute;

    if (take_rate(binder, &per_minute))
        *member = per_minute;
}

static const struct field rate_fields[] = {
    {FIELD_NAME("rate"), bind_rate_member, offsetof(struct data_rate, per_minute),
     .required = true},
    {FIELD_NAME("burst"), bind_amount, offsetof(struct data_rate, burst), .min = 1,
     .max = LIMIT_AMOUNT_MAX},
};

/* `600/min`, or a mapping that says the burst too. */
static void bind_rate(struct binder *binder, const struct field *field, void *target)
{
    struct data_rate *member = bind_member(field, target);

    if (binder->yaml->node == NODE_SCALAR)
        bind_rate_member(binder, &rate_fields[0], member);
    else
        (void)bind_map(binder, &SHAPE(rate_fields), member);
    if (member->burst == 0)
        member->burst = member->per_minute;
}

static const struct field limit_fields[] = {
    {FIELD_NAME("requests"), bind_rate, offsetof(struct data_limits, requests)},
    {FIELD_NAME("input_tokens"), bind_rate, offsetof(struct data_limits, input_tokens)},
    {FIELD_NAME("output_tokens"), bind_rate, offsetof(struct data_limits, output_tokens)},
    {FIELD_NAME("concurrent"), bind_count32, offsetof(struct data_limits, concurrent), .min = 1,
     .max = LIMIT_CONCURRENT_MAX},
};

void bind_limits(struct binder *binder, const struct field *field, void *target)
{
    bind_warn_unenforced(binder, binder->yaml->place);
    (void)bind_map(binder, &SHAPE(limit_fields), bind_member(field, target));
}

static const struct span window_words[] = {{"day", 3}, {"week", 4}, {"month", 5}, {"total", 5}};
static const struct words windows = {window_words, 4};

static const struct field budget_fields[] = {
    {FIELD_NAME("usd"), bind_decimal, offsetof(struct data_budget, micro_usd),
     .min = MONEY_DECIMALS, .max = BUDGET_MICRO_USD_MAX, .required = true},
    {FIELD_NAME("per"), bind_word, offsetof(struct data_budget, per), .detail = &windows,
     .required = true},
};

void bind_budget(struct binder *binder, const struct field *field, void *target)
{
    struct data_budget *budget = bind_member(field, target);

    bind_warn_unenforced(binder, binder->yaml->place);
    budget->given = true;
    (void)bind_map(binder, &SHAPE(budget_fields), budget);
}

static const struct field group_fields[] = {
    {FIELD_NAME("models"), bind_grant, offsetof(struct draft_subject, models)},
    {FIELD_NAME("limits"), bind_limits, offsetof(struct draft_subject, row.limits)},
    {FIELD_NAME("budget"), bind_budget, offsetof(struct draft_subject, row.budget)},
    {FIELD_NAME("disabled"), bind_switch, offsetof(struct draft_subject, row.disabled)},
};

static const struct field user_only_fields[] = {
    {FIELD_NAME("groups"), bind_reference_list, offsetof(struct draft_subject, groups)},
};

static void bind_group(struct binder *binder, struct span name, void *row)
{
    struct draft_subject *group = row;

    group->row.name = name;
    (void)bind_map(binder, &SHAPE(group_fields), group);
}

static void bind_user(struct binder *binder, struct span name, void *row)
{
    struct draft_subject *user = row;
    const struct shape common = SHAPE(group_fields);
    struct shape shape = SHAPE(user_only_fields);

    shape.more = &common;
    user->row.name = name;
    (void)bind_map(binder, &shape, user);
}

/* Two keys with one digest would make the answer depend on which is found first. */
static void bind_sha256(struct binder *binder, const struct field *field, void *target)
{
    struct draft_key *key = bind_member(field, target);
    struct bind_value value;
    uint32_t first = 0;

    if (!bind_take_value(binder, "64 hexadecimal digits", &value))
        return;
    if (digest_from_hex(value.text, &key->row.digest) != 0) {
        bind_error(binder, value.place, "", "the SHA-256 of a key is 64 hexadecimal digits");
        return;
    }
    key->known = true;
    struct names *digests = &binder->draft->digests;
    struct span bytes = arena_copy(
        binder->scratch, (struct span){(const char *)key->row.digest.bytes, DIGEST_BYTES});
    int err = bytes.ptr == NULL ? ERR_NO_MEMORY : names_add(digests, bytes, value.place, &first);
    if (err == ERR_NO_MEMORY)
        binder->out_of_memory = true;
    if (err == ERR_INVALID) {
        const struct report_place *place = &digests->entries[first].place;
        bind_error(binder, value.place, "", "another key has this digest, at %s:%u:%u", place->file,
                   place->line, place->column);
    }
}

static const struct span scope_words[] = {{"list", 4}, {"call", 4}, {"admin", 5}};
static const struct words scopes = {scope_words, 3};
enum { SCOPES_SHIFT = 1 };

_Static_assert(KEY_SCOPE_LIST == 1 << SCOPES_SHIFT && KEY_SCOPE_CALL == 2 << SCOPES_SHIFT &&
                   KEY_SCOPE_ADMIN == 4 << SCOPES_SHIFT,
               "the words of scopes are in the order of their bits");

static const struct field key_fields[] = {
    {FIELD_NAME("sha256"), bind_sha256, 0, .required = true},
    {FIELD_NAME("user"), bind_reference, offsetof(struct draft_key, user)},
    {FIELD_NAME("group"), bind_reference, offsetof(struct draft_key, group)},
    {FIELD_NAME("allowed_models"), bind_reference_list, offsetof(struct draft_key, allowed)},
    {FIELD_NAME("expires"), bind_time, offsetof(struct draft_key, row.expires_s)},
    {FIELD_NAME("scopes"), bind_flag_list, offsetof(struct draft_key, row.flags),
     .min = SCOPES_SHIFT, .detail = &scopes},
    {FIELD_NAME("disabled"), bind_flag, offsetof(struct draft_key, row.flags), .max = KEY_DISABLED},
};

enum { KEY_FIELD_USER = 1, KEY_FIELD_GROUP = 2 };

static void bind_key(struct binder *binder, struct span name, void *row)
{
    struct draft_key *key = row;
    struct report_place place = binder->yaml->place;

    key->row.name = name;
    key->row.flags = KEY_SCOPE_LIST | KEY_SCOPE_CALL;
    bind_seen seen = bind_map(binder, &SHAPE(key_fields), key);
    if ((seen & (1U << KEY_FIELD_USER | 1U << KEY_FIELD_GROUP)) == 0)
        bind_warning(binder, place, "the key has neither a user nor a group: it may call nothing");
}

static const struct field anonymous_fields[] = {
    {FIELD_NAME("models"), bind_grant, 0},
};

void bind_anonymous(struct binder *binder, const struct field *field, void *target)
{
    (void)field;
    (void)target;
    (void)bind_map(binder, &SHAPE(anonymous_fields), &binder->draft->anonymous);
}

static const struct field credit_fields[] = {
    {FIELD_NAME("per_usd"), bind_count, offsetof(struct data, credits_per_usd), .min = 1,
     .max = CREDITS_PER_USD_MAX, .required = true},
    {FIELD_NAME("margin"), bind_decimal, offsetof(struct data, credits_margin_micros),
     .min = MONEY_DECIMALS, .max = CREDITS_MARGIN_MAX},
};

void bind_credits(struct binder *binder, const struct field *field, void *target)
{
    (void)field;
    (void)target;
    binder->data->credits_margin_micros = CREDITS_MARGIN_DEFAULT;
    (void)bind_map(binder, &SHAPE(credit_fields), binder->data);
}

const struct section section_groups = {offsetof(struct draft, groups), form_id, bind_group};
const struct section section_users = {offsetof(struct draft, users), form_id, bind_user};
const struct section section_keys = {offsetof(struct draft, keys), form_id, bind_key};

static void add_entity(struct binder *binder, const struct section *section, struct span name,
                       struct report_place place)
{
    struct draft_table *table = (void *)((char *)binder->draft + section->table_offset);
    const char *wrong = section->form(name);
    uint32_t number;

    if (wrong != NULL)
        bind_error(binder, place, "", "the name %s", wrong);
    int err = names_add(&table->names, name, place, &number);
    if (err == ERR_INVALID) {
        const struct report_place *first = &table->names.entries[number].place;
        bind_error(binder, place, "", "the name is taken: the first is at %s:%u:%u", first->file,
                   first->line, first->column);
        yaml_events_skip(binder->yaml);
        return;
    }
    void *row = err == 0 ? list_add(&table->rows) : NULL;
    if (row == NULL) {
        binder->out_of_memory = true;
        yaml_events_skip(binder->yaml);
        return;
    }
    section->bind_row(binder, name, row);
}

void bind_section(struct binder *binder, const struct field *field, void *target)
{
    (void)target;
    if (!bind_enter_map(binder, "a mapping"))
        return;
    while (bind_has_more(binder)) {
        struct report_place place;
        struct span name;

        if (!bind_take_key(binder, &name, &place))
            continue;
        bind_push(binder, name);
        add_entity(binder, field->detail, name, place);
        bind_pop(binder);
    }
}
