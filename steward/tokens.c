#include "steward/tokens.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "shm/channel.h"
#include "steward/token_request.h"

#include <inttypes.h>
#include <sys/random.h>
#include <unistd.h>

/* --- to the workers --------------------------------------------------------------------------- */

static int publish(struct token_service *service)
{
    struct token tokens[ACCOUNTS_MAX];
    uint64_t now_ms = monotime_now().ms;
    /* A successor begins above it without having to be told. */
    uint64_t number = service->number < now_ms ? now_ms : service->number + 1;
    uint32_t count = mint_tokens(&service->mint, tokens);
    int fd;

    int err = tokens_write(number, tokens, count, service->digester, &fd);
    if (err != 0)
        return err;
    const struct channel_message message = {
        .word = CHANNEL_TOKENS, .number = number, .descriptor_count = 1, .descriptors = {fd}};

    err = channel_send(service->channel_fd, &message);
    close(fd);
    if (err == 0)
        service->number = number;
    return err;
}

static void on_timer(uv_timer_t *timer);

/* After everything that happened: ask for what is due, publish what changed, and come again. */
static void look(struct token_service *service)
{
    struct monotime now = monotime_now();
    struct monotime next = mint_tick(&service->mint, now);
    uint64_t wait_ms = monotime_until(now, next);

    if (wait_ms > TOKENS_LOOK_MS)
        wait_ms = TOKENS_LOOK_MS;
    if (service->is_unpublished) {
        int err = publish(service);

        service->is_unpublished = err != 0;
        if (err != 0) {
            log_write(LOG_WARNING, "tokens cannot be handed to the workers now: %s", err_text(err));
            wait_ms = wait_ms < TOKENS_RETRY_MS ? wait_ms : TOKENS_RETRY_MS;
        }
    }
    uv_update_time(service->loop);
    uv_timer_start(&service->timer, on_timer, wait_ms, 0);
}

static void on_timer(uv_timer_t *timer)
{
    look(timer->data);
}

/* --- ports ------------------------------------------------------------------------------------ */

static int on_ask(void *ctx, uint32_t place, const struct account *account)
{
    struct token_service *service = ctx;
    int err = service->client == NULL ? ERR_NOT_READY
                                      : token_request_start(service, place, account);

    if (err != 0)
        log_write(LOG_ERROR, "provider %.*s: a token cannot be asked for: %s",
                  SPAN_FMT(account->provider), err_text(err));
    return err;
}

static void on_cancel(void *ctx, uint32_t place)
{
    struct token_service *service = ctx;

    token_request_cancel(&service->requests[place]);
}

static void on_changed(void *ctx)
{
    struct token_service *service = ctx;

    service->is_unpublished = true;
}

static const struct mint_ports ports = {on_ask, on_cancel, on_changed};

void token_service_on_token(struct token_service *service, uint32_t place,
                            const struct jwt_bearer_token *token)
{
    struct span provider = mint_account(&service->mint, place).provider;
    uint32_t failures = service->mint.places[place].failures;
    int err = mint_on_token(&service->mint, place, token, monotime_now());

    if (err != 0)
        log_write(LOG_WARNING, "provider %.*s: the token came after its end", SPAN_FMT(provider));
    else
        log_write(failures > 0 ? LOG_NOTICE : LOG_INFO,
                  "provider %.*s: has a token for %" PRIu64 " s", SPAN_FMT(provider),
                  token->life_s);
    look(service);
}

void token_service_on_failure(struct token_service *service, uint32_t place, const char *why)
{
    struct span provider = mint_account(&service->mint, place).provider;

    mint_on_failure(&service->mint, place, monotime_now());
    log_write(LOG_WARNING, "provider %.*s: no token was given: %s", SPAN_FMT(provider), why);
    look(service);
}

void token_service_refused(struct token_service *service, uint64_t mark)
{
    uint32_t place;

    if (!mint_refused(&service->mint, mark, monotime_now(), &place))
        return;
    log_write(LOG_WARNING, "provider %.*s: refuses its token: another one is asked for",
              SPAN_FMT(mint_account(&service->mint, place).provider));
    look(service);
}

/* --- generations ------------------------------------------------------------------------------ */

void token_service_inherit(struct token_service *service, uint64_t number, int fd)
{
    struct secrets tokens;
    int err = secrets_open(fd, &tokens);

    if (err == 0 && tokens_check(&tokens) != 0) {
        secrets_close(&tokens);
        err = ERR_CORRUPT;
    }
    if (err != 0) {
        log_write(LOG_WARNING, "the tokens of a former steward cannot be used: %s", err_text(err));
        return;
    }
    secrets_close(&service->inherited);
    service->inherited = tokens;
    if (number > service->number)
        service->number = number;
}

/* The certificates that a configuration names cannot change without a restart. */
static int start_client(struct token_service *service, const struct snapshot *snapshot)
{
    struct http_client_config config = {
        .loop = service->loop,
        .transfers_max = ACCOUNTS_MAX,
        .ca_file = snapshot_bytes(snapshot, snapshot->header->ca_file),
    };
    int err = http_client_new(&config, &service->client);

    /* The loader has seen to it that no token is asked for by https then. */
    if (err == ERR_CONFIG) {
        config.ca_file = SPAN("");
        err = http_client_new(&config, &service->client);
    }
    return err;
}

int token_service_follow(struct token_service *service, const struct snapshot *snapshot,
                         int accounts_fd)
{
    struct secrets accounts;
    int err = secrets_open(accounts_fd, &accounts);

    if (err != 0)
        return err;
    if (accounts.header->rows % ACCOUNT_FIELD_COUNT != 0 ||
        accounts_count(&accounts) > ACCOUNTS_MAX)
        err = ERR_CORRUPT;
    if (err == 0 && accounts_count(&accounts) > 0 && service->client == NULL)
        err = start_client(service, snapshot);
    if (err != 0) {
        secrets_close(&accounts);
        return err;
    }
    mint_follow(&service->mint, accounts, &service->inherited, monotime_now());
    look(service);
    return 0;
}

/* --- life ------------------------------------------------------------------------------------- */

int token_service_init(struct token_service *service, uv_loop_t *loop, int channel_fd,
                       struct digester *digester)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return ERR_IO;
    service->loop = loop;
    service->channel_fd = channel_fd;
    service->digester = digester;
    mint_init(&service->mint, &ports, service, digester, random);
    uv_timer_init(loop, &service->timer);
    service->timer.data = service;
    return 0;
}

void token_service_close(struct token_service *service)
{
    mint_close(&service->mint);
    http_client_free(&service->client);
    secrets_close(&service->inherited);
    uv_close((uv_handle_t *)&service->timer, NULL);
}
