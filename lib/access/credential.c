#include "lib/access/access.h"
#include "lib/access/pair.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/url.h"

/* The fields that can hold a key; in the first one it follows a scheme. */
static const struct {
    struct span name;
    bool has_scheme;
} fields[] = {
#define FIELD(name, has_scheme)              \
    {                                        \
        {name, sizeof(name) - 1}, has_scheme \
    }
    FIELD("authorization", true),
    FIELD("x-api-key", false),
    FIELD("x-goog-api-key", false),
    FIELD("api-key", false),
#undef FIELD
};

/* What has been found so far. The first error sticks, but the search goes on: it also wipes. */
struct search {
    struct span found;
    char *memory; /* for what had to be decoded; ACCESS_KEY_BYTES_MAX bytes */
    int err;
};

static void fail(struct search *search, int err)
{
    if (search->err == 0)
        search->err = err;
}

static bool can_be_key(struct span text)
{
    bool is_visible = true;

    if (text.len > ACCESS_KEY_BYTES_MAX)
        return false;
    /* No early end: so the compiler looks at many bytes at once. */
    for (size_t i = 0; i < text.len; i++)
        is_visible &= text.ptr[i] > ' ' && text.ptr[i] <= '~';
    return is_visible;
}

/* `text` is kept, unwiped, when it is the first key of the request. */
static void consider(struct search *search, struct span text)
{
    if (text.len == 0)
        return;
    if (!can_be_key(text)) {
        fail(search, ERR_UNKNOWN_KEY);
    } else if (search->found.len == 0) {
        search->found = text;
        return;
    } else if (!span_equal(search->found, text)) {
        fail(search, ERR_CREDENTIALS_DIFFER);
    }
    span_wipe(text);
}

/* RFC 9110, section 11.4: scheme, in any case, then spaces, then the token. */
static void consider_authorization(struct search *search, struct span value)
{
    size_t word = 0;

    while (word < value.len && value.ptr[word] != ' ')
        word++;
    if (value.len == 0)
        return;
    if (!span_equal_nocase((struct span){value.ptr, word}, SPAN("bearer"))) {
        fail(search, ERR_UNKNOWN_KEY);
        span_wipe(value);
        return;
    }
    consider(search, span_trim(span_skip(value, word)));
}

static void consider_header(struct search *search, const struct http_header *header)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!span_equal_nocase(header->name, fields[i].name))
            continue;
        if (fields[i].has_scheme)
            consider_authorization(search, header->value);
        else
            consider(search, header->value);
        return;
    }
}

/* A second `?key=` may not overwrite what was found in the first: it is decoded apart. */
static void consider_parameter(struct search *search, struct span encoded)
{
    char apart[ACCESS_KEY_BYTES_MAX];
    char *memory = search->found.ptr == search->memory ? apart : search->memory;
    struct span text = {0};

    if (url_decode(encoded, memory, ACCESS_KEY_BYTES_MAX, &text) != 0) {
        fail(search, ERR_UNKNOWN_KEY);
        text = (struct span){memory, ACCESS_KEY_BYTES_MAX};
        span_wipe(text);
    } else {
        consider(search, text);
    }
    span_wipe(encoded);
}

static void consider_query(struct search *search, struct span query)
{
    struct span value;

    while (url_query_find(query, SPAN("key"), &value)) {
        const char *end = value.ptr + value.len;

        query = span_from(end, query.ptr + query.len);
        consider_parameter(search, value);
    }
}

int access_find_credential(const struct http_request *request, char *memory, size_t memory_bytes,
                           struct span *out)
{
    struct search search = {0};

    INVARIANT(memory != NULL && memory_bytes >= ACCESS_KEY_BYTES_MAX);
    search.memory = memory;
    for (uint32_t i = 0; i < request->header_count; i++)
        consider_header(&search, &request->headers[i]);
    consider_query(&search, request->query);
    if (search.err != 0) {
        span_wipe(search.found);
        search.found = (struct span){0};
    }
    *out = search.found;
    return search.err;
}

/* A search for a pair: what else there is, and the two tokens. */
struct pair_search {
    struct access_pair found;
    int err;
    bool has_other; /* a credential that is not half of a pair */
};

static void fail_pair(struct pair_search *search, int err)
{
    if (search->err == 0)
        search->err = err;
}

/* Twice the same is once. */
static void consider_half(struct pair_search *search, struct span *half, struct span text)
{
    if (text.len == 0)
        return;
    if (half->len == 0)
        *half = text;
    else if (!span_equal(*half, text))
        fail_pair(search, ERR_CREDENTIALS_DIFFER);
}

static void consider_bearer(struct pair_search *search, struct span value)
{
    size_t word = 0;

    while (word < value.len && value.ptr[word] != ' ')
        word++;
    if (value.len != 0 && !span_equal_nocase((struct span){value.ptr, word}, SPAN("bearer")))
        fail_pair(search, ERR_UNKNOWN_KEY);
    else
        consider_half(search, &search->found.id_token, span_trim(span_skip(value, word)));
}

static void consider_for_pair(struct pair_search *search, const struct http_header *header)
{
    if (span_equal_nocase(header->name, SPAN("x-firebase-appcheck"))) {
        consider_half(search, &search->found.app_check, header->value);
        return;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!span_equal_nocase(header->name, fields[i].name))
            continue;
        if (fields[i].has_scheme)
            consider_bearer(search, header->value);
        else
            search->has_other = search->has_other || header->value.len != 0;
    }
}

void access_wipe_credentials(const struct http_request *request)
{
    struct span query = request->query;
    struct span value;

    for (uint32_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];

        if (span_equal_nocase(header->name, SPAN("x-firebase-appcheck")))
            span_wipe(header->value);
        for (size_t n = 0; n < sizeof(fields) / sizeof(fields[0]); n++) {
            if (span_equal_nocase(header->name, fields[n].name))
                span_wipe(header->value);
        }
    }
    while (url_query_find(query, SPAN("key"), &value)) {
        query = span_from(value.ptr + value.len, query.ptr + query.len);
        span_wipe(value);
    }
}

static int judge_pair(const struct pair_search *search)
{
    /* Without an App Check token it is for access_find_credential() to judge. */
    if (search->found.app_check.len == 0)
        return 0;
    if (search->err == 0 && search->has_other)
        return ERR_CREDENTIALS_DIFFER;
    return search->err == 0 && search->found.id_token.len == 0 ? ERR_HALF_PAIR : search->err;
}

int access_find_pair(const struct http_request *request, struct access_pair *out)
{
    struct pair_search search = {0};
    struct span value;

    for (uint32_t i = 0; i < request->header_count; i++)
        consider_for_pair(&search, &request->headers[i]);
    for (struct span query = request->query; url_query_find(query, SPAN("key"), &value);
         query = span_from(value.ptr + value.len, query.ptr + query.len))
        search.has_other = search.has_other || value.len != 0;
    int err = judge_pair(&search);
    if (err != 0) {
        access_wipe_credentials(request);
        search.found = (struct access_pair){0};
    } else if (search.found.app_check.len == 0 &&
               !span_starts_with(search.found.id_token, SPAN("eyJ"))) {
        /* Every header of a token is JSON, whose base64url begins so. */
        search.found.id_token = (struct span){0};
    }
    *out = search.found;
    return err;
}
