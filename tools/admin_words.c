#include "tools/admin_words.h"

#include "lib/base/err.h"
#include "registry/suggest.h"

#include <stdarg.h>
#include <stdio.h>

enum { DIGITS_MAX = 18, HINT_BYTES_MAX = SUGGEST_BYTES_MAX * 2, WORDS_BYTES_MAX = 128 };

static enum admin_parsed wrong(struct admin_words *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum admin_parsed wrong(struct admin_words *words, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(words->problem, sizeof(words->problem), format, arguments);
    va_end(arguments);
    return ADMIN_PARSED_WRONG;
}

/* --- values ----------------------------------------------------------------------------------- */

static int take_digits(const char **text, uint64_t *out)
{
    const char *p = *text;

    *out = 0;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (p - *text == DIGITS_MAX)
            return ERR_INVALID;
        *out = *out * 10 + (uint64_t)(*p - '0');
    }
    int err = p == *text ? ERR_INVALID : 0;
    *text = p;
    return err;
}

int admin_words_count(const char *text, uint64_t *out)
{
    int err = take_digits(&text, out);

    return err != 0 || *text != '\0' ? ERR_INVALID : 0;
}

int admin_words_duration(const char *text, uint64_t *seconds)
{
    static const struct {
        const char *unit;
        uint64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    uint64_t count;

    if (take_digits(&text, &count) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text, units[i].unit) == 0)
            return __builtin_mul_overflow(count, units[i].seconds, seconds) ? ERR_INVALID : 0;
    }
    return ERR_INVALID;
}

/* @param words  "active|disabled" */
static bool is_one_of(const char *value, const char *words)
{
    size_t len = strlen(value);

    while (len > 0) {
        size_t word = strcspn(words, "|");

        if (word == len && memcmp(words, value, len) == 0)
            return true;
        if (words[word] == '\0')
            break;
        words += word + 1;
    }
    return false;
}

static bool has_form(const struct admin_option_row *row, const char *value)
{
    uint64_t number;

    switch (row->form) {
    case ADMIN_FORM_COUNT:
        return admin_words_count(value, &number) == 0;
    case ADMIN_FORM_WORD:
        return is_one_of(value, row->value);
    case ADMIN_FORM_DURATION:
        return admin_words_duration(value, &number) == 0;
    case ADMIN_FORM_SWITCH:
    case ADMIN_FORM_TEXT:
    case ADMIN_FORM_FILE:
    case ADMIN_FORM_LIST:
    case ADMIN_FORM_MODELS:
    case ADMIN_FORM_TIME:
        break;
    }
    return true;
}

/* "a|b|c" as "a, b, c". */
static enum admin_parsed wrong_word(struct admin_words *words, const struct admin_option_row *row,
                                    const char *value)
{
    char memory[WORDS_BYTES_MAX];
    struct text list = text_over(memory, sizeof(memory) - 1);

    for (const char *word = row->value; *word != '\0';) {
        const size_t len = strcspn(word, "|");

        text_add(&list, list.len > 0 ? SPAN(", ") : SPAN(""));
        text_add(&list, (struct span){word, len});
        word += len + (word[len] == '|' ? 1 : 0);
    }
    return wrong(words, "%s: \"%s\" is none of %.*s", row->word, value, SPAN_FMT(text_span(&list)));
}

static enum admin_parsed wrong_form(struct admin_words *words, const struct admin_option_row *row,
                                    const char *value)
{
    return row->form == ADMIN_FORM_WORD
               ? wrong_word(words, row, value)
               : wrong(words, "%s: \"%s\" is not of the form %s", row->word, value, row->value);
}

/* --- words ------------------------------------------------------------------------------------ */

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* The name of an option without "=VALUE". */
static struct span option_name(const char *word)
{
    const char *sign = strchr(word, '=');

    return sign == NULL ? span_of(word) : span_from(word, sign);
}

static unsigned find_option(const struct admin_command *command, struct span name)
{
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if ((command->options & UINT64_C(1) << n) != 0 &&
            span_equal(span_of(admin_options[n].word), name))
            return n;
    }
    return ADMIN_OPTION_COUNT;
}

static enum admin_parsed unknown_option(struct admin_words *words, struct span name)
{
    char memory[HINT_BYTES_MAX];
    struct suggestion suggestion = suggestion_begin(name);

    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if ((words->command->options & UINT64_C(1) << n) != 0)
            suggestion_offer(&suggestion, span_of(admin_options[n].word));
    }
    const char *hint = suggestion_hint(&suggestion, memory, sizeof(memory));
    return wrong(words, "there is no option \"%.*s\"%s%s", SPAN_FMT(name),
                 hint[0] == '\0' ? "" : "; ", hint);
}

/* @param at  in: the option; out: the last word that belongs to it */
static enum admin_parsed take_option(int argc, char *const *argv, int *at,
                                     struct admin_words *words)
{
    const char *word = argv[*at];
    struct span name = option_name(word);
    unsigned n = find_option(words->command, name);

    if (n == ADMIN_OPTION_COUNT)
        return unknown_option(words, name);
    const struct admin_option_row *row = &admin_options[n];
    const char *value = word[name.len] == '=' ? word + name.len + 1 : NULL;
    if ((words->given & UINT64_C(1) << n) != 0)
        return wrong(words, "%s is there twice", row->word);
    if (row->form == ADMIN_FORM_SWITCH && value != NULL)
        return wrong(words, "%s takes no value", row->word);
    if (row->form != ADMIN_FORM_SWITCH && value == NULL) {
        if (*at + 1 == argc)
            return wrong(words, "%s needs a value: %s", row->word, row->value);
        value = argv[++*at];
    }
    if (value != NULL && !has_form(row, value))
        return wrong_form(words, row, value);
    words->given |= UINT64_C(1) << n;
    words->values[n] = value;
    return ADMIN_PARSED;
}

/* The word of the help for the next argument: of "KEY SLUG", when one is there, "SLUG". */
static const char *next_argument(const struct admin_words *words)
{
    const char *space = strchr(words->command->argument, ' ');

    return words->argument_count == 0 || space == NULL ? words->command->argument : space + 1;
}

static enum admin_parsed take_argument(struct admin_words *words, const char *word)
{
    const unsigned takes = admin_command_takes(words->command);

    if (words->argument_count == takes)
        return wrong(words, "unexpected argument \"%s\"%s", word,
                     takes == 0 && (words->command->options & ADMIN_OPT(FROM_CONFIG)) != 0
                         ? "; a configuration is named with --config FILE"
                         : "");
    /* No key is a key to ask about. */
    if (word[0] == '\0' && (words->command->show != ADMIN_SHOW_WHY || words->argument != NULL))
        return wrong(words, "the argument %s is empty", next_argument(words));
    if (words->argument_count++ == 0)
        words->argument = word;
    else
        words->second = word;
    return ADMIN_PARSED;
}

static enum admin_parsed find_command(const char *noun, const char *verb, struct admin_words *words)
{
    char memory[HINT_BYTES_MAX];
    struct suggestion suggestion = suggestion_begin(span_of(verb));

    words->command = admin_command_find(noun, verb);
    if (words->command != NULL)
        return ADMIN_PARSED;
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, noun) == 0)
            suggestion_offer(&suggestion, span_of(admin_commands[i].verb));
    }
    const char *hint = suggestion_hint(&suggestion, memory, sizeof(memory));
    return wrong(words, "there is no verb \"%s\"%s%s", verb, hint[0] == '\0' ? "" : "; ", hint);
}

/* --- what belongs together -------------------------------------------------------------------- */

static unsigned count_bits(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

static enum admin_parsed missing_argument(struct admin_words *words)
{
    return admin_command_needs(words->command) > words->argument_count + 1
               ? wrong(words, "the arguments %s are missing", words->command->argument)
               : wrong(words, "the argument %s is missing", next_argument(words));
}

/* An update without a field would be a request that changes nothing. */
static bool changes_nothing(const struct admin_words *words)
{
    uint64_t fields = 0;

    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++)
        fields |= admin_options[n].place == ADMIN_PLACE_BODY ? UINT64_C(1) << n : 0;
    return strcmp(words->command->method, "PATCH") == 0 && words->command->body[0] == '\0' &&
           !admin_words_have(words, fields);
}

static enum admin_parsed check_whole(struct admin_words *words)
{
    const struct admin_command *command = words->command;
    const uint64_t owners = ADMIN_OPT(OF_USER) | ADMIN_OPT(OF_GROUP) | ADMIN_OPT(OF_KEY);
    const uint64_t all = ADMIN_OPT(GRANT_ALL) | ADMIN_OPT(TAKE_ALL);

    if (admin_command_needs(command) > words->argument_count)
        return missing_argument(words);
    if ((command->options & ~words->given & ADMIN_OPT(DEFAULTS)) != 0)
        return wrong(words, "what to print is missing: --defaults");
    if ((command->options & owners) != 0 && count_bits(words->given & owners) != 1)
        return wrong(words, "whose? Give one of --user, --group and --key");
    if ((command->options & all) != 0 && (words->argument != NULL) == admin_words_have(words, all))
        return wrong(words, "which? Give either a MODEL or --all");
    if (changes_nothing(words))
        return wrong(words, "nothing to change is given");
    return ADMIN_PARSED;
}

enum admin_parsed admin_words_parse(int argc, char *const *argv, struct admin_words *out)
{
    enum admin_parsed parsed = ADMIN_PARSED;
    bool only_arguments = false;
    int at = 1;

    *out = (struct admin_words){.command = admin_command_find(argv[0], "")};
    if (out->command == NULL) {
        if (argc == 1)
            return wrong(out, "what to do is missing");
        if (is_help(argv[1]))
            return ADMIN_PARSED_HELP;
        parsed = find_command(argv[0], argv[1], out);
        at = 2;
    }
    for (; parsed == ADMIN_PARSED && at < argc; at++) {
        const char *word = argv[at];

        if (only_arguments || word[0] != '-' || word[1] == '\0')
            parsed = take_argument(out, word);
        else if (strcmp(word, "--") == 0)
            only_arguments = true;
        else if (is_help(word))
            parsed = ADMIN_PARSED_HELP;
        else
            parsed = take_option(argc, argv, &at, out);
    }
    return parsed == ADMIN_PARSED ? check_whole(out) : parsed;
}
