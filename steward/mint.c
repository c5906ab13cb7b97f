#include "steward/mint.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"

#include <stdlib.h>

enum {
    REFRESH_PERCENT = 80,
    EARLIER_PARTS = 20, /* a refresh is earlier by up to one of so many parts of the life */
    SOONER_PARTS = 4,   /* a pause shorter by up to one of so many parts of it */
};

static const struct monotime never = {UINT64_MAX};

static bool is_good(const struct mint_place *place)
{
    return place->text_bytes > 0;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* --- when ------------------------------------------------------------------------------------- */

/* xorshift64*: for draws, not for secrets. */
static uint64_t draw(struct mint *mint)
{
    uint64_t x = mint->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    mint->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t mint_refresh_ms(uint64_t life_ms, uint64_t random)
{
    uint64_t at = life_ms / 2;

    if (life_ms / 2 > MINT_SPARE_MS)
        at = smaller(life_ms * REFRESH_PERCENT / 100, life_ms - MINT_SPARE_MS);
    return at - random % (life_ms / EARLIER_PARTS + 1);
}

uint64_t mint_pause_ms(uint32_t failures, uint64_t random)
{
    uint64_t pause = MINT_PAUSE_FIRST_MS;

    for (uint32_t i = 1; i < failures && pause < MINT_PAUSE_MAX_MS; i++)
        pause *= 2;
    pause = smaller(pause, MINT_PAUSE_MAX_MS);
    return pause - random % (pause / SOONER_PARTS + 1);
}

/* --- accounts --------------------------------------------------------------------------------- */

static struct digest key_of(struct mint *mint, const struct account *account)
{
    digester_begin(mint->digester);
    digester_add(mint->digester, account->key_id);
    digester_add(mint->digester, SPAN("\n"));
    digester_add(mint->digester, account->private_key);
    return digester_end(mint->digester);
}

static void drop_token(struct mint_place *place)
{
    explicit_bzero(place->text, sizeof(place->text));
    place->text_bytes = 0;
    place->row.expires = never;
}

static void stop_asking(struct mint *mint, uint32_t number)
{
    if (mint->places[number].is_asking)
        mint->ports->cancel(mint->ctx, number);
    mint->places[number].is_asking = false;
}

static void leave(struct mint *mint, uint32_t number)
{
    struct mint_place *place = &mint->places[number];

    stop_asking(mint, number);
    drop_token(place);
    place->is_used = false;
}

static struct mint_place *find(struct mint *mint, const struct digest *identity)
{
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        struct mint_place *place = &mint->places[i];

        if (place->is_used && digest_equal(&place->row.account, identity))
            return place;
    }
    return NULL;
}

static struct mint_place *free_place(struct mint *mint)
{
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        if (!mint->places[i].is_used)
            return &mint->places[i];
    }
    return NULL;
}

static bool take_text(struct mint_place *place, struct span text)
{
    if (text.len > sizeof(place->text))
        return false;
    memcpy(place->text, text.ptr, text.len);
    place->text_bytes = (uint32_t)text.len;
    return true;
}

static void inherit(struct mint *mint, struct mint_place *place, const struct secrets *inherited,
                    struct monotime now)
{
    struct span identity = {(const char *)place->row.account.bytes, DIGEST_BYTES};
    struct token token;

    if (!tokens_find(inherited, identity, now, &token) || !take_text(place, token.text))
        return;
    place->row = token.row;
    place->due = monotime_after(
        token.row.minted, mint_refresh_ms(token.row.expires.ms - token.row.minted.ms, draw(mint)));
}

static void enter(struct mint *mint, uint32_t number, const struct secrets *inherited,
                  struct monotime now)
{
    struct account account = accounts_get(&mint->accounts, number);
    struct digest identity = account_identity(&account, mint->digester);
    struct digest key = key_of(mint, &account);
    struct mint_place *place = find(mint, &identity);

    if (place == NULL) {
        place = free_place(mint);
        /* The loader lets no more accounts through, and each has another name. */
        INVARIANT(place != NULL);
        *place = (struct mint_place){.is_used = true, .key = key, .due = now};
        place->row = (struct token_row){.account = identity, .expires = never};
        inherit(mint, place, inherited, now);
    } else if (!digest_equal(&place->key, &key)) {
        stop_asking(mint, (uint32_t)(place - mint->places));
        place->key = key;
        place->failures = 0;
        place->due = now;
    }
    place->account = number;
}

static bool is_among(struct mint *mint, const struct secrets *accounts,
                     const struct mint_place *place)
{
    for (uint32_t i = 0; i < accounts_count(accounts); i++) {
        struct account account = accounts_get(accounts, i);
        struct digest identity = account_identity(&account, mint->digester);

        if (digest_equal(&identity, &place->row.account))
            return true;
    }
    return false;
}

void mint_follow(struct mint *mint, struct secrets accounts, const struct secrets *inherited,
                 struct monotime now)
{
    uint32_t before = 0;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct mint_place *place = &mint->places[i];

        if (!place->is_used)
            continue;
        before++;
        if (is_among(mint, &accounts, place))
            kept++;
        else
            leave(mint, i);
    }
    secrets_close(&mint->accounts);
    mint->accounts = accounts;
    for (uint32_t i = 0; i < accounts_count(&accounts); i++)
        enter(mint, i, inherited, now);
    /* Others may still hold tokens of accounts that are gone. */
    if (kept < before)
        mint->ports->changed(mint->ctx);
}

struct account mint_account(const struct mint *mint, uint32_t place)
{
    INVARIANT(mint->places[place].is_used);
    return accounts_get(&mint->accounts, mint->places[place].account);
}

/* --- tokens ----------------------------------------------------------------------------------- */

static void fail(struct mint *mint, struct mint_place *place, struct monotime now)
{
    place->is_asking = false;
    place->failures += place->failures < UINT32_MAX ? 1 : 0;
    place->due = monotime_after(now, mint_pause_ms(place->failures, draw(mint)));
}

static void ask(struct mint *mint, uint32_t number, struct monotime now)
{
    struct mint_place *place = &mint->places[number];
    struct account account = mint_account(mint, number);

    place->asked = now;
    place->is_asking = true;
    if (mint->ports->ask(mint->ctx, number, &account) != 0)
        fail(mint, place, now);
}

struct monotime mint_tick(struct mint *mint, struct monotime now)
{
    struct monotime next = never;
    bool has_expired = false;

    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        struct mint_place *place = &mint->places[i];

        if (!place->is_used)
            continue;
        if (is_good(place) && monotime_reached(now, place->row.expires)) {
            drop_token(place);
            has_expired = true;
        }
        if (!place->is_asking && monotime_reached(now, place->due))
            ask(mint, i, now);
        if (!place->is_asking)
            next.ms = smaller(next.ms, place->due.ms);
        next.ms = smaller(next.ms, place->row.expires.ms);
    }
    if (has_expired)
        mint->ports->changed(mint->ctx);
    return next;
}

int mint_on_token(struct mint *mint, uint32_t number, const struct jwt_bearer_token *token,
                  struct monotime now)
{
    struct mint_place *place = &mint->places[number];
    uint64_t life_ms = smaller(token->life_s, MINT_LIFE_MAX_S) * 1000;
    struct monotime expires = monotime_after(place->asked, life_ms);

    INVARIANT(place->is_used && place->is_asking);
    if (monotime_reached(now, expires) || !take_text(place, token->token)) {
        fail(mint, place, now);
        return ERR_TIMEOUT;
    }
    place->is_asking = false;
    place->failures = 0;
    place->row.minted = now;
    place->row.expires = expires;
    place->due = monotime_after(place->asked, mint_refresh_ms(life_ms, draw(mint)));
    if (place->due.ms < now.ms + MINT_GAP_MS)
        place->due.ms = now.ms + MINT_GAP_MS;
    mint->ports->changed(mint->ctx);
    return 0;
}

void mint_on_failure(struct mint *mint, uint32_t number, struct monotime now)
{
    INVARIANT(mint->places[number].is_used && mint->places[number].is_asking);
    fail(mint, &mint->places[number], now);
}

bool mint_refused(struct mint *mint, uint64_t mark, struct monotime now, uint32_t *number)
{
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        struct mint_place *place = &mint->places[i];
        struct span identity = {(const char *)place->row.account.bytes, DIGEST_BYTES};

        if (!place->is_used || account_mark(identity) != mark)
            continue;
        if (!is_good(place) || place->is_asking || place->failures > 0 ||
            !monotime_reached(now, place->refused_from))
            return false;
        place->due = now;
        place->refused_from = monotime_after(now, MINT_REFUSED_MS);
        *number = i;
        return true;
    }
    return false;
}

uint32_t mint_tokens(const struct mint *mint, struct token out[static ACCOUNTS_MAX])
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct mint_place *place = &mint->places[i];

        if (place->is_used && is_good(place))
            out[count++] = (struct token){place->row, {place->text, place->text_bytes}};
    }
    return count;
}

/* --- life ------------------------------------------------------------------------------------- */

void mint_init(struct mint *mint, const struct mint_ports *ports, void *ctx,
               struct digester *digester, uint64_t random)
{
    *mint = (struct mint){.ports = ports, .ctx = ctx, .digester = digester, .random = random | 1};
}

void mint_close(struct mint *mint)
{
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        if (mint->places[i].is_used)
            leave(mint, i);
    }
    secrets_close(&mint->accounts);
}
