#include "lib/access/service_account.h"

#include "lib/base/err.h"
#include "lib/base/rs256_signer.h"
#include "lib/wire/json_members.h"

enum member { MEMBER_TYPE, MEMBER_EMAIL, MEMBER_KEY_ID, MEMBER_KEY, MEMBER_URL, MEMBER_COUNT };

static const struct json_path paths[MEMBER_COUNT] = {
    [MEMBER_TYPE] = {{"type"}},
    [MEMBER_EMAIL] = {{"client_email"}},
    [MEMBER_KEY_ID] = {{"private_key_id"}},
    [MEMBER_KEY] = {{"private_key"}},
    [MEMBER_URL] = {{"token_uri"}},
};

/* What is decoded is never longer than its text, so the pieces fit one after the other. */
static bool take_text(const struct json_member *member, char **memory, struct span *out)
{
    *out = (struct span){NULL, 0};
    if (!member->seen)
        return true;
    if (member->type != JSON_STRING ||
        json_decode_string(member->raw, *memory, member->raw.len, out) != 0)
        return false;
    *memory += out->len;
    return true;
}

/* One line of it: it goes into a JSON Web Token. */
static bool is_line(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= 0x20 || (unsigned char)text.ptr[i] >= 0x7f)
            return false;
    }
    return text.len <= SERVICE_ACCOUNT_LINE_BYTES_MAX;
}

static const char *check(const struct service_account *account, struct span type)
{
    if (!span_equal(type, SPAN("service_account")))
        return "is not of the type \"service_account\"";
    if (account->email.len == 0 || !is_line(account->email))
        return "has no usable \"client_email\"";
    if (!is_line(account->key_id))
        return "has no usable \"private_key_id\"";
    struct rs256_signer *signer = rs256_signer_new(account->private_key);

    if (signer == NULL)
        return "has no \"private_key\" that is an RSA key of 2048 to 4096 bits in PEM";
    rs256_signer_free(&signer);
    return NULL;
}

int service_account_parse(struct span json, char *memory, struct service_account *out,
                          const char **problem)
{
    struct json_member members[MEMBER_COUNT];
    struct service_account account;
    struct span type;

    if (json.len > SERVICE_ACCOUNT_BYTES_MAX) {
        *problem = "is longer than 16 KiB";
        return ERR_NO_SPACE;
    }
    *problem = "is not the JSON of a service account";
    if (json_members_read(json, paths, MEMBER_COUNT, members) != 0 ||
        !take_text(&members[MEMBER_TYPE], &memory, &type) ||
        !take_text(&members[MEMBER_EMAIL], &memory, &account.email) ||
        !take_text(&members[MEMBER_KEY_ID], &memory, &account.key_id) ||
        !take_text(&members[MEMBER_KEY], &memory, &account.private_key) ||
        !take_text(&members[MEMBER_URL], &memory, &account.token_url))
        return ERR_INVALID;
    *problem = check(&account, type);
    if (*problem != NULL)
        return ERR_INVALID;
    *out = account;
    return 0;
}
