#include "lib/access/jwt_bearer.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/wire/json_members.h"

enum {
    HEADER_BYTES_MAX = 512,
    CLAIMS_BYTES_MAX = 2560,
    SIGNED_BYTES_MAX = (HEADER_BYTES_MAX + CLAIMS_BYTES_MAX) * 4 / 3 + 8,
};

/* --- what is asked ---------------------------------------------------------------------------- */

static void add_base64url(struct text *out, struct span bytes)
{
    if (out->err == 0 && out->cap - out->len < base64url_length(bytes.len))
        out->err = ERR_NO_SPACE;
    if (out->err == 0)
        out->len += base64url_encode(bytes, out->ptr + out->len, out->cap - out->len);
}

static void write_header(const struct jwt_bearer_claims *claims, struct text *out)
{
    text_add(out, SPAN("{\"alg\":\"RS256\",\"typ\":\"JWT\""));
    if (claims->key_id.len > 0) {
        text_add(out, SPAN(",\"kid\":"));
        text_add_json(out, claims->key_id);
    }
    text_add_char(out, '}');
}

static void write_claims(const struct jwt_bearer_claims *claims, struct text *out)
{
    text_add(out, SPAN("{\"iss\":"));
    text_add_json(out, claims->issuer);
    text_add(out, SPAN(",\"scope\":"));
    text_add_json(out, claims->scope);
    text_add(out, SPAN(",\"aud\":"));
    text_add_json(out, claims->audience);
    text_add(out, SPAN(",\"iat\":"));
    text_add_signed(out, claims->issued_s);
    text_add(out, SPAN(",\"exp\":"));
    text_add_signed(out, claims->issued_s + JWT_BEARER_LIFE_S);
    text_add_char(out, '}');
}

static int write_signed_text(const struct jwt_bearer_claims *claims, struct text *out)
{
    char header_memory[HEADER_BYTES_MAX];
    char claims_memory[CLAIMS_BYTES_MAX];
    struct text header = text_over(header_memory, sizeof(header_memory));
    struct text payload = text_over(claims_memory, sizeof(claims_memory));

    write_header(claims, &header);
    write_claims(claims, &payload);
    if (header.err != 0 || payload.err != 0)
        return ERR_NO_SPACE;
    add_base64url(out, text_span(&header));
    text_add_char(out, '.');
    add_base64url(out, text_span(&payload));
    return out->err;
}

int jwt_bearer_write(const struct jwt_bearer_claims *claims, struct rs256_signer *signer,
                     struct digester *digester, struct text *out)
{
    char memory[SIGNED_BYTES_MAX];
    char signature[RS256_MODULUS_BYTES_MAX];
    struct text signed_text = text_over(memory, sizeof(memory));
    int err = write_signed_text(claims, &signed_text);

    if (err != 0)
        return err;
    struct digest digest = digester_hash(digester, text_span(&signed_text));
    size_t signature_bytes = rs256_sign(signer, &digest, signature);

    if (signature_bytes == 0)
        return ERR_INTERNAL;
    /* An assertion is letters, digits, `-`, `_` and dots: nothing in it wants an escape. */
    text_add(out, SPAN("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer"
                       "&assertion="));
    text_add(out, text_span(&signed_text));
    text_add_char(out, '.');
    add_base64url(out, (struct span){signature, signature_bytes});
    explicit_bzero(signature, sizeof(signature));
    return out->err;
}

/* --- what is answered ------------------------------------------------------------------------- */

enum answer_member { ANSWER_TOKEN, ANSWER_LIFE, ANSWER_TYPE, ANSWER_COUNT };

static const struct json_path answer_paths[ANSWER_COUNT] = {
    [ANSWER_TOKEN] = {{"access_token"}},
    [ANSWER_LIFE] = {{"expires_in"}},
    [ANSWER_TYPE] = {{"token_type"}},
};

static const struct json_path error_paths[] = {{{"error"}}};

static bool take_text(const struct json_member *member, char **memory, struct span *out)
{
    if (!member->seen || member->type != JSON_STRING ||
        json_decode_string(member->raw, *memory, member->raw.len, out) != 0)
        return false;
    *memory += out->len;
    return true;
}

/* It goes into a header line. */
static bool is_token(struct span token)
{
    for (size_t i = 0; i < token.len; i++) {
        if ((unsigned char)token.ptr[i] <= 0x20 || (unsigned char)token.ptr[i] >= 0x7f)
            return false;
    }
    return token.len > 0 && token.len <= JWT_BEARER_TOKEN_BYTES_MAX;
}

int jwt_bearer_read(struct span body, char *memory, struct jwt_bearer_token *out)
{
    struct json_member members[ANSWER_COUNT];
    struct jwt_bearer_token read;
    struct span type;

    if (json_members_read(body, answer_paths, ANSWER_COUNT, members) != 0 ||
        !take_text(&members[ANSWER_TOKEN], &memory, &read.token) ||
        !take_text(&members[ANSWER_TYPE], &memory, &type))
        return ERR_INVALID;
    if (!is_token(read.token) || !span_equal_nocase(type, SPAN("Bearer")))
        return ERR_INVALID;
    if (members[ANSWER_LIFE].type != JSON_NUMBER || !members[ANSWER_LIFE].seen ||
        !json_decode_count(members[ANSWER_LIFE].raw, &read.life_s) || read.life_s == 0)
        return ERR_INVALID;
    *out = read;
    return 0;
}

void jwt_bearer_error(struct span body, char out[static JWT_BEARER_ERROR_BYTES])
{
    struct json_member member;

    out[0] = '\0';
    if (json_members_read(body, error_paths, 1, &member) != 0 || !member.seen ||
        member.type != JSON_STRING || member.raw.len >= JWT_BEARER_ERROR_BYTES)
        return;
    for (size_t i = 0; i < member.raw.len; i++) {
        char c = member.raw.ptr[i];

        if ((c < 'a' || c > 'z') && c != '_')
            return;
    }
    memcpy(out, member.raw.ptr, member.raw.len);
    out[member.raw.len] = '\0';
}
