/**
 * The forms of names, words and addresses. Pure.
 *
 * Each returns NULL when the text has the form, else what is wrong with it as the rest of a
 * sentence that begins with the text: "must begin with a letter or a digit".
 */
#ifndef WEIR_REGISTRY_FORMS_H
#define WEIR_REGISTRY_FORMS_H

#include "lib/base/span.h"

enum {
    FORM_IMAGE_BYTES_MAX = 64,
    FORM_URL_BYTES_MAX = 512,
    FORM_CLAIM_BYTES_MAX = 256, /* JWT_TEXT_BYTES_MAX */
    FORM_PROSE_BYTES_MAX = 4096,
};

typedef const char *form_fn(struct span text);

/** A model's slug: what clients send, at most LAYOUT_SLUG_BYTES_MAX bytes. */
const char *form_slug(struct span text);

/** The name of a provider, user, group or key. */
const char *form_id(struct span text);

/** A word of a list that has no fixed members: features, parameters, efforts. */
const char *form_word(struct span text);

/** One line of text without control characters: names, the provider's name of a model. */
const char *form_line(struct span text);

/** Text that may have several lines: descriptions. */
const char *form_prose(struct span text);

/** An absolute path. */
const char *form_path(struct span text);

/** Dotted numbers: "1.2.0". */
const char *form_version(struct span text);

/** Which pictures an image price is for: "1024x1024", "1024x1024/hd". */
const char *form_image(struct span text);

/** A secret that can stand in an HTTP header. Never print such a text. */
const char *form_secret(struct span text);

/** http or https, host, optional port and path; no query, no user. */
const char *form_base_url(struct span text);

/** The same, but http only to this host itself, by a loopback address. */
const char *form_keys_url(struct span text);
const char *form_token_url(struct span text);

/** What a token says of its issuer, audience or subject: printable ASCII without blanks. */
const char *form_claim(struct span text);

/** "127.0.0.1:8080" or "[::1]:8080"; numeric, port not 0. */
const char *form_address(struct span text);

#endif
