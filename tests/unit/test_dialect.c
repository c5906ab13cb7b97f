/* What clients read: golden bytes of a listed model, of error bodies and of error events. */
#include "lib/base/err.h"
#include "lib/dialect/dialect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { BODY_BYTES = 8192 };

static const struct price_row no_rates = {
#define X(name) .name = PRICE_NONE,
    PRICE_MAP(X)
#undef X
};

static const struct model_row general_row = {
    .flags = MODEL_SUMMARIES | MODEL_VERBOSITY | MODEL_PARALLEL_TOOL_CALLS | MODEL_IN_API,
    .context_window = 272000,
    .created_s = 1771408800,
};

static struct dialect_model general_model(void)
{
    return (struct dialect_model){
        .slug = SPAN("gpt-5.2"),
        .name = SPAN("GPT-5.2"),
        .description = SPAN("General frontier model"),
        .owned_by = SPAN("codex-lb"),
        .default_reasoning = SPAN("medium"),
        .default_verbosity = SPAN("low"),
        .input_modalities = {SPAN("text"), SPAN("image")},
        .input_modality_count = 2,
        .level_count = 3,
        .levels = {{SPAN("low"), SPAN("Quick answers")},
                   {SPAN("medium"), SPAN("Balanced")},
                   {SPAN("high"), SPAN("Deep work")}},
        .row = &general_row,
    };
}

static struct text render(const struct dialect_model *model)
{
    static char memory[BODY_BYTES];
    struct text text = text_over(memory, sizeof(memory) - 1);

    dialect_render_model(DIALECT_OPENAI, model, &text);
    assert_int_equal(text.err, 0);
    memory[text.len] = '\0';
    return text;
}

static void a_model_reads_as_the_reference_example_with_its_pricing(void **state)
{
    struct price_row price = no_rates;
    struct dialect_model model = general_model();

    (void)state;
    price.input = 1750000;
    price.output = 14000000;
    model.price = &price;
    assert_string_equal(
        render(&model).ptr,
        "{\"id\":\"gpt-5.2\",\"object\":\"model\",\"created\":1771408800,\"owned_by\":\"codex-lb\","
        "\"metadata\":{\"display_name\":\"GPT-5.2\",\"description\":\"General frontier model\","
        "\"context_window\":272000,\"input_modalities\":[\"text\",\"image\"],"
        "\"supported_reasoning_levels\":[{\"effort\":\"low\",\"description\":\"Quick answers\"},"
        "{\"effort\":\"medium\",\"description\":\"Balanced\"},"
        "{\"effort\":\"high\",\"description\":\"Deep work\"}],"
        "\"default_reasoning_level\":\"medium\",\"supports_reasoning_summaries\":true,"
        "\"support_verbosity\":true,\"default_verbosity\":\"low\",\"prefer_websockets\":false,"
        "\"supports_parallel_tool_calls\":true,\"supported_in_api\":true,"
        "\"minimal_client_version\":null,\"priority\":0},"
        "\"pricing\":{\"input\":0.00175,\"output\":0.014,\"unit\":\"usd_per_1k_tokens\"}}");
}

static void what_is_not_given_is_null_and_never_left_out(void **state)
{
    static const struct model_row row = {.priority = -7};
    const struct dialect_model model = {.slug = SPAN("m"), .row = &row};

    (void)state;
    assert_string_equal(
        render(&model).ptr,
        "{\"id\":\"m\",\"object\":\"model\",\"created\":0,\"owned_by\":\"\","
        "\"metadata\":{\"display_name\":\"\",\"description\":\"\",\"context_window\":0,"
        "\"input_modalities\":[],\"supported_reasoning_levels\":[],"
        "\"default_reasoning_level\":null,\"supports_reasoning_summaries\":false,"
        "\"support_verbosity\":false,\"default_verbosity\":null,\"prefer_websockets\":false,"
        "\"supports_parallel_tool_calls\":false,\"supported_in_api\":false,"
        "\"minimal_client_version\":null,\"priority\":-7},\"pricing\":null}");
}

static void text_is_escaped_where_json_asks_and_nowhere_else(void **state)
{
    struct dialect_model model = general_model();
    const char *body;

    (void)state;
    model.name = SPAN("say \"hi\" \\ </b>");
    model.description = SPAN("tab\tnewline\nGrüße 模型 \xf0\x9f\x8c\x8a\x01");
    model.client_version_min = SPAN("0.99.0");
    body = render(&model).ptr;
    assert_non_null(strstr(body, "\"display_name\":\"say \\\"hi\\\" \\\\ </b>\","));
    assert_non_null(strstr(body, "\"tab\\tnewline\\nGrüße 模型 \xf0\x9f\x8c\x8a\\u0001\""));
    assert_non_null(strstr(body, "\"minimal_client_version\":\"0.99.0\","));
}

static void each_flag_shows_in_its_own_field(void **state)
{
    static const struct {
        uint32_t flag;
        const char *field;
    } rows[] = {
        {MODEL_SUMMARIES, "\"supports_reasoning_summaries\":true"},
        {MODEL_VERBOSITY, "\"support_verbosity\":true"},
        {MODEL_WEBSOCKETS, "\"prefer_websockets\":true"},
        {MODEL_PARALLEL_TOOL_CALLS, "\"supports_parallel_tool_calls\":true"},
        {MODEL_IN_API, "\"supported_in_api\":true"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct model_row row = {.flags = rows[i].flag};
        const struct dialect_model model = {.slug = SPAN("m"), .row = &row};
        const char *first = strstr(render(&model).ptr, "true");

        assert_non_null(strstr(render(&model).ptr, rows[i].field));
        assert_non_null(first);
        assert_null(strstr(first + 1, "true"));
    }
}

static void prices_are_exact_decimals_per_thousand_tokens(void **state)
{
    static const struct {
        uint64_t input;
        uint64_t output;
        const char *pricing;
    } rows[] = {
        {150000, 600000, "{\"input\":0.00015,\"output\":0.0006,"},
        {0, 0, "{\"input\":0,\"output\":0,"},
        {3000000, PRICE_NONE, "{\"input\":0.003,\"output\":null,"},
        {PRICE_NONE, 15000000, "{\"input\":null,\"output\":0.015,"},
        {1, 1000000000, "{\"input\":0.000000001,\"output\":1,"},
        {UINT64_MAX - 1, 75000000, "{\"input\":18446744073.709551614,\"output\":0.075,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect_model model = general_model();
        struct price_row price = no_rates;

        price.input = rows[i].input;
        price.output = rows[i].output;
        model.price = &price;
        const char *pricing = strstr(render(&model).ptr, "\"pricing\":");

        assert_non_null(pricing);
        pricing += strlen("\"pricing\":");
        assert_memory_equal(pricing, rows[i].pricing, strlen(rows[i].pricing));
        assert_string_equal(pricing + strlen(rows[i].pricing), "\"unit\":\"usd_per_1k_tokens\"}}");
    }
}

static void huge_numbers_keep_every_digit(void **state)
{
    static const struct model_row row = {
        .context_window = UINT64_MAX, .created_s = INT64_MIN, .priority = INT32_MIN};
    const struct dialect_model model = {.slug = SPAN("m"), .row = &row};
    const char *body = render(&model).ptr;

    (void)state;
    assert_non_null(strstr(body, "\"context_window\":18446744073709551615,"));
    assert_non_null(strstr(body, "\"created\":-9223372036854775808,"));
    assert_non_null(strstr(body, "\"priority\":-2147483648}"));
}

static void an_empty_list_is_head_and_tail(void **state)
{
    static const struct {
        enum dialect dialect;
        const char *name;
        const char *list;
    } rows[] = {
        {DIALECT_OPENAI, "openai", "{\"object\":\"list\",\"data\":[]}"},
        {DIALECT_CODEX, "codex", "{\"models\":[],\"object\":\"list\",\"data\":[]}"},
        {DIALECT_CREDIT, "credit", "{\"models\":[]}"},
        {DIALECT_ANTHROPIC, "anthropic", "{\"data\":[]"},
        {DIALECT_ANTHROPIC_2023, "anthropic_2023", "{\"data\":[]"},
        {DIALECT_FILTERABLE, "filterable", "{\"models\":[]}"},
        {DIALECT_OPENROUTER, "openrouter", "{\"data\":[]"},
        {DIALECT_GEMINI, "gemini", "{\"models\":[]"},
        {DIALECT_HTML, "html", ""},
    };
    char list[128];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = text_over(list, sizeof(list) - 1);
        uint32_t behind = dialect_list_behind(rows[i].dialect);

        text_add(&text, dialect_list_head(rows[i].dialect));
        text_add(&text, dialect_list_tail(rows[i].dialect));
        if (behind != ROW_NONE)
            text_add(&text, dialect_list_tail((enum dialect)behind));
        list[text.len] = '\0';
        assert_string_equal(list, rows[i].list);
        assert_string_equal(dialect_name(rows[i].dialect), rows[i].name);
    }
}

static void a_model_that_does_not_fit_is_an_error_at_every_length(void **state)
{
    const struct dialect_model model = general_model();
    char memory[BODY_BYTES];

    (void)state;
    for (enum dialect dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        struct text full = text_over(memory, sizeof(memory));

        dialect_render_model(dialect, &model, &full);
        assert_int_equal(full.err, 0);
        for (size_t cap = 0; cap < full.len; cap++) {
            struct text text = text_over(memory, cap);

            dialect_render_model(dialect, &model, &text);
            assert_int_equal(text.err, ERR_NO_SPACE);
            assert_true(text.len <= cap);
        }
    }
}

#define GEMINI_KEY_REASON                                                \
    "{\"@type\":\"type.googleapis.com/google.rpc.ErrorInfo\","           \
    "\"reason\":\"API_KEY_INVALID\",\"domain\":\"googleapis.com\","      \
    "\"metadata\":{\"service\":\"generativelanguage.googleapis.com\"}}," \
    "{\"@type\":\"type.googleapis.com/google.rpc.LocalizedMessage\","    \
    "\"locale\":\"en-US\",\"message\":"

static const struct {
    enum error_dialect dialect;
    int err;
    const char *subject;
    const char *detail;
    const char *param;
    const char *body;
} errors[] = {
    {ERRORS_OPENAI, ERR_UNKNOWN_MODEL, "gpt-9", "", "model",
     "{\"error\":{\"message\":\"The model `gpt-9` does not exist or you do not have access to it.\","
     "\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}"},
    {ERRORS_OPENAI, ERR_UNKNOWN_MODEL, "", "", "model",
     "{\"error\":{\"message\":\"There is no such model.\",\"type\":\"invalid_request_error\","
     "\"param\":\"model\",\"code\":\"model_not_found\"}}"},
    {ERRORS_OPENAI, ERR_UNKNOWN_KEY, "", "", "",
     "{\"error\":{\"message\":\"Incorrect API key provided.\",\"type\":\"authentication_error\","
     "\"param\":null,\"code\":\"invalid_api_key\"}}"},
    {ERRORS_OPENAI, ERR_NO_CREDENTIAL, "", "", "",
     "{\"error\":{\"message\":\"You didn't provide an API key. You need to provide your API key in "
     "an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).\","
     "\"type\":\"authentication_error\",\"param\":null,\"code\":\"invalid_api_key\"}}"},
    {ERRORS_OPENAI, ERR_KEY_REVOKED, "", "", "",
     "{\"error\":{\"message\":\"The API key has been revoked.\","
     "\"type\":\"authentication_error\",\"param\":null,\"code\":\"invalid_api_key\"}}"},
    {ERRORS_OPENAI, ERR_NOT_GRANTED, "m", "Asked for \"x\".", "",
     "{\"error\":{\"message\":\"The API key has no grant for this model. Asked for \\\"x\\\".\","
     "\"type\":\"permission_error\",\"param\":null,\"code\":\"model_not_allowed\"}}"},
    {ERRORS_OPENAI, ERR_CONFIG, "", "", "",
     "{\"error\":{\"message\":\"The configuration has errors.\",\"type\":\"server_error\","
     "\"param\":null,\"code\":null}}"},
    {ERRORS_ANTHROPIC, ERR_UNKNOWN_MODEL, "a \"b\" \\", "", "model",
     "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\","
     "\"message\":\"model: a \\\"b\\\" \\\\\"},\"request_id\":\"req_1\"}"},
    {ERRORS_ANTHROPIC, ERR_NO_ROUTE, "", "", "",
     "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"Not found\"},"
     "\"request_id\":\"req_1\"}"},
    {ERRORS_ANTHROPIC, ERR_API_VERSION, "2024-01-01", "", "",
     "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
     "\"message\":\"anthropic-version: \\\"2024-01-01\\\" is not a valid version\"},"
     "\"request_id\":\"req_1\"}"},
    {ERRORS_ANTHROPIC, ERR_NO_CREDENTIAL, "", "", "",
     "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\","
     "\"message\":\"x-api-key header is required\"},\"request_id\":\"req_1\"}"},
    {ERRORS_ANTHROPIC, ERR_UNKNOWN_KEY, "", "", "",
     "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\","
     "\"message\":\"invalid x-api-key\"},\"request_id\":\"req_1\"}"},
    {ERRORS_ANTHROPIC, ERR_BODY_TOO_LARGE, "", "At most 1 KiB.", "",
     "{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\","
     "\"message\":\"The body is larger than the gateway takes. At most 1 KiB.\"},"
     "\"request_id\":\"req_1\"}"},
    {ERRORS_GEMINI, ERR_UNKNOWN_MODEL, "gemini-9", "", "model",
     "{\"error\":{\"code\":404,\"message\":\"models/gemini-9 is not found for API version v1beta, "
     "or is not supported for generateContent. Call ListModels to see the list of available models "
     "and their supported methods.\",\"status\":\"NOT_FOUND\"}}"},
    {ERRORS_GEMINI, ERR_NO_CREDENTIAL, "", "", "",
     "{\"error\":{\"code\":403,\"message\":\"Method doesn't allow unregistered callers (callers "
     "without established identity). Please use API Key or other form of API consumer identity to "
     "call this API.\",\"status\":\"PERMISSION_DENIED\"}}"},
    {ERRORS_GEMINI, ERR_UNKNOWN_KEY, "", "", "",
     "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass a valid API key.\","
     "\"status\":\"INVALID_ARGUMENT\",\"details\":[" GEMINI_KEY_REASON
     "\"API key not valid. Please pass a valid API key.\"}]}}"},
    {ERRORS_GEMINI, ERR_KEY_EXPIRED, "", "", "",
     "{\"error\":{\"code\":400,\"message\":\"The API key has expired.\","
     "\"status\":\"INVALID_ARGUMENT\",\"details\":[" GEMINI_KEY_REASON
     "\"The API key has expired.\"}]}}"},
    {ERRORS_GEMINI, ERR_UPSTREAM_CUT, "", "", "",
     "{\"error\":{\"code\":502,\"message\":\"The provider cut the answer short.\","
     "\"status\":\"INTERNAL\"}}"},
    {ERRORS_OPENROUTER, ERR_UNKNOWN_KEY, "", "", "",
     "{\"error\":{\"code\":401,\"message\":\"The API key is not valid.\"}}"},
    {ERRORS_CREDIT, ERR_UNKNOWN_KEY, "", "", "",
     "{\"error\":{\"message\":\"The API key is not valid.\",\"code\":\"invalid_api_key\"}}"},
};

static struct text render_error(size_t row, char *memory, size_t cap)
{
    struct text text = text_over(memory, cap);
    const struct dialect_error error = {
        .err = errors[row].err,
        .subject = span_of(errors[row].subject),
        .detail = span_of(errors[row].detail),
        .param = span_of(errors[row].param),
        .request_id = SPAN("req_1"),
    };

    dialect_render_error(errors[row].dialect, &error, &text);
    return text;
}

static const char *render_in(enum dialect dialect, const struct dialect_model *model)
{
    static char memory[BODY_BYTES];
    struct text text = text_over(memory, sizeof(memory) - 1);

    dialect_render_model(dialect, model, &text);
    assert_int_equal(text.err, 0);
    memory[text.len] = '\0';
    return memory;
}

static void a_model_of_the_codex_catalogue_reads_as_codex_expects(void **state)
{
    const struct dialect_model model = general_model();

    (void)state;
    assert_string_equal(
        render_in(DIALECT_CODEX, &model),
        "{\"slug\":\"gpt-5.2\",\"display_name\":\"GPT-5.2\","
        "\"description\":\"General frontier model\",\"base_instructions\":\"\","
        "\"default_reasoning_level\":\"medium\",\"supported_reasoning_levels\":["
        "{\"effort\":\"low\",\"description\":\"Quick answers\"},"
        "{\"effort\":\"medium\",\"description\":\"Balanced\"},"
        "{\"effort\":\"high\",\"description\":\"Deep work\"}],\"supported_in_api\":true,"
        "\"priority\":0,\"minimal_client_version\":null,\"supports_reasoning_summaries\":true,"
        "\"support_verbosity\":true,\"default_verbosity\":\"low\","
        "\"supports_parallel_tool_calls\":true,\"context_window\":272000,"
        "\"input_modalities\":[\"text\",\"image\"],\"available_in_plans\":[],"
        "\"prefer_websockets\":false,\"visibility\":\"list\","
        "\"truncation_policy\":{\"mode\":\"bytes\",\"limit\":10000},"
        "\"experimental_supported_tools\":[]}");
}

static void codex_offers_the_first_model_first_and_only_what_converses(void **state)
{
    static const struct {
        enum model_kind kind;
        int32_t priority;
        const char *visibility;
        const char *codex_priority;
    } rows[] = {
        {MODEL_CHAT, 10, ",\"visibility\":\"list\",", ",\"priority\":-10,"},
        {MODEL_EMBEDDING, -5, ",\"visibility\":\"hide\",", ",\"priority\":5,"},
        {MODEL_IMAGE, INT32_MIN, ",\"visibility\":\"hide\",", ",\"priority\":2147483648,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct model_row row = {.kind = rows[i].kind, .priority = rows[i].priority};
        struct dialect_model model = general_model();

        model.row = &row;
        assert_non_null(strstr(render_in(DIALECT_CODEX, &model), rows[i].visibility));
        assert_non_null(strstr(render_in(DIALECT_CODEX, &model), rows[i].codex_priority));
    }
}

static void a_row_of_the_page_says_what_a_person_asks(void **state)
{
    static const struct model_row row = {
        .flags = MODEL_REASONING | MODEL_TOOLS,
        .max_input_tokens = 1048576,
        .max_output_tokens = 999,
        .lifecycle = LIFECYCLE_PREVIEW,
    };
    struct price_row price = no_rates;
    struct dialect_model model = general_model();

    (void)state;
    price.input = 1750000;
    price.output = 14000000;
    model.price = &price;
    model.row = &row;
    assert_string_equal(
        render_in(DIALECT_HTML, &model),
        "<tr><th scope=\"row\"><a href=\"/connect?model=gpt-5.2\"><code>gpt-5.2</code></a></th>"
        "<td>GPT-5.2 <em>preview</em><small>General frontier model</small></td><td>Chat</td>"
        "<td>1,048,576</td><td>999</td>"
        "<td><svg class=\"has\" role=\"img\"><title>reasoning</title>"
        "<use href=\"#i-reasoning\"/></svg>"
        "<svg class=\"not\" role=\"img\"><title>No attachments</title>"
        "<use href=\"#i-attachments\"/></svg>"
        "<svg class=\"has\" role=\"img\"><title>tools</title><use href=\"#i-tools\"/></svg></td>"
        "<td>1.75</td><td>14.00</td><td>OpenAI</td></tr>");
}

static void what_a_page_does_not_know_is_a_dash_and_never_zero(void **state)
{
    static const struct model_row row = {.kind = MODEL_EMBEDDING};
    static const char dash[] = "<td><span aria-hidden=\"true\">\xe2\x80\x93</span>"
                               "<span class=\"sr\">not given</span></td>";
    static const char none[] = "<td><span aria-hidden=\"true\">\xe2\x80\x93</span>"
                               "<span class=\"sr\">not given</span></td>";
    const struct dialect_model model = {.slug = SPAN("m"), .row = &row};
    const char *body = render_in(DIALECT_HTML, &model);
    const char *at = strstr(body, dash);

    (void)state;
    assert_non_null(at);
    assert_memory_equal(at + strlen(dash), dash, strlen(dash));
    at = strstr(body, none);
    assert_non_null(at);
    assert_memory_equal(at + strlen(none), none, strlen(none));
    assert_null(strchr(body, '0'));
    assert_null(strstr(body, "<small>"));
}

static void dollars_for_a_million_tokens_are_exact(void **state)
{
    static const struct {
        uint64_t pico_usd;
        const char *cell;
    } rows[] = {
        {0, "<td>0.00</td>"},           {1, "<td>0.000001</td>"},
        {100000, "<td>0.10</td>"},      {75000, "<td>0.075</td>"},
        {15000000, "<td>15.00</td>"},   {2500000, "<td>2.50</td>"},
        {1000001, "<td>1.000001</td>"}, {UINT64_MAX - 1, "<td>18446744073709.551614</td>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct price_row price = no_rates;
        struct dialect_model model = general_model();

        price.output = rows[i].pico_usd;
        model.price = &price;
        assert_non_null(strstr(render_in(DIALECT_HTML, &model), rows[i].cell));
    }
}

static void a_name_is_never_markup(void **state)
{
    struct dialect_model model = general_model();
    const char *body;

    (void)state;
    model.slug = SPAN("a/b:c+d@e<\"'&>");
    model.name = SPAN("<script>alert('x')</script>");
    model.description = SPAN("\"></td>&lt; \xe6\xa8\xa1");
    body = render_in(DIALECT_HTML, &model);
    assert_non_null(strstr(body, "href=\"/connect?model=a%2Fb%3Ac%2Bd%40e%3C%22%27%26%3E\""));
    assert_non_null(strstr(body, "<code>a/b:c+d@e&lt;&quot;&#39;&amp;&gt;</code>"));
    assert_non_null(strstr(body, "<td>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;<small>"));
    assert_non_null(strstr(body, "<small>&quot;&gt;&lt;/td&gt;&amp;lt; \xe6\xa8\xa1</small>"));
}

/* Characters of three bytes: cut at 160 one of them would be halved. */
static void a_long_description_is_cut_between_characters(void **state)
{
    char description[600];
    static const char character[] = {'\xe6', '\xa8', '\xa1'};
    static const char end[] = "\xe2\x80\xa6</small>";
    char memory[600];
    struct text wanted = text_over(memory, sizeof(memory));
    struct dialect_model model = general_model();

    (void)state;
    for (size_t i = 0; i < sizeof(description); i += 3)
        memcpy(description + i, character, sizeof(character));
    text_add(&wanted, SPAN("<small>"));
    text_add(&wanted, (struct span){description, 159});
    text_add(&wanted, (struct span){end, sizeof(end)});
    assert_int_equal(wanted.err, 0);
    model.description = (struct span){description, sizeof(description)};
    assert_non_null(strstr(render_in(DIALECT_HTML, &model), memory));
}

static void prices_in_credits_are_exact_and_include_the_margin(void **state)
{
    static const struct {
        uint64_t input;
        uint64_t output;
        uint64_t per_usd;
        uint64_t margin_micros;
        const char *costs;
    } rows[] = {
        {3000000, 15000000, 1000, 1400000, "\"cost_per_1k_input\":4.2,\"cost_per_1k_output\":21,"},
        {0, PRICE_NONE, 1000, 1400000, "\"cost_per_1k_input\":0,\"cost_per_1k_output\":null,"},
        {3000000, 15000000, 0, 0, "\"cost_per_1k_input\":null,\"cost_per_1k_output\":null,"},
        {1, 100, 1, 1,
         "\"cost_per_1k_input\":0.000000000000001,"
         "\"cost_per_1k_output\":0.0000000000001,"},
        {150000, 600000, 1000, 1234567,
         "\"cost_per_1k_input\":0.18518505,\"cost_per_1k_output\":0.7407402,"},
        {UINT64_MAX - 1, 1000000000, 1000000000, 1000000000,
         "\"cost_per_1k_input\":18446744073709551614000,\"cost_per_1k_output\":1000000000000,"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct dialect_model model = general_model();
        struct price_row price = no_rates;

        price.input = rows[i].input;
        price.output = rows[i].output;
        model.price = &price;
        model.credits_per_usd = rows[i].per_usd;
        model.credits_margin_micros = rows[i].margin_micros;
        assert_non_null(strstr(render_in(DIALECT_CREDIT, &model), rows[i].costs));
    }
}

static void a_model_of_the_credit_gateway_reads_as_documented(void **state)
{
    static const struct model_row row = {
        .flags = MODEL_TOOLS, .context_window = 200000, .max_output_tokens = 64000};
    struct dialect_model model = general_model();

    (void)state;
    model.row = &row;
    model.provider = PROVIDER_ANTHROPIC;
    assert_string_equal(render_in(DIALECT_CREDIT, &model),
                        "{\"id\":\"gpt-5.2\",\"name\":\"GPT-5.2\",\"provider\":\"anthropic\","
                        "\"context_window\":200000,\"max_output_tokens\":64000,"
                        "\"cost_per_1k_input\":null,\"cost_per_1k_output\":null,"
                        "\"supports_tools\":true,\"supports_vision\":true}");
    model.input_modality_count = 1;
    assert_non_null(strstr(render_in(DIALECT_CREDIT, &model), "\"supports_vision\":false}"));
}

#define CAPABILITIES(web_search, structured, adaptive, newer, compact)                            \
    "\"capabilities\":{\"batch\":{\"supported\":false},\"citations\":{\"supported\":false},"      \
    "\"code_execution\":{\"supported\":false},\"context_management\":{"                           \
    "\"clear_thinking_20251015\":null,\"clear_tool_uses_20250919\":null,"                         \
    "\"compact_20260112\":" compact "},\"effort\":{\"high\":{\"supported\":true},"                \
    "\"low\":{\"supported\":true},\"max\":{\"supported\":false},\"medium\":{\"supported\":true}," \
    "\"supported\":true,\"xhigh\":null},\"image_input\":{\"supported\":true},"                    \
    "\"pdf_input\":{\"supported\":false},\"server_tools\":{"                                      \
    "\"code_execution\":{\"supported\":false},\"web_search\":{\"supported\":" web_search "},"     \
    "\"supported\":" web_search "},\"structured_outputs\":{\"supported\":" structured "},"        \
    "\"thinking\":{\"supported\":false,\"types\":{\"adaptive\":{\"supported\":" adaptive          \
    "}," newer "\"enabled\":{\"supported\":false}}}}"

static void a_model_reads_as_in_each_version_of_anthropic(void **state)
{
    static const struct model_row row = {.lifecycle = LIFECYCLE_DEPRECATED,
                                         .max_input_tokens = 200000};
    struct dialect_model model = general_model();

    (void)state;
    model.row = &row;
    model.released_s = 1747180800;
    assert_string_equal(render_in(DIALECT_ANTHROPIC_2023, &model),
                        "{\"type\":\"model\",\"id\":\"gpt-5.2\",\"display_name\":\"GPT-5.2\","
                        "\"created_at\":\"2025-05-14T00:00:00Z\",\"max_input_tokens\":200000,"
                        "\"max_tokens\":null," CAPABILITIES("false", "false", "false", "",
                                                            "null,\"supported\":false") "}");
    model.released_s = 0;
    model.retires_s = 1798675200;
    model.feature_count = 4;
    model.features[0] = SPAN("web_search");
    model.features[1] = SPAN("structured_outputs");
    model.features[2] = SPAN("adaptive_thinking");
    model.features[3] = SPAN("compact_20260112");
    assert_string_equal(
        render_in(DIALECT_ANTHROPIC, &model),
        "{\"type\":\"model\",\"id\":\"gpt-5.2\",\"display_name\":\"GPT-5.2\","
        "\"created_at\":\"1970-01-01T00:00:00Z\",\"max_input_tokens\":200000,"
        "\"max_tokens\":null," CAPABILITIES(
            "true", "true", "true",
            "\"between_tools\":{\"supported\":false},\"disabled\":{\"supported\":true},",
            "{\"supported\":true},\"supported\":true") ",\"deprecated_at\":null,"
                                                       "\"lifecycle\":\"deprecated\",\"line\":null,"
                                                       "\"retires_at\":\"2026-12-31T00:00:00Z\"}");
}

static void the_newer_anthropic_form_says_which_thinking_can_be_asked_for(void **state)
{
    static const struct model_row row = {.flags = MODEL_REASONING};
    const struct {
        struct span feature;
        const char *types;
    } rows[] = {
        {SPAN(""), "{\"adaptive\":{\"supported\":false},\"between_tools\":{\"supported\":false},"
                   "\"disabled\":{\"supported\":true},\"enabled\":{\"supported\":true}}"},
        {SPAN("between_tools_thinking"),
         "{\"adaptive\":{\"supported\":false},\"between_tools\":{\"supported\":true},"
         "\"disabled\":{\"supported\":true},\"enabled\":{\"supported\":true}}"},
        {SPAN("mandatory_thinking"),
         "{\"adaptive\":{\"supported\":false},\"between_tools\":{\"supported\":false},"
         "\"disabled\":{\"supported\":false},\"enabled\":{\"supported\":true}}"},
    };
    struct dialect_model model = general_model();

    (void)state;
    model.row = &row;
    model.feature_count = 1;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        model.features[0] = rows[i].feature;
        assert_non_null(strstr(render_in(DIALECT_ANTHROPIC, &model), rows[i].types));
        assert_null(strstr(render_in(DIALECT_ANTHROPIC_2023, &model), "between_tools"));
        assert_null(strstr(render_in(DIALECT_ANTHROPIC_2023, &model), "disabled"));
    }
}

static void a_model_of_the_filterable_list_has_prices_per_million(void **state)
{
    struct price_row price = no_rates;
    struct dialect_model model = general_model();
    struct model_row row = general_row;

    (void)state;
    row.flags = MODEL_TOOLS;
    price.input = 2500000;
    price.output = 1;
    model.row = &row;
    model.price = &price;
    model.provider = PROVIDER_OPENAI_COMPATIBLE;
    model.features[0] = SPAN("vision");
    model.features[1] = SPAN("json_mode");
    model.features[2] = SPAN("tools");
    model.feature_count = 3;
    assert_string_equal(render_in(DIALECT_FILTERABLE, &model),
                        "{\"id\":\"gpt-5.2\",\"provider\":\"openai_compatible\","
                        "\"capabilities\":[\"chat\"],\"context_window\":272000,"
                        "\"pricing\":{\"input\":2.5,\"output\":0.000001},"
                        "\"features\":[\"tools\",\"vision\",\"json_mode\"]}");
    row.flags = 0;
    row.kind = MODEL_IMAGE;
    price.output = PRICE_NONE;
    model.input_modality_count = 1;
    model.feature_count = 0;
    assert_string_equal(render_in(DIALECT_FILTERABLE, &model),
                        "{\"id\":\"gpt-5.2\",\"provider\":\"openai_compatible\","
                        "\"capabilities\":[\"image_generation\"],\"context_window\":272000,"
                        "\"pricing\":{\"input\":2.5,\"output\":null},\"features\":[]}");
    model.price = NULL;
    assert_non_null(strstr(render_in(DIALECT_FILTERABLE, &model), "\"pricing\":null,"));
}

static void a_model_of_openrouter_has_prices_as_strings_per_token(void **state)
{
    static const struct model_row row = {
        .context_window = 128000, .max_output_tokens = 16384, .created_s = 7};
    struct price_row price = no_rates;
    struct dialect_model model = general_model();

    (void)state;
    price.input = 150000;
    price.cache_read = 1;
    price.request = 0;
    model.row = &row;
    model.price = &price;
    model.output_modalities[0] = SPAN("text");
    model.output_modality_count = 1;
    model.parameters[0] = SPAN("tools");
    model.parameters[1] = SPAN("top_p");
    model.parameter_count = 2;
    assert_string_equal(
        render_in(DIALECT_OPENROUTER, &model),
        "{\"id\":\"gpt-5.2\",\"canonical_slug\":\"gpt-5.2\",\"name\":\"GPT-5.2\",\"created\":7,"
        "\"description\":\"General frontier model\",\"context_length\":128000,"
        "\"architecture\":{\"modality\":\"text+image->text\","
        "\"input_modalities\":[\"text\",\"image\"],\"output_modalities\":[\"text\"],"
        "\"instruct_type\":null},\"pricing\":{\"prompt\":\"0.00000015\",\"completion\":null,"
        "\"request\":\"0\",\"input_cache_read\":\"0.000000000001\"},"
        "\"top_provider\":{\"context_length\":128000,\"max_completion_tokens\":16384,"
        "\"is_moderated\":false},\"per_request_limits\":null,"
        "\"supported_parameters\":[\"tools\",\"top_p\"],\"default_parameters\":null,"
        "\"supported_voices\":null,\"links\":{\"details\":\"/api/v1/models/gpt-5.2/endpoints\"}}");
    model.price = NULL;
    assert_non_null(strstr(render_in(DIALECT_OPENROUTER, &model), ",\"pricing\":null,"));
}

static void a_price_of_pieces_shows_where_there_is_a_member_for_it(void **state)
{
    struct dialect_model model = general_model();
    struct price_row price = no_rates;
    static const enum dialect dialects[] = {DIALECT_OPENAI, DIALECT_FILTERABLE, DIALECT_OPENROUTER,
                                            DIALECT_OPENROUTER_ENDPOINTS};

    (void)state;
    model.price = &price;
    /* Of images by their size alone. */
    for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        assert_non_null(strstr(render_in(dialects[i], &model), "\"pricing\":null"));
    price.image = UINT64_C(40000000000);
    assert_non_null(strstr(render_in(DIALECT_OPENAI, &model), "\"pricing\":null"));
    assert_non_null(strstr(render_in(DIALECT_FILTERABLE, &model), "\"pricing\":null"));
    for (size_t i = 2; i < sizeof(dialects) / sizeof(dialects[0]); i++)
        assert_non_null(
            strstr(render_in(dialects[i], &model),
                   "\"pricing\":{\"prompt\":null,\"completion\":null,\"image\":\"0.04\"}"));
    price.output = 0;
    assert_non_null(strstr(render_in(DIALECT_OPENAI, &model),
                           "\"pricing\":{\"input\":null,\"output\":0,\"unit\""));
    assert_non_null(
        strstr(render_in(DIALECT_FILTERABLE, &model), "\"pricing\":{\"input\":null,\"output\":0}"));
}

static void an_unknown_context_is_null_but_for_endpoints(void **state)
{
    static const struct model_row row = {0};
    struct dialect_model model = general_model();

    (void)state;
    model.row = &row;
    assert_non_null(strstr(render_in(DIALECT_OPENROUTER, &model), ",\"context_length\":null,"));
    assert_non_null(strstr(render_in(DIALECT_OPENROUTER, &model),
                           "\"top_provider\":{\"context_length\":null,"));
    assert_non_null(
        strstr(render_in(DIALECT_OPENROUTER_ENDPOINTS, &model), ",\"context_length\":0,"));
}

static void the_endpoint_of_a_model_is_the_gateway_itself(void **state)
{
    static const struct model_row row = {
        .context_window = 128000, .max_input_tokens = 100000, .created_s = 7, .flags = MODEL_TOOLS};
    struct price_row price = no_rates;
    struct dialect_model model = general_model();

    (void)state;
    price.input = 150000;
    price.output = 600000;
    model.row = &row;
    model.price = &price;
    model.provider = PROVIDER_ANTHROPIC;
    model.output_modalities[0] = SPAN("text");
    model.output_modality_count = 1;
    assert_string_equal(
        render_in(DIALECT_OPENROUTER_ENDPOINTS, &model),
        "{\"id\":\"gpt-5.2\",\"name\":\"GPT-5.2\",\"created\":7,"
        "\"description\":\"General frontier model\","
        "\"architecture\":{\"modality\":\"text+image->text\","
        "\"input_modalities\":[\"text\",\"image\"],\"output_modalities\":[\"text\"],"
        "\"tokenizer\":null,\"instruct_type\":null},\"endpoints\":[{\"name\":\"Anthropic\","
        "\"model_id\":\"gpt-5.2\",\"model_name\":\"GPT-5.2\",\"context_length\":128000,"
        "\"pricing\":{\"prompt\":\"0.00000015\",\"completion\":\"0.0000006\"},"
        "\"provider_name\":\"Anthropic\",\"tag\":\"anthropic\",\"quantization\":null,"
        "\"max_completion_tokens\":null,\"max_prompt_tokens\":100000,"
        "\"supported_parameters\":[],\"supports_implicit_caching\":false,"
        "\"supports_tool_choice\":{\"auto\":true,\"function\":true,\"none\":true,"
        "\"required\":true},\"supports_voice_cloning\":false,\"uptime_last_5m\":null,"
        "\"uptime_last_30m\":null,\"uptime_last_1d\":null,\"latency_last_30m\":null,"
        "\"throughput_last_30m\":null}]}");
    assert_true(span_equal(dialect_item_head(DIALECT_OPENROUTER_ENDPOINTS), SPAN("{\"data\":")));
    assert_true(span_equal(dialect_item_tail(DIALECT_OPENROUTER), SPAN("}")));
    assert_int_equal(dialect_item_head(DIALECT_OPENAI).len, 0);
}

static void gemini_leaves_out_what_has_its_default_value(void **state)
{
    static const struct model_row bare = {0};
    static const struct model_row full = {.flags = MODEL_REASONING,
                                          .kind = MODEL_EMBEDDING,
                                          .max_input_tokens = 2048,
                                          .max_output_tokens = 1};
    struct dialect_model model = {.slug = SPAN("a/b:c"), .name = SPAN("A"), .row = &bare};

    (void)state;
    assert_string_equal(render_in(DIALECT_GEMINI, &model),
                        "{\"name\":\"models/a/b:c\",\"displayName\":\"A\","
                        "\"supportedGenerationMethods\":[\"generateContent\"]}");
    model.row = &full;
    model.description = SPAN("d");
    assert_string_equal(render_in(DIALECT_GEMINI, &model),
                        "{\"name\":\"models/a/b:c\",\"displayName\":\"A\",\"description\":\"d\","
                        "\"inputTokenLimit\":2048,\"outputTokenLimit\":1,"
                        "\"thinking\":true}");
}

static void gemini_promises_only_what_can_be_called_here(void **state)
{
    static const struct {
        enum model_kind kind;
        enum provider_kind provider;
        const char *methods;
    } rows[] = {
        {MODEL_CHAT, PROVIDER_GEMINI, "[\"generateContent\",\"countTokens\"]"},
        {MODEL_CHAT, PROVIDER_ANTHROPIC, "[\"generateContent\"]"},
        {MODEL_CHAT, PROVIDER_OPENROUTER, "[\"generateContent\"]"},
        {MODEL_IMAGE, PROVIDER_GEMINI, "[\"generateContent\"]"},
        {MODEL_EMBEDDING, PROVIDER_GEMINI, NULL},
    };
    char wanted[BODY_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct model_row row = {.kind = rows[i].kind};
        const struct dialect_model model = {
            .slug = SPAN("a"), .name = SPAN("A"), .row = &row, .provider = rows[i].provider};

        snprintf(wanted, sizeof(wanted), "{\"name\":\"models/a\",\"displayName\":\"A\"%s%s}",
                 rows[i].methods == NULL ? "" : ",\"supportedGenerationMethods\":",
                 rows[i].methods == NULL ? "" : rows[i].methods);
        assert_string_equal(render_in(DIALECT_GEMINI, &model), wanted);
    }
}

static void an_error_has_the_envelope_of_its_protocol(void **state)
{
    char memory[BODY_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        struct text text = render_error(i, memory, sizeof(memory) - 1);

        assert_int_equal(text.err, 0);
        memory[text.len] = '\0';
        assert_string_equal(memory, errors[i].body);
    }
}

static void an_error_that_does_not_fit_says_so_at_every_length(void **state)
{
    char memory[BODY_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        for (size_t cap = 0; cap < strlen(errors[i].body); cap++) {
            struct text text = render_error(i, memory, cap);

            assert_int_equal(text.err, ERR_NO_SPACE);
            assert_true(text.len <= cap);
        }
    }
}

/* What no model can be called is not repeated: neither a book nor bytes that are no text. */
static void only_what_could_be_a_name_is_repeated(void **state)
{
    char longest[DIALECT_SUBJECT_BYTES_MAX + 1];
    const struct {
        struct span subject;
        bool is_repeated;
    } rows[] = {
        {SPAN("m"), true},
        {{longest, sizeof(longest) - 1}, true},
        {{longest, sizeof(longest)}, false},
        {SPAN(""), false},
        {SPAN("a\nb"), false},
        {SPAN("a\x7f"), false},
        {SPAN("\xff"), false},
        {SPAN("gr\xc3\xbc\xc3\x9f"), false},
    };
    char memory[BODY_BYTES];

    (void)state;
    memset(longest, 'x', sizeof(longest));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct dialect_error error = {.err = ERR_UNKNOWN_MODEL, .subject = rows[i].subject};
        struct text text = text_over(memory, sizeof(memory) - 1);

        dialect_render_error(ERRORS_OPENAI, &error, &text);
        assert_int_equal(text.err, 0);
        memory[text.len] = '\0';
        assert_int_equal(strstr(memory, "does not exist") != NULL, rows[i].is_repeated);
        assert_int_equal(strstr(memory, "There is no such model.") == NULL, rows[i].is_repeated);
    }
}

static void every_error_has_the_type_of_its_status(void **state)
{
    static const struct {
        int status;
        const char *openai;
        const char *anthropic;
    } rows[] = {
        {400, "invalid_request_error", "invalid_request_error"},
        {401, "authentication_error", "authentication_error"},
        {403, "permission_error", "permission_error"},
        {404, "invalid_request_error", "not_found_error"},
        {405, "invalid_request_error", "invalid_request_error"},
        {408, "invalid_request_error", "invalid_request_error"},
        {409, "invalid_request_error", "invalid_request_error"},
        {412, "invalid_request_error", "invalid_request_error"},
        {413, "invalid_request_error", "request_too_large"},
        {414, "invalid_request_error", "invalid_request_error"},
        {415, "invalid_request_error", "invalid_request_error"},
        {417, "invalid_request_error", "invalid_request_error"},
        {422, "invalid_request_error", "invalid_request_error"},
        {429, "rate_limit_error", "rate_limit_error"},
        {431, "invalid_request_error", "invalid_request_error"},
        {499, "invalid_request_error", "invalid_request_error"},
        {500, "server_error", "api_error"},
        {501, "server_error", "api_error"},
        {502, "server_error", "api_error"},
        {503, "server_error", "overloaded_error"},
        {504, "server_error", "timeout_error"},
        {505, "server_error", "api_error"},
        {507, "server_error", "api_error"},
    };

    (void)state;
    for (int err = -1; err > -ERR_ORDINAL_COUNT; err--) {
        size_t row = 0;
        char memory[BODY_BYTES];
        char wanted[64];

        while (rows[row].status != err_http_status(err))
            assert_true(++row < sizeof(rows) / sizeof(rows[0]));
        for (int protocol = 0; protocol < ERRORS_CREDIT; protocol++) {
            struct text text = text_over(memory, sizeof(memory) - 1);

            const struct dialect_error error = {.err = err, .request_id = SPAN("r")};

            dialect_render_error((enum error_dialect)protocol, &error, &text);
            memory[text.len] = '\0';
            snprintf(wanted, sizeof(wanted), "\"type\":\"%s\"",
                     protocol == ERRORS_OPENAI ? rows[row].openai : rows[row].anthropic);
            assert_non_null(strstr(memory, wanted));
        }
    }
}

static void a_stream_ends_with_the_error_event_of_its_protocol(void **state)
{
    char memory[BODY_BYTES];
    struct text text = text_over(memory, sizeof(memory) - 1);

    (void)state;
    dialect_render_error_event(PROTOCOL_OPENAI, ERR_UPSTREAM_CUT, SPAN("req_1"), &text);
    memory[text.len] = '\0';
    assert_string_equal(memory,
                        "data: {\"error\":{\"message\":\"The provider cut the answer short.\","
                        "\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_error\"}}"
                        "\n\n");
    text = text_over(memory, sizeof(memory) - 1);
    dialect_render_error_event(PROTOCOL_ANTHROPIC, ERR_UPSTREAM_TIMEOUT, SPAN(""), &text);
    memory[text.len] = '\0';
    assert_string_equal(memory, "event: error\n"
                                "data: {\"type\":\"error\",\"error\":{\"type\":\"timeout_error\","
                                "\"message\":\"The provider did not answer in time.\"},"
                                "\"request_id\":null}\n\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_model_reads_as_the_reference_example_with_its_pricing),
        cmocka_unit_test(what_is_not_given_is_null_and_never_left_out),
        cmocka_unit_test(text_is_escaped_where_json_asks_and_nowhere_else),
        cmocka_unit_test(each_flag_shows_in_its_own_field),
        cmocka_unit_test(prices_are_exact_decimals_per_thousand_tokens),
        cmocka_unit_test(huge_numbers_keep_every_digit),
        cmocka_unit_test(an_empty_list_is_head_and_tail),
        cmocka_unit_test(a_model_that_does_not_fit_is_an_error_at_every_length),
        cmocka_unit_test(a_model_of_the_codex_catalogue_reads_as_codex_expects),
        cmocka_unit_test(codex_offers_the_first_model_first_and_only_what_converses),
        cmocka_unit_test(a_row_of_the_page_says_what_a_person_asks),
        cmocka_unit_test(what_a_page_does_not_know_is_a_dash_and_never_zero),
        cmocka_unit_test(dollars_for_a_million_tokens_are_exact),
        cmocka_unit_test(a_name_is_never_markup),
        cmocka_unit_test(a_long_description_is_cut_between_characters),
        cmocka_unit_test(prices_in_credits_are_exact_and_include_the_margin),
        cmocka_unit_test(a_model_of_the_credit_gateway_reads_as_documented),
        cmocka_unit_test(a_model_reads_as_in_each_version_of_anthropic),
        cmocka_unit_test(the_newer_anthropic_form_says_which_thinking_can_be_asked_for),
        cmocka_unit_test(a_model_of_the_filterable_list_has_prices_per_million),
        cmocka_unit_test(a_model_of_openrouter_has_prices_as_strings_per_token),
        cmocka_unit_test(a_price_of_pieces_shows_where_there_is_a_member_for_it),
        cmocka_unit_test(an_unknown_context_is_null_but_for_endpoints),
        cmocka_unit_test(the_endpoint_of_a_model_is_the_gateway_itself),
        cmocka_unit_test(gemini_leaves_out_what_has_its_default_value),
        cmocka_unit_test(gemini_promises_only_what_can_be_called_here),
        cmocka_unit_test(an_error_has_the_envelope_of_its_protocol),
        cmocka_unit_test(an_error_that_does_not_fit_says_so_at_every_length),
        cmocka_unit_test(only_what_could_be_a_name_is_repeated),
        cmocka_unit_test(every_error_has_the_type_of_its_status),
        cmocka_unit_test(a_stream_ends_with_the_error_event_of_its_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
