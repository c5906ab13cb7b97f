#include "shm/accounts.h"

struct account accounts_get(const struct secrets *accounts, uint32_t number)
{
    uint32_t first = number * ACCOUNT_FIELD_COUNT;

    return (struct account){
#define X(name, ...) .name = secrets_get(accounts, first + ACCOUNT_##name),
        ACCOUNT_FIELD_MAP(X)
#undef X
    };
}

void account_rows(const struct account *account, struct span rows[static ACCOUNT_FIELD_COUNT])
{
#define X(name, ...) rows[ACCOUNT_##name] = account->name;
    ACCOUNT_FIELD_MAP(X)
#undef X
}

static const bool is_identity[ACCOUNT_FIELD_COUNT] = {
#define X(name, identifies, ...) identifies,
    ACCOUNT_FIELD_MAP(X)
#undef X
};

struct digest account_identity(const struct account *account, struct digester *digester)
{
    struct span rows[ACCOUNT_FIELD_COUNT];

    account_rows(account, rows);
    digester_begin(digester);
    for (unsigned i = 0; i < ACCOUNT_FIELD_COUNT; i++) {
        if (!is_identity[i])
            continue;
        digester_add(digester, (struct span){(const char *)&rows[i].len, sizeof(rows[i].len)});
        digester_add(digester, rows[i]);
    }
    return digester_end(digester);
}
