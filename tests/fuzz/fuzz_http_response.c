/* Answers of upstreams, 1xx heads and all: cut anywhere, they are what the grammar says. */
#include "lib/base/err.h"
#include "lib/wire/http_response.h"
#include "tests/fuzz/http_reference.h"

/** What is told of an answer; both ways of reading one end in it. */
struct outcome {
    enum reference_verdict verdict;
    bool has_head;
    unsigned status;
    int64_t length;
    struct span type;
    struct span retry;
    struct fuzz_hash content;
    bool is_kept_alive;
    bool ends_with_connection;
    size_t left;
};

static void tell(const struct outcome *outcome, struct fuzz_hash *told)
{
    fuzz_hash_number(told, outcome->verdict);
    /* What came before a fault depends on the cuts, and nobody uses it. */
    if (outcome->verdict == REFERENCE_BAD)
        return;
    fuzz_hash_number(told, outcome->has_head);
    if (!outcome->has_head)
        return;
    fuzz_hash_number(told, outcome->status);
    fuzz_hash_number(told, (uint64_t)outcome->length);
    fuzz_hash_bytes(told, outcome->type);
    fuzz_hash_number(told, outcome->type.len);
    fuzz_hash_bytes(told, outcome->retry);
    fuzz_hash_number(told, outcome->retry.len);
    fuzz_hash_number(told, outcome->content.value);
    fuzz_hash_number(told, outcome->is_kept_alive);
    fuzz_hash_number(told, outcome->ends_with_connection);
    fuzz_hash_number(told, outcome->left);
}

/* --- as the client does it -------------------------------------------------------------------- */

/* @return false: the answer is over, well or not */
static bool feed(struct http_response *response, struct span *bytes, struct outcome *outcome)
{
    enum http_response_event event = HTTP_RESPONSE_HEAD;
    struct span content;

    while (event != HTTP_RESPONSE_MORE && event != HTTP_RESPONSE_END) {
        int err = http_response_next(response, bytes, &event, &content);

        if (err != 0) {
            INVARIANT(err == ERR_UPSTREAM_PROTOCOL);
            outcome->verdict = REFERENCE_BAD;
            return false;
        }
        INVARIANT((event == HTTP_RESPONSE_BODY) == (content.len > 0));
        INVARIANT(event != HTTP_RESPONSE_HEAD || !outcome->has_head);
        outcome->has_head = outcome->has_head || event == HTTP_RESPONSE_HEAD;
        fuzz_hash_bytes(&outcome->content, content);
    }
    return event == HTTP_RESPONSE_MORE;
}

static void read_answer(const void *setup, struct span input, size_t step, struct fuzz_hash *told)
{
    static struct http_response response;
    struct outcome outcome = {.verdict = REFERENCE_MORE};
    struct span piece;
    bool goes_on = true;

    (void)setup;
    http_response_init(&response);
    while (goes_on && fuzz_take_piece(&input, step, &piece)) {
        struct span left = piece;

        goes_on = feed(&response, &left, &outcome);
        INVARIANT(!goes_on || left.len == 0);
        outcome.left = left.len;
        fuzz_free(piece);
    }
    if (!goes_on && outcome.verdict != REFERENCE_BAD)
        outcome.verdict = REFERENCE_GOOD;
    outcome.status = response.status;
    outcome.length = response.content_length;
    outcome.type = http_response_type(&response);
    outcome.retry = http_response_retry(&response);
    outcome.is_kept_alive = http_response_is_kept_alive(&response);
    outcome.ends_with_connection = http_response_close(&response) == 0;
    outcome.left += input.len;
    tell(&outcome, told);
}

/* --- as the grammar says it ------------------------------------------------------------------- */

static bool is_printable(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\t')
            return false;
    }
    return true;
}

/* With the blanks behind it a value may be longer than what is looked at. */
static bool is_too_long(struct span value)
{
    size_t len = 0;

    while (value.len > 0 && value.ptr[len] != '\r')
        len++;
    return len > HTTP_RESPONSE_TYPE_BYTES_MAX;
}

/* The last field of that name, when it can be told. */
static struct span find_last(const struct reference_head *head, struct span name, size_t bytes_max)
{
    struct span found = {NULL, 0};

    for (size_t i = 0; i < head->fields; i++) {
        if (span_equal_nocase(head->names[i], name))
            found = head->values[i];
    }
    bool is_told = found.len <= bytes_max && is_printable(found) && !is_too_long(found);
    return is_told ? found : (struct span){NULL, 0};
}

static bool has_close(struct span list)
{
    size_t begin = 0;

    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && list.ptr[i] != ',')
            continue;
        if (span_equal_nocase(span_trim((struct span){list.ptr + begin, i - begin}), SPAN("close")))
            return true;
        begin = i + 1;
    }
    return false;
}

static bool is_closing(const struct reference_head *head)
{
    bool found = false;

    for (size_t i = 0; i < head->fields; i++) {
        if (span_equal_nocase(head->names[i], SPAN("connection")) && head->values[i].len > 0)
            found = found || is_too_long(head->values[i]) || has_close(head->values[i]);
    }
    return found;
}

static bool is_encoded(const struct reference_head *head)
{
    bool found = false;

    for (size_t i = 0; i < head->fields; i++) {
        if (span_equal_nocase(head->names[i], SPAN("content-encoding")))
            found = found || is_too_long(head->values[i]) ||
                    !span_equal_nocase(head->values[i], SPAN("identity"));
    }
    return found;
}

static void take_head(struct reference *reference, struct reference_head *head)
{
    *head = (struct reference_head){.minor = 0};
    reference_version(reference, head);
    reference_literal(reference, " ");
    char class = reference_peek(reference);
    reference_demand(reference, class >= '1' && class <= '5');
    struct span code = reference_run(reference, reference_is_digit, 3);
    reference_demand(reference, code.len == 3);
    for (size_t i = 0; i < code.len; i++)
        head->status = head->status * 10 + (unsigned)(code.ptr[i] - '0');
    if (reference_peek(reference) == ' ')
        reference_run(reference, reference_is_text, SIZE_MAX);
    reference_literal(reference, "\r\n");
    reference_fields(reference, head, false);
    bool is_bodiless = head->status < 200 || head->status == 204;
    reference_demand(reference, head->status != 101 && !is_encoded(head));
    reference_demand(reference, !is_bodiless || (!head->is_chunked && head->length == 0));
}

static void take_body(struct reference *reference, const struct reference_head *head,
                      struct outcome *outcome)
{
    if (head->status == 204 || head->status == 304)
        return;
    if (head->is_chunked) {
        reference_chunks(reference, true, &outcome->content);
    } else if (head->has_length) {
        reference_content(reference, head->length, &outcome->content);
    } else {
        outcome->ends_with_connection = true;
        reference_content(reference, UINT64_MAX, &outcome->content);
    }
}

static struct outcome expect_answer(struct span input)
{
    static struct reference_head head;
    struct reference reference = {.left = input};
    struct outcome outcome = {.length = -1};

    for (unsigned heads = 0; heads <= HTTP_RESPONSE_INTERIM_MAX; heads++) {
        take_head(&reference, &head);
        if (reference.verdict != REFERENCE_GOOD || head.status >= 200)
            break;
    }
    reference_demand(&reference, head.status >= 200);
    outcome.has_head = reference.verdict == REFERENCE_GOOD;
    if (outcome.has_head) {
        outcome.status = head.status;
        outcome.length = head.has_length ? (int64_t)head.length : -1;
        outcome.type = find_last(&head, SPAN("content-type"), HTTP_RESPONSE_TYPE_BYTES_MAX);
        outcome.retry = find_last(&head, SPAN("retry-after"), HTTP_RESPONSE_RETRY_BYTES_MAX);
        take_body(&reference, &head, &outcome);
    }
    outcome.verdict = reference.verdict;
    outcome.is_kept_alive = reference.verdict == REFERENCE_GOOD && head.minor == 1 &&
                            !is_closing(&head);
    outcome.left = reference.left.len;
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = {(const char *)data, size};
    size_t step = fuzz_take_number(&input);
    struct fuzz_hash expected = {0};
    struct outcome outcome = expect_answer(input);

    tell(&outcome, &expected);
    INVARIANT(fuzz_cut(read_answer, NULL, input, step) == expected.value);
    return 0;
}
