#include "tools/admin_help.h"

#include "tools/cells.h"
#include "tools/listed_model.h"
#include "tools/terminal.h"

enum { LABEL_CELLS = 27, LINE_CELLS = 100 };

void admin_help_usage(FILE *out, const struct admin_command *command)
{
    fprintf(out, "usage: weir %s%s%s%s%s%s\n", command->noun, command->verb[0] == '\0' ? "" : " ",
            command->verb, command->argument[0] == '\0' ? "" : " ", command->argument,
            command->options == 0 ? "" : " [OPTION]…");
}

/* --- for people ------------------------------------------------------------------------------- */

static size_t line_cells(FILE *out)
{
    const struct terminal terminal = terminal_of(out);

    return terminal.width > 0 && terminal.width < LINE_CELLS ? terminal.width : LINE_CELLS;
}

/* What is too long for its column stands on a line of its own. */
static void print_option(FILE *out, const struct admin_option_row *row)
{
    const size_t len = strlen(row->word) + strlen(row->value) + (row->value[0] == '\0' ? 0 : 1);

    fprintf(out, "  %s%s%s", row->word, row->value[0] == '\0' ? "" : " ", row->value);
    if (len + 2 > LABEL_CELLS)
        fprintf(out, "\n%*s", 2 + LABEL_CELLS, "");
    else
        fprintf(out, "%*s", (int)(LABEL_CELLS - len), "");
    cells_wrap(out, span_of(row->sentence), 2 + LABEL_CELLS, line_cells(out));
}

void admin_help_noun(FILE *out, const char *noun)
{
    fprintf(out, "usage: weir %s VERB [OPTION]…\n%s\n\n", noun, admin_noun_sentence(noun));
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, noun) == 0)
            fprintf(out, "  %-8s %s\n", admin_commands[i].verb, admin_commands[i].sentence);
    }
    fprintf(out, "\n`weir %s VERB --help` lists the options of one\n", noun);
}

void admin_help_command(FILE *out, const struct admin_command *command)
{
    admin_help_usage(out, command);
    cells_wrap(out, span_of(command->sentence), 0, line_cells(out));
    fputs(command->options == 0 ? "" : "\n", out);
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if ((command->options & UINT64_C(1) << n) != 0)
            print_option(out, &admin_options[n]);
    }
}

/* --- bash ------------------------------------------------------------------------------------- */

/* Options stand in a usage as `[--config FILE]`, a word that is meant as it is as `bash`. */
static void print_usage_words(FILE *out, const char *usage)
{
    if (usage[0] >= 'a' && usage[0] <= 'z')
        fprintf(out, " %s", usage);
    for (const char *p = strstr(usage, "--"); p != NULL; p = strstr(p, "--")) {
        size_t len = strcspn(p, " ]");

        fprintf(out, " %.*s", (int)len, p);
        p += len;
    }
}

static void print_options(FILE *out, const struct admin_command *command)
{
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if ((command->options & UINT64_C(1) << n) != 0)
            fprintf(out, " %s", admin_options[n].word);
    }
    fputs(" --help", out);
}

/* The same word means the same kind of value everywhere. */
static bool is_first_of_its_word(unsigned option)
{
    for (unsigned n = 0; n < option; n++) {
        if (strcmp(admin_options[n].word, admin_options[option].word) == 0)
            return false;
    }
    return true;
}

static void print_kinds(FILE *out)
{
    const char *separator = "";

    for (uint32_t kind = 0; listed_provider_word(kind).len > 0; kind++) {
        fprintf(out, "%s%.*s", separator, SPAN_FMT(listed_provider_word(kind)));
        separator = " ";
    }
}

static void print_words(FILE *out, const char *words)
{
    for (const char *p = words; *p != '\0'; p++)
        fputc(*p == '|' ? ' ' : *p, out);
}

/* What may stand behind an option: a file, one of a few words, or what only people know. */
static void print_value(FILE *out, unsigned option)
{
    const struct admin_option_row *row = &admin_options[option];
    const bool has_words = row->form == ADMIN_FORM_WORD || option == ADMIN_OPTION_OF_PROVIDER;

    if (!has_words) {
        fprintf(out, "    %s) %s ;;\n", row->word,
                row->form == ADMIN_FORM_FILE ? "files=1" : "return");
        return;
    }
    fprintf(out, "    %s) words='", row->word);
    if (row->form == ADMIN_FORM_WORD)
        print_words(out, row->value);
    else
        print_kinds(out);
    fputs("' ;;\n", out);
}

static void print_values(FILE *out)
{
    fputs("    case $previous in\n", out);
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        if (admin_options[n].form != ADMIN_FORM_SWITCH && is_first_of_its_word(n))
            print_value(out, n);
    }
    fputs("    esac\n", out);
}

static void print_verbs(FILE *out, const char *before, const char *noun)
{
    fprintf(out, "        '%s%s ')\n            words='", before, noun);
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, noun) == 0)
            fprintf(out, "%s ", admin_commands[i].verb);
    }
    fputs("--help'\n            ;;\n", out);
}

static bool has_verbs(const char *noun)
{
    return admin_noun_sentence(noun) != NULL && admin_command_find(noun, "") == NULL;
}

static void print_tools(FILE *out, const struct tool_command *commands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i].word);
}

/* `weir help` is followed by what stands after `weir`. */
static void print_helped(FILE *out, const struct tool_command *commands, size_t count)
{
    fputs("        'help ')\n            words='", out);
    print_tools(out, commands, count);
    fputs("'\n            ;;\n", out);
    for (size_t i = 0; i < count; i++) {
        if (has_verbs(commands[i].word))
            print_verbs(out, "help ", commands[i].word);
    }
}

static void print_command(FILE *out, const struct admin_command *command)
{
    bool takes_file = strcmp(command->argument, "FILE") == 0;

    fprintf(out, "        '%s %s'*)\n            words='", command->noun, command->verb);
    print_options(out, command);
    fprintf(out, "'\n%s            ;;\n", takes_file ? "            files=1\n" : "");
}

static void print_tool(FILE *out, const struct tool_command *tool)
{
    if (admin_noun_sentence(tool->word) == NULL) {
        fprintf(out, "        '%s '*)\n            words='", tool->word);
        print_usage_words(out, tool->arguments);
        fputs(" --help'\n            ;;\n", out);
        return;
    }
    if (has_verbs(tool->word))
        print_verbs(out, "", tool->word);
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, tool->word) == 0)
            print_command(out, &admin_commands[i]);
    }
}

void admin_help_bash(FILE *out, const struct tool_command *commands, size_t count)
{
    fputs("# Completion of weir's command line for bash, as `weir completion bash` prints it.\n"
          "_weir() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local place='' words='' files=''\n\n"
          "    COMPREPLY=()\n",
          out);
    print_values(out);
    fputs("    if ((COMP_CWORD == 1)); then\n        words='", out);
    print_tools(out, commands, count);
    fputs("'\n"
          "    elif [[ -z $words$files ]]; then\n"
          "        place=\"${COMP_WORDS[1]} \"\n"
          "        ((COMP_CWORD > 2)) && place+=\"${COMP_WORDS[2]} \"\n"
          "        case $place in\n",
          out);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(commands[i].word, "help") != 0)
            print_tool(out, &commands[i]);
    }
    print_helped(out, commands, count);
    fputs("        esac\n"
          "    fi\n"
          "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    if [[ -n $files && $current != -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
          "    fi\n"
          "}\n"
          "complete -o filenames -F _weir weir\n",
          out);
}
