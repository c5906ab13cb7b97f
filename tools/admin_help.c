#include "tools/admin_help.h"

enum { OPTION_WIDTH = 24 };

void admin_help_usage(FILE *out, const struct admin_command *command)
{
    fprintf(out, "usage: weir %s%s%s%s%s [OPTION]…\n", command->noun,
            command->verb[0] == '\0' ? "" : " ", command->verb,
            command->argument[0] == '\0' ? "" : " ", command->argument);
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
    fprintf(out, "%s\n\n", command->sentence);
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        const struct admin_option_row *row = &admin_options[n];
        int len = (int)(strlen(row->word) + 1 + strlen(row->value));

        if ((command->options & UINT64_C(1) << n) == 0)
            continue;
        fprintf(out, "  %s %s%*s %s\n", row->word, row->value,
                len < OPTION_WIDTH ? OPTION_WIDTH - len : 0, "", row->sentence);
    }
}

/* --- bash ------------------------------------------------------------------------------------- */

/* Options stand in a usage as `[--config FILE]`. */
static void print_usage_options(FILE *out, const char *usage)
{
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

/* What may stand behind an option: a file, one of a few words, or what only people know. */
static void print_values(FILE *out)
{
    fputs("    case $previous in\n", out);
    for (unsigned n = 0; n < ADMIN_OPTION_COUNT; n++) {
        const struct admin_option_row *row = &admin_options[n];

        if (row->form == ADMIN_FORM_SWITCH || !is_first_of_its_word(n))
            continue;
        if (row->form == ADMIN_FORM_FILE) {
            fprintf(out, "    %s) files=1 ;;\n", row->word);
        } else if (row->form == ADMIN_FORM_WORD) {
            fprintf(out, "    %s) words='", row->word);
            for (const char *p = row->value; *p != '\0'; p++)
                fputc(*p == '|' ? ' ' : *p, out);
            fputs("' ;;\n", out);
        } else {
            fprintf(out, "    %s) return ;;\n", row->word);
        }
    }
    fputs("    esac\n", out);
}

static void print_verbs(FILE *out, const char *noun)
{
    fprintf(out, "        '%s ')\n            words='", noun);
    for (uint32_t i = 0; i < admin_command_count; i++) {
        if (strcmp(admin_commands[i].noun, noun) == 0)
            fprintf(out, "%s ", admin_commands[i].verb);
    }
    fputs("--help'\n            ;;\n", out);
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
        print_usage_options(out, tool->arguments);
        fputs(" --help'\n            ;;\n", out);
        return;
    }
    if (admin_command_find(tool->word, "") == NULL)
        print_verbs(out, tool->word);
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
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i].word);
    fputs("'\n"
          "    elif [[ -z $words$files ]]; then\n"
          "        place=\"${COMP_WORDS[1]} \"\n"
          "        ((COMP_CWORD > 2)) && place+=\"${COMP_WORDS[2]} \"\n"
          "        case $place in\n",
          out);
    for (size_t i = 0; i < count; i++)
        print_tool(out, &commands[i]);
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
