#include "registry/settings.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "registry/bind_fields.h"
#include "registry/scalars.h"
#include "registry/sections.h"

#include <sys/un.h>

const struct setting settings_table[SETTING_NUMBER_COUNT] = {
#define X(section, name, kind, initial, min, max, when, sentence) \
    {#section, SETTING_KIND_##kind, SETTING_##when, initial, offsetof(struct data, places.name)},
    SETTINGS_MAP(X)
#undef X
};

static void note_place(struct data *data, size_t offset, struct report_place place)
{
    struct report_place *note = (void *)((char *)data + offset);

    *note = place;
}

static int parse_switch(struct span text, uint64_t *out)
{
    bool on = false;
    int err = scalar_switch(text, &on);

    *out = on ? 1 : 0;
    return err;
}

static const struct {
    int (*parse)(struct span text, uint64_t *out);
    const char *wanted;
} kinds[] = {
    [SETTING_KIND_COUNT] = {scalar_count, "a whole number"},
    [SETTING_KIND_BYTES] = {scalar_bytes, "a whole number, optionally with KiB, MiB or GiB"},
    [SETTING_KIND_MS] = {scalar_count, "a whole number of milliseconds"},
    [SETTING_KIND_SWITCH] = {parse_switch, "true or false"},
};

uint64_t setting_min(const struct setting *setting)
{
    return setting == &settings_table[SETTING_workers]
               ? 1
               : setting_fields[setting - settings_table].min;
}

const char *setting_text(enum setting_kind kind, uint64_t number,
                         char memory[static SETTING_TEXT_BYTES])
{
    struct text out = text_over(memory, SETTING_TEXT_BYTES);

    if (kind == SETTING_KIND_SWITCH)
        text_add(&out, number == 0 ? SPAN("false") : SPAN("true"));
    else if (kind == SETTING_KIND_BYTES)
        scalar_add_bytes(&out, number);
    else
        text_add_unsigned(&out, number);
    text_add_char(&out, '\0');
    return memory;
}

static void refuse_range(struct binder *binder, const struct field *field,
                         const struct bind_value *value)
{
    const struct setting *setting = field->detail;
    const bool is_workers = setting == &settings_table[SETTING_workers];
    char min[SETTING_TEXT_BYTES];
    char max[SETTING_TEXT_BYTES];

    bind_error(binder, value->place, "", "%s must be %sfrom %s to %s", bind_quote(binder, value),
               is_workers ? "auto or " : "", setting_text(setting->kind, setting_min(setting), min),
               setting_text(setting->kind, field->max, max));
}

static void bind_setting(struct binder *binder, const struct field *field, void *target)
{
    const struct setting *setting = field->detail;
    const char *wanted = kinds[setting->kind].wanted;
    uint64_t *member = bind_member(field, target);
    struct bind_value value;
    uint64_t number = 0;

    if (!bind_take_value(binder, wanted, &value))
        return;
    note_place(target, setting->place_offset, value.place);
    if (setting == &settings_table[SETTING_workers] && span_equal(value.text, SPAN("auto"))) {
        *member = 0;
        return;
    }
    int err = kinds[setting->kind].parse(value.text, &number);
    if (err == ERR_INVALID)
        bind_error(binder, value.place, "", "%s is not %s", bind_quote(binder, &value), wanted);
    else if (err != 0 || number < setting_min(setting) || number > field->max)
        refuse_range(binder, field, &value);
    else
        *member = number;
}

const struct field setting_fields[SETTING_NUMBER_COUNT] = {
#define X(its_section, its_name, kind, initial, its_min, its_max, when, its_sentence)            \
    {FIELD_NAME(#its_name),     bind_setting,     offsetof(struct data, settings.its_name),      \
     .min = (its_min),          .max = (its_max), .detail = &settings_table[SETTING_##its_name], \
     .sentence = (its_sentence)},
    SETTINGS_MAP(X)
#undef X
};

struct shape settings_section(const char *section)
{
    uint32_t first = 0;
    uint32_t end;

    while (first < SETTING_NUMBER_COUNT && strcmp(settings_table[first].section, section) != 0)
        first++;
    end = first;
    while (end < SETTING_NUMBER_COUNT && strcmp(settings_table[end].section, section) == 0)
        end++;
    INVARIANT(first < end);
    return (struct shape){setting_fields + first, end - first, NULL};
}

void bind_settings_section(struct binder *binder, const struct field *field, void *target)
{
    const struct shape shape = settings_section(field->name.ptr);

    (void)bind_map(binder, &shape, target);
}

static void bind_path(struct binder *binder, const struct field *field, void *target)
{
    const struct path_setting *setting = field->detail;

    note_place(target, setting->place_offset, binder->yaml->place);
    bind_text(binder, field, target);
}

static bool is_new_address(const struct data *data, struct span address)
{
    for (uint32_t i = 0; i < data->listen_count; i++) {
        if (span_equal(data->listen[i], address))
            return false;
    }
    return true;
}

static void add_address(struct binder *binder, struct data *data)
{
    struct bind_value value;

    if (!bind_take_value(binder, "an address", &value) ||
        !bind_has_form(binder, form_address, &value))
        return;
    if (!is_new_address(data, value.text))
        bind_error(binder, value.place, "", "%s is named twice", bind_quote(binder, &value));
    else if (data->listen_count == SETTINGS_LISTEN_MAX)
        bind_error(binder, value.place, "", "there are more than %d addresses",
                   SETTINGS_LISTEN_MAX);
    else
        data->listen[data->listen_count++] = bind_keep(binder, value.text);
}

static void bind_listen(struct binder *binder, const struct field *field, void *target)
{
    const struct path_setting *setting = field->detail;
    struct report_place place = binder->yaml->place;
    struct data *data = target;
    uint32_t number = 0;

    note_place(data, setting->place_offset, place);
    if (!bind_enter_list(binder, "a list of addresses"))
        return;
    data->listen_count = 0;
    while (bind_has_more(binder)) {
        bind_push_item(binder, number++);
        add_address(binder, data);
        bind_pop(binder);
    }
    if (number == 0 && !binder->yaml->failed)
        bind_error(binder, place, "", "the list is empty");
}

const char *form_socket(struct span text)
{
    if (text.len >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        return "is too long for the path of a socket";
    return form_path(text);
}

static const struct path_setting listen_setting = {offsetof(struct data, places.listen),
                                                   "127.0.0.1:8080", SETTING_RESTART};
static const struct path_setting state_dir_setting = {offsetof(struct data, places.state_dir),
                                                      "/var/lib/weir", SETTING_RESTART};
static const struct path_setting control_socket_setting = {
    offsetof(struct data, places.control_socket), "/run/weir/control.sock", SETTING_RESTART};
static const struct path_setting ca_file_setting = {
    offsetof(struct data, places.ca_file), "/etc/ssl/certs/ca-certificates.crt", SETTING_RESTART};

const struct field path_fields[PATH_FIELDS_COUNT] = {
    {FIELD_NAME("listen"), bind_listen, offsetof(struct data, listen), .detail = &listen_setting,
     .sentence = "addresses that clients connect to; numeric, IPv6 in brackets"},
    {FIELD_NAME("state_dir"), bind_path, offsetof(struct data, state_dir), .form = form_path,
     .detail = &state_dir_setting, .sentence = "what outlives the process"},
    {FIELD_NAME("control_socket"), bind_path, offsetof(struct data, control_socket),
     .form = form_socket, .detail = &control_socket_setting,
     .sentence = "where `weir status` and `weir reload` find the daemon"},
    {FIELD_NAME("ca_file"), bind_path, offsetof(struct data, ca_file), .form = form_path,
     .detail = &ca_file_setting, .sentence = "the certificates that upstreams are checked against"},
};

void settings_set_defaults(struct data *data)
{
    for (uint32_t i = 0; i < SETTING_NUMBER_COUNT; i++) {
        uint64_t *member = bind_member(&setting_fields[i], data);

        *member = settings_table[i].initial;
    }
    for (uint32_t i = 0; i < PATH_FIELDS_COUNT; i++) {
        const struct path_setting *setting = path_fields[i].detail;
        struct span *member = bind_member(&path_fields[i], data);

        *member = span_of(setting->initial);
    }
    data->listen_count = 1;
}
