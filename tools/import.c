/*
 * `weir keys import FILE`: lines in, batches out, one after another. A key that is there already is
 * no change, so an import that was stopped anywhere can be begun again; --from only saves time.
 */
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "tools/admin.h"
#include "tools/admin_json.h"
#include "tools/import_file.h"
#include "tools/tools.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum {
    BATCH_KEYS_MAX = 1000,         /* what the API takes in one call */
    BATCH_BYTES_MAX = 1000 * 1000, /* and it takes a body of 1 MiB */
    BATCH_END_BYTES = 2,
    TRIES_MAX = 30,
    PROGRESS_MS = 200,
    MESSAGE_BYTES_MAX = 1024,
};

struct row {
    uint64_t line;
    struct import_places places;
};

struct import {
    struct admin_session *session;
    struct import_file *file;
    struct import_format format;
    bool keep_going;
    bool is_stopped;      /* by a bad line, a failure or a signal */
    int result;           /* what the command ends with */
    uint64_t continue_at; /* the first line that was not taken */
    uint64_t created;
    uint64_t unchanged;
    uint64_t refused;
    struct monotime began;
    struct monotime told;
    bool tells; /* there is a terminal to show progress on */
    struct text body;
    uint32_t count;
    struct row rows[BATCH_KEYS_MAX];
    char memory[BATCH_BYTES_MAX];
};

static volatile sig_atomic_t is_interrupted;

static void on_signal(int number)
{
    (void)number;
    is_interrupted = 1;
}

/* --- what is told ----------------------------------------------------------------------------- */

static void tell_progress(struct import *import, bool is_last)
{
    const struct import_file *file = import->file;
    struct monotime now = monotime_now();
    uint64_t done = import->created + import->unchanged + import->refused;
    uint64_t ms = now.ms - import->began.ms + 1;

    if (!import->tells ||
        (!is_last && !monotime_reached(now, monotime_after(import->told, PROGRESS_MS))))
        return;
    import->told = now;
    fprintf(stderr, "\r%" PRIu64 " keys, %" PRIu64 " a second", done, done * 1000 / ms);
    if (file->bytes > 0 && file->bytes_read > 0)
        fprintf(stderr, ", %" PRIu64 "%%, %" PRIu64 " s left", file->bytes_read * 100 / file->bytes,
                (file->bytes - file->bytes_read) / (file->bytes_read / ms + 1) / 1000);
    fputs(is_last ? "\033[K\n" : "\033[K", stderr);
}

/* A line of progress gives way to what stays. */
static void clear_progress(const struct import *import)
{
    if (import->tells)
        fputs("\r\033[K", stderr);
}

static void stop(struct import *import, uint64_t line, int result)
{
    if (!import->is_stopped)
        import->continue_at = line;
    import->is_stopped = true;
    import->result = result;
}

/* @param column  0: it is not about one */
static void tell_bad_line(struct import *import, uint64_t line, uint32_t column,
                          const char *sentence)
{
    clear_progress(import);
    fprintf(stderr, "%s:%" PRIu64 ":%" PRIu32 ": error: %s\n", import->session->words->argument,
            line, column == 0 ? 1 : column, sentence);
    import->refused++;
    import->result = TOOL_FAILED;
    if (!import->keep_going)
        stop(import, line, TOOL_FAILED);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void tell_refused(struct import *import, const struct row *row, struct span item)
{
    char memory[MESSAGE_BYTES_MAX];
    struct text text = text_over(memory, sizeof(memory) - 1);
    struct span value;
    uint32_t column = 0;

    if (admin_json_member(item, "field", &value) && json_walk_type(value) == JSON_STRING) {
        enum import_field field = import_field_find((struct span){value.ptr + 1, value.len - 2});

        column = field == IMPORT_FIELD_COUNT ? 0 : row->places.column[field];
    }
    if (admin_json_member(item, "message", &value) && json_walk_type(value) == JSON_STRING)
        admin_json_add_string(&text, value);
    memory[text.len] = '\0';
    tell_bad_line(import, row->line, column, memory);
}

static uint64_t number(struct span body, const char *name)
{
    struct span value;
    uint64_t count = 0;

    if (admin_json_member(body, name, &value))
        (void)json_decode_count(value, &count);
    return count;
}

static void take_answer(struct import *import, struct span body)
{
    struct span data;
    struct span item;
    struct span result;
    uint32_t n = 0;

    import->created += number(body, "created");
    import->unchanged += number(body, "unchanged");
    if (!admin_json_member(body, "data", &data) || json_walk_type(data) != JSON_ARRAY)
        return;
    for (struct json_walk walk = json_walk_begin(data);
         n < import->count && json_walk_item(&walk, &item); n++) {
        if (admin_json_member(item, "result", &result) && span_equal(result, SPAN("\"refused\"")))
            tell_refused(import, &import->rows[n], item);
    }
}

/* --- batches ---------------------------------------------------------------------------------- */

static void begin_batch(struct import *import)
{
    import->body = text_over(import->memory, sizeof(import->memory) - BATCH_END_BYTES);
    import->count = 0;
    text_add(&import->body, SPAN("{\"keys\":["));
}

/* A service that is busy now takes it a second later. */
static int send_patiently(struct import *import, const struct admin_request *request,
                          struct admin_answer *answer)
{
    struct admin_session *session = import->session;
    int result = TOOL_FAILED;

    for (unsigned n = 0; n < TRIES_MAX && is_interrupted == 0; n++) {
        result = admin_client_send(session->client, session->who, request, answer);
        if (result != TOOL_OK || answer->status != 503)
            break;
        (void)sleep(1); /* NOLINT(concurrency-mt-unsafe): one thread */
    }
    return result == TOOL_OK && answer->status != 0 ? admin_accept(session, answer) : result;
}

/* Only the last batch waits until all workers know it: it knows of all before it. */
static void send_batch(struct import *import, bool is_last)
{
    struct admin_session *session = import->session;
    bool waits = is_last && !admin_words_have(session->words, ADMIN_OPT(NO_WAIT));
    struct admin_answer answer = {0};

    if (import->count == 0)
        return;
    import->body.cap += BATCH_END_BYTES;
    text_add(&import->body, SPAN("]}"));
    const struct admin_request request = {
        .method = session->words->command->method,
        .path = waits ? "/admin/keys/import?wait=true" : "/admin/keys/import",
        .body = text_span(&import->body),
    };
    int result = send_patiently(import, &request, &answer);
    if (result != TOOL_OK) {
        stop(import, import->rows[0].line, result);
    } else {
        take_answer(import, answer.body);
        clear_progress(import);
        import->result = admin_tell_effect(session, &answer) == TOOL_OK ? import->result
                                                                        : TOOL_FAILED;
    }
    begin_batch(import);
}

/* @return 0, ERR_INVALID: told, or ERR_NO_SPACE: not while the others are in the batch */
static int add_line(struct import *import, struct span line, struct import_problem *problem)
{
    struct row *row = &import->rows[import->count];
    size_t len = import->body.len;

    if (import->count == BATCH_KEYS_MAX)
        return ERR_NO_SPACE;
    if (import->count > 0)
        text_add_char(&import->body, ',');
    int err = import->body.err != 0
                  ? ERR_NO_SPACE
                  : import_line_read(&import->format, line, &import->body, &row->places, problem);
    if (err != 0) {
        import->body.len = len;
        import->body.err = 0;
        return err;
    }
    row->line = import->file->line;
    import->count++;
    return 0;
}

static void take_line(struct import *import, struct span line)
{
    struct import_problem problem = {0};
    uint64_t number_of_line = import->file->line;
    int err = add_line(import, line, &problem);

    if (err == ERR_NO_SPACE && import->count > 0) {
        send_batch(import, false);
        if (import->is_stopped)
            return;
        err = add_line(import, line, &problem);
    }
    if (err == ERR_NO_SPACE)
        (void)snprintf(problem.sentence, sizeof(problem.sentence), "the line is too long");
    /* What stands before a line that stops the import is taken. */
    if (err != 0 && !import->keep_going)
        send_batch(import, true);
    if (err != 0 && !import->is_stopped)
        tell_bad_line(import, number_of_line, problem.column, problem.sentence);
}

/* --- the file --------------------------------------------------------------------------------- */

static bool is_blank(struct span line)
{
    return span_trim(line).len == 0;
}

/* The first line that is not blank says what the file is; of CSV it is not a key. */
static void take_first(struct import *import, struct span line, uint64_t from)
{
    struct import_problem problem = {0};

    if (import_format_find(line, &import->format, &problem) != 0) {
        tell_bad_line(import, import->file->line, problem.column, problem.sentence);
        stop(import, import->file->line, TOOL_FAILED);
    } else if (import->format.is_json && import->file->line >= from) {
        take_line(import, line);
    }
}

static void tell_read_error(struct import *import)
{
    if (errno == EMSGSIZE) {
        tell_bad_line(import, import->file->line + 1, 0, "the line is too long");
    } else if (errno != EINTR) {
        clear_progress(import);
        fprintf(stderr, "%s: cannot read %s: %s\n", import->session->who,
                import->session->words->argument, strerrordesc_np(errno));
    }
    stop(import, import->file->line + 1, TOOL_FAILED);
}

static void read_all(struct import *import, uint64_t from)
{
    struct span line;
    bool has_format = false;
    int got = 0;

    while (!import->is_stopped && is_interrupted == 0 &&
           (got = import_file_next(import->file, &line)) > 0) {
        if (is_blank(line))
            continue;
        if (!has_format)
            take_first(import, line, from);
        else if (import->file->line >= from)
            take_line(import, line);
        has_format = true;
        tell_progress(import, false);
    }
    if (is_interrupted != 0)
        stop(import, import->count > 0 ? import->rows[0].line : import->file->line + 1,
             TOOL_FAILED);
    else if (got < 0)
        tell_read_error(import);
    if (!import->is_stopped)
        send_batch(import, true);
}

static void tell_end(const struct import *import)
{
    const struct admin_words *words = import->session->words;

    if (admin_words_have(words, ADMIN_OPT(JSON)))
        printf("{\"created\":%" PRIu64 ",\"unchanged\":%" PRIu64 ",\"refused\":%" PRIu64
               ",\"continue_at\":",
               import->created, import->unchanged, import->refused);
    else
        printf("%" PRIu64 " created, %" PRIu64 " unchanged, %" PRIu64 " refused\n", import->created,
               import->unchanged, import->refused);
    if (admin_words_have(words, ADMIN_OPT(JSON)) && import->is_stopped)
        printf("%" PRIu64 "}\n", import->continue_at);
    else if (admin_words_have(words, ADMIN_OPT(JSON)))
        puts("null}");
    if (import->is_stopped)
        fprintf(stderr, "%s: stopped; to go on: weir keys import %s --from %" PRIu64 "\n",
                import->session->who, words->argument, import->continue_at);
}

int admin_import(struct admin_session *session)
{
    static struct import_file file;
    static struct import import;
    const struct sigaction action = {.sa_handler = on_signal};
    uint64_t from = 1;

    if (import_file_open(&file, session->words->argument) != 0) {
        fprintf(stderr, "%s: cannot read %s: %s\n", session->who, session->words->argument,
                strerrordesc_np(errno));
        return TOOL_FAILED;
    }
    if (admin_words_have(session->words, ADMIN_OPT(FROM)))
        (void)admin_words_count(session->words->values[ADMIN_OPTION_FROM], &from);
    import.session = session;
    import.file = &file;
    import.keep_going = admin_words_have(session->words, ADMIN_OPT(KEEP_GOING));
    import.tells = isatty(STDERR_FILENO) != 0;
    import.began = import.told = monotime_now();
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    begin_batch(&import);
    read_all(&import, from);
    tell_progress(&import, true);
    tell_end(&import);
    explicit_bzero(import.memory, sizeof(import.memory));
    import_file_close(&file);
    return import.result;
}
