#include "registry/draft.h"

static void init_table(struct draft_table *table, size_t row_bytes, struct arena *scratch)
{
    names_init(&table->names, scratch);
    table->rows = (struct list){.row_bytes = row_bytes};
}

void draft_init(struct draft *draft, struct arena *scratch)
{
    *draft = (struct draft){.includes = {.row_bytes = sizeof(struct reference)}};
    init_table(&draft->providers, sizeof(struct data_provider), scratch);
    init_table(&draft->models, sizeof(struct draft_model), scratch);
    init_table(&draft->groups, sizeof(struct draft_subject), scratch);
    init_table(&draft->users, sizeof(struct draft_subject), scratch);
    init_table(&draft->keys, sizeof(struct draft_key), scratch);
    init_table(&draft->browser_users, sizeof(struct draft_browser_user), scratch);
    names_init(&draft->digests, scratch);
}

void draft_close(struct draft *draft)
{
    list_close(&draft->includes);
    list_close(&draft->providers.rows);
    list_close(&draft->models.rows);
    list_close(&draft->groups.rows);
    list_close(&draft->users.rows);
    list_close(&draft->keys.rows);
    list_close(&draft->browser_users.rows);
}
