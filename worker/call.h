/**
 * A call, as the worker holds it: the client's connection on one side, a transfer on the other, and
 * between them the machine of proxy.h. call.c has the record's life and the request's way in,
 * call_answer.c the answer's way out.
 */
#ifndef WEIR_WORKER_CALL_H
#define WEIR_WORKER_CALL_H

#include "lib/protocol/answer.h"
#include "lib/protocol/call.h"
#include "worker/handlers.h"
#include "worker/proxy.h"
#include "worker/upload.h"

enum {
    CALL_MODEL_BYTES_MAX = 384,  /* the provider's model name as a JSON string */
    CALL_HEADER_BYTES_MAX = 768, /* one client's field that is passed on, with its NUL */
    CALL_HEADERS_MAX = 2,
    CALL_CONTENT_TYPE_BYTES_MAX = 96,
    CALL_RETRY_AFTER_BYTES_MAX = 40,
};

/** A field of the client's that goes to the upstream: "anthropic-version: 2023-06-01", or empty. */
struct call_header {
    char line[CALL_HEADER_BYTES_MAX];
};

struct call {
    struct exchange exchange; /* first: the connection points here */
    struct request request;
    struct proxy proxy;
    struct generation *generation; /* NULL from the first byte of the answer on */
    struct http_transfer *transfer;
    struct chunk *body_first;
    struct chunk *body_last;
    struct access access;
    uint32_t deployment;
    bool conn_is_dead; /* the server has reported the client gone */
    bool is_stream;    /* the answer is server-sent events */
    bool is_chunked;   /* the answer is framed by chunks */
    bool has_head;     /* the answer's head went out */
    bool closes;       /* the answer ends with the connection */
    bool is_recorded;  /* the upstream's head is known */
    int status;        /* the upstream's */
    int64_t content_length;
    struct span error_detail; /* static text */
    struct span error_param;
    struct upload upload;
    char slug_json[LAYOUT_SLUG_BYTES_MAX + 2];
    uint8_t slug_json_bytes;
    uint8_t content_type_bytes;
    uint8_t retry_after_bytes;
    char content_type[CALL_CONTENT_TYPE_BYTES_MAX];
    char retry_after[CALL_RETRY_AFTER_BYTES_MAX];
    union {
        /** Until the upstream's head. */
        struct {
            struct call_reader reader;
            struct call_header headers[CALL_HEADERS_MAX];
            char upstream_model[CALL_MODEL_BYTES_MAX];
        } in;
        /** After it. */
        struct answer out;
    };
};

/** The upstream's events; ctx is the call. */
extern const struct http_transfer_handlers call_upstream_handlers;

/** The ports that write the answer; see proxy_ports. */
enum proxy_taken call_client_begin(void *ctx, struct span bytes);
enum proxy_taken call_client_more(void *ctx, struct span bytes);
int call_client_complete(void *ctx);

/** An answer that was not completed: make final what it told of its usage until then. */
void call_read_usage(struct call *call);

/** Tell the client of a truncated stream, as far as its protocol can say it. */
void call_client_truncated(struct call *call, int err);

/** Give back what only the request's way in needed. */
void call_release_request(struct call *call);

#endif
