/* Browsers: who signs their tokens, and whose grants the subjects of the tokens have. */
#include "lib/base/err.h"
#include "registry/bind_fields.h"
#include "registry/sections.h"

static const struct field issuer_fields[] = {
    {FIELD_NAME("issuer"), bind_text, offsetof(struct data_issuer, issuer), .form = form_claim,
     .required = true},
    {FIELD_NAME("audience"), bind_text, offsetof(struct data_issuer, audience), .form = form_claim,
     .required = true},
    {FIELD_NAME("jwks_url"), bind_text, offsetof(struct data_issuer, keys_url),
     .form = form_keys_url, .required = true},
};

static void bind_issuer(struct binder *binder, struct data_issuer *issuer)
{
    issuer->place = binder->yaml->place;
    (void)bind_map(binder, &SHAPE(issuer_fields), issuer);
}

static void bind_app_check(struct binder *binder, const struct field *field, void *target)
{
    bind_issuer(binder, bind_member(field, target));
}

static void bind_issuers(struct binder *binder, const struct field *field, void *target)
{
    struct data_browser *browser = target;
    uint32_t number = 0;

    (void)field;
    struct report_place place = binder->yaml->place;
    if (!bind_enter_list(binder, "a list of issuers"))
        return;
    while (bind_has_more(binder)) {
        struct data_issuer beyond = {0};

        bind_push_item(binder, number);
        if (number == DATA_ISSUERS_MAX)
            bind_error(binder, binder->yaml->place, "", "there are more than %d issuers",
                       DATA_ISSUERS_MAX);
        bind_issuer(binder, number < DATA_ISSUERS_MAX ? &browser->issuers[number] : &beyond);
        bind_pop(binder);
        number++;
    }
    if (number == 0)
        bind_error(binder, place, "", "the list is empty: nobody could sign an ID token");
    browser->issuer_count = number < DATA_ISSUERS_MAX ? number : DATA_ISSUERS_MAX;
}

static const struct field user_reference = {FIELD_NAME(""), bind_reference, 0};

static void bind_browser_users(struct binder *binder, const struct field *field, void *target)
{
    (void)field;
    (void)target;
    if (!bind_enter_map(binder, "a mapping from subjects to users"))
        return;
    while (bind_has_more(binder)) {
        struct draft_table *table = &binder->draft->browser_users;
        struct draft_browser_user user = {0};
        uint32_t number = 0;

        if (!bind_take_key(binder, &user.name, &user.place))
            continue;
        bind_push(binder, user.name);
        bind_reference(binder, &user_reference, &user.user);
        int err = names_add(&table->names, user.name, user.place, &number);
        if (err == ERR_INVALID)
            bind_error(binder, user.place, "",
                       "the subject is written twice; the first is in line %u",
                       table->names.entries[number].place.line);
        struct draft_browser_user *row = err == 0 ? list_add(&table->rows) : NULL;
        if (row != NULL)
            *row = user;
        else if (err != ERR_INVALID)
            binder->out_of_memory = true;
        bind_pop(binder);
    }
}

static void bind_default_group(struct binder *binder, const struct field *field, void *target)
{
    (void)target;
    bind_reference(binder, field, &binder->draft->browser_group);
}

static const struct field browser_fields[] = {
    {FIELD_NAME("issuers"), bind_issuers, 0, .required = true},
    {FIELD_NAME("app_check"), bind_app_check, offsetof(struct data_browser, app_check),
     .required = true},
    {FIELD_NAME("users"), bind_browser_users, 0},
    {FIELD_NAME("default_group"), bind_default_group, 0},
};

enum { BROWSER_FIELD_USERS = 2, BROWSER_FIELD_DEFAULT_GROUP = 3 };

/* An issuer that stands twice would make the answer depend on which is found first; one that also
 * signs App Check tokens would let one half stand for the other. */
static void check_issuers(struct binder *binder, const struct data_browser *browser)
{
    for (uint32_t i = 0; i < browser->issuer_count; i++) {
        const struct data_issuer *issuer = &browser->issuers[i];

        if (issuer->issuer.len == 0)
            continue;
        if (span_equal(issuer->issuer, browser->app_check.issuer))
            bind_error(binder, issuer->place, "", "the issuer of ID tokens is that of app_check");
        for (uint32_t n = 0; n < i; n++) {
            if (span_equal(issuer->issuer, browser->issuers[n].issuer))
                bind_error(binder, issuer->place, "", "the issuer is that of issuers[%u]", n);
        }
    }
}

static bool has_issuer(const struct data_browser *browser, struct span issuer)
{
    for (uint32_t i = 0; i < browser->issuer_count; i++) {
        if (span_equal(browser->issuers[i].issuer, issuer))
            return true;
    }
    return false;
}

/* SUBJECT, or ISSUER SUBJECT: with several issuers the same subject is several people. */
static const char *split_user(const struct data_browser *browser, struct draft_browser_user *user)
{
    const char *blank = memchr(user->name.ptr, ' ', user->name.len);

    if (blank == NULL) {
        user->row.issuer = browser->issuers[0].issuer;
        user->row.subject = user->name;
        if (browser->issuer_count > 1)
            return "a subject is unique with its issuer only: write \"ISSUER SUBJECT\"";
    } else {
        user->row.issuer = span_from(user->name.ptr, blank);
        user->row.subject = span_from(blank + 1, user->name.ptr + user->name.len);
        if (!has_issuer(browser, user->row.issuer))
            return "the issuer before the blank is none of `issuers`";
    }
    return user->row.subject.len == 0 ? "there is no subject behind the issuer" : NULL;
}

/* One subject may be written with its issuer and without. */
static void check_once(struct binder *binder, const struct draft_browser_user *user,
                       struct names *identities)
{
    char memory[2 * FORM_CLAIM_BYTES_MAX + 1];
    uint32_t number = 0;
    struct text text = text_over(memory, sizeof(memory));

    text_add(&text, user->row.issuer);
    text_add_char(&text, ' ');
    text_add(&text, user->row.subject);
    struct span kept = text.err != 0 ? (struct span){NULL, 0}
                                     : arena_copy(binder->scratch, text_span(&text));
    int err = kept.ptr == NULL ? ERR_NO_MEMORY : names_add(identities, kept, user->place, &number);
    if (err == ERR_NO_MEMORY)
        binder->out_of_memory = true;
    if (err == ERR_INVALID)
        bind_error(binder, user->place, "", "the subject is written twice; the first is in line %u",
                   identities->entries[number].place.line);
}

static void check_users(struct binder *binder, const struct data_browser *browser)
{
    const struct list *rows = &binder->draft->browser_users.rows;
    struct names identities;

    names_init(&identities, binder->scratch);
    bind_push(binder, SPAN("users"));
    for (uint32_t i = 0; browser->issuer_count > 0 && i < rows->count; i++) {
        struct draft_browser_user *user = list_at(rows, i);
        const char *wrong = split_user(browser, user);

        if (wrong == NULL)
            wrong = form_claim(user->row.subject);
        bind_push(binder, user->name);
        if (wrong != NULL)
            bind_error(binder, user->place, "", "%s", wrong);
        else
            check_once(binder, user, &identities);
        bind_pop(binder);
    }
    bind_pop(binder);
}

void bind_browser(struct binder *binder, const struct field *field, void *target)
{
    struct data_browser *browser = &binder->data->browser;

    (void)field;
    (void)target;
    browser->place = binder->yaml->place;
    bind_seen seen = bind_map(binder, &SHAPE(browser_fields), browser);
    check_issuers(binder, browser);
    check_users(binder, browser);
    if ((seen & (1U << BROWSER_FIELD_USERS | 1U << BROWSER_FIELD_DEFAULT_GROUP)) == 0)
        bind_warning(binder, browser->place,
                     "there are neither users nor a default_group: browsers may call nothing");
}
