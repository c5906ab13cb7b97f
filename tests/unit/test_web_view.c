/* The pages for people: what stands on them, and that nothing gets out of its place in the markup. */
#include "lib/base/err.h"
#include "lib/web/view.h"
#include "tests/unit/snapshot_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PAGE_BYTES = 262144, MODELS = 120 };

static bool granted(uint32_t set, uint32_t model)
{
    return set == 1 || (set == 2 && model == 0);
}

static const struct fixture_key keys[] = {{"weir_user", 1, KEY_SCOPE_LIST, 0},
                                          {"weir_group", 1, KEY_SCOPE_LIST, 0}};

static const struct fixture_plan plan = {
    .model_count = MODELS,
    .key_count = 2,
    .keys = keys,
    .set_count = 3,
    .is_granted = granted,
};

static const struct http_request plain = {
    .header_count = 1,
    .headers = {{{"Host", 4}, {"127.0.0.1:8080", 14}}},
};

/* A page as one text; it stands until the next one is made. */
static const char *render(struct web_view *view)
{
    static struct web_body body;
    static char page[PAGE_BYTES];
    struct text text = text_over(page, sizeof(page) - 1);

    assert_int_equal(web_view_render(view, &body), 0);
    for (uint32_t i = 0; i < body.count; i++)
        text_add(&text, body.pieces[i]);
    assert_int_equal(text.err, 0);
    assert_int_equal(text.len, body.bytes);
    page[text.len] = '\0';
    return page;
}

static void check_has(const char *page, const char *part)
{
    if (strstr(page, part) == NULL)
        fail_msg("there is no %s in %s", part, page);
}

static void check_lacks(const char *page, const char *part)
{
    if (strstr(page, part) != NULL)
        fail_msg("there is %s in %s", part, page);
}

/* Every tag that is opened is closed, and in order; attributes have quotes. */
static void check_nesting(const char *page)
{
    static const char *const empty[] = {"!doctype", "meta", "link", "input", "path", "use"};
    char open[64][16];
    size_t depth = 0;

    for (const char *at = strchr(page, '<'); at != NULL; at = strchr(at, '<')) {
        bool is_end = at[1] == '/';
        const char *name = at + (is_end ? 2 : 1);
        size_t len = strcspn(name, " >/");
        const char *end = strchr(at, '>');
        bool is_empty = false;

        assert_non_null(end);
        assert_true(len > 0 && len < sizeof(open[0]));
        for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
            is_empty = is_empty || (strlen(empty[i]) == len && memcmp(name, empty[i], len) == 0);
        at = end;
        if (is_empty)
            continue;
        if (!is_end) {
            assert_true(depth < 64);
            memcpy(open[depth], name, len);
            open[depth++][len] = '\0';
            continue;
        }
        assert_true(depth > 0);
        depth--;
        if (strlen(open[depth]) != len || memcmp(open[depth], name, len) != 0)
            fail_msg("%s is closed by %.*s", open[depth], (int)len, name);
    }
    assert_int_equal(depth, 0);
}

/* The page of models as that query asks for it. */
static const char *models_page(const struct fixture *fixture, uint32_t set, const char *text)
{
    static struct web_query query;
    static struct web_pick pick;
    struct web_view view;
    struct span wrong;

    assert_int_equal(web_query_read(span_of(text), &query, &wrong), 0);
    assert_int_equal(web_pick(&fixture->snapshot, set, &query, &pick), 0);
    web_view_init(&view, &plain);
    view.snapshot = &fixture->snapshot;
    view.grant_set = set;
    view.query = &query;
    web_view_models(&view, &pick);
    return render(&view);
}

static void a_list_has_its_rows_and_says_how_many_there_are(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    const char *page = models_page(&fixture, 1, "");

    check_nesting(page);
    check_has(page, "120 models you may call.");
    check_has(page, "<tbody>\n{\"id\":\"model-00000\"}\n{\"id\":\"model-00001\"}");
    check_has(page, "{\"id\":\"model-00049\"}\n</tbody>");
    check_lacks(page, "model-00050");
    check_has(page, "<p>1\xe2\x80\x93"
                    "50 of 120</p><a href=\"/models?page=1\" aria-current=\"page\">");
    check_lacks(page, "Previous");
    check_has(page, ">Next</a>");
    check_has(page, "<a href=\"/models\" aria-current=\"page\">Models</a>");
    page = models_page(&fixture, 1, "page=3");
    check_has(page, "<p>101\xe2\x80\x93"
                    "120 of 120</p>");
    check_has(page, ">Previous</a>");
    check_lacks(page, ">Next</a>");
    page = models_page(&fixture, 2, "");
    check_has(page, "1 model you may call.");
    check_lacks(page, "class=\"pager\"");
    fixture_free(&fixture);
}

static void the_heads_say_how_the_list_is_sorted(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    const char *page = models_page(&fixture, 1, "");

    check_lacks(page, "aria-sort");
    check_has(page, "<th scope=\"col\"><a href=\"/models?sort=slug\">Slug</a></th>");
    page = models_page(&fixture, 1, "sort=context&q=MODEL");
    check_has(page, "<th scope=\"col\" aria-sort=\"ascending\">"
                    "<a href=\"/models?q=MODEL&amp;sort=context&amp;order=desc\">Context</a>");
    check_has(page, "<a href=\"/models?q=MODEL&amp;sort=name\">Name</a>");
    check_has(page, "<input type=\"hidden\" name=\"sort\" value=\"context\">");
    check_has(page, "<a href=\"/models?q=MODEL&amp;sort=context&amp;page=2\">");
    page = models_page(&fixture, 1, "sort=output&order=desc");
    check_has(page, "aria-sort=\"descending\"><a href=\"/models?sort=output\">Output</a>");
    check_has(page, "name=\"order\" value=\"desc\"");
    check_has(page, "/models?sort=output&amp;order=desc&amp;after=");
    fixture_free(&fixture);
}

static void where_there_is_no_row_a_sentence_says_why(void **state)
{
    static const struct {
        uint32_t set;
        const char *query;
        const char *sentence;
    } rows[] = {
        {0, "", "No model is granted to you yet."},
        {0, "q=a", "No model is granted to you yet."},
        {1, "q=zzz", "No slug and no name has that in it."},
        {1, "page=4", "The list ends before this page."},
        {1, "page=999999999&sort=name", "<a href=\"/models?sort=name\">Go to its beginning</a>"},
    };
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *page = models_page(&fixture, rows[i].set, rows[i].query);

        check_nesting(page);
        check_has(page, rows[i].sentence);
        check_lacks(page, "<table");
        check_lacks(page, "class=\"pager\"");
    }
    fixture_free(&fixture);
}

/* Every model has that text, of at most WEB_SEARCH_BYTES_MAX bytes: it lies where rows of models lie
 * that are on no page of the test. */
static void plant(const struct fixture *fixture, const char *text)
{
    const struct ref *unused = fixture_row(fixture, SNAPSHOT_FRAGMENTS,
                                           DIALECT_HTML * MODELS + MODELS - 10);

    memcpy(fixture->memory + unused->offset, text, strlen(text));
    for (uint32_t n = 0; n < MODELS; n++) {
        struct ref *search = fixture_row(fixture, SNAPSHOT_SEARCH_TEXTS, n);

        *search = (struct ref){.offset = unused->offset, .len = (uint32_t)strlen(text)};
    }
}

static void what_was_searched_for_cannot_leave_its_place(void **state)
{
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    plant(&fixture, "\"><script>alert(1)</script>'&amp;");
    const char *page = models_page(&fixture, 1,
                                   "sort=name&q=%22%3E%3CScript%3Ealert(1)%3C/script%3E'%26amp;");

    check_nesting(page);
    check_lacks(page, "alert(1)<");
    check_lacks(page, "<Script>");
    check_has(page, "120 of 120 models with");
    check_has(page, "value=\"&quot;&gt;&lt;Script&gt;alert(1)&lt;/script&gt;&#39;&amp;amp;\"");
    check_has(page, "\xe2\x80\x9c&quot;&gt;&lt;Script&gt;");
    check_has(page,
              "/models?q=%22%3E%3CScript%3Ealert%281%29%3C%2Fscript%3E%27%26amp%3B&amp;sort=");
    fixture_free(&fixture);
}

static void the_longest_search_fits_the_page(void **state)
{
    char query[3 * WEB_SEARCH_BYTES_MAX + 64] = "sort=max_output&order=desc&page=2&q=";
    char text[WEB_SEARCH_BYTES_MAX + 1] = "";
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    /* What takes the most room, as an entity and percent-encoded. */
    for (uint32_t i = 0; i < WEB_SEARCH_BYTES_MAX; i++) {
        text[i] = '"';
        memcpy(query + strlen(query), "%22", 4);
    }
    plant(&fixture, text);
    const char *page = models_page(&fixture, 1, query);

    check_nesting(page);
    check_has(page, "<p>51\xe2\x80\x93"
                    "100 of 120</p>");
    check_has(page, ">Previous</a>");
    check_has(page, ">Next</a>");
    fixture_free(&fixture);
}

/* A key whose user's name, and a model whose slug, would be markup. */
static void names_are_text_wherever_they_stand(void **state)
{
    static const char *const slugs[] = {"<b>\"'&", "plain"};
    struct fixture_plan hostile = plan;
    struct fixture fixture;
    struct web_view view;
    struct web_query query;
    struct span wrong;

    (void)state;
    hostile.model_count = 2;
    hostile.slugs = slugs;
    fixture_build(&hostile, &fixture);
    struct subject_row *user = fixture_row(&fixture, SNAPSHOT_USERS, 0);

    user->name = ((struct model_row *)fixture_row(&fixture, SNAPSHOT_MODELS, 0))->slug;
    web_view_init(&view, &plain);
    view.snapshot = &fixture.snapshot;
    view.grant_set = 1;
    view.query = &query;
    assert_int_equal(web_query_read(SPAN("model=%3Ci%3E"), &query, &wrong), 0);
    web_view_set_key(&view, &fixture.snapshot, 0);
    web_view_connect(&view);
    const char *page = render(&view);

    check_nesting(page);
    check_lacks(page, "<b>\"");
    check_lacks(page, "<i>");
    check_has(page, "<span class=\"sr\">Signed in as </span>&lt;b&gt;&quot;&#39;&amp;</span>");
    check_has(page, "model: '&lt;b&gt;&quot;&#39;&amp;'");
    check_has(page, "value=\"&lt;i&gt;\"");
    check_has(page, "<option value=\"&lt;b&gt;&quot;&#39;&amp;\">");
    check_has(page, "no model named <code>&lt;i&gt;</code>");
    fixture_free(&fixture);
}

static void examples_show_the_model_that_was_asked_for(void **state)
{
    struct fixture fixture;
    struct web_view view;
    struct web_query query;
    struct span wrong;

    (void)state;
    fixture_build(&plan, &fixture);
    web_view_init(&view, &plain);
    view.snapshot = &fixture.snapshot;
    view.grant_set = 1;
    view.query = &query;
    assert_int_equal(web_query_read(SPAN("model=model-00007"), &query, &wrong), 0);
    web_view_connect(&view);
    const char *page = render(&view);

    check_nesting(page);
    check_has(page, "<option value=\"model-00000\"></option><option value=\"model-00001\">");
    check_has(page, "<option value=\"model-00049\"></option></datalist>");
    check_has(page, "aider --model openai/model-00007");
    check_has(page, "export ANTHROPIC_MODEL=model-00007");
    check_has(page, "/v1beta/models/model-00007:generateContent");
    check_lacks(page, "class=\"message\"");
    view.grant_set = 2;
    web_view_connect(&view);
    page = render(&view);
    check_has(page, "aider --model openai/model-00000");
    check_has(page, "no model named <code>model-00007</code>");
    check_has(page, "<datalist id=\"models\"><option value=\"model-00000\"></option></datalist>");
    view.grant_set = 0;
    web_view_connect(&view);
    page = render(&view);
    check_nesting(page);
    check_lacks(page, "aider");
    check_has(page, "There is no model yet that you may call");
    fixture_free(&fixture);
}

static void examples_have_the_host_that_was_called(void **state)
{
    static const struct {
        const char *host;
        const char *forwarded;
        const char *origin;
    } rows[] = {
        {"127.0.0.1:8080", NULL, "http://127.0.0.1:8080"},
        {"weir.example", "https", "https://weir.example"},
        {"weir.example", "HTTPS", "https://weir.example"},
        {"weir.example", "ftp", "http://weir.example"},
        {"[::1]:8080", NULL, "http://[::1]:8080"},
        {"a;b", NULL, "http://localhost:8080"},
        {"$(id)", NULL, "http://localhost:8080"},
        {"a\"b", NULL, "http://localhost:8080"},
        {"", NULL, "http://localhost:8080"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct http_request request = {
            .header_count = 2,
            .headers = {{SPAN("Host"), span_of(rows[i].host)},
                        {SPAN("X-Forwarded-Proto"), span_of(rows[i].forwarded)}},
        };
        struct web_view view;

        web_view_init(&view, &request);
        assert_int_equal(view.origin_bytes, strlen(rows[i].origin));
        assert_memory_equal(view.origin, rows[i].origin, view.origin_bytes);
    }
}

static void a_host_as_long_as_a_head_is_left_out(void **state)
{
    static char host[4096];
    const struct http_request request = {
        .header_count = 1,
        .headers = {{SPAN("Host"), {host, sizeof(host)}}},
    };
    struct web_view view;

    (void)state;
    memset(host, 'a', sizeof(host));
    web_view_init(&view, &request);
    assert_int_equal(view.origin_bytes, strlen("http://localhost:8080"));
}

static void who_is_not_signed_in_finds_the_form(void **state)
{
    struct web_view view;
    const char *page;

    (void)state;
    web_view_init(&view, &plain);
    view.next = SPAN("/connect");
    web_view_signin(&view, SPAN("The API key is <not> valid."));
    page = render(&view);
    check_nesting(page);
    check_has(page, "<form class=\"key\" method=\"post\" action=\"/signin\">");
    check_has(page, "<input type=\"hidden\" name=\"next\" value=\"/connect\">");
    check_has(page, "The API key is &lt;not&gt; valid.");
    check_lacks(page, "/signout");
    assert_null(strstr(strstr(page, "id=\"key\"") + 1, "id=\"key\""));
    web_view_message(&view, SPAN("There is a <reason>."));
    page = render(&view);
    check_nesting(page);
    check_has(page, "There is a &lt;reason&gt;.");
}

static void the_keys_user_is_shown_and_else_the_keys_own_name(void **state)
{
    struct fixture fixture;
    struct web_view view;

    (void)state;
    fixture_build(&plan, &fixture);
    for (uint32_t key = 0; key < 2; key++) {
        web_view_init(&view, &plain);
        view.snapshot = &fixture.snapshot;
        web_view_set_key(&view, &fixture.snapshot, key);
        assert_true(view.is_signed_in);
        assert_true(span_equal(view.user, key == 0 ? SPAN("ada") : SPAN("key")));
        web_view_message(&view, SPAN("x"));
        check_has(render(&view), "<form method=\"post\" action=\"/signout\">");
    }
    web_view_init(&view, &plain);
    web_view_set_key(&view, &fixture.snapshot, ROW_NONE);
    assert_false(view.is_signed_in);
    fixture_free(&fixture);
}

static uint64_t hash_of(const struct fixture *fixture, const char *text)
{
    static struct web_query query;
    static struct web_pick pick;
    static struct web_body body;
    struct web_view view;
    struct span wrong;

    assert_int_equal(web_query_read(span_of(text), &query, &wrong), 0);
    assert_int_equal(web_pick(&fixture->snapshot, 1, &query, &pick), 0);
    web_view_init(&view, &plain);
    view.snapshot = &fixture->snapshot;
    view.grant_set = 1;
    view.query = &query;
    web_view_models(&view, &pick);
    assert_int_equal(web_view_render(&view, &body), 0);
    return web_view_hash(&view, &body);
}

static void pages_that_differ_have_hashes_that_differ(void **state)
{
    static const char *const queries[] = {
        "", "page=2", "page=3", "sort=slug", "sort=slug&order=desc", "q=model", "q=0", "q=zzz",
    };
    enum { COUNT = sizeof(queries) / sizeof(queries[0]) };
    struct fixture fixture;

    (void)state;
    fixture_build(&plan, &fixture);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(hash_of(&fixture, queries[i]) == hash_of(&fixture, queries[i]));
        for (size_t n = 0; n < i; n++)
            assert_true(hash_of(&fixture, queries[i]) != hash_of(&fixture, queries[n]));
    }
    fixture_free(&fixture);
}

static void assets_are_found_by_their_whole_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < WEB_ASSET_COUNT; i++) {
        const struct web_asset *asset = &web_assets[i];

        assert_ptr_equal(web_find_asset(asset->name), asset);
        assert_true(asset->body.len > 0 && asset->body.len < WEB_ASSET_BYTES_MAX);
        assert_true(asset->etag.ptr[0] == '"' && asset->etag.ptr[asset->etag.len - 1] == '"');
        assert_null(web_find_asset((struct span){asset->name.ptr, asset->name.len - 1}));
    }
    assert_null(web_find_asset(SPAN("")));
    assert_null(web_find_asset(SPAN("../weir.css")));
}

static void a_body_that_grows_too_large_says_so(void **state)
{
    static struct web_body body;
    static const char large[WEB_COPY_BYTES_MAX + 1] = "large";

    (void)state;
    web_body_init(&body);
    for (uint32_t i = 0; i <= WEB_PIECES_MAX; i++)
        web_body_add(&body, (struct span){large, sizeof(large)});
    assert_int_equal(web_body_close(&body), ERR_NO_SPACE);
    web_body_init(&body);
    for (uint32_t i = 0; i <= WEB_TEXT_BYTES_MAX; i++)
        text_add_char(&body.text, 'x');
    assert_int_equal(web_body_close(&body), ERR_NO_SPACE);
}

/* However many small pieces there are, there is room left for text. */
static void small_pieces_are_copied_and_large_ones_are_not(void **state)
{
    static struct web_body body;
    static const char large[WEB_COPY_BYTES_MAX + 1] = "large";
    const struct span small = {large, WEB_COPY_BYTES_MAX};

    (void)state;
    web_body_init(&body);
    text_add(&body.text, SPAN("a"));
    web_body_add(&body, small);
    text_add(&body.text, SPAN("b"));
    web_body_add(&body, (struct span){large, sizeof(large)});
    text_add(&body.text, SPAN("c"));
    assert_int_equal(web_body_close(&body), 0);
    assert_int_equal(body.count, 3);
    assert_int_equal(body.pieces[0].len, small.len + 2);
    assert_memory_equal(body.pieces[0].ptr + 1, small.ptr, small.len);
    assert_ptr_equal(body.pieces[1].ptr, large);
    assert_int_equal(body.bytes, small.len + sizeof(large) + 3);

    uint64_t hash = body.hash;

    web_body_init(&body);
    text_add(&body.text, SPAN("a"));
    for (uint32_t i = 0; i < WEB_PIECES_MAX / 2; i++)
        web_body_add(&body, small);
    assert_true(body.text.len <= WEB_TEXT_BYTES_MAX - WEB_COPY_ROOM);
    assert_int_equal(web_body_close(&body), 0);
    assert_int_equal(body.bytes, 1 + (uint64_t)small.len * (WEB_PIECES_MAX / 2));
    assert_true(body.hash != hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_its_rows_and_says_how_many_there_are),
        cmocka_unit_test(the_heads_say_how_the_list_is_sorted),
        cmocka_unit_test(where_there_is_no_row_a_sentence_says_why),
        cmocka_unit_test(what_was_searched_for_cannot_leave_its_place),
        cmocka_unit_test(the_longest_search_fits_the_page),
        cmocka_unit_test(names_are_text_wherever_they_stand),
        cmocka_unit_test(examples_show_the_model_that_was_asked_for),
        cmocka_unit_test(examples_have_the_host_that_was_called),
        cmocka_unit_test(a_host_as_long_as_a_head_is_left_out),
        cmocka_unit_test(who_is_not_signed_in_finds_the_form),
        cmocka_unit_test(the_keys_user_is_shown_and_else_the_keys_own_name),
        cmocka_unit_test(pages_that_differ_have_hashes_that_differ),
        cmocka_unit_test(assets_are_found_by_their_whole_name),
        cmocka_unit_test(a_body_that_grows_too_large_says_so),
        cmocka_unit_test(small_pieces_are_copied_and_large_ones_are_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
