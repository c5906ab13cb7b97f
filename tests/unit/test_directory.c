/* The directory's operations: users, groups, grants, keys, revocations, and their audit trail. */
#include "lib/base/err.h"
#include "lib/base/text.h"
#include "shm/rows.h"
#include "steward/audit.h"
#include "tests/unit/directory_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define SECRET_FORM "weir_"

static const struct span two_slugs[] = {{"gpt-4o", 6}, {"claude-sonnet-4", 15}};

static struct audit_row last_audit(struct directory_fixture *fixture)
{
    struct audit_page page;
    const struct audit_filter filter = {.limit = 1};

    assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
    assert_int_equal(page.count, 1);
    return page.rows[0];
}

static uint64_t changes(struct directory_fixture *fixture)
{
    uint64_t change;

    assert_int_equal(directory_last_change(fixture->call.database, &change), 0);
    return change;
}

static void assert_span(struct span span, const char *text)
{
    if (!span_equal(span, span_of(text)))
        fail_msg("`%.*s` is not `%s`", SPAN_FMT(span), text);
}

static void assert_refused(const struct directory_fixture *fixture, int result, int err,
                           const char *field)
{
    assert_int_equal(result, err);
    assert_int_equal(fixture->refusal.err, err);
    assert_string_equal(fixture->refusal.field, field);
    assert_true(strlen(fixture->refusal.sentence) > 0);
}

static struct directory_subject user_of(struct directory_fixture *fixture, const char *name)
{
    struct directory_subject user;

    if (directory_subject_show(&fixture->call, DIRECTORY_USER, span_of(name), &user) != 0)
        fail_msg("%s: %s", name, fixture->refusal.sentence);
    return user;
}

static struct directory_key key_of(struct directory_fixture *fixture, const char *name)
{
    struct directory_key key;

    if (directory_key_show(&fixture->call, span_of(name), &key) != 0)
        fail_msg("%s: %s", name, fixture->refusal.sentence);
    return key;
}

static struct digest digest_of(struct directory_fixture *fixture, const char *text)
{
    return digester_hash(fixture->call.digester, span_of(text));
}

static void a_user_is_shown_as_it_was_added(void **state)
{
    static const struct span groups[] = {{"night", 5}, {"engineering", 11}};
    struct directory_fixture *fixture = *state;
    const struct directory_subject ada = {
        .name = SPAN("ada"),
        .display = SPAN("Ada \xc3\x89. \"L\""),
        .disabled = true,
        .models = {.count = COUNT(two_slugs), .slugs = two_slugs},
        .group_count = COUNT(groups),
        .groups = groups,
    };

    directory_fixture_add_group(fixture, "engineering");
    directory_fixture_add_group(fixture, "night");
    assert_int_equal(directory_subject_add(&fixture->call, DIRECTORY_USER, &ada), 0);
    struct directory_subject shown = user_of(fixture, "ada");
    assert_span(shown.display, "Ada \xc3\x89. \"L\"");
    assert_true(shown.disabled);
    assert_false(shown.models.all);
    assert_int_equal(shown.models.count, 2);
    assert_span(shown.models.slugs[0], "claude-sonnet-4");
    assert_span(shown.models.slugs[1], "gpt-4o");
    assert_int_equal(shown.group_count, 2);
    assert_span(shown.groups[0], "engineering");
    assert_int_equal(shown.version, 1);
    assert_int_equal(shown.created_ms, FIXTURE_NOW_MS);

    struct audit_row audit = last_audit(fixture);
    assert_span(audit.actor, "test");
    assert_span(audit.verb, "create");
    assert_span(audit.kind, "user");
    assert_span(audit.name, "ada");
    assert_int_equal(audit.before.len, 0);
    assert_int_equal(audit.at_ms, FIXTURE_NOW_MS);
    assert_span(
        audit.after,
        "{\"name\":\"ada\",\"display\":\"Ada \xc3\x89. \\\"L\\\"\",\"disabled\":true,"
        "\"models\":[\"claude-sonnet-4\",\"gpt-4o\"],\"groups\":[\"engineering\",\"night\"]}");
}

static void an_update_changes_what_it_gives_and_no_more(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_target ada = directory_fixture_target("ada");
    const struct directory_subject given = {
        .display = SPAN("Ada"), .disabled = true, .models = {.all = true}};
    const struct {
        uint32_t gives;
        const char *after;
    } rows[] = {
        {DIRECTORY_GIVES(DISPLAY),
         "{\"name\":\"ada\",\"display\":\"Ada\",\"disabled\":false,\"models\":[],\"groups\":[]}"},
        {DIRECTORY_GIVES(DISABLED),
         "{\"name\":\"ada\",\"display\":\"Ada\",\"disabled\":true,\"models\":[],\"groups\":[]}"},
        {DIRECTORY_GIVES(MODELS),
         "{\"name\":\"ada\",\"display\":\"Ada\",\"disabled\":true,\"models\":\"all\",\"groups\":[]}"},
    };

    directory_fixture_add_user(fixture, "ada");
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span before = last_audit(fixture).after;

        ada.expected_version = i + 1;
        assert_int_equal(
            directory_subject_update(&fixture->call, DIRECTORY_USER, &ada, rows[i].gives, &given),
            0);
        struct audit_row audit = last_audit(fixture);
        assert_span(audit.after, rows[i].after);
        assert_true(span_equal(audit.before, before));
        assert_span(audit.verb, "update");
    }
}

static void a_repeated_call_is_no_change(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_target ada = directory_fixture_target("ada");
    const struct directory_subject given = {.disabled = true};

    directory_fixture_add_user(fixture, "ada");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(directory_subject_update(&fixture->call, DIRECTORY_USER, &ada,
                                                  DIRECTORY_GIVES(DISABLED), &given),
                         0);
        assert_int_equal(directory_grant_add(&fixture->call, DIRECTORY_USER, &ada, SPAN("gpt-4o")),
                         0);
        assert_int_equal(directory_key_revoke(&fixture->call, &ada), 0);
        assert_int_equal(user_of(fixture, "ada").version, 3);
        assert_int_equal(changes(fixture), 4);
    }
}

static void what_is_not_well_formed_is_refused_with_its_field(void **state)
{
    static const struct span bad_slug[] = {{"gpt-4o", 6}, {"a//b", 4}};
    static const struct span no_group[] = {{"night", 5}, {"nowhere", 7}};
    struct directory_fixture *fixture = *state;
    const struct {
        struct directory_subject subject;
        int err;
        const char *field;
        uint32_t item;
    } rows[] = {
        {{.name = SPAN("")}, ERR_INVALID, "name", 0},
        {{.name = SPAN("Ada")}, ERR_INVALID, "name", 0},
        {{.name = SPAN("a b")}, ERR_INVALID, "name", 0},
        {{.name = SPAN("a'; DROP TABLE users; --")}, ERR_INVALID, "name", 0},
        {{.name = SPAN("ada"), .display = SPAN("a\nb")}, ERR_INVALID, "display", 0},
        {{.name = SPAN("ada"), .display = SPAN("\xff")}, ERR_INVALID, "display", 0},
        {{.name = SPAN("ada"), .models = {.count = 2, .slugs = bad_slug}},
         ERR_INVALID,
         "models",
         1},
        {{.name = SPAN("ada"), .group_count = 2, .groups = no_group}, ERR_NOT_FOUND, "groups", 1},
        {{.name = SPAN("taken")}, ERR_EXISTS, "name", 0},
    };

    directory_fixture_add_group(fixture, "night");
    directory_fixture_add_user(fixture, "taken");
    for (size_t i = 0; i < COUNT(rows); i++) {
        int err = directory_subject_add(&fixture->call, DIRECTORY_USER, &rows[i].subject);

        assert_refused(fixture, err, rows[i].err, rows[i].field);
        assert_int_equal(fixture->refusal.item, rows[i].item);
    }
    assert_int_equal(changes(fixture), 2);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM users"), 1);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM user_grants"), 0);
}

/* What was given as a name may be a key that stands in the wrong place. */
static void a_refusal_does_not_repeat_what_it_refuses(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_secret secret;
    struct directory_subject user = {.display = SPAN("")};

    directory_fixture_add_key(fixture, "laptop", NULL, &secret);
    user.name = span_of(secret.text);
    assert_refused(fixture, directory_subject_add(&fixture->call, DIRECTORY_USER, &user),
                   ERR_INVALID, "name");
    assert_null(strstr(fixture->refusal.sentence, SECRET_FORM));
}

static void an_actor_is_required(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_subject user = {.name = SPAN("ada")};

    fixture->call.actor = SPAN("");
    assert_refused(fixture, directory_subject_add(&fixture->call, DIRECTORY_USER, &user),
                   ERR_INVALID, "actor");
    fixture->call.actor = SPAN("a\nforged line");
    assert_refused(fixture, directory_subject_add(&fixture->call, DIRECTORY_USER, &user),
                   ERR_INVALID, "actor");
}

static void a_change_of_an_old_version_is_a_conflict(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target old_user = {SPAN("ada"), 7};
    const struct directory_target old_key = {SPAN("laptop"), 7};
    const struct directory_subject subject = {.disabled = true};
    struct directory_key key = directory_fixture_key("laptop");
    struct directory_secret secret;

    directory_fixture_add_user(fixture, "ada");
    directory_fixture_add_key(fixture, "laptop", "ada", &secret);
    uint64_t before = changes(fixture);
    key.disabled = true;
    const int results[] = {
        directory_subject_update(call, DIRECTORY_USER, &old_user, UINT32_MAX, &subject),
        directory_subject_remove(call, DIRECTORY_USER, &old_user, true),
        directory_grant_add(call, DIRECTORY_USER, &old_user, SPAN("")),
        directory_grant_remove(call, DIRECTORY_USER, &old_user, SPAN("")),
        directory_key_update(call, &old_key, UINT32_MAX, &key),
        directory_key_rotate(call, &old_key, 0, &secret),
        directory_key_revoke(call, &old_key),
        directory_key_remove(call, &old_key),
    };
    for (size_t i = 0; i < COUNT(results); i++)
        assert_int_equal(results[i], ERR_CONFLICT);
    assert_string_equal(fixture->refusal.field, "version");
    assert_int_equal(changes(fixture), before);
    assert_int_equal(err_http_status(ERR_CONFLICT), 412);
}

static void what_is_not_there_cannot_be_changed(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target nobody = {SPAN("nobody"), 0};
    const struct directory_subject subject = {.disabled = true};
    const struct directory_key key = directory_fixture_key("nobody");
    struct directory_subject seen;
    struct directory_key seen_key;
    struct directory_secret secret;
    const int results[] = {
        directory_subject_show(call, DIRECTORY_USER, nobody.name, &seen),
        directory_subject_update(call, DIRECTORY_GROUP, &nobody, UINT32_MAX, &subject),
        directory_subject_remove(call, DIRECTORY_USER, &nobody, true),
        directory_grant_add(call, DIRECTORY_KEY, &nobody, SPAN("gpt-4o")),
        directory_key_show(call, nobody.name, &seen_key),
        directory_key_update(call, &nobody, UINT32_MAX, &key),
        directory_key_rotate(call, &nobody, 0, &secret),
        directory_key_remove(call, &nobody),
    };

    for (size_t i = 0; i < COUNT(results); i++)
        assert_int_equal(results[i], ERR_NOT_FOUND);
    assert_int_equal(changes(fixture), 0);
}

static void pages_give_everything_once_and_in_order(void **state)
{
    enum { USERS = 25, LIMIT = 4 };
    struct directory_fixture *fixture = *state;
    struct directory_subject_page page = {.next = SPAN("")};
    char name[32];
    int seen = 0;

    for (int n = USERS - 1; n >= 0; n--) {
        snprintf(name, sizeof(name), "user-%02d", n);
        directory_fixture_add_user(fixture, name);
    }
    do {
        assert_int_equal(
            directory_subject_list(&fixture->call, DIRECTORY_USER, page.next, LIMIT, &page), 0);
        for (uint32_t i = 0; i < page.count; i++) {
            snprintf(name, sizeof(name), "user-%02d", seen++);
            assert_span(page.rows[i].name, name);
        }
    } while (page.next.len > 0);
    assert_int_equal(seen, USERS);
    assert_refused(fixture,
                   directory_subject_list(&fixture->call, DIRECTORY_USER, SPAN(""), 0, &page),
                   ERR_INVALID, "limit");
    assert_refused(fixture,
                   directory_subject_list(&fixture->call, DIRECTORY_USER, SPAN(""),
                                          DIRECTORY_PAGE_MAX + 1, &page),
                   ERR_INVALID, "limit");
}

static void all_is_a_grant_beside_the_others(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target ada = directory_fixture_target("ada");

    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(directory_grant_add(&fixture->call, DIRECTORY_USER, &ada, SPAN("gpt-4o")), 0);
    assert_int_equal(directory_grant_add(&fixture->call, DIRECTORY_USER, &ada, SPAN("")), 0);
    assert_true(user_of(fixture, "ada").models.all);
    assert_int_equal(directory_grant_remove(&fixture->call, DIRECTORY_USER, &ada, SPAN("")), 0);
    struct directory_subject user = user_of(fixture, "ada");
    assert_false(user.models.all);
    assert_int_equal(user.models.count, 1);
    assert_int_equal(directory_grant_remove(&fixture->call, DIRECTORY_USER, &ada, SPAN("gpt-4o")),
                     0);
    assert_int_equal(user_of(fixture, "ada").models.count, 0);
    assert_refused(fixture, directory_grant_add(&fixture->call, DIRECTORY_USER, &ada, SPAN("a..b")),
                   ERR_INVALID, "slug");
}

static void a_list_changes_also_while_all_is_granted(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target ada = directory_fixture_target("ada");

    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(directory_grant_add(call, DIRECTORY_USER, &ada, SPAN("gpt-4o")), 0);
    assert_int_equal(directory_grant_add(call, DIRECTORY_USER, &ada, SPAN("")), 0);
    assert_int_equal(directory_grant_add(call, DIRECTORY_USER, &ada, SPAN("o3")), 0);
    assert_int_equal(directory_grant_remove(call, DIRECTORY_USER, &ada, SPAN("gpt-4o")), 0);
    assert_int_equal(directory_grant_remove(call, DIRECTORY_USER, &ada, SPAN("")), 0);
    struct directory_subject user = user_of(fixture, "ada");
    assert_int_equal(user.models.count, 1);
    assert_true(span_equal(user.models.slugs[0], SPAN("o3")));
}

/* The emptied list that means "everything" is the mistake of others. */
static void a_key_never_loses_its_restriction_by_emptying_it(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target laptop = directory_fixture_target("laptop");
    struct directory_key given = {.allowed = {.count = 2, .slugs = two_slugs}};
    struct directory_secret secret;

    directory_fixture_add_key(fixture, "laptop", NULL, &secret);
    assert_refused(fixture, directory_grant_add(call, DIRECTORY_KEY, &laptop, SPAN("gpt-4o")),
                   ERR_IN_USE, "slug");
    assert_int_equal(directory_key_update(call, &laptop, DIRECTORY_GIVES(ALLOWED_MODELS), &given),
                     0);
    assert_int_equal(directory_grant_remove(call, DIRECTORY_KEY, &laptop, SPAN("gpt-4o")), 0);
    assert_refused(fixture,
                   directory_grant_remove(call, DIRECTORY_KEY, &laptop, SPAN("claude-sonnet-4")),
                   ERR_IN_USE, "slug");
    assert_int_equal(key_of(fixture, "laptop").allowed.count, 1);
    given.allowed = (struct directory_models){.all = false};
    assert_refused(fixture,
                   directory_key_update(call, &laptop, DIRECTORY_GIVES(ALLOWED_MODELS), &given),
                   ERR_INVALID, "allowed_models");
    assert_int_equal(directory_grant_add(call, DIRECTORY_KEY, &laptop, SPAN("")), 0);
    assert_true(key_of(fixture, "laptop").allowed.all);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM key_grants"), 0);
}

static void a_created_key_is_shown_once_and_opens_by_its_digest(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_secret first;
    struct directory_secret second;
    char hex[DIGEST_HEX_BYTES + 1] = "";
    char sql[160];

    directory_fixture_add_key(fixture, "one", NULL, &first);
    directory_fixture_add_key(fixture, "two", NULL, &second);
    assert_int_equal(strlen(first.text), 48);
    assert_int_equal(strspn(first.text + 5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789-_"),
                     43);
    assert_memory_equal(first.text, "weir_", 5);
    assert_string_not_equal(first.text, second.text);
    struct digest digest = digest_of(fixture, first.text);
    digest_to_hex(&digest, hex);
    snprintf(sql, sizeof(sql), "SELECT name = 'one' FROM keys WHERE digest = x'%s'", hex);
    assert_int_equal(directory_fixture_count(fixture, sql), 1);
    directory_secret_wipe(&first);
    assert_string_equal(first.text, "");
}

static void a_key_without_a_name_gets_one(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_key key = directory_fixture_key("");
    struct directory_key created;
    struct directory_secret secret;

    assert_int_equal(directory_key_create(&fixture->call, &key, &created, &secret), 0);
    assert_int_equal(created.name.len, 20);
    assert_memory_equal(created.name.ptr, "key-", 4);
    assert_int_equal(created.state, DIRECTORY_STATE_ACTIVE);
    assert_int_equal(created.version, 1);
}

static void a_key_that_makes_no_sense_is_refused(void **state)
{
    static const struct span bad_slug[] = {{"-x", 2}};
    struct directory_fixture *fixture = *state;
    struct directory_key created;
    struct directory_secret secret;
    const struct directory_models all = {.all = true};
    const struct {
        struct directory_key key;
        int err;
        const char *field;
    } rows[] = {
        {{.name = SPAN("K"), .allowed = all, .scopes = 2}, ERR_INVALID, "name"},
        {{.name = SPAN("taken"), .allowed = all, .scopes = 2}, ERR_EXISTS, "name"},
        {{.name = SPAN("k"), .allowed = all}, ERR_INVALID, "scopes"},
        {{.name = SPAN("k"), .allowed = all, .scopes = KEY_DISABLED}, ERR_INVALID, "scopes"},
        {{.name = SPAN("k"), .scopes = 2}, ERR_INVALID, "allowed_models"},
        {{.name = SPAN("k"), .allowed = {true, 2, two_slugs}, .scopes = 2},
         ERR_INVALID,
         "allowed_models"},
        {{.name = SPAN("k"), .allowed = {false, 1, bad_slug}, .scopes = 2},
         ERR_INVALID,
         "allowed_models"},
        {{.name = SPAN("k"), .allowed = all, .scopes = 2, .user = SPAN("nobody")},
         ERR_NOT_FOUND,
         "user"},
        {{.name = SPAN("k"), .allowed = all, .scopes = 2, .group = SPAN("none")},
         ERR_NOT_FOUND,
         "group"},
        {{.name = SPAN("k"), .allowed = all, .scopes = 2, .expires_s = -1}, ERR_INVALID, "expires"},
        {{.name = SPAN("k"), .allowed = all, .scopes = 2, .expires_s = FIXTURE_NOW_S},
         ERR_INVALID,
         "expires"},
    };

    directory_fixture_add_key(fixture, "taken", NULL, &secret);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_refused(fixture,
                       directory_key_create(&fixture->call, &rows[i].key, &created, &secret),
                       rows[i].err, rows[i].field);
    assert_int_equal(changes(fixture), 1);
}

static struct directory_import import_of(const char *name, const char *text)
{
    return (struct directory_import){.key = directory_fixture_key(name), .text = span_of(text)};
}

static void an_import_can_be_repeated_and_says_what_it_did(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_import keys[] = {import_of("a", "sk-aaaa"), import_of("b", "cv_bbbb"),
                                      import_of("c", NULL)};
    struct directory_import_result result;

    keys[2].digest = digest_of(fixture, "inf_cccc");
    assert_int_equal(directory_key_import(&fixture->call, keys, 2, &result), 0);
    assert_int_equal(result.created, 2);
    struct audit_row audit = last_audit(fixture);
    assert_span(audit.verb, "import");
    assert_span(audit.after, "{\"created\":[\"a\",\"b\"]}");
    assert_int_equal(directory_key_import(&fixture->call, keys, 3, &result), 0);
    assert_int_equal(result.created, 1);
    assert_int_equal(result.unchanged, 2);
    assert_int_equal(directory_key_import(&fixture->call, keys, 3, &result), 0);
    assert_int_equal(result.unchanged, 3);
    assert_int_equal(changes(fixture), 2);
}

static void an_import_is_whole_or_not_at_all(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct digest same = digest_of(fixture, "sk-aaaa");
    const struct {
        struct directory_import last;
        int err;
        const char *field;
    } rows[] = {
        {import_of("Bad", "sk-z"), ERR_INVALID, "name"},
        {import_of("z", "has a blank"), ERR_INVALID, "key"},
        {import_of("z", "sk-aaaa"), ERR_EXISTS, "key"},
        {{.key = directory_fixture_key("z"), .digest = same}, ERR_EXISTS, "sha256"},
        {import_of("a", "sk-other"), ERR_EXISTS, "name"},
        {{.key = {.name = SPAN("z"), .allowed = {.all = true}}, .text = SPAN("sk-z")},
         ERR_INVALID,
         "scopes"},
    };
    struct directory_import_result result;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct directory_import keys[] = {import_of("a", "sk-aaaa"), rows[i].last};

        assert_refused(fixture, directory_key_import(&fixture->call, keys, 2, &result), rows[i].err,
                       rows[i].field);
        assert_int_equal(fixture->refusal.item, 1);
        assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM keys"), 0);
        assert_int_equal(changes(fixture), 0);
    }
}

static void a_key_shows_the_first_state_that_is_true_of_it(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target laptop = directory_fixture_target("laptop");
    struct directory_key given = {.disabled = true, .expires_s = FIXTURE_NOW_S};
    struct directory_secret secret;

    directory_fixture_add_key(fixture, "laptop", NULL, &secret);
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_ACTIVE);
    assert_int_equal(directory_key_update(call, &laptop, DIRECTORY_GIVES(EXPIRES), &given), 0);
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_EXPIRED);
    assert_int_equal(directory_key_update(call, &laptop, DIRECTORY_GIVES(DISABLED), &given), 0);
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_DISABLED);
    assert_int_equal(directory_key_revoke(call, &laptop), 0);
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_REVOKED);
}

static uint32_t count_listed(struct directory_fixture *fixture, const char *user, const char *group,
                             enum directory_state wanted)
{
    struct directory_key_filter filter = {
        .user = span_of(user), .group = span_of(group), .state = wanted, .limit = 3};
    struct directory_key_page page;
    struct span before = SPAN("");
    uint32_t count = 0;

    do {
        assert_int_equal(directory_key_list(&fixture->call, &filter, &page), 0);
        for (uint32_t i = 0; i < page.count; i++) {
            const struct directory_key *key = &page.rows[i];

            assert_true(wanted == DIRECTORY_STATE_ANY || key->state == wanted);
            assert_true(user == NULL || span_equal(key->user, span_of(user)));
            assert_true(group == NULL || span_equal(key->group, span_of(group)));
            assert_true(memcmp(before.ptr, key->name.ptr, before.len) <= 0);
            before = key->name;
        }
        count += page.count;
        filter.after = page.next;
    } while (page.next.len > 0);
    return count;
}

static void keys_are_listed_by_owner_and_state(void **state)
{
    enum { KEYS = 24 };
    struct directory_fixture *fixture = *state;
    struct directory_secret secret;
    struct directory_key created;
    char name[32];

    directory_fixture_add_user(fixture, "ada");
    directory_fixture_add_user(fixture, "grace");
    directory_fixture_add_group(fixture, "night");
    for (int n = 0; n < KEYS; n++) {
        snprintf(name, sizeof(name), "key-%02d", n);
        struct directory_key key = directory_fixture_key(name);
        struct directory_target target = directory_fixture_target(name);

        key.user = n % 2 == 0 ? SPAN("ada") : SPAN("grace");
        key.group = n % 3 == 0 ? SPAN("night") : SPAN("");
        key.disabled = n % 4 == 0;
        assert_int_equal(directory_key_create(&fixture->call, &key, &created, &secret), 0);
        if (n % 8 == 0)
            assert_int_equal(directory_key_revoke(&fixture->call, &target), 0);
    }
    assert_int_equal(count_listed(fixture, NULL, NULL, DIRECTORY_STATE_ANY), 24);
    assert_int_equal(count_listed(fixture, "ada", NULL, DIRECTORY_STATE_ANY), 12);
    assert_int_equal(count_listed(fixture, NULL, "night", DIRECTORY_STATE_ANY), 8);
    assert_int_equal(count_listed(fixture, "ada", "night", DIRECTORY_STATE_ANY), 4);
    assert_int_equal(count_listed(fixture, NULL, NULL, DIRECTORY_STATE_REVOKED), 3);
    assert_int_equal(count_listed(fixture, NULL, NULL, DIRECTORY_STATE_DISABLED), 3);
    assert_int_equal(count_listed(fixture, NULL, NULL, DIRECTORY_STATE_ACTIVE), 18);
    assert_int_equal(count_listed(fixture, "grace", NULL, DIRECTORY_STATE_DISABLED), 0);
    assert_int_equal(count_listed(fixture, "nobody", NULL, DIRECTORY_STATE_ANY), 0);
}

static void a_rotation_keeps_the_old_text_for_as_long_as_it_is_told(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target laptop = directory_fixture_target("laptop");
    struct directory_secret first;
    struct directory_secret second;
    struct directory_secret third;

    directory_fixture_add_key(fixture, "laptop", NULL, &first);
    assert_int_equal(directory_key_rotate(call, &laptop, FIXTURE_NOW_S + 60, &second), 0);
    assert_string_not_equal(first.text, second.text);
    assert_int_equal(key_of(fixture, "laptop").old_until_s, FIXTURE_NOW_S + 60);
    struct audit_row audit = last_audit(fixture);
    assert_span(audit.verb, "rotate");
    assert_int_equal(key_of(fixture, "laptop").version, 2);

    call->now_ms += 60 * INT64_C(1000);
    assert_int_equal(key_of(fixture, "laptop").old_until_s, 0);
    assert_int_equal(directory_key_rotate(call, &laptop, 0, &third), 0);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM old_digests"), 0);

    const int64_t bad[] = {-1, 1, FIXTURE_NOW_S, FIXTURE_NOW_S + 61 + DIRECTORY_GRACE_MAX_S};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_refused(fixture, directory_key_rotate(call, &laptop, bad[i], &third), ERR_INVALID,
                       "grace");
}

static void a_text_that_is_still_taken_cannot_be_given_away(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target laptop = directory_fixture_target("laptop");
    struct directory_secret first;
    struct directory_secret second;
    struct directory_import_result result;

    directory_fixture_add_key(fixture, "laptop", NULL, &first);
    assert_int_equal(directory_key_rotate(call, &laptop, FIXTURE_NOW_S + 60, &second), 0);
    const struct directory_import stolen = import_of("other", first.text);
    assert_refused(fixture, directory_key_import(call, &stolen, 1, &result), ERR_EXISTS, "key");
    call->now_ms += 60 * INT64_C(1000);
    assert_int_equal(directory_key_import(call, &stolen, 1, &result), 0);
}

static void a_revoked_key_stays_refused_in_every_way(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target laptop = directory_fixture_target("laptop");
    const struct directory_key key = directory_fixture_key("laptop");
    struct directory_key created;
    struct directory_secret first;
    struct directory_secret second;
    struct directory_secret other;
    struct directory_import_result result;

    directory_fixture_add_key(fixture, "laptop", NULL, &first);
    assert_int_equal(directory_key_rotate(call, &laptop, FIXTURE_NOW_S + 60, &second), 0);
    assert_int_equal(directory_key_revoke(call, &laptop), 0);
    assert_refused(fixture, directory_key_update(call, &laptop, UINT32_MAX, &key), ERR_REVOKED,
                   "name");
    assert_refused(fixture, directory_key_rotate(call, &laptop, 0, &other), ERR_REVOKED, "name");
    assert_refused(fixture, directory_grant_add(call, DIRECTORY_KEY, &laptop, SPAN("")),
                   ERR_REVOKED, "name");
    assert_int_equal(directory_key_remove(call, &laptop), 0);
    assert_refused(fixture, directory_key_create(call, &key, &created, &other), ERR_REVOKED,
                   "name");
    const struct directory_import again[] = {import_of("new-1", first.text),
                                             import_of("new-2", second.text)};
    for (size_t i = 0; i < COUNT(again); i++)
        assert_refused(fixture, directory_key_import(call, &again[i], 1, &result), ERR_REVOKED,
                       "key");
}

static void a_key_of_the_configuration_can_be_revoked_by_name(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target unknown = directory_fixture_target("of-the-file");

    assert_int_equal(directory_key_revoke(&fixture->call, &unknown), 0);
    assert_int_equal(changes(fixture), 1);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM revoked_names"), 1);
    assert_int_equal(directory_key_revoke(&fixture->call, &unknown), 0);
    assert_int_equal(changes(fixture), 1);
}

static void a_text_that_leaked_can_be_revoked_without_its_name(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_secret secret;
    struct span revoked;

    directory_fixture_add_key(fixture, "laptop", NULL, &secret);
    struct digest digest = digest_of(fixture, secret.text);
    assert_int_equal(directory_digest_revoke(&fixture->call, &digest, &revoked), 0);
    assert_span(revoked, "laptop");
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_REVOKED);
    digest = digest_of(fixture, "sk-of-the-file");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(directory_digest_revoke(&fixture->call, &digest, &revoked), 0);
        assert_int_equal(revoked.len, 0);
        assert_int_equal(changes(fixture), 3);
    }
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM revoked_digests"), 2);
}

static void an_owner_with_keys_is_removed_only_with_them(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct directory_target ada = directory_fixture_target("ada");
    struct directory_secret secret;

    directory_fixture_add_user(fixture, "ada");
    directory_fixture_add_key(fixture, "laptop", "ada", &secret);
    directory_fixture_add_key(fixture, "phone", "ada", &secret);
    assert_refused(fixture, directory_subject_remove(call, DIRECTORY_USER, &ada, false), ERR_IN_USE,
                   "name");
    uint64_t before = changes(fixture);
    assert_int_equal(directory_subject_remove(call, DIRECTORY_USER, &ada, true), 0);
    assert_int_equal(changes(fixture), before + 3);
    assert_int_equal(key_of(fixture, "laptop").state, DIRECTORY_STATE_REVOKED);
    assert_int_equal(key_of(fixture, "phone").user.len, 0);
    directory_fixture_add_user(fixture, "ada");
    assert_int_equal(count_listed(fixture, "ada", NULL, DIRECTORY_STATE_ANY), 0);
}

static void an_owner_whose_keys_are_revoked_is_in_nobodys_way(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target laptop = directory_fixture_target("laptop");
    const struct directory_target ada = directory_fixture_target("ada");
    struct directory_secret secret;

    directory_fixture_add_user(fixture, "ada");
    directory_fixture_add_key(fixture, "laptop", "ada", &secret);
    assert_int_equal(directory_key_revoke(&fixture->call, &laptop), 0);
    assert_int_equal(directory_subject_remove(&fixture->call, DIRECTORY_USER, &ada, false), 0);
}

static void a_removed_group_leaves_its_members(void **state)
{
    static const struct span groups[] = {{"night", 5}};
    struct directory_fixture *fixture = *state;
    const struct directory_target night = directory_fixture_target("night");
    const struct directory_subject ada = {.name = SPAN("ada"), .group_count = 1, .groups = groups};

    directory_fixture_add_group(fixture, "night");
    assert_int_equal(directory_subject_add(&fixture->call, DIRECTORY_USER, &ada), 0);
    assert_int_equal(directory_subject_remove(&fixture->call, DIRECTORY_GROUP, &night, false), 0);
    struct directory_subject user = user_of(fixture, "ada");
    assert_int_equal(user.group_count, 0);
    assert_int_equal(user.version, 2);
    assert_span(last_audit(fixture).before,
                "{\"name\":\"night\",\"display\":\"\",\"disabled\":false,\"models\":[]}");
}

static void the_trail_can_be_read_backwards_and_by_name(void **state)
{
    struct directory_fixture *fixture = *state;
    struct audit_filter filter = {.limit = 2};
    struct audit_page page;
    uint64_t expected = 5;

    directory_fixture_add_user(fixture, "a");
    directory_fixture_add_user(fixture, "b");
    directory_fixture_add_group(fixture, "a");
    directory_fixture_add_user(fixture, "c");
    directory_fixture_add_user(fixture, "d");
    do {
        assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
        for (uint32_t i = 0; i < page.count; i++)
            assert_int_equal(page.rows[i].change, expected--);
        filter.before = page.next;
    } while (page.next != 0);
    assert_int_equal(expected, 0);
    filter = (struct audit_filter){.kind = SPAN("user"), .name = SPAN("a"), .limit = 10};
    assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
    assert_int_equal(page.count, 1);
    filter.kind = SPAN("");
    assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
    assert_int_equal(page.count, 2);
}

static void a_user_who_is_removed_takes_keys_along_one_by_one(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target ada = directory_fixture_target("ada");
    static const char *const expected[] = {"ada", "phone", "laptop"};
    const struct audit_filter filter = {.limit = COUNT(expected)};
    struct directory_secret secret;
    struct audit_page page;

    directory_fixture_add_user(fixture, "ada");
    directory_fixture_add_key(fixture, "laptop", "ada", &secret);
    directory_fixture_add_key(fixture, "phone", "ada", &secret);
    assert_int_equal(directory_subject_remove(&fixture->call, DIRECTORY_USER, &ada, true), 0);
    assert_int_equal(audit_list(&fixture->call, &filter, &page), 0);
    assert_int_equal(page.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(page.rows[i].change, 6 - i);
        assert_span(page.rows[i].name, expected[i]);
        assert_span(page.rows[i].verb, i == 0 ? "remove" : "revoke");
    }
}

static void an_answer_is_given_again_to_the_same_request_alone(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const struct audit_answer kept = {
        .request = digest_of(fixture, "POST /admin/users {}"),
        .status = 201,
        .body = SPAN("{\"name\":\"ada\"}"),
    };
    const struct digest other = digest_of(fixture, "POST /admin/users {\"x\":1}");
    struct audit_answer found;

    assert_int_equal(audit_answer_find(call, SPAN("once"), &kept.request, &found), ERR_NOT_FOUND);
    assert_int_equal(audit_answer_keep(call, SPAN("once"), &kept, FIXTURE_NOW_MS + 1000), 0);
    assert_int_equal(audit_answer_find(call, SPAN("once"), &kept.request, &found), 0);
    assert_int_equal(found.status, 201);
    assert_span(found.body, "{\"name\":\"ada\"}");
    assert_refused(fixture, audit_answer_find(call, SPAN("once"), &other, &found), ERR_IN_USE,
                   "idempotency_key");
    assert_refused(fixture, audit_answer_find(call, SPAN(""), &other, &found), ERR_INVALID,
                   "idempotency_key");
    call->now_ms += 1000;
    assert_int_equal(audit_answer_find(call, SPAN("once"), &kept.request, &found), ERR_NOT_FOUND);
    assert_int_equal(audit_sweep(call), 0);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM answers"), 0);
}

static void the_oldest_rows_of_a_full_trail_are_swept(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_call *call = &fixture->call;
    const uint64_t changes[] = {10, 20, 21, 20 + AUDIT_ROWS_MAX};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        assert_int_equal(audit_add(call, &(struct audit_row){.change = changes[i],
                                                             .verb = SPAN("create"),
                                                             .kind = SPAN("user"),
                                                             .name = SPAN("ada")}),
                         0);
    assert_int_equal(audit_sweep(call), 0);
    assert_int_equal(directory_fixture_count(fixture, "SELECT count(*) FROM audit"), 2);
    assert_int_equal(directory_fixture_count(fixture, "SELECT min(change) FROM audit"), 21);
}

static void an_answer_with_a_key_in_it_is_not_kept(void **state)
{
    struct directory_fixture *fixture = *state;
    struct directory_secret secret;
    struct audit_answer answer = {.status = 201};
    char body[128];

    directory_fixture_add_key(fixture, "laptop", NULL, &secret);
    int len = snprintf(body, sizeof(body), "{\"note\":\"weir_weir_\",\"key\":\"%s\"}", secret.text);
    answer.body = (struct span){body, (size_t)len};
    assert_int_equal(audit_answer_keep(&fixture->call, SPAN("once"), &answer, INT64_MAX),
                     ERR_INVALID);
    answer.body = SPAN("{\"note\":\"weir_ is how keys begin\"}");
    assert_int_equal(audit_answer_keep(&fixture->call, SPAN("once"), &answer, INT64_MAX), 0);
}

/* Everything that a database file and its log hold, as bytes. */
static bool is_in_file(const char *path, struct span wanted)
{
    FILE *file = fopen(path, "re");
    bool found = false;
    long size;

    if (file == NULL)
        return false;
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    assert_non_null(bytes);
    if (size > 0) {
        assert_int_equal(fread(bytes, (size_t)size, 1, file), 1);
        found = memmem(bytes, (size_t)size, wanted.ptr, wanted.len) != NULL;
    }
    free(bytes);
    fclose(file);
    return found;
}

/* In which columns, as "table.column ", the bytes or their hexadecimal digits stand. */
static void find_columns(struct directory_fixture *fixture, const struct digest *digest,
                         struct text *found)
{
    sqlite3 *handle = database_handle(fixture->call.database);
    sqlite3_stmt *columns = NULL;
    char hex[DIGEST_HEX_BYTES + 1] = "";

    digest_to_hex(digest, hex);
    assert_int_equal(sqlite3_prepare_v2(handle,
                                        "SELECT t.name, c.name FROM pragma_table_list t, "
                                        "pragma_table_info(t.name) c WHERE t.schema = 'main' AND"
                                        " t.name NOT LIKE 'sqlite_schema' ORDER BY 1, 2",
                                        -1, &columns, NULL),
                     SQLITE_OK);
    while (sqlite3_step(columns) == SQLITE_ROW) {
        char sql[512];

        const char *table = (const char *)sqlite3_column_text(columns, 0);
        const char *column = (const char *)sqlite3_column_text(columns, 1);

        snprintf(sql, sizeof(sql),
                 "WITH t(v) AS (SELECT \"%s\" FROM \"%s\"), d(hex) AS (SELECT '%s') SELECT count(*)"
                 " FROM t, d WHERE instr(hex(CAST(v AS BLOB)), upper(d.hex)) OR instr(v, d.hex)",
                 column, table, hex);
        if (directory_fixture_count(fixture, sql) == 0)
            continue;
        text_add(found, span_of(table));
        text_add_char(found, '.');
        text_add(found, span_of(column));
        text_add_char(found, ' ');
    }
    sqlite3_finalize(columns);
}

/* Neither a text nor the part of it that is random. */
static void assert_not_stored(const struct directory_fixture *fixture, const char *secret)
{
    char log[FIXTURE_PATH_BYTES + 8];

    snprintf(log, sizeof(log), "%s-wal", fixture->database_path);
    for (size_t from = 0; from <= 5; from += 5) {
        assert_false(is_in_file(fixture->database_path, span_of(secret + from)));
        assert_false(is_in_file(log, span_of(secret + from)));
    }
    assert_true(is_in_file(log, SPAN("laptop")));
}

static void no_secret_is_stored(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target laptop = directory_fixture_target("laptop");
    const struct directory_import foreign = import_of("foreign", "sk-canary-1234567890");
    struct directory_import_result result;
    struct directory_secret first;
    struct directory_secret second;

    directory_fixture_add_key(fixture, "laptop", NULL, &first);
    assert_int_equal(directory_key_rotate(&fixture->call, &laptop, FIXTURE_NOW_S + 60, &second), 0);
    assert_int_equal(directory_key_import(&fixture->call, &foreign, 1, &result), 0);
    assert_not_stored(fixture, first.text);
    assert_not_stored(fixture, second.text);
    assert_not_stored(fixture, "sk-canary-1234567890");
}

static void digests_stand_in_their_columns_alone(void **state)
{
    struct directory_fixture *fixture = *state;
    const struct directory_target laptop = directory_fixture_target("laptop");
    struct directory_secret first;
    struct directory_secret second;
    struct span revoked;
    char memory[256];
    struct text found = text_over(memory, sizeof(memory));

    directory_fixture_add_key(fixture, "laptop", NULL, &first);
    assert_int_equal(directory_key_rotate(&fixture->call, &laptop, FIXTURE_NOW_S + 60, &second), 0);
    const struct digest old = digest_of(fixture, first.text);
    const struct digest now = digest_of(fixture, second.text);
    find_columns(fixture, &old, &found);
    find_columns(fixture, &now, &found);
    assert_span(text_span(&found), "old_digests.digest keys.digest ");
    assert_int_equal(directory_digest_revoke(&fixture->call, &old, &revoked), 0);
    found.len = 0;
    find_columns(fixture, &old, &found);
    assert_span(text_span(&found), "revoked_digests.digest ");
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, directory_fixture_open, directory_fixture_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_user_is_shown_as_it_was_added),
        TEST(an_update_changes_what_it_gives_and_no_more),
        TEST(a_repeated_call_is_no_change),
        TEST(what_is_not_well_formed_is_refused_with_its_field),
        TEST(a_refusal_does_not_repeat_what_it_refuses),
        TEST(an_actor_is_required),
        TEST(a_change_of_an_old_version_is_a_conflict),
        TEST(what_is_not_there_cannot_be_changed),
        TEST(pages_give_everything_once_and_in_order),
        TEST(all_is_a_grant_beside_the_others),
        TEST(a_list_changes_also_while_all_is_granted),
        TEST(a_key_never_loses_its_restriction_by_emptying_it),
        TEST(a_created_key_is_shown_once_and_opens_by_its_digest),
        TEST(a_key_without_a_name_gets_one),
        TEST(a_key_that_makes_no_sense_is_refused),
        TEST(an_import_can_be_repeated_and_says_what_it_did),
        TEST(an_import_is_whole_or_not_at_all),
        TEST(a_key_shows_the_first_state_that_is_true_of_it),
        TEST(keys_are_listed_by_owner_and_state),
        TEST(a_rotation_keeps_the_old_text_for_as_long_as_it_is_told),
        TEST(a_text_that_is_still_taken_cannot_be_given_away),
        TEST(a_revoked_key_stays_refused_in_every_way),
        TEST(a_key_of_the_configuration_can_be_revoked_by_name),
        TEST(a_text_that_leaked_can_be_revoked_without_its_name),
        TEST(an_owner_with_keys_is_removed_only_with_them),
        TEST(an_owner_whose_keys_are_revoked_is_in_nobodys_way),
        TEST(a_removed_group_leaves_its_members),
        TEST(the_trail_can_be_read_backwards_and_by_name),
        TEST(a_user_who_is_removed_takes_keys_along_one_by_one),
        TEST(an_answer_is_given_again_to_the_same_request_alone),
        TEST(the_oldest_rows_of_a_full_trail_are_swept),
        TEST(an_answer_with_a_key_in_it_is_not_kept),
        TEST(no_secret_is_stored),
        TEST(digests_stand_in_their_columns_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
