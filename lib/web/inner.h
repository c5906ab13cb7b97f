/** What the files of lib/web share. */
#ifndef WEIR_WEB_INNER_H
#define WEIR_WEB_INNER_H

#include "lib/web/view.h"

/** A link to the page of models; all but `order` may be left out. */
struct web_link {
    struct web_order order;
    uint64_t page;  /* 0: none */
    bool has_place; /* behind or before this model */
    bool is_after;
    uint32_t model;
};

/** "/models?q=…&amp;sort=…", with the search of the view, as the value of an attribute. */
void web_add_link(struct text *out, const struct web_view *view, const struct web_link *link);

/** The slots of the page of models. */
void web_models_summary(struct web_view *view, struct web_body *body);
void web_models_order(struct web_view *view, struct web_body *body);
void web_models_list(struct web_view *view, struct web_body *body);
void web_models_head(struct web_view *view, struct web_body *body);
void web_models_rows(struct web_view *view, struct web_body *body);
void web_models_pager(struct web_view *view, struct web_body *body);

/** The slots of the page of snippets. */
void web_connect_calls(struct web_view *view, struct web_body *body);
void web_connect_choices(struct web_view *view, struct web_body *body);
void web_connect_chosen(struct web_view *view, struct web_body *body);
void web_connect_note(struct web_view *view, struct web_body *body);

/** A model that may be called in each protocol: the one that was asked for, else the first. */
void web_connect_choose(struct web_view *view);

/** Add a template, with its slots filled. */
void web_add_template(struct web_view *view, struct web_body *body, enum web_template number);

#endif
