/** The subcommands of weir beside `serve`; each gets its own arguments (argv[0] is its name). */
#ifndef WEIR_TOOLS_TOOLS_H
#define WEIR_TOOLS_TOOLS_H

#include <stddef.h>

/** What a command's process ends with; documented in docs/commands.md. */
enum tool_exit {
    TOOL_OK = 0,
    TOOL_FAILED = 1,     /* it was tried and did not work; standard error says why */
    TOOL_USAGE = 2,      /* the arguments are wrong */
    TOOL_NO_SERVICE = 3, /* no running weir answers */
};

/** `weir check [--secrets] [--config FILE]`: load without serving; every problem on standard error. */
int tool_check(int argc, char **argv);

/** `weir config --defaults`: every setting with default, range and sentence, as a file that loads. */
int tool_config(int argc, char **argv);

/** `weir status [--socket PATH]`: processes, generation, counters. */
int tool_status(int argc, char **argv);

/** `weir reload [--socket PATH]`: ask, wait, 0 only when every worker acknowledged. */
int tool_reload(int argc, char **argv);

/** `weir demo-upstream [--listen HOST:PORT]`: a small streaming OpenAI-compatible server. */
int tool_demo_upstream(int argc, char **argv);

/**
 * `weir keys|users|groups|grants VERB …`, `weir backup FILE`: the directory, through the admin API.
 * What they take is in admin_table.h.
 */
int tool_admin(int argc, char **argv);

/** `weir models list|show`: of a configuration, or of a gateway. */
int tool_models(int argc, char **argv);

/** `weir why KEY SLUG`: TOOL_OK yes, TOOL_FAILED no, TOOL_USAGE it cannot be told. */
int tool_why(int argc, char **argv);

/** `weir diff FILE`: TOOL_OK no difference, TOOL_FAILED some, TOOL_USAGE it cannot be told. */
int tool_diff(int argc, char **argv);

/** `weir version`. */
int tool_version(int argc, char **argv);

/** A subcommand, as `weir help` lists it. */
struct tool_command {
    const char *word;
    int (*run)(int argc, char **argv);
    const char *arguments;
    const char *sentence;
};

/** `weir completion bash`: a script for bash. @param commands  all of weir's */
int tool_completion(int argc, char **argv, const struct tool_command *commands, size_t count);

#endif
