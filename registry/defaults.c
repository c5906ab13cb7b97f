/* The tables of settings as a file that loads. */
#include "registry/registry.h"
#include "registry/settings.h"

#include <stdio.h>

static void print_number(enum setting_kind kind, uint64_t number)
{
    char memory[SETTING_TEXT_BYTES];

    printf("%s", setting_text(kind, number, memory));
}

static const char *when_of(enum setting_when when)
{
    return when == SETTING_RESTART ? "; changed by a restart only" : "";
}

static void print_setting(const struct field *field, const struct setting *setting,
                          const char *indent)
{
    printf("\n%s# %s", indent, field->sentence);
    if (setting->kind != SETTING_KIND_SWITCH) {
        printf("; from ");
        print_number(setting->kind, setting_min(setting));
        printf(" to ");
        print_number(setting->kind, field->max);
    }
    printf("%s\n", when_of(setting->when));
    printf("%s%s: ", indent, field->name.ptr);
    if (setting == &settings_table[SETTING_workers])
        printf("auto");
    else
        print_number(setting->kind, setting->initial);
    printf("\n");
}

static void print_path(const struct field *field)
{
    const struct path_setting *setting = field->detail;
    bool is_list = field == &path_fields[0];

    printf("\n# %s%s\n%s: %s%s%s\n", field->sentence, when_of(setting->when), field->name.ptr,
           is_list ? "[\"" : "", setting->initial, is_list ? "\"]" : "");
}

void registry_print_defaults(void)
{
    const char *section = "top";

    printf("# Every setting of weir with its default.\n");
    for (uint32_t i = 0; i < PATH_FIELDS_COUNT; i++)
        print_path(&path_fields[i]);
    printf("\n# where the admin API listens: a socket, by default admin.sock in state_dir; and an\n"
           "# address, by default none, for keys with the scope `admin`\n"
           "#admin: { socket: /var/lib/weir/admin.sock, listen: \"127.0.0.1:8081\" }\n");
    for (uint32_t i = 0; i < SETTING_NUMBER_COUNT; i++) {
        const struct setting *setting = &settings_table[i];
        bool is_top = strcmp(setting->section, "top") == 0;

        if (strcmp(setting->section, section) != 0)
            printf("\n%s:", setting->section);
        section = setting->section;
        print_setting(&setting_fields[i], setting, is_top ? "" : "  ");
    }
}
