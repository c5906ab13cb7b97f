/*
 * Tokens as anybody may send them. The input is header, line end, payload, which are put into
 * base64url here, or, behind a zero byte, the text of a token itself.
 */
#include "lib/access/jwt.h"
#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "tests/fuzz/fuzz.h"

static bool lies_in(struct span inner, struct span outer)
{
    return inner.len == 0 ||
           (inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len);
}

static void check(struct span token)
{
    static struct jwt jwt;
    struct span exact = fuzz_copy(token);
    int err = jwt_parse(exact, &jwt);

    INVARIANT(err == 0 || err == ERR_BAD_TOKEN);
    if (err == 0) {
        struct span memory = {jwt.memory, sizeof(jwt.memory)};
        const struct jwt_terms terms = {jwt.issuer, jwt.audiences[0], jwt.issued_s};

        INVARIANT(token.len <= JWT_BYTES_MAX && lies_in(jwt.signed_text, exact));
        INVARIANT(lies_in(jwt.signature, memory) && lies_in(jwt.key_id, memory));
        INVARIANT(lies_in(jwt.issuer, memory) && lies_in(jwt.subject, memory));
        INVARIANT(jwt.signature.len > 0 && jwt.key_id.len > 0 && jwt.subject.len > 0);
        INVARIANT(jwt.audience_count > 0 && jwt.audience_count <= JWT_AUDIENCES_MAX);
        for (uint32_t i = 0; i < jwt.audience_count; i++)
            INVARIANT(lies_in(jwt.audiences[i], memory) && jwt.audiences[i].len > 0);
        err = jwt_check(&jwt, &terms);
        INVARIANT(err == 0 || err == ERR_BAD_TOKEN || err == ERR_TOKEN_EXPIRED);
    }
    fuzz_free(exact);
}

static void check_parts(struct span input)
{
    static char token[4 * JWT_BYTES_MAX];
    const char *line_end = input.len == 0 ? NULL : memchr(input.ptr, '\n', input.len);
    size_t len = 0;

    if (line_end == NULL || input.len > sizeof(token) / 2)
        return;
    struct span header = span_from(input.ptr, line_end);
    struct span claims = span_from(line_end + 1, input.ptr + input.len);
    len += base64url_encode(header, token, sizeof(token));
    token[len++] = '.';
    len += base64url_encode(claims, token + len, sizeof(token) - len);
    token[len++] = '.';
    len += base64url_encode(SPAN("any signature"), token + len, sizeof(token) - len);
    check((struct span){token, len});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};

    if (size > 0 && data[0] == 0)
        check(span_skip(input, 1));
    else
        check_parts(input);
    return 0;
}
