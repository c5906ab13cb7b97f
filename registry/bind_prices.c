/* Prices: decimal text to integer pico-dollars, no float near money. */
#include "registry/bind_fields.h"
#include "registry/sections.h"

/*
 * USD for a million tokens, times 10^6, is pico-dollars for one token; USD for a piece, times
 * 10^12, is pico-dollars for the piece.
 */
enum { TOKEN_DECIMALS = 6, PIECE_DECIMALS = 12, IMAGE_PRICES_MAX = 64 };

#define TOKEN_PRICE_MAX  UINT64_C(1000000000000)       /* a million USD for a million tokens */
#define PIECE_PRICE_MAX  UINT64_C(1000000000000000000) /* a million USD */
#define ABOVE_TOKENS_MAX UINT64_C(1000000000)

static const struct field image_price_field = {FIELD_NAME("image"), bind_decimal,
                                               offsetof(struct data_image_price, pico_usd),
                                               .min = PIECE_DECIMALS, .max = PIECE_PRICE_MAX};

static bool is_new_image(struct binder *binder, const struct list *prices, struct span name,
                         struct report_place place)
{
    const char *wrong = form_image(name);

    if (wrong != NULL)
        bind_error(binder, place, "", "the key %s", wrong);
    for (uint32_t i = 0; wrong == NULL && i < prices->count; i++) {
        const struct data_image_price *price = list_at(prices, i);

        if (span_equal(price->name, name))
            wrong = "is written twice";
        if (wrong != NULL)
            bind_error(binder, place, "", "\"%.*s\" %s", SPAN_FMT(name), wrong);
    }
    if (wrong == NULL && prices->count == IMAGE_PRICES_MAX) {
        wrong = "has too many prices";
        bind_error(binder, place, "", "there are more than %d prices of images", IMAGE_PRICES_MAX);
    }
    return wrong == NULL;
}

static void bind_image_map(struct binder *binder, struct data_model *model)
{
    struct list prices = {.row_bytes = sizeof(struct data_image_price)};

    (void)bind_enter_map(binder, "a price or a mapping");
    while (bind_has_more(binder)) {
        struct report_place place;
        struct span name;

        if (!bind_take_key(binder, &name, &place))
            continue;
        bool usable = is_new_image(binder, &prices, name, place);
        struct data_image_price *price = usable ? list_add(&prices) : NULL;
        if (price == NULL) {
            binder->out_of_memory = binder->out_of_memory || usable;
            yaml_events_skip(binder->yaml);
            continue;
        }
        price->name = name;
        bind_push(binder, name);
        bind_decimal(binder, &image_price_field, price);
        bind_pop(binder);
    }
    model->image_prices = list_copy(&prices, binder->arena);
    model->image_price_count = model->image_prices == NULL ? 0 : prices.count;
    binder->out_of_memory = binder->out_of_memory || model->image_price_count != prices.count;
    list_close(&prices);
}

/* One price, or a mapping from size or quality to price. */
static void bind_image(struct binder *binder, const struct field *field, void *target)
{
    struct data_model *model = target;

    (void)field;
    if (binder->yaml->node == NODE_MAP)
        bind_image_map(binder, model);
    else
        bind_decimal(binder,
                     &(const struct field){.offset = offsetof(struct data_model, price.image),
                                           .min = PIECE_DECIMALS,
                                           .max = PIECE_PRICE_MAX},
                     model);
}

static const struct field above_fields[] = {
    {FIELD_NAME("tokens"), bind_count, offsetof(struct data_model, price.above_tokens), .min = 1,
     .max = ABOVE_TOKENS_MAX, .required = true},
    {FIELD_NAME("input"), bind_decimal, offsetof(struct data_model, price.above_input),
     .min = TOKEN_DECIMALS, .max = TOKEN_PRICE_MAX, .required = true},
    {FIELD_NAME("output"), bind_decimal, offsetof(struct data_model, price.above_output),
     .min = TOKEN_DECIMALS, .max = TOKEN_PRICE_MAX, .required = true},
};

static void bind_above(struct binder *binder, const struct field *field, void *target)
{
    (void)field;
    (void)bind_map(binder, &SHAPE(above_fields), target);
}

#define TOKEN_PRICE(key)                                                        \
    {                                                                           \
        FIELD_NAME(#key), bind_decimal, offsetof(struct data_model, price.key), \
            .min = TOKEN_DECIMALS, .max = TOKEN_PRICE_MAX                       \
    }

static const struct field price_fields[] = {
    TOKEN_PRICE(input),
    TOKEN_PRICE(output),
    TOKEN_PRICE(cache_read),
    TOKEN_PRICE(cache_write),
    TOKEN_PRICE(cache_write_1h),
    TOKEN_PRICE(audio_input),
    TOKEN_PRICE(audio_output),
    TOKEN_PRICE(image_input),
    {FIELD_NAME("request"), bind_decimal, offsetof(struct data_model, price.request),
     .min = PIECE_DECIMALS, .max = PIECE_PRICE_MAX},
    {FIELD_NAME("image"), bind_image, 0},
    {FIELD_NAME("above"), bind_above, 0},
};

void bind_price(struct binder *binder, const struct field *field, void *target)
{
    struct data_model *model = bind_member(field, target);
    struct report_place place = binder->yaml->place;

    if (bind_map(binder, &SHAPE(price_fields), model) == 0)
        bind_error(binder, place, "", "no price is given; leave \"price\" out when there is none");
    model->has_price = true;
}
