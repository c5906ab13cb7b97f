/* `weir why KEY SLUG`: the rules and the verdict, as text or JSON. */
#include "tools/why.h"

#include "lib/base/err.h"
#include "lib/dialect/dialect.h"
#include "tools/admin_begin.h"
#include "tools/admin_json.h"
#include "tools/table.h"
#include "tools/terminal.h"
#include "tools/tools.h"

#include <limits.h>
#include <stdio.h>

enum { PLACE_BYTES = PATH_MAX + 64, JSON_BYTES_MAX = 64 * 1024, SENTENCE_BYTES = 1024 };

/* --- for people ------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
    {.heading = "ANSWER"},
    {.heading = "RULE", .leaves = 1},
    {.heading = "BECAUSE", .narrow = 14},
    {.heading = "WHERE", .keeps_end = true, .narrow = 12},
};
enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static void fill(const struct why *why, const struct why_rule *rule, struct span row[COLUMN_COUNT])
{
    static char memory[PLACE_BYTES];
    const struct report_place place = why_place(why, rule);

    memory[0] = '\0';
    if (rule->row.table != NULL && rule->row.number != ROW_NONE)
        (void)snprintf(memory, sizeof(memory), "%s: %s row %u",
                       offline_data(why->offline)->directory.path.ptr, rule->row.table,
                       rule->row.number + 1);
    else if (rule->row.table != NULL)
        (void)snprintf(memory, sizeof(memory), "%s: %s",
                       offline_data(why->offline)->directory.path.ptr, rule->row.table);
    else if (place.file != NULL)
        (void)snprintf(memory, sizeof(memory), "%s:%u", place.file, place.line);
    row[0] = span_of(why_answer_word(rule->answer));
    row[1] = span_of(rule->name);
    row[2] = span_of(rule->text);
    row[3] = span_of(memory);
}

static void print_rules(const struct why *why, const struct terminal *terminal)
{
    struct table table = table_of(columns, COLUMN_COUNT);
    struct span row[COLUMN_COUNT];

    for (uint32_t i = 0; i < why->rules.count; i++) {
        fill(why, list_at(&why->rules, i), row);
        table_measure(&table, row);
    }
    (void)table_fit(&table, terminal->width);
    fputs(terminal_style(terminal, TERMINAL_BOLD), terminal->out);
    table_print_headings(&table, terminal->out);
    fprintf(terminal->out, "%s\n", terminal_plain(terminal));
    for (uint32_t i = 0; i < why->rules.count; i++) {
        const struct why_rule *rule = list_at(&why->rules, i);

        fill(why, rule, row);
        fputs(rule->answer == WHY_NO ? terminal_style(terminal, TERMINAL_BAD) : "", terminal->out);
        table_print_row(&table, row, terminal->out);
        fprintf(terminal->out, "%s\n", rule->answer == WHY_NO ? terminal_plain(terminal) : "");
    }
}

/* What a client of OpenAI's protocol is told, which is what people look for. @return memory's */
static struct span client_sentence(const struct why *why, char memory[static SENTENCE_BYTES])
{
    static char body_memory[SENTENCE_BYTES * 2];
    struct text body = text_over(body_memory, sizeof(body_memory));
    struct text out = text_over(memory, SENTENCE_BYTES);
    const struct dialect_error error = {.err = why->verdict, .subject = why->slug};
    struct span envelope;
    struct span message;

    dialect_render_error(ERRORS_OPENAI, &error, &body);
    if (body.err == 0 && admin_json_member(text_span(&body), "error", &envelope) &&
        admin_json_member(envelope, "message", &message))
        admin_json_add_string(&out, message);
    return out.err == 0 ? text_span(&out) : SPAN("");
}

static void print_verdict(const struct why *why, const struct terminal *terminal)
{
    const char *who = why->caller.is_anonymous     ? "a caller without a key"
                      : strcmp(why->key, "-") == 0 ? "the key"
                                                   : why->key;

    char memory[SENTENCE_BYTES];

    if (why->verdict == 0) {
        fprintf(terminal->out, "\n%syes%s: %s may call %.*s\n",
                terminal_style(terminal, TERMINAL_GOOD), terminal_plain(terminal), who,
                SPAN_FMT(why->slug));
        return;
    }
    const struct span sentence = client_sentence(why, memory);
    fprintf(terminal->out, "\n%sno%s: %s may not call %.*s: HTTP %d %s: %s\n",
            terminal_style(terminal, TERMINAL_BAD), terminal_plain(terminal), who,
            SPAN_FMT(why->slug), err_http_status(why->verdict), err_code(why->verdict),
            err_text(why->verdict));
    if (!span_equal(sentence, span_of(err_text(why->verdict))))
        fprintf(terminal->out, "An OpenAI client is told: %.*s\n", SPAN_FMT(sentence));
}

/* --- for programs ----------------------------------------------------------------------------- */

static void add_string(struct text *out, const char *name, struct span value)
{
    text_add(out, span_of(name));
    text_add_json(out, value);
}

static void add_place(const struct why *why, const struct why_rule *rule, struct text *out)
{
    const struct report_place place = why_place(why, rule);

    if (rule->row.table != NULL) {
        add_string(out, ",\"where\":{\"directory\":", offline_data(why->offline)->directory.path);
        add_string(out, ",\"table\":", span_of(rule->row.table));
        text_add(out, SPAN(",\"row\":"));
        if (rule->row.number == ROW_NONE)
            text_add(out, SPAN("null"));
        else
            text_add_unsigned(out, rule->row.number + 1);
        text_add_char(out, '}');
    } else if (place.file != NULL) {
        add_string(out, ",\"where\":{\"file\":", span_of(place.file));
        text_add(out, SPAN(",\"line\":"));
        text_add_unsigned(out, place.line);
        text_add(out, SPAN(",\"column\":"));
        text_add_unsigned(out, place.column);
        text_add_char(out, '}');
    } else {
        text_add(out, SPAN(",\"where\":null"));
    }
}

static void add_verdict(const struct why *why, struct text *out)
{
    char memory[SENTENCE_BYTES];

    if (why->verdict == 0) {
        text_add(out, SPAN(",\"allowed\":true,\"status\":null,\"code\":null,\"message\":null,"
                           "\"client_message\":null"));
        return;
    }
    text_add(out, SPAN(",\"allowed\":false,\"status\":"));
    text_add_unsigned(out, (uint64_t)err_http_status(why->verdict));
    add_string(out, ",\"code\":", span_of(err_code(why->verdict)));
    add_string(out, ",\"message\":", span_of(err_text(why->verdict)));
    add_string(out, ",\"client_message\":", client_sentence(why, memory));
}

static void print_text(const struct text *text)
{
    printf("%.*s", SPAN_FMT(text_span(text)));
}

/* Piece by piece: a user may be in more groups than a fixed room has place for. */
static int print_json(const struct why *why)
{
    static char memory[JSON_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));
    const struct data *data = offline_data(why->offline);

    text_add(&out, SPAN("{\"key\":"));
    if (why->caller.key != ROW_NONE)
        text_add_json(&out, data->keys[why->caller.key].name);
    else if (why->caller.is_anonymous || strcmp(why->key, "-") == 0)
        text_add(&out, SPAN("null"));
    else
        text_add_json(&out, span_of(why->key));
    add_string(&out, ",\"model\":", why->slug);
    add_verdict(why, &out);
    text_add(&out, SPAN(",\"rules\":["));
    print_text(&out);
    for (uint32_t i = 0; out.err == 0 && i < why->rules.count; i++) {
        const struct why_rule *rule = list_at(&why->rules, i);

        out.len = 0;
        add_string(&out, i == 0 ? "{\"rule\":" : ",{\"rule\":", span_of(rule->name));
        add_string(&out, ",\"answer\":", span_of(why_answer_word(rule->answer)));
        add_string(&out, ",\"because\":", span_of(rule->text));
        add_place(why, rule, &out);
        text_add_char(&out, '}');
        print_text(&out);
    }
    puts("]}");
    return out.err;
}

/* --- the command ------------------------------------------------------------------------------ */

static int print(const struct why *why, bool is_json)
{
    const struct terminal terminal = terminal_of(stdout);
    int err = 0;

    if (is_json) {
        err = print_json(why);
    } else {
        print_rules(why, &terminal);
        print_verdict(why, &terminal);
    }
    if (err == 0 && fflush(stdout) == 0 && ferror(stdout) == 0)
        return why->verdict == 0 ? TOOL_OK : TOOL_FAILED;
    fprintf(stderr, "%s: cannot write the answer\n", why->offline->who);
    return TOOL_USAGE;
}

static int answer(const struct offline *offline, const struct admin_words *words)
{
    struct why why = {.offline = offline, .key = words->argument, .slug = span_of(words->second)};

    if (!offline_knows_directory(offline) ||
        offline_find_caller(offline, why.key, &why.caller) != TOOL_OK)
        return TOOL_USAGE;
    int err = why_ask(&why);
    if (err != 0)
        fprintf(stderr, "%s: out of memory\n", offline->who);
    int result = err != 0 ? TOOL_USAGE : print(&why, admin_words_have(words, ADMIN_OPT(AS_JSON)));
    why_close(&why);
    return result;
}

int tool_why(int argc, char **argv)
{
    struct admin_words words;
    struct offline offline;
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    result = TOOL_USAGE;
    if (offline_open(&offline, who, words.values[ADMIN_OPTION_FROM_CONFIG]))
        result = answer(&offline, &words);
    offline_close(&offline);
    return result;
}
