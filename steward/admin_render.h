/** Entities of the directory as the JSON that the admin API shows. */
#ifndef WEIR_STEWARD_ADMIN_RENDER_H
#define WEIR_STEWARD_ADMIN_RENDER_H

#include "lib/base/text.h"
#include "steward/audit.h"
#include "steward/directory_keys.h"

enum { RENDER_ENTITY_BYTES_MAX = 2 << 20 }; /* the longest lists, every byte of them escaped */

void render_subject(struct text *out, enum directory_kind kind,
                    const struct directory_subject *subject);

/** Members are left open when `open`: the caller adds some and the brace. */
void render_key(struct text *out, const struct directory_key *key, bool open);

/** {"all":…,"models":[…]} and the version. */
void render_grants(struct text *out, const struct directory_models *models, uint64_t version);

void render_audit(struct text *out, const struct audit_row *row);

/** `"word":"text"`, or null for an empty text; a comma before it. */
void render_text(struct text *out, const char *word, struct span text);

/** `"word":"2027-01-01T00:00:00Z"`, or null for 0; a comma before it. */
void render_time(struct text *out, const char *word, int64_t unix_s);

void render_number(struct text *out, const char *word, uint64_t number);

#endif
