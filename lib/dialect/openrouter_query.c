/* The query of OpenRouter's list: what a model has to be, and how that is written again. */
#include "lib/dialect/openrouter_query.h"

#include "lib/base/err.h"
#include "lib/base/names.h"
#include "lib/dialect/fields.h"
#include "lib/dialect/page.h"
#include "lib/wire/url.h"

enum { RATE_PLACES = 6, PRICE_BYTES_MAX = 32 };

/* The words that its protocol has for modalities, with the bit of what they mean here. */
static const struct {
    struct span word;
    uint32_t bit;
} modalities[] = {
#define X(name, word) {{word, sizeof(word) - 1}, UINT32_C(1) << MODALITY_##name},
    MODALITY_MAP(X)
#undef X
        {{"all", 3}, 0},
    {{"rerank", 6}, SELECTION_NOBODY},
    {{"decisions", 9}, SELECTION_NOBODY},
    {{"speech", 6}, SELECTION_NOBODY},
    {{"transcription", 13}, SELECTION_NOBODY},
};

enum { MODALITY_WORDS = sizeof(modalities) / sizeof(modalities[0]), LIST_BYTES_MAX = 256 };

const struct openrouter_provider openrouter_providers[PROVIDER_KIND_COUNT] = {
#define X(name, word, owned_by, page, ...) \
    [PROVIDER_##name] = {                  \
        {page, sizeof(page) - 1}, {word, sizeof(word) - 1}, {owned_by, sizeof(owned_by) - 1}},
    PROVIDER_KIND_MAP(X)
#undef X
};

/* Words with a comma between two, none behind the last one. */
static int find_words(struct span query, struct span name, char *memory, size_t memory_bytes,
                      struct span *list)
{
    int err = page_find_text(query, name, memory, memory_bytes, list);

    if (err == 0 && list->len > 0 && list->ptr[list->len - 1] == ',')
        return ERR_INVALID;
    return err;
}

static int find_modality(struct span word, uint32_t *bit)
{
    for (size_t n = 0; n < MODALITY_WORDS; n++) {
        if (!span_equal(modalities[n].word, word))
            continue;
        *bit = modalities[n].bit;
        return 0;
    }
    return ERR_INVALID;
}

/* A model passes that has one of them. `all` is no filter. */
static int read_modalities(struct span query, struct span name, uint32_t *bits)
{
    char memory[LIST_BYTES_MAX];
    struct span list;
    bool is_all = false;
    int err = find_words(query, name, memory, sizeof(memory), &list);

    while (err == 0 && list.len > 0) {
        uint32_t bit = 0;

        err = find_modality(span_cut(&list, ','), &bit);
        *bits |= bit;
        is_all = is_all || bit == 0;
    }
    if (is_all)
        *bits = 0;
    else if (*bits != SELECTION_NOBODY)
        *bits &= ~SELECTION_NOBODY;
    return err;
}

/* A model passes that has all of them. */
static int read_parameters(struct span query, struct selection_filter *filter)
{
    struct span list;
    int err = find_words(query, SPAN("supported_parameters"), filter->parameters,
                         sizeof(filter->parameters), &list);

    if (err != 0)
        return err;
    filter->parameter_bytes = (uint32_t)list.len;
    while (list.len > 0) {
        if (name_check_id(span_cut(&list, ',')) != NULL)
            return ERR_INVALID;
    }
    return 0;
}

static bool is_called(const struct openrouter_provider *provider, struct span word)
{
    return span_equal_nocase(provider->name, word) || span_equal_nocase(provider->word, word) ||
           span_equal_nocase(provider->owner, word);
}

/* A provider that is not here serves nothing here. */
static int read_providers(struct span query, uint32_t *bits)
{
    char memory[LIST_BYTES_MAX];
    struct span list;
    int err = find_words(query, SPAN("providers"), memory, sizeof(memory), &list);

    if (err != 0)
        return err;
    while (list.len > 0) {
        struct span word = span_cut(&list, ',');

        *bits |= SELECTION_NOBODY;
        for (uint32_t n = 0; n < PROVIDER_KIND_COUNT; n++) {
            if (is_called(&openrouter_providers[n], word))
                *bits |= UINT32_C(1) << n;
        }
    }
    return 0;
}

/* Forms write a space as `+`. */
static int read_search(struct span query, struct selection_filter *filter)
{
    struct text folded = text_over(filter->search, sizeof(filter->search));
    char memory[SELECTION_SEARCH_BYTES_MAX];
    struct span encoded;
    struct span text;

    if (query.len == 0 || !url_query_find(query, SPAN("q"), &encoded))
        return 0;
    if (url_decode_form(encoded, memory, sizeof(memory), &text) != 0)
        return ERR_INVALID;
    text_add_folded(&folded, span_trim(text));
    filter->search_bytes = (uint32_t)folded.len;
    return 0;
}

static uint64_t append_digit(uint64_t value, unsigned digit)
{
    uint64_t out;

    if (__builtin_mul_overflow(value, UINT64_C(10), &out) ||
        __builtin_add_overflow(out, (uint64_t)digit, &out))
        return UINT64_MAX;
    return out;
}

/* What is finer than rates are is cut off, and was there. */
struct decimal {
    uint64_t value; /* UINT64_MAX: more than a rate can be */
    bool is_cut;
};

/* Digits, then a point and digits: USD for a million tokens is pico-dollars for one with 6 places. */
static int parse_decimal(struct span text, struct decimal *out)
{
    int places = -1;

    *out = (struct decimal){0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.' && i > 0 && i + 1 < text.len && places < 0) {
            places = 0;
            continue;
        }
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return ERR_INVALID;
        if (places == RATE_PLACES)
            out->is_cut = out->is_cut || text.ptr[i] != '0';
        else
            out->value = append_digit(out->value, (unsigned)(text.ptr[i] - '0'));
        places += places >= 0 && places < RATE_PLACES;
    }
    for (places = places < 0 ? 0 : places; places < RATE_PLACES; places++)
        out->value = append_digit(out->value, 0);
    return 0;
}

/* One bound of a rate; `is_given` becomes true when the query has it. */
static int read_bound(struct span query, struct span name, struct decimal *out, bool *is_given)
{
    char memory[PRICE_BYTES_MAX];
    struct span text;
    int err = page_find_text(query, name, memory, sizeof(memory), &text);

    if (err != 0 || text.len == 0)
        return err;
    *is_given = true;
    return parse_decimal(text, out);
}

static int read_rates(struct span query, struct span min, struct span max,
                      struct selection_rates *out)
{
    struct decimal least = {0, false};
    struct decimal most = {UINT64_MAX, false};

    if (read_bound(query, min, &least, &out->are_asked) != 0 ||
        read_bound(query, max, &most, &out->are_asked) != 0)
        return ERR_INVALID;
    out->least = least.value + (least.is_cut && least.value != UINT64_MAX);
    out->most = most.value;
    return 0;
}

int openrouter_read_query(struct span query, struct selection_filter *filter, struct span *wrong)
{
    *wrong = SPAN("`input_modalities` and `output_modalities` are words like text and image, with "
                  "a comma between two.");
    if (read_modalities(query, SPAN("input_modalities"), &filter->inputs) != 0 ||
        read_modalities(query, SPAN("output_modalities"), &filter->outputs) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`supported_parameters` are words, with a comma between two.");
    if (read_parameters(query, filter) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`context` is a number of tokens.");
    if (page_find_number(query, SPAN("context"), INT64_MAX, &filter->context_min) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`providers` are words with a comma between two.");
    if (read_providers(query, &filter->providers) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`q` is a text of at most 64 bytes.");
    if (read_search(query, filter) != 0)
        return ERR_INVALID;
    *wrong = SPAN("`min_price`, `max_price`, `min_output_price` and `max_output_price` are USD for "
                  "1,000,000 tokens, as decimals.");
    if (read_rates(query, SPAN("min_price"), SPAN("max_price"), &filter->input) != 0)
        return ERR_INVALID;
    return read_rates(query, SPAN("min_output_price"), SPAN("max_output_price"), &filter->output);
}

static void add_modality_filter(struct text *out, struct span name, uint32_t bits)
{
    struct span before = name;

    for (size_t n = 0; n < MODALITY_WORDS; n++) {
        if ((bits & modalities[n].bit) == 0)
            continue;
        text_add(out, before);
        text_add(out, modalities[n].word);
        before = SPAN(",");
    }
}

static void add_providers(struct text *out, uint32_t bits)
{
    struct span before = SPAN("&providers=");

    for (uint32_t n = 0; n < PROVIDER_KIND_COUNT; n++) {
        if ((bits >> n & 1) == 0)
            continue;
        text_add(out, before);
        text_add(out, openrouter_providers[n].word);
        before = SPAN(",");
    }
}

static void add_rates(struct text *out, struct span min, struct span max,
                      const struct selection_rates *rates)
{
    if (!rates->are_asked)
        return;
    text_add(out, min);
    text_add_decimal(out, rates->least, RATE_PLACES);
    if (rates->most == UINT64_MAX)
        return;
    text_add(out, max);
    text_add_decimal(out, rates->most, RATE_PLACES);
}

void openrouter_add_query(struct text *out, const struct selection_filter *filter)
{
    add_modality_filter(out, SPAN("&input_modalities="), filter->inputs);
    add_modality_filter(out, SPAN("&output_modalities="), filter->outputs);
    if (filter->parameter_bytes > 0) {
        text_add(out, SPAN("&supported_parameters="));
        text_add(out, (struct span){filter->parameters, filter->parameter_bytes});
    }
    if (filter->context_min > 0)
        field_unsigned(out, SPAN("&context="), filter->context_min);
    add_providers(out, filter->providers);
    if (filter->search_bytes > 0) {
        text_add(out, SPAN("&q="));
        url_add_encoded(out, (struct span){filter->search, filter->search_bytes});
    }
    add_rates(out, SPAN("&min_price="), SPAN("&max_price="), &filter->input);
    add_rates(out, SPAN("&min_output_price="), SPAN("&max_output_price="), &filter->output);
}
