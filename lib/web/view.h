/**
 * The pages for people: the models, how to connect, and what else there is to say.
 *
 *   web_view_init()   a view of nobody          then fill in who looks, and at what
 *   web_view_…()      what the page is          then web_view_render()
 *
 * Pure: no page is rendered but from the view and its snapshot. What a client or an operator wrote
 * is escaped wherever it stands.
 */
#ifndef WEIR_WEB_VIEW_H
#define WEIR_WEB_VIEW_H

#include "lib/web/body.h"
#include "lib/web/files.h"
#include "lib/web/pick.h"
#include "lib/wire/http_request.h"

enum { WEB_ORIGIN_BYTES_MAX = 264 };

/** The protocols that there are examples for: the first ones of enum wire_protocol. */
enum { WEB_PROTOCOLS = PROTOCOL_GEMINI + 1 };

struct web_view {
    const struct snapshot *snapshot;
    uint32_t grant_set;
    bool is_signed_in;
    struct span user; /* of whom the key is */
    struct span title;
    struct span message; /* a sentence, or empty */
    struct span next;    /* the page to go to after signing in: "/models" */
    enum web_template main;
    const struct web_query *query;
    const struct web_pick *pick;    /* of the page of models */
    uint32_t models[WEB_PROTOCOLS]; /* for examples; ROW_NONE: there is none to chat with */
    uint32_t origin_bytes;
    char origin[WEB_ORIGIN_BYTES_MAX]; /* "http://127.0.0.1:8080", for examples */
};

/**
 * A page for nobody, without models.
 *
 * @param http  whose `Host` the examples have, with https when a proxy says so in
 *              `X-Forwarded-Proto`; a host that is none is left out
 */
void web_view_init(struct web_view *view, const struct http_request *http);

/** Who looks: a row of KEYS, or ROW_NONE. */
void web_view_set_key(struct web_view *view, const struct snapshot *snapshot, uint32_t key);

/** The models of a grant set; `pick` and `query` must outlive the view. */
void web_view_models(struct web_view *view, const struct web_pick *pick);

/** How to connect. */
void web_view_connect(struct web_view *view);

/** The form for signing in, below a sentence of why, or none. */
void web_view_signin(struct web_view *view, struct span message);

/** A sentence and a link back. */
void web_view_message(struct web_view *view, struct span message);

/**
 * The page as pieces, and what its text amounts to.
 *
 * @return 0 or ERR_NO_SPACE
 */
int web_view_render(struct web_view *view, struct web_body *body);

/** For an entity tag: equal for equal bodies of one snapshot's listing. */
uint64_t web_view_hash(const struct web_view *view, const struct web_body *body);

#endif
