/* The section `admin`: where the administration's API is to be found. */
#include "lib/base/err.h"
#include "registry/bind_fields.h"
#include "registry/sections.h"
#include "registry/settings.h"

static const struct field fields[] = {
    {FIELD_NAME("socket"), bind_text, offsetof(struct data, admin_socket), .form = form_socket},
    {FIELD_NAME("listen"), bind_text, offsetof(struct data, admin_listen), .form = form_address},
};

void bind_admin(struct binder *binder, const struct field *field, void *target)
{
    const struct shape shape = SHAPE(fields);

    (void)field;
    (void)bind_map(binder, &shape, target);
}
