/*
 * The composition root: the one file that knows the master, the worker, the steward and the tools,
 * and the table of weir's commands.
 */
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "master/loader.h"
#include "master/master.h"
#include "master/options.h"
#include "master/title.h"
#include "registry/suggest.h"
#include "steward/steward.h"
#include "tools/admin_table.h"
#include "tools/cells.h"
#include "tools/tools.h"
#include "worker/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int command_fn(int argc, char **argv);

static command_fn serve;
static command_fn completion;
static command_fn help;

/** X(word, function, arguments, sentence) */
#define COMMAND_MAP(X)                                                                       \
    X("serve", serve, "[--config FILE]", "run the gateway")                                  \
    X("check", tool_check, "[OPTION]…", "load the configuration, serve nothing")             \
    X("config", tool_config, "--defaults", "print every setting with its default")           \
    X("status", tool_status, "[OPTION]…", "show processes and counters")                     \
    X("reload", tool_reload, "[OPTION]…", "load the configuration into the running gateway") \
    X("keys", tool_admin, "VERB [OPTION]…", "create, change, revoke and import keys")        \
    X("users", tool_admin, "VERB [OPTION]…", "add, change and remove users")                 \
    X("groups", tool_admin, "VERB [OPTION]…", "add, change and remove groups")               \
    X("grants", tool_admin, "VERB [OPTION]…", "grant models to users, groups and keys")      \
    X("backup", tool_admin, "FILE [OPTION]…", "copy the directory's database into a file")   \
    X("models", tool_models, "VERB [OPTION]…", "list and show models")                       \
    X("why", tool_why, "KEY SLUG [OPTION]…", "say why a key may call a model, or may not")   \
    X("diff", tool_diff, "FILE [OPTION]…", "say what a new configuration would change")      \
    X("completion", completion, "bash", "print what bash needs to complete weir's words")    \
    X("demo-upstream", tool_demo_upstream, "[OPTION]…", "run a small model server")          \
    X("version", tool_version, "", "print the version")                                      \
    X("help", help, "[COMMAND]", "print this, or what a command takes")

static const struct tool_command commands[] = {
#define X(word, function, arguments, sentence) {word, function, arguments, sentence},
    COMMAND_MAP(X)
#undef X
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]), ARGUMENTS_CELLS = 19 };

/* argv of the process: titles are written over it. */
static struct {
    int argc;
    char **argv;
} process;

static int serve(int argc, char **argv)
{
    static struct options options;
    static struct master master; /* its parts point at each other: it never moves */

    if (options_parse(argc, argv, &options) != 0)
        return TOOL_USAGE;
    title_init(process.argc, process.argv);
    title_set("weir: master");
    log_set_process("master");

    const struct master_input input = {
        .config_path = options.config_path,
        .restore = steward_restore_directory,
        .loader_main = loader_main,
        .worker_main = worker_main,
        .steward_main = steward_main,
        .bounds = SUPERVISOR_BOUNDS,
    };
    int err = master_init(&master, &input);
    if (err != 0) {
        log_write(LOG_FATAL, "cannot start: %s", err_text(err));
        master.exit_status = EXIT_FAILURE;
        return master_close(&master);
    }
    while (master_turn(&master))
        continue;
    return master_close(&master);
}

static int completion(int argc, char **argv)
{
    return tool_completion(argc, argv, commands, COMMAND_COUNT);
}

static void print_usage(FILE *out)
{
    fputs("usage: weir COMMAND [OPTION]…\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        fprintf(out, "  %-14s ", commands[i].word);
        cells_print(out, span_of(commands[i].arguments), ARGUMENTS_CELLS);
        fprintf(out, "  %s\n", commands[i].sentence);
    }
    fputs("\n`weir help COMMAND` says more\n", out);
}

/* `weir COMMAND --help`, whatever else stands there; who has a table of options explains itself. */
static bool explains(size_t command, int argc, char **argv)
{
    if (admin_noun_sentence(commands[command].word) != NULL)
        return false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int explain(size_t command)
{
    printf("usage: weir %s%s%s\n%s\n", commands[command].word,
           commands[command].arguments[0] == '\0' ? "" : " ", commands[command].arguments,
           commands[command].sentence);
    return TOOL_OK;
}

static int reject(const char *word)
{
    char memory[SUGGEST_BYTES_MAX * 2];
    struct suggestion suggestion = suggestion_begin(span_of(word));

    for (size_t i = 0; i < COMMAND_COUNT; i++)
        suggestion_offer(&suggestion, span_of(commands[i].word));
    const char *hint = suggestion_hint(&suggestion, memory, sizeof(memory));
    fprintf(stderr, "weir: there is no command \"%s\"%s%s\n", word, hint[0] == '\0' ? "" : "; ",
            hint);
    fputs("`weir help` lists the commands\n", stderr);
    return TOOL_USAGE;
}

static size_t find(const char *word)
{
    size_t i = 0;

    while (i < COMMAND_COUNT && strcmp(commands[i].word, word) != 0)
        i++;
    return i;
}

/* Who has a table of options is asked for help in its own way. */
static int help(int argc, char **argv)
{
    static char option[] = "--help";

    if (argc == 1) {
        print_usage(stdout);
        return TOOL_OK;
    }
    const size_t command = find(argv[1]);
    if (command == COMMAND_COUNT)
        return reject(argv[1]);
    if (admin_noun_sentence(argv[1]) == NULL)
        return explain(command);
    char *words[] = {argv[1], argc > 2 ? argv[2] : option, option, NULL};
    return commands[command].run(argc > 2 ? 3 : 2, words);
}

int main(int argc, char **argv)
{
    static char version[] = "version"; /* it looks for itself in its table */

    if (argc < 2) {
        print_usage(stderr);
        return TOOL_USAGE;
    }
    process.argc = argc;
    process.argv = argv;

    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        word = "help";
    if (strcmp(word, "--version") == 0)
        word = argv[1] = version;
    const size_t command = find(word);
    if (command == COMMAND_COUNT)
        return reject(word);
    return explains(command, argc, argv) ? explain(command)
                                         : commands[command].run(argc - 1, argv + 1);
}
