/* Paths, methods, and what the two errors say. */
#include "lib/base/err.h"
#include "worker/listing.h"
#include "worker/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    enum http_method method;
    const char *path;
    int err;
    enum route route;
    const char *rest;
    enum error_dialect errors;
} rows[] = {
    {HTTP_METHOD_GET, "/v1/models", 0, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_HEAD, "/v1/models", 0, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/v1/models", ERR_METHOD, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_OPTIONS, "/v1/models", ERR_METHOD, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/v1/models/gpt-4o", 0, ROUTE_MODEL, "gpt-4o", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/v1/models/openai/gpt-4o:free", 0, ROUTE_MODEL, "openai/gpt-4o:free",
     ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/v1/models/openai%2Fgpt-4o", 0, ROUTE_MODEL, "openai%2Fgpt-4o",
     ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/v1/models/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/V1/models", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/", 0, ROUTE_HOME, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/v1/messages/batches", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/claude/v1/models/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/gateway/anthropic/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/v1beta/nope", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/gateway/gemini/v1beta/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/api/v1/nope", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENROUTER},
    {HTTP_METHOD_GET, "/backend-api/codex/v1/models", 0, ROUTE_CODEX_V1_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/x", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/v1/chat/completions", 0, ROUTE_CHAT_COMPLETIONS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/v1/chat/completions", ERR_METHOD, ROUTE_CHAT_COMPLETIONS, "",
     ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/v1/chat/completions/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/v1/messages", 0, ROUTE_MESSAGES, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/v1/messages", ERR_METHOD, ROUTE_MESSAGES, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/models", 0, ROUTE_CREDIT_MODELS, "", ERRORS_CREDIT},
    {HTTP_METHOD_POST, "/models", ERR_METHOD, ROUTE_CREDIT_MODELS, "", ERRORS_CREDIT},
    {HTTP_METHOD_GET, "/models/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/backend-api/codex/models", 0, ROUTE_CODEX_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/gateway/openai/v1/models", 0, ROUTE_OPENAI_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/gateway/openai/v1/models/a/b", 0, ROUTE_OPENAI_MODEL, "a/b", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/gateway/openai/v1/chat/completions", 0, ROUTE_OPENAI_CHAT_COMPLETIONS, "",
     ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/gateway/anthropic/v1/messages", 0, ROUTE_ANTHROPIC_MESSAGES, "",
     ERRORS_ANTHROPIC},
    {HTTP_METHOD_POST, "/claude/v1/messages", 0, ROUTE_CLAUDE_MESSAGES, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_POST, "/gateway/openai/v1/messages", ERR_NO_ROUTE, ROUTE_MODELS, "",
     ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/claude/v1/models", 0, ROUTE_CLAUDE_MODELS, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/claude/v1/models/a", 0, ROUTE_CLAUDE_MODEL, "a", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/gateway/anthropic/v1/models/a", 0, ROUTE_ANTHROPIC_MODEL, "a",
     ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/v1beta/models/a:b", 0, ROUTE_GEMINI_MODEL, "a:b", ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models", ERR_METHOD, ROUTE_GEMINI_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1/models/a:generateContent", 0, ROUTE_V1_GEMINI_CALL, "a", ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/a:generateContent", 0, ROUTE_GEMINI_CALL, "a",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/a/b:c:streamGenerateContent", 0, ROUTE_GEMINI_CALL, "a/b:c",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/a%2Fb%3AcountTokens", 0, ROUTE_GEMINI_CALL, "a%2Fb",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/gateway/gemini/v1beta/models/a:countTokens", 0, ROUTE_GATEWAY_GEMINI_CALL,
     "a", ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/gemini/v1/models/a:generateContent", 0, ROUTE_VERSION_GEMINI_CALL, "a",
     ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/v1beta/models/a:generateContent", ERR_METHOD, ROUTE_GEMINI_CALL, "",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/a", ERR_METHOD, ROUTE_GEMINI_MODEL, "", ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/a:embedContent", ERR_NO_ROUTE, ROUTE_MODELS, "",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/:generateContent", ERR_NO_ROUTE, ROUTE_MODELS, "",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/generateContent", ERR_METHOD, ROUTE_GEMINI_MODEL, "",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1beta/models/%3AgenerateContent", ERR_METHOD, ROUTE_GEMINI_MODEL, "",
     ERRORS_GEMINI},
    {HTTP_METHOD_POST, "/v1/messages/count_tokens", 0, ROUTE_MESSAGES_COUNT, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_POST, "/claude/v1/messages/count_tokens", 0, ROUTE_CLAUDE_MESSAGES_COUNT, "",
     ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/gateway/anthropic/v1/messages/count_tokens", ERR_METHOD,
     ROUTE_ANTHROPIC_MESSAGES_COUNT, "", ERRORS_ANTHROPIC},
    {HTTP_METHOD_GET, "/gemini/v1beta/models", 0, ROUTE_VERSION_GEMINI_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/gemini/v1/models/a/b", 0, ROUTE_VERSION_GEMINI_MODEL, "a/b", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/gemini//models", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/gemini/*", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/gemini/v1/x/models", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_GEMINI},
    {HTTP_METHOD_GET, "/api/models", 0, ROUTE_FILTERABLE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/api/v1/models", 0, ROUTE_OPENROUTER_MODELS, "", ERRORS_OPENROUTER},
    {HTTP_METHOD_GET, "/connect", 0, ROUTE_CONNECT, "", ERRORS_OPENAI},
    {HTTP_METHOD_HEAD, "/connect", 0, ROUTE_CONNECT, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/connect", ERR_METHOD, ROUTE_CONNECT, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/assets/weir.css", 0, ROUTE_ASSET, "weir.css", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/assets/", ERR_NO_ROUTE, ROUTE_MODELS, "", ERRORS_OPENAI},
    {HTTP_METHOD_GET, "/healthz", 0, ROUTE_HEALTHZ, "", ERRORS_OPENAI},
    {HTTP_METHOD_HEAD, "/readyz", 0, ROUTE_READYZ, "", ERRORS_OPENAI},
    {HTTP_METHOD_POST, "/signin", 0, ROUTE_SIGNIN, "", ERRORS_TEXT},
    {HTTP_METHOD_GET, "/signin", ERR_METHOD, ROUTE_SIGNIN, "", ERRORS_TEXT},
    {HTTP_METHOD_POST, "/signout", 0, ROUTE_SIGNOUT, "", ERRORS_TEXT},
    {HTTP_METHOD_HEAD, "/signout", ERR_METHOD, ROUTE_SIGNOUT, "", ERRORS_TEXT},
};

static void every_path_has_its_route(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct http_request request = {.method = rows[i].method, .path = span_of(rows[i].path)};
        struct route_match match;

        assert_int_equal(routes_find(&request, &match), rows[i].err);
        assert_int_equal(match.errors, rows[i].errors);
        if (rows[i].err == ERR_NO_ROUTE)
            continue;
        assert_int_equal(match.route, rows[i].route);
        if (rows[i].err == 0)
            assert_true(span_equal(match.rest, span_of(rows[i].rest)));
    }
}

static void a_listing_speaks_what_its_request_asks_for(void **state)
{
    static const struct {
        const char *path;
        const char *query;
        enum dialect dialect;
        const char *version; /* NULL: no such header */
        int err;
    } asked[] = {
        {"/v1/models", "", DIALECT_OPENAI, NULL, 0},
        {"/v1/models", "client_version=0.99.0", DIALECT_CODEX, NULL, 0},
        {"/v1/models", "a=b&client%5Fversion=1", DIALECT_CODEX, NULL, 0},
        {"/v1/models", "client_version=", DIALECT_OPENAI, NULL, 0},
        {"/v1/models", "client_version", DIALECT_OPENAI, NULL, 0},
        {"/v1/models", "client_versions=1", DIALECT_OPENAI, NULL, 0},
        {"/gateway/openai/v1/models", "client_version=1", DIALECT_OPENAI, NULL, 0},
        {"/backend-api/codex/models", "", DIALECT_CODEX, NULL, 0},
        {"/models", "client_version=1", DIALECT_CREDIT, NULL, 0},
        {"/v1/models", "", DIALECT_ANTHROPIC_2023, "2023-06-01", 0},
        {"/v1/models", "", DIALECT_ANTHROPIC, "2026-10-21", 0},
        {"/v1/models", "", DIALECT_OPENAI, "2026-10-22", ERR_API_VERSION},
        {"/v1/models", "", DIALECT_OPENAI, "", ERR_API_VERSION},
        {"/v1/models", "client_version=1", DIALECT_CODEX, "2026-10-21", 0},
        {"/gateway/openai/v1/models", "", DIALECT_OPENAI, "2026-10-21", 0},
        {"/claude/v1/models", "", DIALECT_ANTHROPIC_2023, NULL, 0},
        {"/claude/v1/models", "", DIALECT_ANTHROPIC, "2026-10-21", 0},
        {"/v1beta/models", "", DIALECT_GEMINI, "2026-10-21", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        const struct http_request request = {
            .method = HTTP_METHOD_GET,
            .path = span_of(asked[i].path),
            .query = span_of(asked[i].query),
            .header_count = asked[i].version != NULL,
            .headers = {{{"Anthropic-Version", 17}, span_of(asked[i].version)}},
        };
        struct route_match match;

        assert_int_equal(routes_find(&request, &match), asked[i].err);
        if (asked[i].err == 0)
            assert_int_equal(match.dialect, asked[i].dialect);
    }
}

static void a_version_that_stands_twice_is_refused_where_it_is_read(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        const char *query;
        int err;
    } asked[] = {
        {HTTP_METHOD_GET, "/v1/models", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_GET, "/v1/models/m", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_GET, "/claude/v1/models", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_GET, "/gateway/anthropic/v1/models/m", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_POST, "/v1/messages", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_POST, "/claude/v1/messages/count_tokens", "", ERR_API_VERSION_REPEATED},
        {HTTP_METHOD_POST, "/claude/v1/models", "", ERR_METHOD},
        {HTTP_METHOD_GET, "/v1/models", "client_version=1", 0},
        {HTTP_METHOD_GET, "/v1beta/models", "", 0},
        {HTTP_METHOD_POST, "/v1/chat/completions", "", 0},
    };
    static const struct span second[] = {{"2023-06-01", 10}, {"2026-10-21", 10}, {"", 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        for (size_t n = 0; n < sizeof(second) / sizeof(second[0]); n++) {
            const struct http_request request = {
                .method = asked[i].method,
                .path = span_of(asked[i].path),
                .query = span_of(asked[i].query),
                .header_count = 3,
                .headers = {{SPAN("anthropic-version"), SPAN("2023-06-01")},
                            {SPAN("accept"), SPAN("*/*")},
                            {SPAN("Anthropic-Version"), second[n]}},
            };
            struct route_match match;

            assert_int_equal(routes_find(&request, &match), asked[i].err);
        }
    }
}

static void the_page_is_for_who_prefers_html(void **state)
{
    static const struct {
        const char *accept;
        enum route_handler handler;
    } asked[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HANDLER_WEB},
        {"text/html", HANDLER_WEB},
        {"text/*, application/json;q=0.9", HANDLER_WEB},
        {"*/*", HANDLER_LISTING},
        {"application/json, text/html", HANDLER_LISTING},
        {"text/html;q=0", HANDLER_LISTING},
        {"image/png", HANDLER_LISTING},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        const struct http_request request = {
            .method = HTTP_METHOD_GET,
            .path = SPAN("/models"),
            .header_count = 1,
            .headers = {{SPAN("accept"), span_of(asked[i].accept)}},
        };
        struct route_match match;

        assert_int_equal(routes_find(&request, &match), 0);
        assert_int_equal(match.handler, asked[i].handler);
    }
}

static void a_call_asks_for_what_its_path_and_query_say(void **state)
{
    static const struct {
        const char *path;
        const char *query;
        enum wire_protocol protocol;
        enum call_operation operation;
    } asked[] = {
        {"/v1/chat/completions", "", PROTOCOL_OPENAI, OPERATION_GENERATE},
        {"/v1/messages", "beta=true", PROTOCOL_ANTHROPIC, OPERATION_GENERATE},
        {"/v1/messages/count_tokens", "beta=true", PROTOCOL_ANTHROPIC, OPERATION_COUNT_TOKENS},
        {"/v1beta/models/a:generateContent", "alt=sse", PROTOCOL_GEMINI, OPERATION_GENERATE},
        {"/v1beta/models/a:streamGenerateContent", "", PROTOCOL_GEMINI, OPERATION_ARRAY},
        {"/v1beta/models/a:streamGenerateContent", "alt=json", PROTOCOL_GEMINI, OPERATION_ARRAY},
        {"/v1beta/models/a:streamGenerateContent", "key=k&alt=sse", PROTOCOL_GEMINI,
         OPERATION_STREAM},
        {"/v1beta/models/a:countTokens", "", PROTOCOL_GEMINI, OPERATION_COUNT_TOKENS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        const struct http_request request = {
            .method = HTTP_METHOD_POST,
            .path = span_of(asked[i].path),
            .query = span_of(asked[i].query),
        };
        struct route_match match;

        assert_int_equal(routes_find(&request, &match), 0);
        assert_int_equal(match.protocol, asked[i].protocol);
        assert_int_equal(match.operation, asked[i].operation);
    }
}

static void allow_names_the_methods_of_the_path(void **state)
{
    (void)state;
    assert_true(span_equal(routes_allow(ROUTE_MODELS), SPAN("GET, HEAD")));
    assert_true(span_equal(routes_allow(ROUTE_MESSAGES), SPAN("POST")));
    assert_true(span_equal(routes_allow(ROUTE_SIGNIN), SPAN("POST")));
    assert_true(span_equal(routes_allow(ROUTE_SIGNOUT), SPAN("POST")));
}

static void an_etag_matches_by_weak_comparison(void **state)
{
    static const struct {
        const char *list;
        bool matches;
    } lists[] = {
        {"\"a\"", true},  {"W/\"a\"", true}, {"\"b\", \"a\"", true}, {"\"b\" ,\tW/\"a\"", true},
        {"*", true},      {"", false},       {"a", false},           {"\"A\"", false},
        {"\"b\"", false}, {"\"ab\"", false}, {",,,", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        assert_int_equal(listing_etag_matches(span_of(lists[i].list), SPAN("\"a\"")),
                         lists[i].matches);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_has_its_route),
        cmocka_unit_test(a_listing_speaks_what_its_request_asks_for),
        cmocka_unit_test(a_version_that_stands_twice_is_refused_where_it_is_read),
        cmocka_unit_test(the_page_is_for_who_prefers_html),
        cmocka_unit_test(a_call_asks_for_what_its_path_and_query_say),
        cmocka_unit_test(allow_names_the_methods_of_the_path),
        cmocka_unit_test(an_etag_matches_by_weak_comparison),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
