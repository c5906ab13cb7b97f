/* Turns in the shape that providers insist on. A request is a line: `u` user, `a` assistant, `s`
 * system; behind it its blocks: "text", ?signed thinking, %unsigned thinking, #redacted thinking,
 * ^thinking signed by Gemini, !id:name a call, =id:text a result. An id or a name may be empty. */
#include "lib/base/err.h"
#include "lib/protocol/normalise.h"
#include "tests/unit/region_fixture.h"

/* --- lines ------------------------------------------------------------------------------------ */

/* Up to the character, which goes with it. */
static struct span take(struct span *line, char stop)
{
    const char *end = memchr(line->ptr, stop, line->len);
    struct span part;

    assert_non_null(end);
    part = span_from(line->ptr, end);
    *line = span_skip(*line, part.len + 1);
    return part;
}

static void read_result(struct region *memory, struct hub_block *block, struct span *line)
{
    struct hub_blocks content = {0};

    block->id = take(line, ':');
    hub_add_block(memory, &content, HUB_TEXT)->text = take(line, ' ');
    block->content = content.first;
}

static void read_block(struct region *memory, struct hub_blocks *blocks, char sign,
                       struct span *line)
{
    static const struct {
        char sign;
        enum hub_block_kind kind;
        enum hub_signer signer;
    } rows[] = {
        {'"', HUB_TEXT, HUB_SIGNER_NONE},           {'%', HUB_REASONING, HUB_SIGNER_NONE},
        {'?', HUB_REASONING, HUB_SIGNER_ANTHROPIC}, {'^', HUB_REASONING, HUB_SIGNER_GEMINI},
        {'#', HUB_REDACTED, HUB_SIGNER_ANTHROPIC},  {'!', HUB_TOOL_CALL, HUB_SIGNER_GEMINI},
        {'=', HUB_TOOL_RESULT, HUB_SIGNER_NONE},
    };
    struct hub_block *block;
    size_t i = 0;

    while (rows[i].sign != sign)
        i++;
    block = hub_add_block(memory, blocks, rows[i].kind);
    block->signer = (uint8_t)rows[i].signer;
    if (sign == '"') {
        block->text = take(line, '"');
        (void)take(line, ' ');
    } else if (sign == '!') {
        block->id = take(line, ':');
        block->name = take(line, ' ');
        block->arguments = SPAN("{\"x\":1}");
        block->signature = SPAN("sig");
    } else if (sign == '=') {
        read_result(memory, block, line);
    } else {
        block->text = take(line, ' ');
    }
}

static void read_line(struct region *memory, struct span line, struct hub_request *out)
{
    struct hub_message *message = NULL;

    while (line.len > 0) {
        char sign = line.ptr[0];

        line = span_skip(line, 1);
        if (sign == 'u' || sign == 'a' || sign == 's') {
            message = hub_add_message(memory, out,
                                      sign == 'u'   ? HUB_USER
                                      : sign == 'a' ? HUB_ASSISTANT
                                                    : HUB_SYSTEM);
            (void)take(&line, ' ');
        } else {
            read_block(memory, &message->blocks, sign, &line);
        }
    }
}

static void write_block(const struct hub_block *block, struct text *out)
{
    static const char signs[HUB_BLOCK_KIND_COUNT] = {
        [HUB_TEXT] = '"',     [HUB_TOOL_CALL] = '!', [HUB_TOOL_RESULT] = '=',
        [HUB_REDACTED] = '#', [HUB_REASONING] = '%',
    };

    text_add_char(out, signs[block->kind]);
    if (block->kind == HUB_TOOL_CALL || block->kind == HUB_TOOL_RESULT) {
        text_add(out, block->id);
        text_add_char(out, ':');
        text_add(out, block->name);
        text_add(out, block->signature);
    }
    if (block->kind == HUB_TOOL_RESULT) {
        text_add_char(out, ':');
        text_add(out, block->content == NULL ? SPAN("") : block->content->text);
    }
    text_add(out, block->text);
    if (block->kind == HUB_TEXT)
        text_add_char(out, '"');
    text_add_char(out, ' ');
}

static void write_line(const struct hub_request *request, struct text *out)
{
    static const char signs[] = {[HUB_SYSTEM] = 's', [HUB_USER] = 'u', [HUB_ASSISTANT] = 'a'};
    const struct hub_message *last = NULL;

    for (const struct hub_message *each = request->first; each != NULL; each = each->next) {
        text_add_char(out, signs[each->role]);
        text_add_char(out, ' ');
        for (const struct hub_block *block = each->blocks.first; block != NULL; block = block->next)
            write_block(block, out);
        last = each;
    }
    assert_ptr_equal(request->last, last);
}

/* --- tests ------------------------------------------------------------------------------------ */

struct row {
    const char *line;
    const char *wanted; /* the detail, when it is refused */
    int err;
};

static void check(struct region *memory, const struct normalise_rules *rules,
                  const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct hub_request request = {0};
        struct hub_notes notes;
        char line[1024];
        struct text out = text_over(line, sizeof(line));

        hub_notes_init(&notes, false);
        read_line(memory, span_of(rows[i].line), &request);
        assert_int_equal(normalise_request(memory, &request, rules, &notes), rows[i].err);
        if (rows[i].err == 0)
            write_line(&request, &out);
        else
            text_add(&out, text_span(&notes.detail));
        if (!span_equal(text_span(&out), span_of(rows[i].wanted)))
            fail_msg("%s\n%.*s\nis not\n%s", rows[i].line, SPAN_FMT(text_span(&out)),
                     rows[i].wanted);
    }
}

#define CHECK_ROWS(rules, rows) check(*state, &(rules), (rows), sizeof(rows) / sizeof((rows)[0]))

static void turns_of_one_role_become_one(void **state)
{
    static const struct normalise_rules rules = {0};
    static const struct row rows[] = {
        {"u \"a\" u \"b\" a \"c\" a \"d\" u \"e\" ", "u \"a\" \"b\" a \"c\" \"d\" u \"e\" ", 0},
        /* Vector 37. */
        {"u \"a\" a \"  \" u \"b\" ", "u \"a\" \"b\" ", 0},
        {"a \"\" ", "No message says anything.", ERR_UNTRANSLATABLE},
        {"u \"a\" s \"x\" a \"b\" s \"y\" ", "s \"x\" \"y\" u \"a\" a \"b\" ", 0},
        {"s \"x\" ", "s \"x\" ", 0},
    };

    CHECK_ROWS(rules, rows);
}

static void a_system_prompt_alone_is_a_conversation_where_it_is_a_message(void **state)
{
    static const struct normalise_rules among = {.keep_system_turns = true};
    static const struct normalise_rules apart = {.system_apart = true};
    static const struct row kept[] = {{"s \"x\" ", "s \"x\" ", 0}};
    static const struct row refused[] = {
        {"s \"x\" ", "This model wants a message besides the system prompt.", ERR_UNTRANSLATABLE},
        {"s \"x\" u \" \" ", "This model wants a message besides the system prompt.",
         ERR_UNTRANSLATABLE},
    };

    CHECK_ROWS(among, kept);
    CHECK_ROWS(apart, refused);
}

static void system_turns_stay_where_they_may(void **state)
{
    static const struct normalise_rules rules = {.keep_system_turns = true};
    static const struct row rows[] = {
        {"s \"x\" u \"a\" s \"y\" u \"b\" ", "s \"x\" u \"a\" s \"y\" u \"b\" ", 0},
        {"u \"a\" a !A:f s \"y\" u =A:r \"b\" ", "u \"a\" a !A:f u =A:f:r s \"y\" u \"b\" ", 0},
    };

    CHECK_ROWS(rules, rows);
}

static void results_stand_behind_their_calls(void **state)
{
    static const struct normalise_rules rules = {0};
    static const struct row rows[] = {
        /* Vectors 34, 35 and 48. */
        {"u \"a\" a !A:f !B:g u =B:b u =A:a u \"thanks\" ",
         "u \"a\" a !A:f !B:g u =A:f:a =B:g:b \"thanks\" ", 0},
        {"a !A:f u \"x\" =A:old =A:new ", "a !A:f u =A:f:new \"x\" ", 0},
        {"a !A:f u =A:1 a !A:g u =A:2 ", "a !A:f u =A:f:1 a !A:g u =A:g:2 ", 0},
        /* Escapes are no difference. */
        {"a !\\u0041:f u =A:1 ", "a !\\u0041:f u =A:f:1 ", 0},
        /* Calls without ids, in their order. */
        {"a !:f !:f u =:1 =:2 ",
         "a !call_weir_0:f !call_weir_1:f u =call_weir_0:f:1 =call_weir_1:f:2 ", 0},
        {"a !A:f ", "The tool call A has no result.", ERR_UNTRANSLATABLE},
        {"a !A:f u \"x\" a \"b\" u =A:1 ", "The tool call A has no result.", ERR_UNTRANSLATABLE},
        {"a !A:f u =A:1 =B:2 ", "The tool result B belongs to no call of the turn before it.",
         ERR_UNTRANSLATABLE},
        {"u =A:1 ", "The tool result A belongs to no call of the turn before it.",
         ERR_UNTRANSLATABLE},
        {"a !A:f u =:1 ", "The tool call A has no result.", ERR_UNTRANSLATABLE},
    };

    CHECK_ROWS(rules, rows);
}

/* Vector 36. */
static void without_tools_calls_are_text(void **state)
{
    static const struct normalise_rules rules = {.tool_text = true};
    static const struct row rows[] = {
        {"u \"a\" a \"b\" !A:f u =A:r \"c\" ",
         "u \"a\" a \"b\" \"[tool call f({\\\"x\\\":1}) A]\" u \"[tool result A] r\" \"c\" ", 0},
        {"u =Z:r ", "u \"[tool result Z] r\" ", 0},
    };

    CHECK_ROWS(rules, rows);
}

static void reasoning_stays_with_its_signer(void **state)
{
    static const struct normalise_rules anthropic = {.signer = HUB_SIGNER_ANTHROPIC};
    static const struct normalise_rules gemini = {.signer = HUB_SIGNER_GEMINI};
    static const struct normalise_rules others = {.keep_unsigned = true};
    static const char line[] = "a ?mine #data %none ^theirs \"x\" !A:f u =A:r ";
    static const struct row anthropic_rows[] = {{line, "a %mine #data \"x\" !A:f u =A:f:r ", 0}};
    static const struct row gemini_rows[] = {{line, "a %theirs \"x\" !A:fsig u =A:f:r ", 0}};
    static const struct row other_rows[] = {{line, "a %none \"x\" !A:f u =A:f:r ", 0}};

    CHECK_ROWS(anthropic, anthropic_rows);
    CHECK_ROWS(gemini, gemini_rows);
    CHECK_ROWS(others, other_rows);
}

static void a_full_region_is_no_memory(void **state)
{
    static const struct normalise_rules rules = {.keep_system_turns = true};
    struct region *memory = *state;
    struct hub_request request = {0};
    struct hub_notes notes;

    hub_notes_init(&notes, false);
    read_line(memory, SPAN("a !A:f s \"y\" u =A:r "), &request);
    assert_non_null(region_take(memory, REGION_BYTES - region_mark(memory) - 32));
    assert_int_equal(normalise_request(memory, &request, &rules, &notes), ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGION_TEST(turns_of_one_role_become_one),
        REGION_TEST(a_system_prompt_alone_is_a_conversation_where_it_is_a_message),
        REGION_TEST(system_turns_stay_where_they_may),
        REGION_TEST(results_stand_behind_their_calls),
        REGION_TEST(without_tools_calls_are_text),
        REGION_TEST(reasoning_stays_with_its_signer),
        REGION_TEST(a_full_region_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
