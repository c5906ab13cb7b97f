/* The database's file: made, opened, refused. */
#include "lib/base/err.h"
#include "steward/database.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static void a_database_is_made_and_opened_again(void **state)
{
    char folder[] = "/tmp/weir-database-XXXXXX";
    char path[64];
    struct database *database = NULL;
    struct database_trouble trouble;
    struct database_options options = {.path = path};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/weir.db", folder);
    for (int i = 0; i < 2; i++) {
        if (database_open(&options, &database, &trouble) != 0)
            fail_msg("%s", trouble.sentence);
        database_close(&database);
    }
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_database_is_made_and_opened_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
