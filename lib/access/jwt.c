#include "lib/access/jwt.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/wire/bytes.h"
#include "lib/wire/json_members.h"

/* The members that we read, and those whose mere presence is refused. */
enum header_member { HEADER_ALG, HEADER_KID, HEADER_TYP, HEADER_WANTED };

static const struct json_path header_paths[] = {
    {{"alg"}}, {{"kid"}}, {{"typ"}}, {{"crit"}}, {{"b64"}},      {{"jwk"}}, {{"jku"}},
    {{"x5u"}}, {{"x5c"}}, {{"x5t"}}, {{"zip"}},  {{"x5t#S256"}}, {{"enc"}}, {{"cty"}},
};

enum claim { CLAIM_ISS, CLAIM_AUD, CLAIM_EXP, CLAIM_NBF, CLAIM_IAT, CLAIM_SUB };

static const struct json_path claim_paths[] = {
    {{"iss"}}, {{"aud"}}, {{"exp"}}, {{"nbf"}}, {{"iat"}}, {{"sub"}},
};

#define COUNT(paths) (sizeof(paths) / sizeof((paths)[0]))

static int read_members(struct span text, const struct json_path *paths, uint32_t count,
                        struct json_member *members)
{
    return json_members_read(text, paths, count, members) == 0 ? 0 : ERR_BAD_TOKEN;
}

/* The next piece of `memory`. What is decoded is never longer than its text: there is room. */
static int take_text(struct jwt *jwt, const struct json_member *member, struct span *out)
{
    if (!member->seen || member->type != JSON_STRING)
        return ERR_BAD_TOKEN;
    if (json_decode_string(member->raw, jwt->memory + jwt->memory_bytes,
                           sizeof(jwt->memory) - jwt->memory_bytes, out) != 0)
        return ERR_BAD_TOKEN;
    jwt->memory_bytes += out->len;
    return out->len > 0 && out->len <= JWT_TEXT_BYTES_MAX ? 0 : ERR_BAD_TOKEN;
}

static int take_time(const struct json_member *member, int64_t *out)
{
    uint64_t seconds;

    if (!member->seen || member->type != JSON_NUMBER || !json_decode_count(member->raw, &seconds))
        return ERR_BAD_TOKEN;
    *out = (int64_t)seconds;
    return 0;
}

static int add_audience(struct jwt *jwt, struct span raw)
{
    const struct json_member member = {.seen = true, .type = JSON_STRING, .raw = raw};

    if (jwt->audience_count == JWT_AUDIENCES_MAX)
        return ERR_BAD_TOKEN;
    return take_text(jwt, &member, &jwt->audiences[jwt->audience_count++]);
}

/* The string that begins behind `p`, in text that the scanner has found to be JSON; its quote. */
static const char *end_of_string(const char *p, const char *end)
{
    for (p = bytes_skip_json_text(p, end); p != end && *p == '\\'; p = bytes_skip_json_text(p, end))
        p += 2;
    return p;
}

/* An array of strings: between them the scanner has let pass white space and commas only. */
static int take_audience_array(struct jwt *jwt, struct span raw)
{
    const char *p = raw.ptr + 1;
    const char *end = raw.ptr + raw.len - 1;

    while (p != end) {
        if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r' || *p == ',') {
            p++;
            continue;
        }
        if (*p != '"')
            return ERR_BAD_TOKEN;
        const char *quote = end_of_string(p + 1, end);
        int err = add_audience(jwt, span_from(p + 1, quote));
        if (err != 0)
            return err;
        p = quote + 1;
    }
    return jwt->audience_count > 0 ? 0 : ERR_BAD_TOKEN;
}

static int take_audiences(struct jwt *jwt, const struct json_member *member)
{
    if (!member->seen)
        return ERR_BAD_TOKEN;
    if (member->type == JSON_STRING)
        return add_audience(jwt, member->raw);
    return member->type == JSON_ARRAY ? take_audience_array(jwt, member->raw) : ERR_BAD_TOKEN;
}

static int decode(struct span text, char *memory, size_t memory_bytes, struct span *out)
{
    int err = base64url_decode(text, memory, memory_bytes, out);

    return err == 0 && out->len > 0 ? 0 : ERR_BAD_TOKEN;
}

static int read_header(struct jwt *jwt, struct span encoded)
{
    char memory[JWT_HEADER_BYTES_MAX];
    struct json_member members[COUNT(header_paths)] = {0};
    const struct json_member *algorithm = &members[HEADER_ALG];
    const struct json_member *type = &members[HEADER_TYP];
    struct span text;
    int err = decode(encoded, memory, sizeof(memory), &text);

    if (err == 0)
        err = read_members(text, header_paths, COUNT(header_paths), members);
    if (err != 0)
        return err;
    for (size_t i = HEADER_WANTED; i < COUNT(header_paths); i++) {
        if (members[i].seen)
            return ERR_BAD_TOKEN;
    }
    /* Escapes in it would be JSON, but nobody writes them. */
    if (!algorithm->seen || algorithm->type != JSON_STRING ||
        !span_equal(algorithm->raw, SPAN("RS256")))
        return ERR_BAD_TOKEN;
    if (type->seen && (type->type != JSON_STRING || !span_equal_nocase(type->raw, SPAN("JWT"))))
        return ERR_BAD_TOKEN;
    return take_text(jwt, &members[HEADER_KID], &jwt->key_id);
}

static int read_claims(struct jwt *jwt, struct span encoded)
{
    char memory[JWT_BYTES_MAX];
    struct json_member members[COUNT(claim_paths)] = {0};
    struct span text;
    int err = decode(encoded, memory, sizeof(memory), &text);

    if (err == 0)
        err = read_members(text, claim_paths, COUNT(claim_paths), members);
    if (err == 0)
        err = take_text(jwt, &members[CLAIM_ISS], &jwt->issuer);
    if (err == 0)
        err = take_text(jwt, &members[CLAIM_SUB], &jwt->subject);
    if (err == 0)
        err = take_audiences(jwt, &members[CLAIM_AUD]);
    if (err == 0)
        err = take_time(&members[CLAIM_EXP], &jwt->expires_s);
    if (err == 0)
        err = take_time(&members[CLAIM_IAT], &jwt->issued_s);
    jwt->not_before_s = jwt->issued_s;
    if (err == 0 && members[CLAIM_NBF].seen)
        err = take_time(&members[CLAIM_NBF], &jwt->not_before_s);
    return err;
}

/* Up to the next dot, which is skipped. */
static bool take_part(struct span *token, struct span *part)
{
    const char *dot = token->len == 0 ? NULL : memchr(token->ptr, '.', token->len);

    if (dot == NULL)
        return false;
    *part = span_from(token->ptr, dot);
    *token = span_from(dot + 1, token->ptr + token->len);
    return true;
}

int jwt_parse(struct span token, struct jwt *out)
{
    struct span left = token;
    struct span header;
    struct span payload;

    /* `memory` is filled as far as `memory_bytes` says, and read no further. */
    memset(out, 0, offsetof(struct jwt, memory));
    if (token.len > JWT_BYTES_MAX || !take_part(&left, &header) || !take_part(&left, &payload))
        return ERR_BAD_TOKEN;
    out->signed_text = span_from(token.ptr, payload.ptr + payload.len);
    int err = decode(left, out->memory, JWT_SIGNATURE_BYTES_MAX, &out->signature);
    if (err != 0)
        return err;
    out->memory_bytes = out->signature.len;
    err = read_header(out, header);
    return err == 0 ? read_claims(out, payload) : err;
}

bool jwt_is_signed(const struct jwt *jwt, struct digester *digester, struct rs256_key *key)
{
    struct digest digest = digester_hash(digester, jwt->signed_text);

    return rs256_verify(key, &digest, jwt->signature);
}

static bool is_for(const struct jwt *jwt, struct span audience)
{
    for (uint32_t i = 0; i < jwt->audience_count; i++) {
        if (span_equal(jwt->audiences[i], audience))
            return true;
    }
    return false;
}

int jwt_check(const struct jwt *jwt, const struct jwt_terms *terms)
{
    if (!span_equal(jwt->issuer, terms->issuer) || !is_for(jwt, terms->audience))
        return ERR_BAD_TOKEN;
    if (jwt->issued_s > terms->now_s + JWT_SKEW_S || jwt->not_before_s > terms->now_s + JWT_SKEW_S)
        return ERR_BAD_TOKEN;
    return terms->now_s < jwt->expires_s + JWT_SKEW_S ? 0 : ERR_TOKEN_EXPIRED;
}
