/* The document's own keys: the one table that names every part. */
#include "registry/bind_fields.h"
#include "registry/sections.h"
#include "registry/settings.h"

/* Patterns are kept until the file is read: included files come after it. */
static void add_pattern(struct binder *binder)
{
    struct bind_value value;

    if (!bind_take_value(binder, "a pattern of file names", &value) ||
        !bind_has_form(binder, form_line, &value))
        return;
    struct reference *pattern = list_add(&binder->draft->includes);
    struct span kept = bind_keep(binder, value.text);

    if (pattern == NULL)
        binder->out_of_memory = true;
    else
        *pattern = (struct reference){kept, value.place, value.hidden};
}

static void bind_include(struct binder *binder, const struct field *field, void *target)
{
    uint32_t number = 0;

    (void)field;
    (void)target;
    if (binder->yaml->node == NODE_SCALAR) {
        add_pattern(binder);
        return;
    }
    if (!bind_enter_list(binder, "a list of patterns"))
        return;
    while (bind_has_more(binder)) {
        bind_push_item(binder, number++);
        add_pattern(binder);
        bind_pop(binder);
    }
}

#define SECTION(key)                                                                  \
    {                                                                                 \
        FIELD_NAME(#key), bind_section, 0, .detail = &section_##key, .included = true \
    }
#define SETTINGS(key)                              \
    {                                              \
        FIELD_NAME(#key), bind_settings_section, 0 \
    }

static const struct field document_fields[] = {
    {FIELD_NAME("include"), bind_include, 0},
    SECTION(providers),
    SECTION(models),
    SECTION(groups),
    SECTION(users),
    SECTION(keys),
    {FIELD_NAME("anonymous"), bind_anonymous, 0},
    {FIELD_NAME("browser"), bind_browser, 0},
    {FIELD_NAME("credits"), bind_credits, 0},
    {FIELD_NAME("admin"), bind_admin, 0},
    SETTINGS(limits),
    SETTINGS(timeouts),
    SETTINGS(retries),
    SETTINGS(breaker),
    SETTINGS(session),
    SETTINGS(reload),
    SETTINGS(state),
};

_Static_assert(sizeof(document_fields) / sizeof(document_fields[0]) + PATH_FIELDS_COUNT +
                       SETTING_NUMBER_COUNT <=
                   BINDER_FIELDS_MAX,
               "the keys of a mapping are bits of one word");

void bind_document(struct binder *binder)
{
    struct shape settings = settings_section("top");
    const struct shape paths = {path_fields, PATH_FIELDS_COUNT, &settings};
    struct shape document = SHAPE(document_fields);

    document.more = &paths;
    (void)bind_map(binder, &document, binder->data);
}
