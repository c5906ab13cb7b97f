/* The admin API without its connections: routes, the description, bodies, the hold on a database. */
#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/wire/json_walk.h"
#include "shm/rows.h"
#include "steward/admin_routes.h"
#include "steward/store.h"
#include "tests/unit/directory_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { DESCRIPTION_BYTES = 256 * 1024, ARENA_BYTES = 1 << 20, ALLOW_BYTES = 64 };

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* --- routes ----------------------------------------------------------------------------------- */

static void a_path_is_found_with_its_parameters_or_says_what_it_takes(void **state)
{
    static const struct {
        enum http_method method;
        const char *path;
        int err;
        const char *found; /* the route's path, or what is allowed */
        const char *params[ADMIN_PARAMS_MAX];
    } rows[] = {
        {HTTP_METHOD_GET, "/admin/users", 0, "/admin/users", {"", ""}},
        {HTTP_METHOD_HEAD, "/admin/users", 0, "/admin/users", {"", ""}},
        {HTTP_METHOD_GET, "/admin/users/ada", 0, "/admin/users/{name}", {"ada", ""}},
        {HTTP_METHOD_DELETE,
         "/admin/keys/k/grants/a%2Fb",
         0,
         "/admin/keys/{name}/grants/{slug}",
         {"k", "a%2Fb"}},
        {HTTP_METHOD_POST, "/admin/keys/import", 0, "/admin/keys/import", {"", ""}},
        {HTTP_METHOD_POST, "/admin/keys/revoke", 0, "/admin/keys/revoke", {"", ""}},
        {HTTP_METHOD_GET, "/admin/keys/import", 0, "/admin/keys/{name}", {"import", ""}},
        {HTTP_METHOD_PATCH, "/admin/users", ERR_METHOD, "GET, HEAD, POST", {"", ""}},
        {HTTP_METHOD_OTHER, "/admin/groups/g", ERR_METHOD, "GET, HEAD, PATCH, DELETE", {"", ""}},
        {HTTP_METHOD_GET, "/admin/keys/k/rotate", ERR_METHOD, "POST", {"", ""}},
        {HTTP_METHOD_GET, "/admin/users/", ERR_NO_ROUTE, "", {"", ""}},
        {HTTP_METHOD_GET, "/admin/users//grants", ERR_NO_ROUTE, "", {"", ""}},
        {HTTP_METHOD_GET, "/admin/keys/a/b/c/d", ERR_NO_ROUTE, "", {"", ""}},
        {HTTP_METHOD_GET, "/admin", ERR_NO_ROUTE, "", {"", ""}},
        {HTTP_METHOD_GET, "/", ERR_NO_ROUTE, "", {"", ""}},
        {HTTP_METHOD_OPTIONS, "*", ERR_NO_ROUTE, "", {"", ""}},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        const struct http_request request = {.method = rows[i].method,
                                             .path = span_of(rows[i].path)};
        char memory[ALLOW_BYTES];
        struct text allow = text_over(memory, sizeof(memory));
        struct admin_match match;

        assert_int_equal(admin_routes_find(&request, &match, &allow), rows[i].err);
        if (rows[i].err == ERR_METHOD)
            assert_true(span_equal(text_span(&allow), span_of(rows[i].found)));
        if (rows[i].err != 0)
            continue;
        assert_string_equal(match.route->path, rows[i].found);
        for (size_t n = 0; n < ADMIN_PARAMS_MAX; n++)
            assert_true(span_equal(match.params[n], span_of(rows[i].params[n])));
    }
}

static void each_method_of_a_path_stands_once(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < admin_route_count; i++) {
        for (uint32_t j = 0; j < i; j++)
            assert_false(admin_routes[i].method == admin_routes[j].method &&
                         strcmp(admin_routes[i].path, admin_routes[j].path) == 0);
        assert_non_null(admin_routes[i].run);
        assert_true(admin_routes[i].body == ADMIN_BODY_NONE || admin_routes[i].takes_body);
    }
}

/* Method: the scanner says that it is JSON; each route's path and each body's schema is in it. */
static void the_description_is_json_and_names_every_route(void **state)
{
    static char memory[DESCRIPTION_BYTES];
    struct text text = text_over(memory, sizeof(memory) - 1);
    struct json_scan scan;
    struct json_hit hit;
    char wanted[128];

    (void)state;
    admin_openapi_write(&text);
    assert_int_equal(text.err, 0);
    memory[text.len] = '\0';
    const char *cursor = memory;
    json_scan_init(&scan, NULL, 0, 32);
    assert_int_equal(json_scan_next(&scan, &cursor, memory + text.len, &hit), JSON_MORE);
    assert_int_equal(json_scan_end(&scan), 0);
    for (uint32_t i = 0; i < admin_route_count; i++) {
        snprintf(wanted, sizeof(wanted), "\"%s\":{", admin_routes[i].path);
        assert_non_null(strstr(memory, wanted));
    }
    for (unsigned n = ADMIN_BODY_NONE + 1; n < ADMIN_BODY_COUNT; n++) {
        snprintf(wanted, sizeof(wanted), "\"%s\":{\"type\":\"object\"",
                 admin_body_word((enum admin_body)n));
        assert_non_null(strstr(memory, wanted));
    }
}

static void a_description_that_does_not_fit_says_so_at_every_length(void **state)
{
    static char memory[DESCRIPTION_BYTES];
    struct text whole = text_over(memory, sizeof(memory));

    (void)state;
    admin_openapi_write(&whole);
    for (size_t bytes = 0; bytes < whole.len; bytes += 61) {
        char *cut = malloc(bytes + 1);
        assert_non_null(cut);
        struct text text = text_over(cut, bytes);

        admin_openapi_write(&text);
        assert_int_equal(text.err, ERR_NO_SPACE);
        free(cut);
    }
}

/* --- bodies ----------------------------------------------------------------------------------- */

struct input_fixture {
    struct arena *arena;
    struct directory_refusal refusal;
    struct admin_input input;
};

static int bind(struct input_fixture *fixture, enum admin_body body, const char *json)
{
    const struct admin_binding binding = {fixture->arena, &fixture->refusal};
    int err = admin_input_check(&binding, span_of(json));

    return err != 0 ? err : admin_input_bind(&binding, body, span_of(json), &fixture->input);
}

static void a_body_is_bound_member_by_member(void **state)
{
    struct input_fixture fixture = {.arena = arena_new(ARENA_BYTES)};
    const struct admin_input *input = &fixture.input;

    (void)state;
    assert_int_equal(
        bind(&fixture, ADMIN_BODY_KEY_NEW,
             " {\"name\":\"a\\u0062\", \"user\":null,\"allowed_models\":[\"x\",\"y/z\"],"
             "\"expires\":\"2027-01-01\",\"scopes\":[\"list\",\"admin\"],"
             "\"disabled\":true}\n"),
        0);
    assert_true(span_equal(input->name, SPAN("ab")));
    assert_int_equal(input->user.len, 0);
    assert_int_equal(input->allowed.count, 2);
    assert_true(span_equal(input->allowed.slugs[1], SPAN("y/z")));
    assert_int_equal(input->expires_s, 1798761600);
    assert_int_equal(input->scopes, KEY_SCOPE_LIST | KEY_SCOPE_ADMIN);
    assert_true(input->disabled);
    assert_int_equal(admin_input_gives(input),
                     DIRECTORY_GIVES(USER) | DIRECTORY_GIVES(ALLOWED_MODELS) |
                         DIRECTORY_GIVES(EXPIRES) | DIRECTORY_GIVES(SCOPES) |
                         DIRECTORY_GIVES(DISABLED));
    assert_int_equal(bind(&fixture, ADMIN_BODY_GROUP_CHANGE, "{\"models\":\"all\"}"), 0);
    assert_true(input->models.all);
    assert_int_equal(bind(&fixture, ADMIN_BODY_NONE, "{}"), 0);
    assert_int_equal(input->given, 0);
    arena_free(&fixture.arena);
}

static void a_body_that_is_wrong_names_what_is(void **state)
{
    static const struct {
        enum admin_body body;
        const char *json;
        int err;
        const char *field;
    } rows[] = {
        {ADMIN_BODY_USER_NEW, "", ERR_BAD_JSON, ""},
        {ADMIN_BODY_USER_NEW, "{\"name\":\"a\"", ERR_BAD_JSON, ""},
        {ADMIN_BODY_USER_NEW, "{\"name\":\"a\"}}", ERR_BAD_JSON, ""},
        {ADMIN_BODY_USER_NEW, "\"name\"", ERR_INVALID, ""},
        {ADMIN_BODY_USER_NEW, "{\"display\":\"a\"}", ERR_INVALID, "name"},
        {ADMIN_BODY_USER_NEW, "{\"name\":null}", ERR_INVALID, "name"},
        {ADMIN_BODY_USER_NEW, "{\"name\":\"a\",\"n\\u0061me\":\"b\"}", ERR_INVALID, "name"},
        {ADMIN_BODY_USER_NEW, "{\"name\":\"a\",\"Display\":\"b\"}", ERR_UNKNOWN_MEMBER, "Display"},
        {ADMIN_BODY_USER_NEW, "{\"name\":\"a\",\"sk-12\":1}", ERR_UNKNOWN_MEMBER, ""},
        {ADMIN_BODY_GROUP_NEW, "{\"name\":\"a\",\"groups\":[]}", ERR_UNKNOWN_MEMBER, "groups"},
        {ADMIN_BODY_USER_CHANGE, "{\"groups\":{}}", ERR_INVALID, "groups"},
        {ADMIN_BODY_USER_CHANGE, "{\"groups\":[[]]}", ERR_INVALID, "groups"},
        {ADMIN_BODY_USER_CHANGE, "{\"models\":\"All\"}", ERR_INVALID, "models"},
        {ADMIN_BODY_KEY_CHANGE, "{\"expires\":\"tomorrow\"}", ERR_INVALID, "expires"},
        {ADMIN_BODY_KEY_CHANGE, "{\"scopes\":[\"list\",\"root\"]}", ERR_INVALID, "scopes"},
        {ADMIN_BODY_ROTATE, "{\"grace\":-1}", ERR_INVALID, "grace"},
        {ADMIN_BODY_ROTATE, "{\"grace\":1.5}", ERR_INVALID, "grace"},
        {ADMIN_BODY_ROTATE, "{\"grace\":\"1\"}", ERR_INVALID, "grace"},
        {ADMIN_BODY_IMPORT, "{\"keys\":{}}", ERR_INVALID, "keys"},
        {ADMIN_BODY_NONE, "{\"name\":\"a\"}", ERR_UNKNOWN_MEMBER, "name"},
    };
    struct input_fixture fixture = {.arena = arena_new(ARENA_BYTES)};

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        fixture.refusal = (struct directory_refusal){.field = ""};
        assert_int_equal(bind(&fixture, rows[i].body, rows[i].json), rows[i].err);
        assert_string_equal(fixture.refusal.field, rows[i].field);
        assert_true(fixture.refusal.sentence[0] != '\0');
    }
    arena_free(&fixture.arena);
}

/* --- the database ----------------------------------------------------------------------------- */

static void tick(struct store *store)
{
    store->retry_at = (struct monotime){0};
    store_tick(store, monotime_now());
}

static void begin_store(struct directory_fixture *fixture, struct store *store)
{
    directory_fixture_stop(fixture);
    assert_int_equal(store_init(store, span_of(fixture->folder)), 0);
    assert_int_equal(store->trouble.err, ERR_NOT_READY);
    tick(store);
    assert_int_equal(store->trouble.err, 0);
}

static void a_lock_refuses_writers_at_once_until_it_is_gone(void **state)
{
    struct directory_fixture *fixture = *state;
    struct database *database;
    struct store store;

    begin_store(fixture, &store);
    directory_fixture_start(fixture);
    assert_int_equal(database_begin(fixture->call.database), 0);
    assert_int_equal(store_writer(&store, &database), 0);
    int err = database_begin(database);
    assert_int_equal(err, ERR_AGAIN);
    store_after(&store, err);
    assert_int_equal(store_writer(&store, &database), ERR_AGAIN);
    assert_int_equal(store_reader(&store, &database), 0);
    tick(&store);
    assert_int_equal(store.trouble.err, ERR_AGAIN);
    assert_int_equal(database_end(fixture->call.database, 0), 0);
    tick(&store);
    assert_int_equal(store_writer(&store, &database), 0);
    store_close(&store);
}

static uint32_t closings;

static void count_closing(void *owner)
{
    assert_non_null(((struct store *)owner)->database);
    closings++;
}

static void a_file_that_is_gone_is_noticed_and_taken_up_again(void **state)
{
    struct directory_fixture *fixture = *state;
    char away[FIXTURE_PATH_BYTES + 8];
    struct database *database;
    struct store store;

    begin_store(fixture, &store);
    closings = 0;
    store.on_closing = count_closing;
    store.owner = &store;
    snprintf(away, sizeof(away), "%s.away", fixture->database_path);
    assert_int_equal(rename(fixture->database_path, away), 0);
    assert_int_equal(store_reader(&store, &database), ERR_NOT_FOUND);
    assert_int_equal(closings, 1);
    assert_int_equal(rename(away, fixture->database_path), 0);
    tick(&store);
    assert_int_equal(store_writer(&store, &database), 0);
    store_close(&store);
}

static void attempts_come_later_and_later_up_to_a_bound(void **state)
{
    struct directory_fixture *fixture = *state;
    uint64_t before = 0;
    struct store store;

    begin_store(fixture, &store);
    for (int i = 0; i < 12; i++) {
        store_after(&store, ERR_DISK_FULL);
        assert_true(store.retry_ms >= before && store.retry_ms <= STORE_RETRY_MAX_MS);
        before = store.retry_ms;
    }
    assert_int_equal(before, STORE_RETRY_MAX_MS);
    store_after(&store, 0);
    assert_int_equal(store.trouble.err, 0);
    assert_int_equal(store.retry_ms, STORE_RETRY_FIRST_MS);
    store_close(&store);
}

/* A disk that was full when it was to be opened: reads come, and there is nothing to ask why. */
static void a_database_that_was_never_opened_keeps_its_reason(void **state)
{
    struct directory_fixture *fixture = *state;
    static const int errors[] = {0, ERR_AGAIN, ERR_DISK_FULL, ERR_CORRUPT, ERR_IO};
    struct store store;

    assert_int_equal(store_init(&store, span_of(fixture->folder)), 0);
    store.trouble = (struct database_trouble){ERR_DISK_FULL, "the disk is full"};
    for (size_t i = 0; i < LEN(errors); i++) {
        store_after(&store, errors[i]);
        assert_int_equal(store.trouble.err, ERR_DISK_FULL);
        assert_string_equal(store.trouble.sentence, "the disk is full");
        assert_int_equal(store.retry_ms, STORE_RETRY_FIRST_MS);
    }
    store_close(&store);
}

/* --- forms ------------------------------------------------------------------------------------ */

static void a_time_is_written_as_it_is_read(void **state)
{
    static const char *const times[] = {"1971-01-01T00:00:00Z", "2024-02-29T23:59:59Z",
                                        "2027-01-01T12:34:56Z", "9999-12-31T23:59:59Z"};

    (void)state;
    for (size_t i = 0; i < LEN(times); i++) {
        char memory[32];
        struct text text = text_over(memory, sizeof(memory));
        int64_t at;

        assert_int_equal(timestamp_parse(span_of(times[i]), &at), 0);
        timestamp_add(&text, at);
        assert_true(span_equal(text_span(&text), span_of(times[i])));
    }
}

static void a_walk_tells_every_member_and_item(void **state)
{
    const struct span text = SPAN(" { \"a\" : [ 1 , \"]},\\\"\" , {\"b\":[]} , null ] ,"
                                  "\"c\\\\\":true,\"d\":{} } ");
    static const char *const items[] = {"1", "\"]},\\\"\"", "{\"b\":[]}", "null"};
    struct span name;
    struct span value;
    struct span item;
    size_t count = 0;

    (void)state;
    struct json_walk members = json_walk_begin(json_walk_value(text));
    assert_true(json_walk_member(&members, &name, &value));
    assert_true(span_equal(name, SPAN("a")));
    for (struct json_walk walk = json_walk_begin(value); json_walk_item(&walk, &item); count++)
        assert_true(span_equal(item, span_of(items[count])));
    assert_int_equal(count, LEN(items));
    assert_true(json_walk_member(&members, &name, &value));
    assert_true(span_equal(name, SPAN("c\\\\")));
    assert_int_equal(json_walk_type(value), JSON_TRUE);
    assert_true(json_walk_member(&members, &name, &value));
    struct json_walk empty = json_walk_begin(value);
    assert_false(json_walk_item(&empty, &item));
    assert_false(json_walk_member(&members, &name, &value));
}

#define WITH_DATABASE(test) \
    cmocka_unit_test_setup_teardown(test, directory_fixture_open, directory_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_found_with_its_parameters_or_says_what_it_takes),
        cmocka_unit_test(each_method_of_a_path_stands_once),
        cmocka_unit_test(the_description_is_json_and_names_every_route),
        cmocka_unit_test(a_description_that_does_not_fit_says_so_at_every_length),
        cmocka_unit_test(a_body_is_bound_member_by_member),
        cmocka_unit_test(a_body_that_is_wrong_names_what_is),
        WITH_DATABASE(a_lock_refuses_writers_at_once_until_it_is_gone),
        WITH_DATABASE(a_file_that_is_gone_is_noticed_and_taken_up_again),
        WITH_DATABASE(attempts_come_later_and_later_up_to_a_bound),
        WITH_DATABASE(a_database_that_was_never_opened_keeps_its_reason),
        cmocka_unit_test(a_time_is_written_as_it_is_read),
        cmocka_unit_test(a_walk_tells_every_member_and_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
