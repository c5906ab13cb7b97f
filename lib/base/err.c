#include "lib/base/err.h"

static const struct {
    const char *name;
    int status;
    const char *code;
    const char *text;
} errors[ERR_ORDINAL_COUNT] = {
#define X(name, status, code, text) [ERR_ORDINAL_##name] = {#name, status, code, text},
    ERR_MAP(X)
#undef X
};

/* A number outside the table is our own bug; it is reported as one instead of read out of bounds. */
static int ordinal_of(int err)
{
    return err <= 0 && err > -ERR_ORDINAL_COUNT ? -err : ERR_ORDINAL_INTERNAL;
}

const char *err_name(int err)
{
    return errors[ordinal_of(err)].name;
}

const char *err_text(int err)
{
    return errors[ordinal_of(err)].text;
}

const char *err_code(int err)
{
    return errors[ordinal_of(err)].code;
}

int err_http_status(int err)
{
    int status = errors[ordinal_of(err)].status;

    return status != 0 ? status : 500;
}
