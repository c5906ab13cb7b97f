/** The rows of SETTINGS_MAP as fields of the document, and the settings that are no numbers. */
#ifndef WEIR_REGISTRY_SETTINGS_H
#define WEIR_REGISTRY_SETTINGS_H

#include "registry/binder.h"

enum setting_kind { SETTING_KIND_COUNT, SETTING_KIND_BYTES, SETTING_KIND_MS, SETTING_KIND_SWITCH };

enum setting_when { SETTING_RELOAD, SETTING_RESTART };

enum setting_number {
#define X(section, name, ...) SETTING_##name,
    SETTINGS_MAP(X) SETTING_NUMBER_COUNT,
#undef X
};

/** What a setting is beside its field. */
struct setting {
    const char *section;
    enum setting_kind kind;
    enum setting_when when;
    uint64_t initial;
    size_t place_offset; /* of its struct report_place in struct data */
};

/** In the order of SETTINGS_MAP: field n is setting n; a section's rows stand together. */
extern const struct field setting_fields[SETTING_NUMBER_COUNT];
extern const struct setting settings_table[SETTING_NUMBER_COUNT];

/**
 * The least that a file may say: no worker stands for `auto`, and is never written.
 *
 * @param setting  of settings_table
 */
uint64_t setting_min(const struct setting *setting);

enum { SETTING_TEXT_BYTES = 32 };

/** A value as a file has it. @return memory */
const char *setting_text(enum setting_kind kind, uint64_t number,
                         char memory[static SETTING_TEXT_BYTES]);

/** The fields of one section; "top" for the document's own. */
struct shape settings_section(const char *section);

/** A mapping of settings; its name is the section. */
bind_fn bind_settings_section;

/** A path that bind(2) takes for a socket. */
form_fn form_socket;

/** A path, or the list of addresses. */
struct path_setting {
    size_t place_offset;
    const char *initial;
    enum setting_when when;
};

enum { PATH_FIELDS_COUNT = 4 };

/** listen, state_dir, control_socket, ca_file; detail: struct path_setting. */
extern const struct field path_fields[PATH_FIELDS_COUNT];

#endif
