/*
 * The pages for people, for whatever is asked: every query is refused or answered by a page that
 * fits, and what the client wrote stands in it as text.
 *
 * Input: a byte of who asks and for which page, the length of a Host, the Host, and the query.
 */
#include "lib/base/err.h"
#include "lib/web/view.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/snapshot_fixture.h"

enum { MODELS = 130, SETS = 4, ASKS_CONNECT = 4 };

static bool is_granted(uint32_t set, uint32_t model)
{
    return model % (set + 1) != 0;
}

static const struct fixture *sound(void)
{
    static struct fixture fixture;
    static const struct fixture_plan plan = {
        .model_count = MODELS, .set_count = SETS, .is_granted = is_granted};

    if (fixture.memory == NULL)
        fixture_build(&plan, &fixture);
    return &fixture;
}

/* Each model once at most, granted, and as many as the page says. */
static void check_pick(const struct snapshot *snapshot, uint32_t set, const struct web_pick *pick)
{
    bool seen[MODELS] = {false};

    INVARIANT(pick->count <= WEB_PAGE_MODELS && pick->total <= pick->granted);
    INVARIANT(pick->count == 0 || pick->first + pick->count <= pick->total);
    for (uint32_t i = 0; i < pick->count; i++) {
        uint32_t model = pick->models[i];

        INVARIANT(model < MODELS && !seen[model] && snapshot_is_granted(snapshot, set, model));
        seen[model] = true;
    }
}

/* Quotes and brackets are the page's own: they come in pairs, and no pair is inside another. */
static void check_markup(const struct web_body *body)
{
    bool is_tag = false;
    bool is_value = false;
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < body->count; i++) {
        const struct span piece = body->pieces[i];

        bytes += piece.len;
        for (size_t n = 0; n < piece.len; n++) {
            INVARIANT(piece.ptr[n] != '<' || !is_tag);
            INVARIANT(piece.ptr[n] != '>' || (is_tag && !is_value));
            is_value = is_tag && (is_value != (piece.ptr[n] == '"'));
            is_tag = piece.ptr[n] == '<' || (is_tag && piece.ptr[n] != '>');
        }
    }
    INVARIANT(!is_tag && bytes == body->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct web_body body;
    const struct fixture *fixture = sound();
    const struct span input = {(const char *)data, size};
    struct web_query query;
    struct web_pick pick;
    struct web_view view;
    struct span wrong;

    if (size < 2 || data[1] > size - 2)
        return 0;
    const struct http_request http = {
        .header_count = 1,
        .headers = {{{"host", 4}, {input.ptr + 2, data[1]}}},
    };
    const uint32_t set = data[0] % SETS;
    int err = web_query_read(span_skip(input, 2 + (size_t)data[1]), &query, &wrong);

    web_view_init(&view, &http);
    view.snapshot = &fixture->snapshot;
    view.grant_set = set;
    if (err != 0) {
        INVARIANT(err == ERR_INVALID && wrong.len > 0);
        web_view_message(&view, wrong);
    } else {
        view.query = &query;
        err = web_pick(&fixture->snapshot, set, &query, &pick);
        INVARIANT(err == 0 || err == ERR_INVALID);
        if (err != 0)
            return 0;
        check_pick(&fixture->snapshot, set, &pick);
        if ((data[0] & ASKS_CONNECT) != 0)
            web_view_connect(&view);
        else
            web_view_models(&view, &pick);
    }
    err = web_view_render(&view, &body);
    INVARIANT(err == 0);
    check_markup(&body);
    return 0;
}
