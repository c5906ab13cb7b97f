/*
 * Cookies as anybody may send them: the input is the value of a `Cookie` field. Behind a zero byte
 * it is 32 bytes of a digest and an expiry instead, which make a token that must be read back.
 */
#include "lib/access/session_cookie.h"
#include "lib/base/err.h"
#include "tests/fuzz/fuzz.h"

static const struct session_signer *signer(void)
{
    static struct session_signer it;

    if (it.digester == NULL) {
        it.digester = digester_new();
        it.key = SPAN("0123456789abcdef0123456789abcdef");
        INVARIANT(it.digester != NULL);
    }
    return &it;
}

static void check_cookie(struct span value)
{
    static struct http_request request;
    struct span exact = fuzz_copy(value);
    char token[SESSION_TOKEN_BYTES];
    struct session session;
    struct span out;

    request.header_count = 1;
    request.headers[0] = (struct http_header){SPAN("cookie"), exact};
    int err = session_cookie_take(&request, false, token, &out);
    INVARIANT(err == 0 || err == ERR_BAD_SESSION);
    if (err == 0 && out.len != 0) {
        /* Nobody finds the code of a key that is not known to them. */
        INVARIANT(out.len == SESSION_TOKEN_BYTES);
        INVARIANT(session_read(signer(), out, 0, &session) == ERR_BAD_SESSION);
    }
    err = session_cookie_take(&request, false, token, &out);
    INVARIANT(err == 0 && out.len == 0);
    fuzz_free(exact);
}

static void check_token(struct span input)
{
    struct session before = {.expires_s = 0};
    struct session after;
    char token[SESSION_TOKEN_BYTES];

    if (input.len < DIGEST_BYTES + 3)
        return;
    memcpy(before.key.bytes, input.ptr, DIGEST_BYTES);
    input = span_skip(input, DIGEST_BYTES);
    before.expires_s = (int64_t)fuzz_take_number(&input) + 1;
    session_write(signer(), &before, token);
    struct span text = {token, sizeof(token)};
    INVARIANT(session_read(signer(), text, 0, &after) == 0);
    INVARIANT(digest_equal(&before.key, &after.key) && before.expires_s == after.expires_s);
    INVARIANT(session_read(signer(), text, before.expires_s, &after) == ERR_SESSION_ENDED);
    size_t at = (size_t)(unsigned char)input.ptr[0] % sizeof(token);
    token[at] = token[at] == 'A' ? 'B' : 'A';
    INVARIANT(session_read(signer(), text, 0, &after) == ERR_BAD_SESSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};

    if (size > 0 && data[0] == 0)
        check_token(span_skip(input, 1));
    else
        check_cookie(input);
    return 0;
}
