/* Credentials of a provider that gives out tokens for a signed assertion instead of taking a key. */
#include "lib/access/service_account.h"
#include "lib/base/err.h"
#include "lib/wire/json_members.h"
#include "registry/bind_fields.h"
#include "registry/files.h"
#include "registry/sections.h"

#include <limits.h>
#include <stdio.h>

static const struct span kind_words[] = {{"service_account", 15}};
static const struct words kinds = {kind_words, 1};

#define SCOPE_DEFAULT SPAN("https://www.googleapis.com/auth/cloud-platform")

struct credentials {
    uint32_t kind;
    struct account *account;
    struct span file_url; /* what the file says */
    struct report_place file_place;
};

static void keep_account(struct binder *binder, const struct service_account *parsed,
                         struct credentials *credentials)
{
    struct account *account = credentials->account;

    account->email = bind_keep(binder, parsed->email);
    account->key_id = bind_keep(binder, parsed->key_id);
    account->private_key = bind_keep(binder, parsed->private_key);
    credentials->file_url = bind_keep(binder, parsed->token_url);
}

static void take_json(struct binder *binder, struct span json, struct credentials *credentials)
{
    char memory[SERVICE_ACCOUNT_BYTES_MAX];
    struct service_account parsed;
    const char *problem;

    if (service_account_parse(json, memory, &parsed, &problem) == 0)
        keep_account(binder, &parsed, credentials);
    else
        bind_error(binder, credentials->file_place, "", "the file %s", problem);
    explicit_bzero(memory, sizeof(memory));
}

static void read_file(struct binder *binder, const struct bind_value *value,
                      struct credentials *credentials)
{
    bool is_absolute = value->text.ptr[0] == '/';
    const char *folder = binder->folder == NULL ? "." : binder->folder;
    struct span content = {NULL, 0};
    char path[PATH_MAX];
    const char *problem = "is not usable as a path";
    int len = snprintf(path, sizeof(path), "%s%s%.*s", is_absolute ? "" : folder,
                       is_absolute ? "" : "/", SPAN_FMT(value->text));
    int err = len < 0 || (size_t)len >= sizeof(path) || strlen(path) != (size_t)len
                  ? ERR_INVALID
                  : file_content_read(path, SERVICE_ACCOUNT_BYTES_MAX, &content, &problem);

    if (err == 0)
        take_json(binder, content, credentials);
    else
        bind_error(binder, value->place, "", "the file %s cannot be used: %s",
                   bind_quote(binder, value),
                   err == ERR_NO_SPACE ? "it is longer than 16 KiB" : problem);
    file_content_free(&content);
}

/* A path, or what a reference brought: the text of the file itself. A check without secrets looks
 * at neither. */
static void bind_credentials_file(struct binder *binder, const struct field *field, void *target)
{
    struct credentials *credentials = target;
    struct bind_value value;

    (void)field;
    credentials->file_place = binder->yaml->place;
    if (!bind_take_value(binder, "the path of a file", &value))
        return;
    if (binder->resolve && value.hidden && json_members_begin(value.text))
        take_json(binder, value.text, credentials);
    else if (binder->resolve)
        read_file(binder, &value, credentials);
    explicit_bzero(binder->value, value.text.len);
}

static void bind_account_text(struct binder *binder, const struct field *field, void *target)
{
    struct credentials *credentials = target;
    struct span *member = (struct span *)bind_member(field, credentials->account);
    struct bind_value value;

    if (bind_take_value(binder, "text", &value) && bind_has_form(binder, field->form, &value))
        *member = bind_keep(binder, value.text);
}

static const struct field fields[] = {
    {FIELD_NAME("kind"), bind_word, offsetof(struct credentials, kind), .detail = &kinds,
     .required = true},
    {FIELD_NAME("file"), bind_credentials_file, 0, .required = true},
    {FIELD_NAME("scope"), bind_account_text, offsetof(struct account, scope), .form = form_line},
    {FIELD_NAME("token_url"), bind_account_text, offsetof(struct account, token_url),
     .form = form_token_url},
};

/* What stands in the configuration goes before what stands in the file. */
static void settle_token_url(struct binder *binder, const struct credentials *credentials)
{
    struct account *account = credentials->account;

    if (account->token_url.len > 0 || account->private_key.len == 0)
        return;
    if (credentials->file_url.len == 0) {
        bind_error(binder, credentials->file_place, "",
                   "the file has no \"token_uri\": \"token_url\" must say where tokens are given");
        return;
    }
    const char *wrong = form_token_url(credentials->file_url);

    if (wrong != NULL)
        bind_error(binder, credentials->file_place, "", "the file has a \"token_uri\" that %s",
                   wrong);
    account->token_url = credentials->file_url;
}

void bind_credentials(struct binder *binder, const struct field *field, void *target)
{
    struct data_provider *provider = target;
    struct credentials credentials = {.account = &provider->account};

    (void)field;
    provider->has_account = true;
    provider->account.provider = provider->name;
    provider->account.scope = SCOPE_DEFAULT;
    (void)bind_map(binder, &SHAPE(fields), &credentials);
    settle_token_url(binder, &credentials);
}
