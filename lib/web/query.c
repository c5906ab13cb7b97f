#include "lib/web/query.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/wire/url.h"

enum { WORD_BYTES_MAX = 16, PAGE_DIGITS_MAX = 9, NUMBER_BYTES = 8, PRIORITY_BYTES = 4 };

/* A field of the query, decoded into `memory`; empty when it is not there. */
static int read_field(struct span query, struct span name, struct span memory, struct span *out)
{
    struct span encoded;

    *out = SPAN("");
    if (query.len == 0 || !url_query_find(query, name, &encoded))
        return 0;
    return url_decode_form(encoded, span_writable(memory), memory.len, out);
}

static int read_search(struct span query, struct web_query *out)
{
    char memory[WEB_SEARCH_BYTES_MAX * 2];
    struct span search;
    int err = read_field(query, SPAN("q"), (struct span){memory, sizeof(memory)}, &search);

    if (err != 0)
        return err;
    search = span_trim(search);
    if (search.len > WEB_SEARCH_BYTES_MAX)
        return ERR_NO_SPACE;
    struct text folded = text_over(out->folded, sizeof(out->folded));

    text_add_folded(&folded, search);
    if (search.len > 0)
        memcpy(out->search, search.ptr, search.len);
    out->search_bytes = (uint32_t)search.len;
    return 0;
}

static int read_order(struct span query, struct web_order *out)
{
    char sort_memory[WORD_BYTES_MAX];
    char order_memory[WORD_BYTES_MAX];
    struct span sort;
    struct span order;

    out->sort = MODEL_SORT_COUNT;
    if (read_field(query, SPAN("sort"), (struct span){sort_memory, WORD_BYTES_MAX}, &sort) != 0 ||
        read_field(query, SPAN("order"), (struct span){order_memory, WORD_BYTES_MAX}, &order) != 0)
        return ERR_INVALID;
    for (uint32_t n = 0; n < MODEL_SORT_COUNT; n++) {
        if (span_equal(sort, model_sort_word((enum model_sort)n)))
            out->sort = (enum model_sort)n;
    }
    out->is_falling = out->sort != MODEL_SORT_COUNT && span_equal(order, SPAN("desc"));
    if (sort.len > 0 && out->sort == MODEL_SORT_COUNT)
        return ERR_INVALID;
    return order.len == 0 || span_equal(order, SPAN("asc")) || span_equal(order, SPAN("desc"))
               ? 0
               : ERR_INVALID;
}

static int read_page(struct span query, uint64_t *page)
{
    char memory[PAGE_DIGITS_MAX];
    struct span digits;
    int err = read_field(query, SPAN("page"), (struct span){memory, sizeof(memory)}, &digits);

    for (size_t i = 0; err == 0 && i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return ERR_INVALID;
        *page = *page * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    return err == 0 && (digits.len == 0 || *page > 0) ? 0 : ERR_INVALID;
}

static int read_place(struct span query, struct web_query *out)
{
    char memory[WEB_PLACE_TEXT_BYTES_MAX];
    struct span text;
    struct span place = SPAN("");

    out->is_after = url_query_find(query, SPAN("after"), &text);
    int err = read_field(query, out->is_after ? SPAN("after") : SPAN("before"),
                         (struct span){memory, sizeof(memory)}, &text);

    if (err == 0 && text.len > 0)
        err = base64url_decode(text, out->place, sizeof(out->place), &place);
    out->place_bytes = (uint32_t)place.len;
    return err == 0 ? 0 : ERR_INVALID;
}

int web_query_read(struct span query, struct web_query *out, struct span *wrong)
{
    struct span model;

    memset(out, 0, sizeof(*out));
    *wrong = SPAN("What to search for is a text of at most 100 bytes.");
    if (read_search(query, out) != 0)
        return ERR_INVALID;
    *wrong = SPAN("There is no such order. Choose one by the heads of the columns.");
    if (read_order(query, &out->order) != 0)
        return ERR_INVALID;
    *wrong = SPAN("Pages are numbers from 1 on.");
    if (read_page(query, &out->page) != 0)
        return ERR_INVALID;
    *wrong = SPAN("This link leads to no place in the list.");
    if (query.len > 0 && read_place(query, out) != 0)
        return ERR_INVALID;
    *wrong = SPAN("A model's slug is a text of at most 128 bytes.");
    if (read_field(query, SPAN("model"), (struct span){out->model, sizeof(out->model)}, &model) !=
        0)
        return ERR_INVALID;
    out->model_bytes = (uint32_t)model.len;
    return 0;
}

/* --- places ----------------------------------------------------------------------------------- */

static void add_number(struct text *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        text_add_char(out, (char)(number >> (8 * i) & 0xff));
}

static uint64_t take_number(struct span *from, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)from->ptr[i] << (8 * i);
    *from = span_skip(*from, bytes);
    return number;
}

/*
 * What a model is sorted by: one byte of flag, the length of a text and the text, a number; then
 * what decides among equals. A text that is longer than its length can say is cut: among names that
 * are equal so far, a page may then begin too early, which repeats models and loses none.
 */
static struct model_key key_of(const struct snapshot *snapshot, struct web_order order,
                               uint32_t model)
{
    const struct model_facts facts = model_facts_of(snapshot, model);

    if (order.sort == MODEL_SORT_COUNT)
        return (struct model_key){0};
    return model_key_of(&facts, order.sort);
}

void web_add_place(struct text *out, const struct snapshot *snapshot, struct web_order order,
                   uint32_t model)
{
    const struct model_row *row = snapshot_model(snapshot, model);
    const struct model_key key = key_of(snapshot, order, model);
    char memory[WEB_PLACE_BYTES_MAX];
    char encoded[WEB_PLACE_TEXT_BYTES_MAX];
    struct text place = text_over(memory, sizeof(memory));
    /* The slug stands in the place anyway. */
    struct span text = order.sort == MODEL_SORT_SLUG ? SPAN("") : key.text;

    if (text.len > UINT8_MAX)
        text.len = UINT8_MAX;
    add_number(&place, text.len, 1);
    text_add(&place, text);
    add_number(&place, key.number, NUMBER_BYTES);
    add_number(&place, (uint32_t)row->priority, PRIORITY_BYTES);
    text_add(&place, snapshot_bytes(snapshot, row->slug));
    size_t len = base64url_encode(text_span(&place), encoded, sizeof(encoded));

    text_add(out, (struct span){encoded, len});
}

/* A place, read. */
struct place {
    struct model_key key;
    int32_t priority;
    struct span slug;
};

static bool read(struct span bytes, struct web_order order, struct place *out)
{
    if (bytes.len == 0)
        return false;
    size_t text_bytes = (unsigned char)bytes.ptr[0];

    if (bytes.len <= 1 + text_bytes + NUMBER_BYTES + PRIORITY_BYTES)
        return false;
    out->key.text = (struct span){bytes.ptr + 1, text_bytes};
    bytes = span_skip(bytes, 1 + text_bytes);
    out->key.number = take_number(&bytes, NUMBER_BYTES);
    out->priority = (int32_t)(uint32_t)take_number(&bytes, PRIORITY_BYTES);
    out->slug = bytes;
    switch (order.sort) {
    case MODEL_SORT_SLUG:
        out->key.text = bytes;
        out->key.is_given = true;
        return true;
    case MODEL_SORT_NAME:
    case MODEL_SORT_PROVIDER:
        out->key.is_given = text_bytes != 0;
        return true;
    case MODEL_SORT_INPUT:
    case MODEL_SORT_OUTPUT:
        out->key.is_given = out->key.number != PRICE_NONE;
        return true;
    case MODEL_SORT_CONTEXT:
    case MODEL_SORT_MAX_OUTPUT:
    case MODEL_SORT_COUNT:
        break;
    }
    out->key.is_given = out->key.number != 0;
    return true;
}

/* In display order. */
static int compare_display(const struct snapshot *snapshot, uint32_t model,
                           const struct place *place)
{
    const struct model_row *row = snapshot_model(snapshot, model);
    struct span slug = snapshot_bytes(snapshot, row->slug);
    size_t shared = slug.len < place->slug.len ? slug.len : place->slug.len;

    if (row->priority != place->priority)
        return row->priority > place->priority ? -1 : 1;
    int order = memcmp(slug.ptr, place->slug.ptr, shared);
    return order != 0 ? order : (slug.len > place->slug.len) - (slug.len < place->slug.len);
}

static int compare(const struct snapshot *snapshot, struct web_order order, uint32_t model,
                   const struct place *place)
{
    if (order.sort != MODEL_SORT_COUNT) {
        const struct model_key key = key_of(snapshot, order, model);
        int side = model_key_compare(&key, &place->key, order.is_falling);

        if (side != 0)
            return side;
    }
    return compare_display(snapshot, model, place);
}

uint32_t web_find_place(const struct snapshot *snapshot, struct web_order order, struct span place,
                        bool behind)
{
    const uint32_t *models = order.sort == MODEL_SORT_COUNT
                                 ? NULL
                                 : snapshot_order(snapshot, order.sort, order.is_falling);
    struct place sought = {0};
    uint32_t low = 0;
    uint32_t high = snapshot_rows(snapshot, SNAPSHOT_MODELS);

    if (!read(place, order, &sought))
        return UINT32_MAX;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t model = models == NULL ? middle : models[middle];
        int side = compare(snapshot, order, model, &sought);

        if (side < 0 || (side == 0 && behind))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
