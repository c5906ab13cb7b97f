/* Tokens made here with keys made here: the good one passes, and each bad one for its own reason. */
#include "lib/base/err.h"
#include "tests/unit/jwt_fixture.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2026-11-21T00:00:00Z */
#define NOW      INT64_C(1795219200)
#define HEADER   "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWT\"}"
#define ISSUER   "https://issuer.test/p"
#define IDENTITY "\"iss\":\"https://issuer.test/p\",\"aud\":\"p\",\"sub\":\"u1\""
#define TIMES    "\"exp\":1795222800,\"iat\":1795219200"
#define CLAIMS   "{" IDENTITY "," TIMES "}"

static struct {
    struct signing_key pair;
    struct signing_key other;
    struct rs256_key *key;
    struct digester *digester;
} rig;

static int verify(struct span token, struct jwt *jwt)
{
    const struct jwt_terms terms = {SPAN(ISSUER), SPAN("p"), NOW};
    struct span exact = {malloc(token.len + 1), token.len};
    int err;

    /* Memory of just this size, so that a read past the end is seen. */
    assert_non_null(exact.ptr);
    memcpy(span_writable(exact), token.ptr, token.len);
    err = jwt_parse(exact, jwt);
    if (err == 0 && !jwt_is_signed(jwt, rig.digester, rig.key))
        err = ERR_BAD_TOKEN;
    if (err == 0)
        err = jwt_check(jwt, &terms);
    free(span_writable(exact));
    return err;
}

static void a_good_token_says_who_it_is(void **state)
{
    struct made_token token;
    struct jwt jwt;

    (void)state;
    token_make(&token, &rig.pair, HEADER, CLAIMS);
    assert_int_equal(verify(token_span(&token), &jwt), 0);
    assert_true(span_equal(jwt.subject, SPAN("u1")));
    assert_true(span_equal(jwt.key_id, SPAN("k1")));
    assert_true(span_equal(jwt.issuer, SPAN(ISSUER)));
    assert_int_equal(jwt.expires_s, NOW + 3600);
    assert_int_equal(jwt.not_before_s, NOW);
}

/* Signed by the right key all of them: what is told apart is what they say. */
static const struct {
    const char *what;
    const char *header;
    const char *claims;
    int err;
} signed_rows[] = {
    {"members in another order, white space, what we do not read",
     "{ \"x\": {\"alg\":\"none\",\"crit\":1}, \"kid\" : \"k1\",\n\"alg\":\"RS256\" }",
     "{\"firebase\":{\"iss\":\"x\",\"sub\":[1]}," TIMES "," IDENTITY ",\"auth_time\":1}", 0},
    {"aud an array", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[ \"q\" ,\"p\"],\"sub\":\"u1\"," TIMES "}", 0},
    {"escapes", HEADER,
     "{\"iss\":\"https:\\/\\/issuer.test\\/p\",\"aud\":[\"q\\\"]\",\"\\u0070\"],"
     "\"su\\u0062\":\"u1\"," TIMES "}",
     0},
    {"typ in another case", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"jwt\"}", CLAIMS, 0},
    {"exp just inside the skew", HEADER, "{" IDENTITY ",\"exp\":1795219141,\"iat\":1795215600}", 0},
    {"iat and nbf just inside the skew", HEADER,
     "{" IDENTITY ",\"exp\":1795222800,\"iat\":1795219260,\"nbf\":1795219260}", 0},

    {"alg none", "{\"alg\":\"none\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg None", "{\"alg\":\"None\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg HS256", "{\"alg\":\"HS256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg RS384", "{\"alg\":\"RS384\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg PS256", "{\"alg\":\"PS256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg ES256", "{\"alg\":\"ES256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg rs256", "{\"alg\":\"rs256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg empty", "{\"alg\":\"\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg missing", "{\"kid\":\"k1\",\"typ\":\"JWT\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg null", "{\"alg\":null,\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg an array", "{\"alg\":[\"RS256\"],\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg twice", "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"alg twice, escaped", "{\"alg\":\"RS256\",\"\\u0061lg\":\"RS256\",\"kid\":\"k1\"}", CLAIMS,
     ERR_BAD_TOKEN},
    {"ALG beside it", "{\"alg\":\"RS256\",\"ALG\":\"none\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"ALG alone", "{\"ALG\":\"RS256\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"kid missing", "{\"alg\":\"RS256\"}", CLAIMS, ERR_BAD_TOKEN},
    {"kid empty", "{\"alg\":\"RS256\",\"kid\":\"\"}", CLAIMS, ERR_BAD_TOKEN},
    {"kid a number", "{\"alg\":\"RS256\",\"kid\":1}", CLAIMS, ERR_BAD_TOKEN},
    {"kid twice", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"kid\":\"k1\"}", CLAIMS, ERR_BAD_TOKEN},
    {"typ another", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"JWE\"}", CLAIMS, ERR_BAD_TOKEN},
    {"crit", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"crit\":[\"x\"]}", CLAIMS, ERR_BAD_TOKEN},
    {"b64", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"b64\":false}", CLAIMS, ERR_BAD_TOKEN},
    {"jwk", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jwk\":{\"kty\":\"RSA\"}}", CLAIMS, ERR_BAD_TOKEN},
    {"jku", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"https://evil.test\"}", CLAIMS,
     ERR_BAD_TOKEN},
    {"x5u", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x5u\":\"https://evil.test\"}", CLAIMS,
     ERR_BAD_TOKEN},
    {"x5c", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x5c\":[\"MII\"]}", CLAIMS, ERR_BAD_TOKEN},
    {"x5t", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x5t\":\"AA\"}", CLAIMS, ERR_BAD_TOKEN},
    {"x5t#S256", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x5t#S256\":\"AA\"}", CLAIMS, ERR_BAD_TOKEN},
    {"zip", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"zip\":\"DEF\"}", CLAIMS, ERR_BAD_TOKEN},
    {"cty", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"cty\":\"JWT\"}", CLAIMS, ERR_BAD_TOKEN},
    {"enc", "{\"alg\":\"RS256\",\"kid\":\"k1\",\"enc\":\"A128GCM\"}", CLAIMS, ERR_BAD_TOKEN},
    {"a header that is an array", "[\"alg\",\"RS256\"]", CLAIMS, ERR_BAD_TOKEN},
    {"a header that is a string", "\"RS256\"", CLAIMS, ERR_BAD_TOKEN},
    {"a header that is cut", "{\"alg\":\"RS256\",\"kid\":\"k1\"", CLAIMS, ERR_BAD_TOKEN},
    {"a header and more", HEADER "{}", CLAIMS, ERR_BAD_TOKEN},

    {"another issuer", HEADER,
     "{\"iss\":\"https://issuer.test/q\",\"aud\":\"p\",\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"an issuer that begins alike", HEADER,
     "{\"iss\":\"https://issuer.test/p2\",\"aud\":\"p\",\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"no issuer", HEADER, "{\"aud\":\"p\",\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"an issuer that is a list", HEADER,
     "{\"iss\":[\"" ISSUER "\"],\"aud\":\"p\",\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"two issuers", HEADER, "{\"iss\":\"x\"," IDENTITY "," TIMES "}", ERR_BAD_TOKEN},
    {"Iss beside it", HEADER, "{\"Iss\":\"x\"," IDENTITY "," TIMES "}", ERR_BAD_TOKEN},
    {"another audience", HEADER, "{\"iss\":\"" ISSUER "\",\"aud\":\"q\",\"sub\":\"u1\"," TIMES "}",
     ERR_BAD_TOKEN},
    {"other audiences", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[\"q\",\"pp\",\"\\\"p\"],\"sub\":\"u1\"," TIMES "}",
     ERR_BAD_TOKEN},
    {"an audience inside another array", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[[\"p\"]],\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"a number among the audiences", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[\"p\",1],\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"no audience in the array", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[],\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"too many audiences", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":[\"p\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"],"
     "\"sub\":\"u1\"," TIMES "}",
     ERR_BAD_TOKEN},
    {"no audience", HEADER, "{\"iss\":\"" ISSUER "\",\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"an audience that is null", HEADER,
     "{\"iss\":\"" ISSUER "\",\"aud\":null,\"sub\":\"u1\"," TIMES "}", ERR_BAD_TOKEN},
    {"no subject", HEADER, "{\"iss\":\"" ISSUER "\",\"aud\":\"p\"," TIMES "}", ERR_BAD_TOKEN},
    {"an empty subject", HEADER, "{\"iss\":\"" ISSUER "\",\"aud\":\"p\",\"sub\":\"\"," TIMES "}",
     ERR_BAD_TOKEN},
    {"a subject twice", HEADER, "{" IDENTITY ",\"sub\":\"root\"," TIMES "}", ERR_BAD_TOKEN},
    {"expired", HEADER, "{" IDENTITY ",\"exp\":1795219140,\"iat\":1795215600}", ERR_TOKEN_EXPIRED},
    {"no exp", HEADER, "{" IDENTITY ",\"iat\":1795219200}", ERR_BAD_TOKEN},
    {"exp a string", HEADER, "{" IDENTITY ",\"exp\":\"1795222800\",\"iat\":1795219200}",
     ERR_BAD_TOKEN},
    {"exp with a fraction", HEADER, "{" IDENTITY ",\"exp\":1795222800.5,\"iat\":1795219200}",
     ERR_BAD_TOKEN},
    {"exp with an exponent", HEADER, "{" IDENTITY ",\"exp\":1e12,\"iat\":1795219200}",
     ERR_BAD_TOKEN},
    {"exp below zero", HEADER, "{" IDENTITY ",\"exp\":-1,\"iat\":1795219200}", ERR_BAD_TOKEN},
    {"exp beyond all", HEADER, "{" IDENTITY ",\"exp\":99999999999999999999,\"iat\":1795219200}",
     ERR_BAD_TOKEN},
    {"exp twice", HEADER, "{" IDENTITY ",\"exp\":1," TIMES "}", ERR_BAD_TOKEN},
    {"no iat", HEADER, "{" IDENTITY ",\"exp\":1795222800}", ERR_BAD_TOKEN},
    {"issued in the future", HEADER, "{" IDENTITY ",\"exp\":1795222800,\"iat\":1795219261}",
     ERR_BAD_TOKEN},
    {"issued in the future, valid before", HEADER,
     "{" IDENTITY ",\"nbf\":1,\"exp\":1795222800,\"iat\":1795219261}", ERR_BAD_TOKEN},
    {"not yet valid", HEADER, "{" IDENTITY ",\"nbf\":1795219261," TIMES "}", ERR_BAD_TOKEN},
    {"nbf a string", HEADER, "{" IDENTITY ",\"nbf\":\"0\"," TIMES "}", ERR_BAD_TOKEN},
    {"claims that are an array", HEADER, "[]", ERR_BAD_TOKEN},
    {"claims that are cut", HEADER, "{" IDENTITY "," TIMES, ERR_BAD_TOKEN},
    {"claims with a comment", HEADER, "{/**/" IDENTITY "," TIMES "}", ERR_BAD_TOKEN},
    {"claims nested too deep", HEADER,
     "{" IDENTITY "," TIMES ",\"x\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", ERR_BAD_TOKEN},
    {"claims of nothing", HEADER, "", ERR_BAD_TOKEN},
};

static void a_signed_token_is_worth_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(signed_rows); i++) {
        struct made_token token;
        struct jwt jwt;

        token_make(&token, &rig.pair, signed_rows[i].header, signed_rows[i].claims);
        int err = verify(token_span(&token), &jwt);
        if (err != signed_rows[i].err)
            fail_msg("%s: %s", signed_rows[i].what, err_name(err));
    }
}

/* Each changes the text of a good token, as somebody without the key could. */
typedef void edit_fn(struct made_token *token);

static char *signature_of(struct made_token *token)
{
    return strrchr(token->text, '.') + 1;
}

static void append(struct made_token *token, const char *bytes)
{
    token->len += (size_t)snprintf(token->text + token->len, sizeof(token->text) - token->len, "%s",
                                   bytes);
}

static void insert(struct made_token *token, size_t at, char c)
{
    memmove(token->text + at + 1, token->text + at, token->len - at + 1);
    token->text[at] = c;
    token->len++;
}

static void cut_at(struct made_token *token, char *end)
{
    *end = '\0';
    token->len = (size_t)(end - token->text);
}

static void no_signature(struct made_token *token)
{
    cut_at(token, signature_of(token));
}

static void no_last_dot(struct made_token *token)
{
    cut_at(token, signature_of(token) - 1);
}

static void one_part(struct made_token *token)
{
    cut_at(token, strchr(token->text, '.'));
}

static void nothing(struct made_token *token)
{
    cut_at(token, token->text);
}

static void a_fourth_part(struct made_token *token)
{
    append(token, ".AAAA");
}

static void a_dot_at_the_end(struct made_token *token)
{
    append(token, ".");
}

static void padding(struct made_token *token)
{
    append(token, "==");
}

static void a_space_at_the_end(struct made_token *token)
{
    append(token, " ");
}

static void a_space_in_front(struct made_token *token)
{
    insert(token, 0, ' ');
}

static void a_line_end_inside(struct made_token *token)
{
    insert(token, 8, '\n');
}

static void a_nul_inside(struct made_token *token)
{
    insert(token, 8, '\0');
}

static void a_flipped_bit(struct made_token *token)
{
    char *first = signature_of(token);

    *first = *first == 'A' ? 'B' : 'A';
}

static void a_shorter_signature(struct made_token *token)
{
    cut_at(token, token->text + token->len - 4);
}

static void a_longer_signature(struct made_token *token)
{
    append(token, "AA");
}

/* 256 bytes end in a character of which four bits must be zero. */
static void bits_behind_the_last_byte(struct made_token *token)
{
    char *last = &token->text[token->len - 1];

    *last = (char)(*last + 1);
}

static void another_alphabet(struct made_token *token)
{
    *strpbrk(signature_of(token), "-_") = '+';
}

static void a_signature_of_zeros(struct made_token *token)
{
    memset(signature_of(token), 'A', strlen(signature_of(token)));
}

static void another_header(struct made_token *token)
{
    char tail[MADE_TOKEN_BYTES];

    snprintf(tail, sizeof(tail), "%s", strchr(token->text, '.'));
    token->len = 0;
    token_add(token, SPAN("{\"alg\":\"RS256\",\"kid\":\"k1\"}"));
    append(token, tail);
}

static void other_claims(struct made_token *token)
{
    char tail[MADE_TOKEN_BYTES];

    snprintf(tail, sizeof(tail), "%s", signature_of(token) - 1);
    token_begin(token, HEADER, "{" TIMES "," IDENTITY "}");
    append(token, tail);
}

static void another_key(struct made_token *token)
{
    token_make(token, &rig.other, HEADER, CLAIMS);
}

static void another_digest(struct made_token *token)
{
    token_begin(token, HEADER, CLAIMS);
    token_sign(token, rig.pair.pair, EVP_sha512());
}

static void pss_padding(struct made_token *token)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key = NULL;
    unsigned char signature[RS256_MODULUS_BYTES_MAX];
    size_t len = sizeof(signature);

    token_begin(token, HEADER, CLAIMS);
    assert_int_equal(EVP_DigestSignInit(context, &key, EVP_sha256(), NULL, rig.pair.pair), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(
        EVP_DigestSign(context, signature, &len, (unsigned char *)token->text, token->len), 1);
    EVP_MD_CTX_free(context);
    append(token, ".");
    token_add(token, (struct span){(char *)signature, len});
}

/* CVE-2015-9235 and its kin: the public key, as PEM or DER would be known, is the secret of an HMAC. */
static void hmac_with_the_public_key(struct made_token *token, const char *header)
{
    unsigned char *der = NULL;
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_bytes = 0;
    int der_bytes = i2d_PUBKEY(rig.pair.pair, &der);

    assert_in_range(der_bytes, 1, 4096);
    token_begin(token, header, CLAIMS);
    assert_non_null(HMAC(EVP_sha256(), der, der_bytes, (unsigned char *)token->text, token->len,
                         mac, &mac_bytes));
    OPENSSL_free(der);
    append(token, ".");
    token_add(token, (struct span){(char *)mac, mac_bytes});
}

static void hmac_that_says_so(struct made_token *token)
{
    hmac_with_the_public_key(token, "{\"alg\":\"HS256\",\"kid\":\"k1\"}");
}

static void hmac_that_says_rs256(struct made_token *token)
{
    hmac_with_the_public_key(token, HEADER);
}

static void none_without_a_signature(struct made_token *token)
{
    token_begin(token, "{\"alg\":\"none\",\"kid\":\"k1\"}", CLAIMS);
    append(token, ".");
}

static void a_subject_too_long(struct made_token *token)
{
    char claims[2 * JWT_TEXT_BYTES_MAX];
    char subject[JWT_TEXT_BYTES_MAX + 2];

    memset(subject, 'u', sizeof(subject) - 1);
    subject[sizeof(subject) - 1] = '\0';
    snprintf(claims, sizeof(claims),
             "{\"iss\":\"" ISSUER "\",\"aud\":\"p\",\"sub\":\"%s\"," TIMES "}", subject);
    token_make(token, &rig.pair, HEADER, claims);
}

static void a_header_too_long(struct made_token *token)
{
    char header[JWT_HEADER_BYTES_MAX + 64];

    snprintf(header, sizeof(header), "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x\":\"%*s\"}",
             JWT_HEADER_BYTES_MAX, "");
    token_make(token, &rig.pair, header, CLAIMS);
}

static const struct {
    const char *what;
    edit_fn *edit;
} edits[] = {
#define EDIT(name)  \
    {               \
#name, name \
    }
    EDIT(no_signature),
    EDIT(no_last_dot),
    EDIT(one_part),
    EDIT(nothing),
    EDIT(a_fourth_part),
    EDIT(a_dot_at_the_end),
    EDIT(padding),
    EDIT(a_space_at_the_end),
    EDIT(a_space_in_front),
    EDIT(a_line_end_inside),
    EDIT(a_nul_inside),
    EDIT(a_flipped_bit),
    EDIT(a_shorter_signature),
    EDIT(a_longer_signature),
    EDIT(bits_behind_the_last_byte),
    EDIT(another_alphabet),
    EDIT(a_signature_of_zeros),
    EDIT(another_header),
    EDIT(other_claims),
    EDIT(another_key),
    EDIT(another_digest),
    EDIT(pss_padding),
    EDIT(hmac_that_says_so),
    EDIT(hmac_that_says_rs256),
    EDIT(none_without_a_signature),
    EDIT(a_subject_too_long),
    EDIT(a_header_too_long),
#undef EDIT
};

static void a_token_that_was_touched_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(edits); i++) {
        struct made_token token;
        struct jwt jwt;

        token_make(&token, &rig.pair, HEADER, CLAIMS);
        edits[i].edit(&token);
        int err = verify(token_span(&token), &jwt);
        if (err != ERR_BAD_TOKEN)
            fail_msg("%s: %s", edits[i].what, err_name(err));
    }
}

/* Claims that make the token exactly as long as may be, or longer. */
static void a_token_has_a_longest_length(void **state)
{
    static char claims[JWT_BYTES_MAX];
    struct made_token token;
    struct jwt jwt;
    size_t longest = 0;

    (void)state;
    for (int pad = 5500; pad < 5800; pad++) {
        snprintf(claims, sizeof(claims), "{" IDENTITY "," TIMES ",\"x\":\"%*s\"}", pad, "");
        token_begin(&token, HEADER, claims);
        token.text[token.len++] = '.';
        token_add(&token, (struct span){rig.pair.modulus.ptr, rig.pair.modulus.len});
        int err = jwt_parse(token_span(&token), &jwt);
        assert_int_equal(err, token.len <= JWT_BYTES_MAX ? 0 : ERR_BAD_TOKEN);
        longest = err == 0 ? token.len : longest;
    }
    assert_in_range(longest, JWT_BYTES_MAX - 3, JWT_BYTES_MAX);
}

/* Only whole tokens count: whatever is cut off the end, the rest is none. */
static void no_beginning_of_a_token_is_one(void **state)
{
    struct made_token token;
    struct jwt jwt;

    (void)state;
    token_make(&token, &rig.pair, HEADER, CLAIMS);
    for (size_t len = 0; len < token.len; len++)
        assert_int_equal(verify((struct span){token.text, len}, &jwt), ERR_BAD_TOKEN);
}

static void a_key_must_be_large_and_well_formed(void **state)
{
    static char modulus[RS256_MODULUS_BYTES_MAX + 1];
    const struct {
        size_t modulus_bytes;
        unsigned char first;
        unsigned char last;
        struct span exponent;
        bool good;
    } rows[] = {
        {256, 0x80, 1, SPAN("\x01\x00\x01"), true},
        {512, 0x80, 1, SPAN("\x03"), true},
        {257, 0x01, 1, SPAN("\x01\x00\x01"), true},
        {256, 0x7F, 1, SPAN("\x01\x00\x01"), false},
        {255, 0xFF, 1, SPAN("\x01\x00\x01"), false},
        {128, 0xFF, 1, SPAN("\x01\x00\x01"), false},
        {513, 0x80, 1, SPAN("\x01\x00\x01"), false},
        {256, 0x00, 1, SPAN("\x01\x00\x01"), false},
        {256, 0x80, 2, SPAN("\x01\x00\x01"), false},
        {256, 0x80, 1, SPAN("\x01"), false},
        {256, 0x80, 1, SPAN("\x01\x00\x02"), false},
        {256, 0x80, 1, SPAN("\x00\x01\x01"), false},
        {256, 0x80, 1, SPAN("\x01\x01\x01\x01\x01"), false},
        {256, 0x80, 1, SPAN(""), false},
        {0, 0, 0, SPAN("\x03"), false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span n = {modulus, rows[i].modulus_bytes};
        struct span e = rows[i].exponent;

        memset(modulus, 0x55, sizeof(modulus));
        if (n.len > 0) {
            modulus[n.len - 1] = (char)rows[i].last;
            modulus[0] = (char)rows[i].first;
        }
        if (rs256_is_key(n, e) != rows[i].good)
            fail_msg("row %zu", i);
        struct rs256_key *key = rs256_key_new(n, e);
        assert_int_equal(key != NULL, rows[i].good);
        rs256_key_free(&key);
    }
}

static int set_up(void **state)
{
    (void)state;
    signing_key_make(&rig.pair, 2048);
    signing_key_make(&rig.other, 2048);
    rig.key = rs256_key_new(rig.pair.modulus, rig.pair.exponent);
    rig.digester = digester_new();
    return rig.key != NULL && rig.digester != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    rs256_key_free(&rig.key);
    digester_free(&rig.digester);
    EVP_PKEY_free(rig.pair.pair);
    EVP_PKEY_free(rig.other.pair);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_token_says_who_it_is),
        cmocka_unit_test(a_signed_token_is_worth_what_it_says),
        cmocka_unit_test(a_token_that_was_touched_is_refused),
        cmocka_unit_test(a_token_has_a_longest_length),
        cmocka_unit_test(no_beginning_of_a_token_is_one),
        cmocka_unit_test(a_key_must_be_large_and_well_formed),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
