/* The tables of settings as a file that loads. */
#include "registry/registry.h"
#include "registry/settings.h"

#include <inttypes.h>
#include <stdio.h>

static void print_bytes(uint64_t bytes)
{
    static const struct {
        unsigned shift;
        const char *unit;
    } units[] = {{30, "GiB"}, {20, "MiB"}, {10, "KiB"}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t unit = UINT64_C(1) << units[i].shift;

        if (bytes != 0 && bytes % unit == 0) {
            printf("%" PRIu64 "%s", bytes / unit, units[i].unit);
            return;
        }
    }
    printf("%" PRIu64, bytes);
}

static void print_number(enum setting_kind kind, uint64_t number)
{
    if (kind == SETTING_KIND_SWITCH)
        printf("%s", number == 0 ? "false" : "true");
    else if (kind == SETTING_KIND_BYTES)
        print_bytes(number);
    else
        printf("%" PRIu64, number);
}

static void print_setting(const struct field *field, const struct setting *setting,
                          const char *indent)
{
    printf("\n%s# %s", indent, field->sentence);
    if (setting->kind != SETTING_KIND_SWITCH) {
        printf("; from ");
        print_number(setting->kind, field->min);
        printf(" to ");
        print_number(setting->kind, field->max);
    }
    printf("%s\n", setting->when == SETTING_RESTART ? "; changed by a restart only" : "");
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

    printf("\n# %s\n%s: %s%s%s\n", field->sentence, field->name.ptr, is_list ? "[\"" : "",
           setting->initial, is_list ? "\"]" : "");
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
