/*
 * `weir models list --url`: no listing says all that the table shows, so two are asked for and put
 * together: the filterable one, and Anthropic's in its newest version.
 */
#include "tools/models.h"

#include "lib/base/err.h"
#include "lib/wire/json_walk.h"
#include "registry/list.h"
#include "registry/names.h"
#include "registry/scalars.h"
#include "tools/admin_json.h"
#include "tools/admin_request.h"
#include "tools/gateway.h"
#include "tools/tools.h"

#include <stdio.h>
#include <stdlib.h>

#define DETAILS_FIELD "anthropic-version: 2026-10-21"

enum {
    PATH_BYTES = 1024,
    TRIES_MAX = 5, /* while it is being reloaded */
    PRICE_DECIMALS = 6,
    TEXT_BYTES_MAX = 8 * 1024,
};

struct fetch {
    const char *who;
    struct gateway *gateway;
    struct arena *arena;
    struct names slugs; /* numbered as `rows` */
    struct list rows;   /* struct listed_model */
    char generation[GATEWAY_GENERATION_BYTES];
    bool has_changed; /* answers came from different generations */
};

/* --- values ----------------------------------------------------------------------------------- */

/* A string member, decoded and kept; empty: it is not there, or too long. */
static struct span take_text(struct fetch *fetch, struct span object, const char *name)
{
    static char memory[TEXT_BYTES_MAX];
    struct text out = text_over(memory, sizeof(memory));
    struct span value;

    if (!admin_json_member(object, name, &value) || json_walk_type(value) != JSON_STRING)
        return SPAN("");
    admin_json_add_string(&out, value);
    return out.err == 0 ? arena_copy(fetch->arena, text_span(&out)) : SPAN("");
}

static uint64_t take_number(struct span object, const char *name)
{
    struct span value;
    uint64_t number;

    if (!admin_json_member(object, name, &value) || scalar_count(value, &number) != 0)
        return 0;
    return number;
}

static uint64_t take_price(struct span object, const char *name)
{
    struct span pricing;
    struct span value;
    uint64_t rate;

    if (!admin_json_member(object, "pricing", &pricing) || json_walk_type(pricing) != JSON_OBJECT ||
        !admin_json_member(pricing, name, &value) ||
        scalar_decimal(value, PRICE_DECIMALS, &rate) != 0)
        return PRICE_NONE;
    return rate;
}

static bool has_word(struct span object, const char *name, struct span word)
{
    char memory[TEXT_BYTES_MAX];
    struct span array;
    struct span item;

    if (!admin_json_member(object, name, &array) || json_walk_type(array) != JSON_ARRAY)
        return false;
    for (struct json_walk walk = json_walk_begin(array); json_walk_item(&walk, &item);) {
        struct text out = text_over(memory, sizeof(memory));

        if (json_walk_type(item) == JSON_STRING)
            admin_json_add_string(&out, item);
        if (out.err == 0 && span_equal(text_span(&out), word))
            return true;
    }
    return false;
}

static bool is_supported(struct span capabilities, const char *name)
{
    struct span capability;
    struct span value;

    return admin_json_member(capabilities, name, &capability) &&
           json_walk_type(capability) == JSON_OBJECT &&
           admin_json_member(capability, "supported", &value) && json_walk_type(value) == JSON_TRUE;
}

/* --- rows ------------------------------------------------------------------------------------- */

static enum model_kind kind_of(struct span object)
{
    if (has_word(object, "capabilities", SPAN("embedding")))
        return MODEL_EMBEDDING;
    return has_word(object, "capabilities", SPAN("image_generation")) ? MODEL_IMAGE : MODEL_CHAT;
}

static int add_row(struct fetch *fetch, struct span object)
{
    const struct span slug = take_text(fetch, object, "id");
    uint32_t number;

    if (slug.len == 0)
        return 0;
    int err = names_add(&fetch->slugs, slug, (struct report_place){0}, &number);
    if (err != 0)
        return err == ERR_INVALID ? 0 : err;
    struct listed_model *facts = list_add(&fetch->rows);
    if (facts == NULL)
        return ERR_NO_MEMORY;
    *facts = (struct listed_model){
        .slug = slug,
        .name = slug,
        .provider = take_text(fetch, object, "provider"),
        .kind = kind_of(object),
        .capabilities = has_word(object, "features", SPAN("tools")) ? MODEL_TOOLS : 0,
        .input = take_price(object, "input"),
        .output = take_price(object, "output"),
        .image = PRICE_NONE,
        .context_window = take_number(object, "context_window"),
    };
    return 0;
}

/* No listing says `attachments`: who takes images or files takes them. */
static int add_details(struct fetch *fetch, struct span object)
{
    int64_t number = names_find(&fetch->slugs, take_text(fetch, object, "id"));
    struct span capabilities;

    if (number == NAME_NONE)
        return 0;
    struct listed_model *facts = list_at(&fetch->rows, (uint32_t)number);
    facts->name = take_text(fetch, object, "display_name");
    facts->max_input_tokens = take_number(object, "max_input_tokens");
    facts->max_output_tokens = take_number(object, "max_tokens");
    if (!admin_json_member(object, "capabilities", &capabilities) ||
        json_walk_type(capabilities) != JSON_OBJECT)
        return 0;
    if (is_supported(capabilities, "thinking"))
        facts->capabilities |= MODEL_REASONING;
    if (is_supported(capabilities, "image_input") || is_supported(capabilities, "pdf_input"))
        facts->capabilities |= MODEL_ATTACHMENTS;
    return 0;
}

/* --- asking ----------------------------------------------------------------------------------- */

typedef int take_fn(struct fetch *fetch, struct span object);

/* @param member  the one with the list */
static int take_all(struct fetch *fetch, struct span body, const char *member, take_fn *take)
{
    struct span data;
    struct span object;
    int err = 0;

    if (!admin_json_member(body, member, &data) || json_walk_type(data) != JSON_ARRAY) {
        fprintf(stderr, "%s: the answer is no list of models\n", fetch->who);
        return TOOL_NO_SERVICE;
    }
    for (struct json_walk walk = json_walk_begin(data);
         err == 0 && json_walk_item(&walk, &object);) {
        if (json_walk_type(object) == JSON_OBJECT)
            err = take(fetch, object);
    }
    if (err == 0)
        return TOOL_OK;
    fprintf(stderr, "%s: %s\n", fetch->who, err_text(err));
    return TOOL_FAILED;
}

static int get(struct fetch *fetch, const char *path, const char *field,
               struct gateway_answer *answer)
{
    int result = gateway_get(fetch->gateway, path, field, answer);

    if (result != TOOL_OK)
        return result;
    if (fetch->generation[0] == '\0')
        memcpy(fetch->generation, answer->generation, sizeof(fetch->generation));
    fetch->has_changed = fetch->has_changed || strcmp(fetch->generation, answer->generation) != 0;
    return TOOL_OK;
}

/* @param path  of this page; becomes that of the next. @return is there one? */
static bool next_page(struct fetch *fetch, struct span body, char path[static PATH_BYTES])
{
    struct text out = text_over(path, PATH_BYTES);
    struct span more;

    if (!admin_json_member(body, "has_more", &more) || json_walk_type(more) != JSON_TRUE)
        return false;
    const struct span last = take_text(fetch, body, "last_id");
    text_add(&out, SPAN("/v1/models?limit=1000&after_id="));
    admin_request_add_encoded(&out, last);
    text_add_char(&out, '\0');
    return out.err == 0 && last.len > 0;
}

static int fetch_details(struct fetch *fetch)
{
    char path[PATH_BYTES] = "/v1/models?limit=1000";
    struct gateway_answer answer;
    bool goes_on = true;
    int result = TOOL_OK;

    while (result == TOOL_OK && goes_on && !fetch->has_changed) {
        result = get(fetch, path, DETAILS_FIELD, &answer);
        if (result == TOOL_OK && !fetch->has_changed)
            result = take_all(fetch, answer.body, "data", add_details);
        goes_on = result == TOOL_OK && next_page(fetch, answer.body, path);
    }
    return result;
}

static int fetch_once(struct fetch *fetch)
{
    struct gateway_answer answer;

    names_init(&fetch->slugs, fetch->arena);
    list_clear(&fetch->rows);
    fetch->generation[0] = '\0';
    fetch->has_changed = false;
    int result = get(fetch, "/api/models", NULL, &answer);
    if (result == TOOL_OK)
        result = take_all(fetch, answer.body, "models", add_row);
    return result == TOOL_OK ? fetch_details(fetch) : result;
}

static int fetch_whole(struct fetch *fetch)
{
    int result = fetch_once(fetch);

    for (unsigned tries = 1; result == TOOL_OK && fetch->has_changed && tries < TRIES_MAX; tries++)
        result = fetch_once(fetch);
    if (result != TOOL_OK || !fetch->has_changed)
        return result;
    fprintf(stderr, "%s: the gateway is being reloaded all the time; ask again\n", fetch->who);
    return TOOL_FAILED;
}

static int keep_rows(struct fetch *fetch, struct model_list *out)
{
    out->count = fetch->rows.count;
    out->rows = list_copy(&fetch->rows, fetch->arena);
    if (out->rows != NULL || out->count == 0)
        return TOOL_OK;
    fprintf(stderr, "%s: out of memory\n", fetch->who);
    return TOOL_FAILED;
}

/* What cannot stand in a header field is no key. */
static bool is_key(const char *key)
{
    const struct span text = span_of(key);

    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= 0x20 || text.ptr[i] >= 0x7f)
            return false;
    }
    return text.len <= ACCESS_KEY_BYTES_MAX;
}

int models_fetch(const char *who, const char *url, struct arena *arena, struct model_list *out)
{
    const char *key = getenv("WEIR_API_KEY"); /* NOLINT(concurrency-mt-unsafe): one thread */
    struct fetch fetch = {
        .who = who, .arena = arena, .rows = {.row_bytes = sizeof(struct listed_model)}};

    if (!is_key(key)) {
        fprintf(stderr, "%s: what stands in $WEIR_API_KEY can be no key\n", who);
        return TOOL_USAGE;
    }
    fetch.gateway = gateway_new(who, url, key, arena);
    if (fetch.gateway == NULL) {
        fprintf(stderr, "%s: out of memory\n", who);
        return TOOL_FAILED;
    }
    int result = fetch_whole(&fetch);
    if (result == TOOL_OK)
        result = keep_rows(&fetch, out);
    gateway_close(&fetch.gateway);
    list_close(&fetch.rows);
    return result;
}
