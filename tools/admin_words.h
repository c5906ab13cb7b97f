/** The words of a command line, checked against the tables of admin_table.h. Pure. */
#ifndef WEIR_TOOLS_ADMIN_WORDS_H
#define WEIR_TOOLS_ADMIN_WORDS_H

#include "lib/base/text.h"
#include "tools/admin_table.h"

enum { ADMIN_PROBLEM_BYTES_MAX = 512 };

enum admin_parsed {
    ADMIN_PARSED,
    ADMIN_PARSED_HELP,  /* it asks for help; `command` may be NULL: of the noun */
    ADMIN_PARSED_WRONG, /* `problem` says what is */
};

struct admin_words {
    const struct admin_command *command;
    const char *argument; /* NULL: none was given */
    const char *second;   /* of a command that takes two */
    unsigned argument_count;
    uint64_t given; /* ADMIN_OPT(NAME) | … */
    const char *values[ADMIN_OPTION_COUNT];
    char problem[ADMIN_PROBLEM_BYTES_MAX]; /* one line without an end */
};

/**
 * @param argv  argv[0] is the noun; borrowed for the life of `out`
 */
enum admin_parsed admin_words_parse(int argc, char *const *argv, struct admin_words *out);

static inline bool admin_words_have(const struct admin_words *words, uint64_t options)
{
    return (words->given & options) != 0;
}

/** Digits, up to 18 of them. @return 0 or ERR_INVALID */
int admin_words_count(const char *text, uint64_t *out);

/** 90, 90s, 15m, 24h, 7d as seconds. @return 0 or ERR_INVALID */
int admin_words_duration(const char *text, uint64_t *seconds);

#endif
