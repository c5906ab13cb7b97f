/* Names and ids of tools, fitted and turned back. */
#include "lib/base/err.h"
#include "lib/protocol/tool_words.h"
#include "tests/unit/region_fixture.h"

enum { ID_BYTES_MAX = 40 };

#define NAME_40 "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"

static const struct tool_word_rules strict_rules = {.name_bytes_max = 64,
                                                    .id_bytes_max = ID_BYTES_MAX};
static const struct tool_word_rules dotted_rules = {
    .name_bytes_max = 64, .id_bytes_max = ID_BYTES_MAX, .name_dots = true};

/* A tool, a choice, an allowed one, a call and its result, all of one name. */
static struct hub_request request_of(struct region *memory, struct span name, struct span id)
{
    struct hub_request request = {.choice = HUB_CHOICE_NAMED, .choice_name = name};
    struct hub_message *message = hub_add_message(memory, &request, HUB_ASSISTANT);
    struct hub_block *call = hub_add_block(memory, &message->blocks, HUB_TOOL_CALL);
    struct hub_block *result = hub_add_block(memory, &message->blocks, HUB_TOOL_RESULT);

    hub_add_tool(memory, &request)->name = name;
    request.allowed[request.allowed_count++] = name;
    call->name = name;
    call->id = id;
    result->name = name;
    result->id = id;
    return request;
}

static void a_name_is_fitted_wherever_it_stands_and_turned_back(void **state)
{
    static const struct {
        const struct tool_word_rules *rules;
        const char *name;
        const char *sent;
    } rows[] = {
        {&strict_rules, "get-Weather_2", "get-Weather_2"},
        {&strict_rules, "get\\u002dit", "get-it"},
        {&strict_rules, "mcp.get", "mcp_get_7bc7ea4e"},
        {&strict_rules, "caf\xC3\xA9", "caf___874c8fb3"},
        /* Vector 55. */
        {&strict_rules, NAME_40 NAME_40,
         "abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmno_755fcf8d"},
        {&dotted_rules, "mcp.get:it", "mcp.get:it"},
        {&dotted_rules, "2nd", "_2nd_49e50e87"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_request request = request_of(*state, span_of(rows[i].name), SPAN("A"));
        const struct hub_block *call = request.first->blocks.first;
        struct tool_name *names;
        struct hub_notes notes;

        hub_notes_init(&notes, false);
        assert_int_equal(tool_words_fit(*state, &request, rows[i].rules, &names, &notes), 0);
        assert_span(request.tools->name, rows[i].sent);
        assert_span(request.choice_name, rows[i].sent);
        assert_span(request.allowed[0], rows[i].sent);
        assert_span(call->name, rows[i].sent);
        assert_span(call->next->name, rows[i].sent);
        assert_true(request.tools->name.len <= rows[i].rules->name_bytes_max);
        assert_span(tool_words_original(names, request.tools->name), rows[i].name);
        assert_span(tool_words_original(names, SPAN("other")), "other");
    }
}

static void an_empty_name_is_refused(void **state)
{
    struct hub_request request = request_of(*state, SPAN(" "), SPAN("A"));
    struct tool_name *names;
    struct hub_notes notes;

    hub_notes_init(&notes, false);
    assert_int_equal(tool_words_fit(*state, &request, &strict_rules, &names, &notes),
                     ERR_UNTRANSLATABLE);
    assert_span(text_span(&notes.param), "tools");
}

/* Vector 33. */
static void a_call_and_its_result_keep_one_id(void **state)
{
    static const struct {
        const char *id;
        const char *sent;
    } rows[] = {
        {"call_1", "call_1"},
        {"c\\u0061ll", "call"},
        {"functions.Bash:0", "functions_Bash_0_f1f1899b"},
        {NAME_40 "o", "abcdefghijklmnopqrstuvwxyzabcde_4a89c221"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct hub_request request = request_of(*state, SPAN("f"), span_of(rows[i].id));
        const struct hub_block *call = request.first->blocks.first;
        struct tool_name *names;
        struct hub_notes notes;

        hub_notes_init(&notes, false);
        assert_int_equal(tool_words_fit(*state, &request, &strict_rules, &names, &notes), 0);
        assert_null(names);
        assert_span(call->id, rows[i].sent);
        assert_span(call->next->id, rows[i].sent);
        assert_span(tool_words_fit_id(*state, call->id, ID_BYTES_MAX), rows[i].sent);
    }
}

static void made_ids_differ(void **state)
{
    struct span first = tool_words_make_id(*state, 7, 0);

    assert_true(span_equal(first, tool_words_make_id(*state, 7, 0)));
    assert_false(span_equal(first, tool_words_make_id(*state, 7, 1)));
    assert_false(span_equal(first, tool_words_make_id(*state, 8, 0)));
    assert_span(tool_words_fit_id(*state, first, ID_BYTES_MAX), "call_b8b4c2977eabce45");
}

static void a_full_region_is_no_memory(void **state)
{
    struct hub_request request = request_of(*state, SPAN("mcp.get"), SPAN("a.b"));
    struct region *memory = *state;
    struct tool_name *names;
    struct hub_notes notes;

    hub_notes_init(&notes, false);
    assert_non_null(region_take(memory, REGION_BYTES - region_mark(memory) - 32));
    assert_int_equal(tool_words_fit(memory, &request, &strict_rules, &names, &notes),
                     ERR_NO_MEMORY);
    assert_non_null(region_take(memory, REGION_BYTES - region_mark(memory) - 16));
    assert_null(tool_words_make_id(memory, 1, 1).ptr);
    assert_null(tool_words_fit_id(memory, SPAN("a.b.c.d.e.f"), ID_BYTES_MAX).ptr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(a_name_is_fitted_wherever_it_stands_and_turned_back),
        REGION_TEST(an_empty_name_is_refused),
        REGION_TEST(a_call_and_its_result_keep_one_id),
        REGION_TEST(made_ids_differ),
        REGION_TEST(a_full_region_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
