#include "shm/tokens.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "shm/secrets_write.h"

enum { ROWS_PER_TOKEN = 2 };

_Static_assert(sizeof(struct token_row) == DIGEST_BYTES + 16, "bump LAYOUT_VERSION");

int tokens_check(const struct secrets *tokens)
{
    uint32_t rows = tokens->header->rows;

    if (rows % ROWS_PER_TOKEN != 0 || rows > ACCOUNTS_MAX * ROWS_PER_TOKEN)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < rows; i += ROWS_PER_TOKEN) {
        if (secrets_get(tokens, i).len != sizeof(struct token_row) ||
            secrets_get(tokens, i + 1).len == 0)
            return ERR_CORRUPT;
    }
    return 0;
}

uint32_t tokens_count(const struct secrets *tokens)
{
    return tokens->header == NULL ? 0 : tokens->header->rows / ROWS_PER_TOKEN;
}

struct token tokens_get(const struct secrets *tokens, uint32_t number)
{
    struct token token = {.text = secrets_get(tokens, number * ROWS_PER_TOKEN + 1)};

    /* Rows lie at any address. */
    memcpy(&token.row, secrets_get(tokens, number * ROWS_PER_TOKEN).ptr, sizeof(token.row));
    return token;
}

bool tokens_find(const struct secrets *tokens, struct span identity, struct monotime now,
                 struct token *out)
{
    for (uint32_t i = 0; i < tokens_count(tokens); i++) {
        struct token token = tokens_get(tokens, i);
        struct span account = {(const char *)token.row.account.bytes, DIGEST_BYTES};

        if (!span_equal(account, identity))
            continue;
        *out = token;
        return !monotime_reached(now, token.row.expires);
    }
    return false;
}

int tokens_write(uint64_t number, const struct token *tokens, uint32_t count,
                 struct digester *digester, int *fd)
{
    struct span rows[ACCOUNTS_MAX * ROWS_PER_TOKEN];

    INVARIANT(count <= ACCOUNTS_MAX);
    digester_begin(digester);
    for (uint32_t i = 0; i < count; i++) {
        const struct token *token = &tokens[i];
        struct span *pair = rows + (size_t)i * ROWS_PER_TOKEN;

        pair[0] = (struct span){(const char *)&token->row, sizeof(token->row)};
        pair[1] = token->text;
        digester_add(digester, pair[0]);
        digester_add(digester, token->text);
    }
    const struct secrets_plan plan = {
        .name = "weir-tokens",
        .number = number,
        .content = digester_end(digester),
        .rows = rows,
        .row_count = count * ROWS_PER_TOKEN,
    };

    return secrets_write(&plan, fd);
}
