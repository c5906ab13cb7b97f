#include "registry/compile_secrets.h"

#include "lib/base/err.h"
#include "shm/secrets_write.h"

/** Rows of a memfd, as they are going to be written. */
struct rows {
    struct span *rows;
    uint32_t count;
};

/* In the numbers that compile_providers() gave: the order of the providers that have one. What a
 * provider with an account goes by is no secret, but is found in the same way. The key of the
 * sessions stands behind them. */
static int collect_secrets(struct build *build, struct rows *out)
{
    const struct data *data = build->data;
    struct digest *identities = build_take(build, data->provider_count, sizeof(*identities));

    *out = (struct rows){build_take(build, (size_t)data->provider_count + 1, sizeof(*out->rows)),
                         0};
    if (out->rows == NULL || identities == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->provider_count; i++) {
        const struct data_provider *provider = &data->providers[i];

        if (provider->has_account) {
            identities[i] = account_identity(&provider->account, build->digester);
            out->rows[out->count++] = (struct span){(const char *)identities[i].bytes,
                                                    DIGEST_BYTES};
        } else if (provider->has_secret) {
            out->rows[out->count++] = provider->secret;
        }
    }
    if (build->input->session_key.len != 0)
        out->rows[out->count++] = build->input->session_key;
    return 0;
}

static int collect_accounts(struct build *build, struct rows *out)
{
    const struct data *data = build->data;

    *out = (struct rows){
        build_take(build, (size_t)data->provider_count * ACCOUNT_FIELD_COUNT, sizeof(*out->rows)),
        0};
    if (out->rows == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < data->provider_count; i++) {
        if (!data->providers[i].has_account)
            continue;
        account_rows(&data->providers[i].account, &out->rows[out->count]);
        out->count += ACCOUNT_FIELD_COUNT;
    }
    return 0;
}

static void add_rows(struct build *build, const struct rows *rows)
{
    digester_add(build->digester, (struct span){(const char *)&rows->count, sizeof(rows->count)});
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct span *row = &rows->rows[i];

        digester_add(build->digester, (struct span){(const char *)&row->len, sizeof(row->len)});
        digester_add(build->digester, *row);
    }
}

int compile_secrets_digest(struct build *build)
{
    struct rows secrets;
    struct rows accounts;
    int err = collect_secrets(build, &secrets);

    if (err == 0)
        err = collect_accounts(build, &accounts);
    if (err != 0)
        return err;
    digester_begin(build->digester);
    add_rows(build, &secrets);
    add_rows(build, &accounts);
    build->secrets_content = digester_end(build->digester);
    return 0;
}

static int write_memfd(const struct build *build, const char *name, const struct rows *rows,
                       int *fd)
{
    const struct secrets_plan plan = {
        .name = name,
        .number = build->input->generation,
        .content = build->secrets_content,
        .rows = rows->rows,
        .row_count = rows->count,
    };

    return secrets_write(&plan, fd);
}

int compile_secrets(struct build *build, int *fd)
{
    struct rows rows;
    int err = collect_secrets(build, &rows);

    return err != 0 ? err : write_memfd(build, "weir-secrets", &rows, fd);
}

int compile_accounts(struct build *build, int *fd)
{
    struct rows rows;
    int err = collect_accounts(build, &rows);

    return err != 0 ? err : write_memfd(build, "weir-accounts", &rows, fd);
}
