/*
 * Method: registries that chance makes are written as YAML, loaded, compiled and opened as a worker
 * opens them. What each key may do is worked out here from what was drawn, and compared with what
 * access admits and with what every dialect lists, whole and page by page. The seed is printed;
 * WEIR_SEED sets it.
 */
#include "lib/access/access.h"
#include "lib/base/err.h"
#include "lib/dialect/page.h"
#include "tests/unit/drawn_fixture.h"
#include "tests/unit/load_fixture.h"
#include "worker/listing.h"

#include <sys/random.h>
#include <unistd.h>

enum { ROUNDS = 100, BODY_BYTES = 512 * 1024, CURSOR_BYTES = 256, NOW_S = 1000 };

struct scene {
    struct snapshot snapshot;
    struct registry_compiled compiled;
    struct revocations_fds fds;
    struct revocations revocations;
    struct digester *digester;
};

static void open_scene(const struct drawn *drawn, struct scene *scene)
{
    const struct registry_compile_input input = {.generation = 1, .now_s = NOW_S};
    struct report *report = report_new();

    *scene = (struct scene){.compiled = REGISTRY_COMPILED_NONE, .digester = digester_new()};
    assert_non_null(scene->digester);
    struct registry *registry = load_good(drawn_yaml(drawn, scene->digester));

    assert_int_equal(registry_compile(registry, &input, report, &scene->compiled), 0);
    assert_int_equal(snapshot_open(scene->compiled.snapshot_fd, &scene->snapshot), 0);
    registry_free(&registry);
    report_free(&report);
    assert_int_equal(
        revocations_create(scene->snapshot.header->cells_used, &scene->fds, &scene->revocations),
        0);
    for (uint32_t n = 0; n < drawn->keys; n++) {
        const struct digest digest = digester_hash(scene->digester, span_of(drawn_key_text(n)));
        uint32_t row = snapshot_find_key(&scene->snapshot, &digest);

        assert_int_not_equal(row, ROW_NONE);
        if (drawn->key[n].is_revoked)
            revocations_set(&scene->revocations, snapshot_key(&scene->snapshot, row)->cell);
    }
}

static void close_scene(struct scene *scene)
{
    const int fds[] = {scene->compiled.snapshot_fd, scene->compiled.secrets_fd,
                       scene->compiled.accounts_fd};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
    }
    snapshot_close(&scene->snapshot);
    revocations_close(&scene->revocations);
    revocations_close_fds(&scene->fds);
    digester_free(&scene->digester);
}

static void check_admissions(const struct drawn *drawn, const struct scene *scene, uint32_t key,
                             const struct access *access)
{
    const int ungranted = drawn->conceals ? ERR_UNKNOWN_MODEL : ERR_NOT_GRANTED;

    for (uint32_t n = 0; n < drawn->models; n++) {
        char memory[DRAWN_SLUG_BYTES];
        uint32_t model = ROW_NONE;
        int expected = drawn_may_use(drawn, key, n) ? 0 : ungranted;

        if (!drawn->is_enabled[n])
            expected = ERR_UNKNOWN_MODEL;
        assert_int_equal(access_admit(&scene->snapshot, access, drawn_slug(n, memory), &model),
                         expected);
        if (expected == 0)
            assert_int_equal(drawn->order[model], n);
    }
}

static char body[2][BODY_BYTES];

static void add_items(const struct drawn *drawn, const struct scene *scene, uint32_t key,
                      enum dialect dialect, struct text *out)
{
    bool is_first = true;

    for (uint32_t n = 0; n < drawn->enabled; n++) {
        if (!drawn_may_use(drawn, key, drawn->order[n]))
            continue;
        /* What begins a fragment stands between two. */
        text_add(out, is_first ? listing_item(&scene->snapshot, dialect, n)
                               : snapshot_fragment(&scene->snapshot, dialect, n));
        is_first = false;
    }
    text_add(out, dialect_list_tail(dialect));
}

static void check_list(const struct drawn *drawn, const struct scene *scene, uint32_t key,
                       const struct access *access)
{
    for (enum dialect dialect = 0; dialect < DIALECT_COUNT; dialect++) {
        struct text expected = text_over(body[0], BODY_BYTES);
        struct text listed = text_over(body[1], BODY_BYTES);
        uint32_t behind = dialect_list_behind(dialect);
        struct listing listing;
        struct span piece;

        text_add(&expected, dialect_list_head(dialect));
        add_items(drawn, scene, key, dialect, &expected);
        if (behind != ROW_NONE)
            add_items(drawn, scene, key, (enum dialect)behind, &expected);
        listing_begin(&listing, &scene->snapshot, dialect, access->grant_set);
        while (listing_next(&listing, &piece))
            text_add(&listed, piece);
        assert_int_equal(expected.err | listed.err, 0);
        assert_true(span_equal(text_span(&expected), text_span(&listed)));
        assert_int_equal(snapshot_listing(&scene->snapshot, access->grant_set, dialect)->body_bytes,
                         listed.len);
    }
}

/* The numbers of a page's models go on with those from `next` on that the key may use. */
static uint32_t check_page(const struct drawn *drawn, uint32_t key, const struct page *page,
                           uint32_t next)
{
    struct selection_walk walk = selection_begin(&page->selection);
    struct grant_run run = {0, 0};

    while (selection_next(&page->selection, &walk, &run)) {
        for (uint32_t n = run.first; n < run.end; n++) {
            while (next < n)
                assert_false(drawn_may_use(drawn, key, drawn->order[next++]));
            assert_true(drawn_may_use(drawn, key, drawn->order[next++]));
        }
    }
    return next;
}

enum { PAGER_ANTHROPIC, PAGER_GEMINI, PAGER_OPENROUTER, PAGER_COUNT };

static const struct {
    enum dialect dialect;
    const char *limit;
    const char *cursor;
    const char *more; /* what the tail of a page has that is not the last one */
    const char *mark; /* behind it, up to a quote, stands the next page's cursor */
} pagers[PAGER_COUNT] = {
    [PAGER_ANTHROPIC] = {DIALECT_ANTHROPIC, "limit=", "&after_id=", "\"has_more\":true",
                         "\"last_id\":\""},
    [PAGER_GEMINI] = {DIALECT_GEMINI, "pageSize=", "&pageToken=", "\"nextPageToken\"",
                      "\"nextPageToken\":\""},
    [PAGER_OPENROUTER] = {DIALECT_OPENROUTER, "limit=", "&after=", "&after=", "&after="},
};

/* Is there a page behind this one? */
static bool find_cursor(const struct page *page, size_t pager, char cursor[static CURSOR_BYTES])
{
    char tail[PAGE_TAIL_BYTES_MAX + 1];

    memcpy(tail, page->tail, page->tail_bytes);
    tail[page->tail_bytes] = '\0';
    const char *at = strstr(tail, pagers[pager].mark);

    if (strstr(tail, pagers[pager].more) == NULL)
        return false;
    assert_non_null(at);
    at += strlen(pagers[pager].mark);
    size_t len = strcspn(at, "\"");

    assert_true(len > 0 && len < CURSOR_BYTES);
    memcpy(cursor, at, len);
    cursor[len] = '\0';
    return true;
}

/* Somebody who pages through a list. */
struct reader {
    size_t pager;
    uint32_t limit;
    char cursor[CURSOR_BYTES];
    struct page page; /* the last one */
};

/* @return false when there is no page behind it */
static bool turn_page(const struct scene *scene, const struct access *access, struct reader *reader)
{
    const size_t pager = reader->pager;
    char query[2 * CURSOR_BYTES];
    struct span wrong;
    int len = snprintf(query, sizeof(query), "%s%u%s%s", pagers[pager].limit, reader->limit,
                       pagers[pager].cursor, reader->cursor);
    const struct page_request request = {.snapshot = &scene->snapshot,
                                         .grant_set = access->grant_set,
                                         .dialect = pagers[pager].dialect,
                                         .query = {query, (size_t)len}};

    assert_int_equal(page_answer(&request, &reader->page, &wrong), 0);
    assert_true(selection_count(&reader->page.selection) <= reader->limit);
    return find_cursor(&reader->page, pager, reader->cursor);
}

static void check_pages(const struct drawn *drawn, const struct scene *scene, uint32_t key,
                        const struct access *access, size_t pager)
{
    struct reader reader = {.pager = pager, .limit = 1 + drawn_number(DRAWN_MODELS_MAX)};
    uint32_t next = 0;
    bool has_more = true;

    while (has_more) {
        has_more = turn_page(scene, access, &reader);
        next = check_page(drawn, key, &reader.page, next);
    }
    while (next < drawn->enabled)
        assert_false(drawn_may_use(drawn, key, drawn->order[next++]));
}

static void check_key(const struct drawn *drawn, const struct scene *scene, uint32_t key)
{
    static const enum key_flag scopes[] = {KEY_SCOPE_LIST, KEY_SCOPE_CALL};
    const struct access_basis basis = {&scene->snapshot, &scene->revocations};
    struct span text = key == drawn->keys ? SPAN("") : span_of(drawn_key_text(key));

    for (size_t i = 0; i < 2; i++) {
        struct access access;
        int expected = drawn_refusal(drawn, key, scopes[i]);

        assert_int_equal(access_identify(&basis, scene->digester, text, scopes[i], &access),
                         expected);
        if (expected != 0)
            continue;
        check_admissions(drawn, scene, key, &access);
        check_list(drawn, scene, key, &access);
        for (size_t pager = 0; pager < PAGER_COUNT; pager++)
            check_pages(drawn, scene, key, &access, pager);
    }
}

static uint64_t choose_seed(void)
{
    const char *given = getenv("WEIR_SEED"); /* NOLINT(concurrency-mt-unsafe): one thread */
    uint64_t seed;

    if (given != NULL)
        return strtoull(given, NULL, 10);
    assert_int_equal(getrandom(&seed, sizeof(seed), 0), sizeof(seed));
    return seed;
}

static void what_is_listed_is_what_is_admitted_in_any_registry(void **state)
{
    static struct drawn drawn;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct scene scene;

        drawn_registry(&drawn);
        open_scene(&drawn, &scene);
        for (uint32_t key = 0; key <= drawn.keys; key++)
            check_key(&drawn, &scene, key);
        close_scene(&scene);
    }
}

/* The access of a key that is neither disabled nor anything of the sort. */
static struct access access_of(const struct scene *scene, uint32_t key)
{
    const struct digest digest = digester_hash(scene->digester, span_of(drawn_key_text(key)));
    uint32_t row = snapshot_find_key(&scene->snapshot, &digest);

    return (struct access){snapshot_key(&scene->snapshot, row)->grant_set, row};
}

static void count_seen(const struct drawn *drawn, const struct page *page, uint32_t *seen)
{
    struct selection_walk walk = selection_begin(&page->selection);
    struct grant_run run = {0, 0};

    while (selection_next(&page->selection, &walk, &run)) {
        for (uint32_t n = run.first; n < run.end; n++)
            seen[drawn->order[n]]++;
    }
}

/* Whoever stands where they stood and could be used all the time has been seen once. */
static void check_seen(const struct drawn *before, const struct drawn *after, uint32_t key,
                       const uint32_t *seen)
{
    for (uint32_t n = 0; n < before->models; n++) {
        bool was = before->is_enabled[n] && drawn_may_use(before, key, n);
        bool is = after->is_enabled[n] && drawn_may_use(after, key, n);

        if (was && is && before->priority[n] == after->priority[n])
            assert_int_equal(seen[n], 1);
        else if (before->priority[n] == after->priority[n])
            assert_in_range(seen[n], 0, was || is);
    }
}

/* One page before the reload, all the others behind it. */
static void page_across_reload(const struct drawn *before, const struct drawn *after, uint32_t key,
                               size_t pager)
{
    struct reader reader = {.pager = pager, .limit = 1 + drawn_number(20)};
    uint32_t seen[DRAWN_MODELS_MAX] = {0};
    struct scene scene;

    open_scene(before, &scene);
    struct access access = access_of(&scene, key);
    bool has_more = turn_page(&scene, &access, &reader);

    count_seen(before, &reader.page, seen);
    close_scene(&scene);
    if (!has_more)
        return;
    open_scene(after, &scene);
    access = access_of(&scene, key);
    while (has_more) {
        has_more = turn_page(&scene, &access, &reader);
        count_seen(after, &reader.page, seen);
    }
    close_scene(&scene);
    check_seen(before, after, key, seen);
}

/* Anthropic's cursors are ids, which lead on from wherever their model stands now. */
static void a_token_leads_on_whatever_a_reload_changes(void **state)
{
    static struct drawn before;
    static struct drawn after;

    (void)state;
    for (int round = 0; round < ROUNDS / 10; round++) {
        drawn_registry(&before);
        after = before;
        drawn_change(&after);
        for (uint32_t key = 0; key < before.keys; key++) {
            if (drawn_refusal(&before, key, KEY_SCOPE_LIST) != 0)
                continue;
            page_across_reload(&before, &after, key, PAGER_GEMINI);
            page_across_reload(&before, &after, key, PAGER_OPENROUTER);
        }
    }
}

static int begin(void **state)
{
    const uint64_t seed = choose_seed();

    print_message("WEIR_SEED=%llu\n", (unsigned long long)seed);
    drawn_begin(seed);
    return load_set_up(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_listed_is_what_is_admitted_in_any_registry),
        cmocka_unit_test(a_token_leads_on_whatever_a_reload_changes),
    };

    return cmocka_run_group_tests(tests, begin, load_tear_down);
}
