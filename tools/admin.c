/* `weir keys|users|groups|grants VERB`, `weir backup`: parse, ask, send, show. */
#include "tools/admin.h"

#include "lib/wire/json_walk.h"
#include "tools/admin_json.h"
#include "tools/admin_rows.h"
#include "tools/admin_socket.h"
#include "tools/tools.h"

#include <stdio.h>
#include <unistd.h>

enum {
    ARENA_BYTES_MAX = ADMIN_CLIENT_ANSWER_BYTES + (8 << 20),
    VALUE_BYTES_MAX = 64 * 1024,
    REPLY_BYTES_MAX = 16,
    PAGE_ROWS_MAX = 1000,
    CURSOR_BYTES_MAX = 512,
    NUMBER_BYTES = 24,
    LABEL_WIDTH = 16,
};

/* --- asking ----------------------------------------------------------------------------------- */

static void print_question(const char *question, const char *subject)
{
    const char *place = strstr(question, "{}");

    if (place == NULL)
        fputs(question, stderr);
    else
        fprintf(stderr, "%.*s%s%s", (int)(place - question), question, subject, place + 2);
}

int admin_confirm(const struct admin_session *session, const char *question, const char *subject)
{
    char reply[REPLY_BYTES_MAX];

    if (admin_words_have(session->words, ADMIN_OPT(YES)))
        return TOOL_OK;
    if (isatty(STDIN_FILENO) == 0) {
        fprintf(stderr, "%s: this needs a yes, and standard input is no terminal: use --yes\n",
                session->who);
        return TOOL_USAGE;
    }
    print_question(question, subject);
    fputs(" [y/N] ", stderr);
    if (fgets(reply, sizeof(reply), stdin) != NULL &&
        (strcasecmp(reply, "y\n") == 0 || strcasecmp(reply, "yes\n") == 0))
        return TOOL_OK;
    fprintf(stderr, "%s: nothing was done\n", session->who);
    return TOOL_FAILED;
}

/* A rotation with a grace takes nothing away. */
static bool destroys(const struct admin_words *words)
{
    uint64_t grace_s = 0;

    if (admin_words_have(words, ADMIN_OPT(GRACE)))
        (void)admin_words_duration(words->values[ADMIN_OPTION_GRACE], &grace_s);
    return words->command->question != NULL && words->command->show != ADMIN_SHOW_BACKUP &&
           grace_s == 0;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void print_plain(FILE *out, struct span value)
{
    static char memory[VALUE_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory));

    admin_json_add(&text, SPAN(""), value);
    fprintf(out, "%.*s", SPAN_FMT(text_span(&text)));
}

/* People name what stands in a file: it is there, and these commands do not know it. */
static void tell_where(struct span message)
{
    static const struct {
        struct span begin;
        const char *noun;
    } rows[] = {
        {{"\"there is no user ", 17}, "users"},
        {{"\"there is no group ", 18}, "groups"},
        {{"\"there is no key ", 16}, "keys"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (span_starts_with(message, rows[i].begin))
            fprintf(stderr,
                    "only the directory is looked into: `weir %s list` shows what it has; what the "
                    "configuration defines is changed in its files\n",
                    rows[i].noun);
    }
}

int admin_accept(const struct admin_session *session, const struct admin_answer *answer)
{
    struct span error;
    struct span code;
    struct span message;

    if (answer->status >= 200 && answer->status < 300 &&
        (answer->body.len == 0 || admin_json_is_whole(answer->body)))
        return TOOL_OK;
    fprintf(stderr, "%s: ", session->who);
    if (!admin_json_is_whole(answer->body) || !admin_json_member(answer->body, "error", &error) ||
        !admin_json_member(error, "code", &code) ||
        !admin_json_member(error, "message", &message)) {
        fprintf(stderr, "the answer (status %ld) is not one of weir's admin API\n", answer->status);
        return TOOL_FAILED;
    }
    print_plain(stderr, message);
    fputs(" (", stderr);
    print_plain(stderr, code);
    fputs(")\n", stderr);
    tell_where(message);
    return TOOL_FAILED;
}

int admin_tell_effect(const struct admin_session *session, const struct admin_answer *answer)
{
    if (strcmp(answer->effective, "late") == 0)
        fprintf(stderr, "%s: it is saved, but not every worker knows it yet\n", session->who);
    if (strcmp(answer->effective, "refused") != 0)
        return TOOL_OK;
    fprintf(stderr,
            "%s: it is saved, and what it takes away from a key holds at once; the rest waits, "
            "because the gateway cannot load its configuration: `weir reload` says why\n",
            session->who);
    return TOOL_FAILED;
}

int admin_send(struct admin_session *session, const struct admin_words *words,
               struct admin_answer *out)
{
    struct admin_request request;

    if (admin_request_make(words, session->memory, &request) != 0) {
        fprintf(stderr, "%s: the arguments are too long\n", session->who);
        return TOOL_USAGE;
    }
    int result = admin_client_send(session->client, session->who, &request, out);
    return result == TOOL_OK ? admin_accept(session, out) : result;
}

/* --- showing ---------------------------------------------------------------------------------- */

static void show_entity(struct span body)
{
    static char memory[VALUE_BYTES_MAX];
    struct span name;
    struct span value;

    for (struct json_walk walk = json_walk_begin(json_walk_value(body));
         json_walk_member(&walk, &name, &value);) {
        struct text text = text_over(memory, sizeof(memory));

        admin_json_add(&text, name, value);
        printf("%-*.*s%.*s\n", LABEL_WIDTH, SPAN_FMT(name), SPAN_FMT(text_span(&text)));
    }
}

static void show_grants(const struct admin_session *session, struct span body)
{
    struct span value;
    struct span item;
    bool any = false;

    if (admin_json_member(body, "all", &value) && json_walk_type(value) == JSON_TRUE) {
        puts("all");
        any = true;
    }
    if (admin_json_member(body, "models", &value) && json_walk_type(value) == JSON_ARRAY) {
        for (struct json_walk walk = json_walk_begin(value); json_walk_item(&walk, &item);) {
            print_plain(stdout, item);
            putchar('\n');
            any = true;
        }
    }
    if (!any)
        fprintf(stderr, "%s: nothing is granted\n", session->who);
}

/* The text alone on standard output, so that a script can take it; all else on standard error. */
static int show_secret(const struct admin_session *session, struct span body)
{
    struct span name;
    struct span key;

    if (!admin_json_member(body, "name", &name) || !admin_json_member(body, "key", &key) ||
        json_walk_type(key) != JSON_STRING) {
        fprintf(stderr, "%s: the answer has no text of a key\n", session->who);
        return TOOL_FAILED;
    }
    print_plain(stdout, key);
    putchar('\n');
    print_plain(stderr, name);
    fprintf(stderr, ": %s; its text is shown this once and is kept nowhere\n",
            session->words->command->done);
    return TOOL_OK;
}

static void show_done(const struct admin_words *words)
{
    const uint64_t all = ADMIN_OPT(GRANT_ALL) | ADMIN_OPT(TAKE_ALL);
    const char *owner = NULL;

    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if (admin_options[n].place == ADMIN_PLACE_OWNER && words->values[n] != NULL)
            owner = words->values[n];
    }
    if (owner == NULL)
        printf("%s: %s\n", words->argument, words->command->done);
    else
        printf("%s: %s %s\n", owner, admin_words_have(words, all) ? "all models" : words->argument,
               words->command->done);
}

static int show(const struct admin_session *session, const struct admin_answer *answer)
{
    if (admin_words_have(session->words, ADMIN_OPT(JSON))) {
        if (answer->body.len > 0)
            printf("%.*s\n", SPAN_FMT(answer->body));
        return TOOL_OK;
    }
    switch (session->words->command->show) {
    case ADMIN_SHOW_ENTITY:
        show_entity(answer->body);
        break;
    case ADMIN_SHOW_SECRET:
        return show_secret(session, answer->body);
    case ADMIN_SHOW_GRANTS:
        show_grants(session, answer->body);
        break;
    case ADMIN_SHOW_DONE:
        show_done(session->words);
        break;
    case ADMIN_SHOW_LIST:
    case ADMIN_SHOW_IMPORT:
    case ADMIN_SHOW_BACKUP:
    case ADMIN_SHOW_MODELS:
    case ADMIN_SHOW_MODEL:
    case ADMIN_SHOW_WHY:
    case ADMIN_SHOW_DIFF:
    case ADMIN_SHOW_OTHER:
        break;
    }
    return TOOL_OK;
}

/* --- lists ------------------------------------------------------------------------------------ */

static uint64_t print_lines(struct span data, uint64_t rows_max)
{
    struct span row;
    uint64_t count = 0;

    for (struct json_walk walk = json_walk_begin(data);
         count < rows_max && json_walk_item(&walk, &row); count++)
        printf("%.*s\n", SPAN_FMT(row));
    return count;
}

/* @return false: this was the last page */
static bool next_page(struct span body, struct admin_words *words, char cursor[CURSOR_BYTES_MAX])
{
    struct span next;
    struct span decoded;

    if (!admin_json_member(body, "next", &next) || json_walk_type(next) != JSON_STRING ||
        json_decode_string((struct span){next.ptr + 1, next.len - 2}, cursor, CURSOR_BYTES_MAX - 1,
                           &decoded) != 0)
        return false;
    memmove(cursor, decoded.ptr, decoded.len);
    cursor[decoded.len] = '\0';
    words->given |= ADMIN_OPT(AFTER);
    words->values[ADMIN_OPTION_AFTER] = cursor;
    return true;
}

/* One row a line with --json: a list of any length can be read as it comes. */
static int list(struct admin_session *session)
{
    struct admin_rows rows = admin_rows_for(stdout, session->words->command->noun);
    struct admin_words words = *session->words;
    char cursor[CURSOR_BYTES_MAX];
    char limit[NUMBER_BYTES];
    uint64_t left = UINT64_MAX;
    bool goes_on = true;

    if (admin_words_have(&words, ADMIN_OPT(LIMIT)))
        (void)admin_words_count(words.values[ADMIN_OPTION_LIMIT], &left);
    words.given |= ADMIN_OPT(LIMIT);
    words.values[ADMIN_OPTION_LIMIT] = limit;
    while (goes_on && left > 0) {
        struct admin_answer answer;
        struct span data;

        (void)snprintf(limit, sizeof(limit), "%d",
                       left < PAGE_ROWS_MAX ? (int)left : PAGE_ROWS_MAX);
        int result = admin_send(session, &words, &answer);
        if (result != TOOL_OK)
            return result;
        if (!admin_json_member(answer.body, "data", &data) || json_walk_type(data) != JSON_ARRAY)
            return TOOL_FAILED;
        left -= admin_words_have(&words, ADMIN_OPT(JSON)) ? print_lines(data, left)
                                                          : admin_rows_print(&rows, data, left);
        goes_on = next_page(answer.body, &words, cursor);
    }
    return TOOL_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

static int run(struct admin_session *session)
{
    const struct admin_command *command = session->words->command;
    struct admin_answer answer;

    if (command->show == ADMIN_SHOW_IMPORT)
        return admin_import(session);
    if (command->show == ADMIN_SHOW_BACKUP)
        return admin_backup(session);
    if (command->show == ADMIN_SHOW_LIST)
        return list(session);
    if (destroys(session->words)) {
        int asked = admin_confirm(session, command->question, session->words->argument);

        if (asked != TOOL_OK)
            return asked;
    }
    int result = admin_send(session, session->words, &answer);
    if (result == TOOL_OK)
        result = show(session, &answer);
    return result == TOOL_OK ? admin_tell_effect(session, &answer) : result;
}

static int connect_and_run(struct admin_session *session, struct arena *arena)
{
    char socket_path[ADMIN_SOCKET_BYTES];
    int result = admin_socket_find(session->words, session->who, socket_path);

    if (result != TOOL_OK)
        return result;
    session->memory = arena_take(arena, sizeof(*session->memory));
    session->client = admin_client_new(arena, socket_path);
    if (session->memory == NULL || session->client == NULL) {
        fprintf(stderr, "%s: out of memory\n", session->who);
        return TOOL_FAILED;
    }
    result = run(session);
    admin_client_close(&session->client);
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return result;
    fprintf(stderr, "%s: cannot write the answer\n", session->who);
    return TOOL_FAILED;
}

int tool_admin(int argc, char **argv)
{
    struct admin_words words;
    struct admin_session session = {.words = &words};
    int result;

    if (!admin_begin(argc, argv, &words, session.who, &result))
        return result;
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    if (arena == NULL) {
        fprintf(stderr, "%s: out of memory\n", session.who);
        return TOOL_FAILED;
    }
    result = connect_and_run(&session, arena);
    arena_free(&arena);
    return result;
}
