/** A state folder with a directory in it, for one test. */
#ifndef WEIR_TESTS_DIRECTORY_FIXTURE_H
#define WEIR_TESTS_DIRECTORY_FIXTURE_H

#include "steward/directory_keys.h"

#define FIXTURE_NOW_MS INT64_C(1800000000000)
#define FIXTURE_NOW_S  (FIXTURE_NOW_MS / 1000)

enum { FIXTURE_PATH_BYTES = 96 };

struct directory_fixture {
    char folder[FIXTURE_PATH_BYTES];
    char database_path[FIXTURE_PATH_BYTES];
    char file_path[FIXTURE_PATH_BYTES]; /* of the export */
    struct directory_refusal refusal;
    struct directory_call call;
};

/** cmocka's setup and teardown; *state is a struct directory_fixture. */
int directory_fixture_open(void **state);
int directory_fixture_close(void **state);

/** Opens or closes its database: a restart of the steward. */
void directory_fixture_start(struct directory_fixture *fixture);
void directory_fixture_stop(struct directory_fixture *fixture);

/** Those that must succeed. */
void directory_fixture_add_group(struct directory_fixture *fixture, const char *name);
void directory_fixture_add_user(struct directory_fixture *fixture, const char *name);
void directory_fixture_add_key(struct directory_fixture *fixture, const char *name,
                               const char *user, struct directory_secret *secret);

/** A key that may do everything, for a call to change. */
struct directory_key directory_fixture_key(const char *name);

struct directory_target directory_fixture_target(const char *name);

/** The number that a query of one value gives. */
int64_t directory_fixture_count(struct directory_fixture *fixture, const char *sql);

#endif
