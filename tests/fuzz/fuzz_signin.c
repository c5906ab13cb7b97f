/* Forms as anybody may send them: the first line is `Origin`, the second `Host`, the rest the body. */
#include "lib/access/signin.h"
#include "lib/base/err.h"
#include "tests/fuzz/fuzz.h"

static struct span take_line(struct span *input)
{
    const char *end = input->len == 0 ? NULL : memchr(input->ptr, '\n', input->len);
    struct span line = end == NULL ? *input : span_from(input->ptr, end);

    *input = span_skip(*input, end == NULL ? input->len : line.len + 1);
    return line;
}

static void check_origin(struct span origin, struct span host)
{
    static struct http_request request;
    bool is_secure = false;

    request.header_count = 2;
    request.headers[0] = (struct http_header){SPAN("origin"), origin};
    request.headers[1] = (struct http_header){SPAN("host"), host};
    int err = signin_check_origin(&request, &is_secure);
    INVARIANT(err == 0 || err == ERR_FOREIGN_FORM);
    INVARIANT(err != 0 || (host.len > 0 && span_starts_with(origin, SPAN("http"))));
}

static void check_next(struct span next)
{
    INVARIANT(span_starts_with(next, SPAN("/models")) || span_starts_with(next, SPAN("/connect")));
    INVARIANT(next.len <= SIGNIN_NEXT_BYTES_MAX);
    for (size_t i = 0; i < next.len; i++)
        INVARIANT(next.ptr[i] > ' ' && next.ptr[i] <= '~');
    struct span page = signin_page_of(next);
    INVARIANT(span_equal(page, SPAN("/models")) || span_equal(page, SPAN("/connect")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    struct span origin = take_line(&input);
    struct span host = take_line(&input);
    struct span body = fuzz_copy(input);
    struct span memory = fuzz_copy(input);
    struct signin_form form;

    check_origin(origin, host);
    int err = signin_read_form(body, span_writable(memory), &form);
    INVARIANT(err == 0 || err == ERR_BAD_FORM);
    if (err == 0) {
        INVARIANT(form.key.len <= input.len);
        check_next(form.next);
    }
    fuzz_free(memory);
    fuzz_free(body);
    return 0;
}
