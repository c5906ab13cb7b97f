#include "steward/token_request.h"

#include "lib/base/err.h"

#include <stdio.h>
#include <stdlib.h>

enum { WHY_BYTES = 128 };

struct token_request {
    struct token_service *service;
    uint32_t place;
    int status;
    struct http_endpoint *endpoint;
    struct http_transfer *transfer;
    struct text form;
    size_t body_bytes;
    bool is_too_long;
    char form_memory[JWT_BEARER_REQUEST_BYTES_MAX];
    char body[JWT_BEARER_ANSWER_BYTES_MAX];
    char decoded[JWT_BEARER_ANSWER_BYTES_MAX];
};

/* An assertion and a token are in it. */
static void free_request(struct token_request *request)
{
    http_endpoint_free(&request->endpoint);
    request->service->requests[request->place] = NULL;
    explicit_bzero(request, sizeof(*request));
    free(request);
}

/* --- the answer ------------------------------------------------------------------------------- */

static void on_head(void *ctx, const struct http_answer_head *head)
{
    struct token_request *request = ctx;

    request->status = head->status;
}

static enum http_body_verdict on_body(void *ctx, struct span bytes)
{
    struct token_request *request = ctx;

    if (bytes.len > sizeof(request->body) - request->body_bytes) {
        request->is_too_long = true;
        return HTTP_BODY_ABORT;
    }
    memcpy(request->body + request->body_bytes, bytes.ptr, bytes.len);
    request->body_bytes += bytes.len;
    return HTTP_BODY_GO_ON;
}

/* @return false with the reason in `why`, in which there is nothing of the body but a plain word */
static bool read_answer(struct token_request *request, int err, struct jwt_bearer_token *token,
                        char why[static WHY_BYTES])
{
    struct span body = {request->body, request->body_bytes};
    char word[JWT_BEARER_ERROR_BYTES];

    if (request->is_too_long) {
        snprintf(why, WHY_BYTES, "the answer is longer than 16 KiB");
        return false;
    }
    if (err != 0) {
        snprintf(why, WHY_BYTES, "%s", err_name(err));
        return false;
    }
    if (request->status != 200) {
        jwt_bearer_error(body, word);
        snprintf(why, WHY_BYTES, "status %d%s%s", request->status, word[0] == '\0' ? "" : ", ",
                 word);
        return false;
    }
    if (jwt_bearer_read(body, request->decoded, token) == 0)
        return true;
    snprintf(why, WHY_BYTES, "the answer holds no usable token");
    return false;
}

static void on_end(void *ctx, int err)
{
    struct token_request *request = ctx;
    struct token_service *service = request->service;
    uint32_t place = request->place;
    char text[JWT_BEARER_TOKEN_BYTES_MAX];
    char why[WHY_BYTES];
    struct jwt_bearer_token token;

    request->transfer = NULL;
    if (!read_answer(request, err, &token, why)) {
        free_request(request);
        token_service_on_failure(service, place, why);
        return;
    }
    memcpy(text, token.token.ptr, token.token.len);
    token.token.ptr = text;
    free_request(request);
    token_service_on_token(service, place, &token);
    explicit_bzero(text, sizeof(text));
}

static const struct http_transfer_handlers handlers = {on_head, on_body, on_end};

/* --- the asking ------------------------------------------------------------------------------- */

static size_t read_form(void *ctx, uint64_t offset, char *to, size_t room)
{
    const struct token_request *request = ctx;
    size_t left = request->form.len - (size_t)offset;
    size_t count = left < room ? left : room;

    memcpy(to, request->form.ptr + offset, count);
    return count;
}

static int sign(struct token_request *request, const struct account *account)
{
    const struct jwt_bearer_claims claims = {
        .issuer = account->email,
        .key_id = account->key_id,
        .scope = account->scope,
        .audience = account->token_url,
        .issued_s = wall_now_s(),
    };
    struct rs256_signer *signer = rs256_signer_new(account->private_key);

    if (signer == NULL)
        return ERR_INVALID;
    request->form = text_over(request->form_memory, sizeof(request->form_memory));
    int err = jwt_bearer_write(&claims, signer, request->service->digester, &request->form);
    rs256_signer_free(&signer);
    return err;
}

static int send_form(struct token_request *request, const struct account *account)
{
    static const struct span lines[] = {
        {"Content-Type: application/x-www-form-urlencoded", 47},
        {"Accept: application/json", 24},
    };
    struct http_client *client = request->service->client;
    const struct http_endpoint_config config = {
        .url = account->token_url,
        .header_lines = lines,
        .header_count = sizeof(lines) / sizeof(lines[0]),
    };
    int err = http_endpoint_new(client, &config, &request->endpoint);

    if (err != 0)
        return err;
    const struct http_call call = {
        .endpoint = request->endpoint,
        .upload = {.bytes = request->form.len, .read = read_form},
        .connect_ms = TOKENS_CONNECT_MS,
        .first_byte_ms = TOKENS_TOTAL_MS,
        .between_ms = TOKENS_TOTAL_MS,
        .total_ms = TOKENS_TOTAL_MS,
        .handlers = &handlers,
        .ctx = request,
    };

    return http_transfer_start(client, &call, &request->transfer);
}

int token_request_start(struct token_service *service, uint32_t place,
                        const struct account *account)
{
    struct token_request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return ERR_NO_MEMORY;
    request->service = service;
    request->place = place;
    int err = sign(request, account);
    if (err == 0)
        err = send_form(request, account);
    if (err != 0) {
        free_request(request);
        return err;
    }
    service->requests[place] = request;
    return 0;
}

void token_request_cancel(struct token_request **request)
{
    struct token_request *cancelled = *request;

    *request = NULL;
    if (cancelled == NULL)
        return;
    http_transfer_abort(&cancelled->transfer);
    free_request(cancelled);
}
