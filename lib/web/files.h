/**
 * The files under lib/web/files, compiled in: templates of pages, and what their pages refer to.
 *
 * A template is HTML in which {{name}} stands for a slot of WEB_SLOT_MAP, and {{asset:NAME}} for the
 * path of an asset. An asset's path holds a digest of its bytes, so that whoever has kept them need
 * never ask again. embed.c makes the tables; a name that is not in the lists below does not compile.
 */
#ifndef WEIR_WEB_FILES_H
#define WEIR_WEB_FILES_H

#include "lib/base/span.h"

#include <stdint.h>

/** What a page says anew for each request; view.c says each of them. */
#define WEB_SLOT_MAP(X) \
    X(account)          \
    X(at_connect)       \
    X(at_models)        \
    X(calls)            \
    X(choices)          \
    X(chosen)           \
    X(claude)           \
    X(form)             \
    X(gateway)          \
    X(gemini)           \
    X(gpt)              \
    X(head)             \
    X(list)             \
    X(main)             \
    X(message)          \
    X(next)             \
    X(note)             \
    X(order)            \
    X(pager)            \
    X(q)                \
    X(rows)             \
    X(summary)          \
    X(title)            \
    X(url)              \
    X(user)

enum web_slot {
    WEB_SLOT_NONE,
#define X(name) WEB_SLOT_##name,
    WEB_SLOT_MAP(X) WEB_SLOT_COUNT,
#undef X
};

/** The *.html, by their names. */
#define WEB_TEMPLATE_MAP(X) \
    X(anonymous)            \
    X(call_anthropic)       \
    X(call_gemini)          \
    X(call_openai)          \
    X(connect)              \
    X(connect_anthropic)    \
    X(connect_gemini)       \
    X(connect_openai)       \
    X(form)                 \
    X(frame)                \
    X(gateway)              \
    X(message)              \
    X(models)               \
    X(signed_in)            \
    X(signin)               \
    X(table)

enum web_template {
#define X(name) WEB_TEMPLATE_##name,
    WEB_TEMPLATE_MAP(X) WEB_TEMPLATE_COUNT,
#undef X
};

/** Bytes as they are, or a slot. */
struct web_piece {
    enum web_slot slot; /* WEB_SLOT_NONE: bytes */
    struct span bytes;
};

struct web_pieces {
    const struct web_piece *pieces;
    uint32_t count;
};

extern const struct web_pieces web_templates[WEB_TEMPLATE_COUNT];

struct web_asset {
    struct span name; /* "weir.0123456789abcdef.css" */
    struct span content_type;
    struct span body;
    struct span etag; /* with its quotes */
};

enum { WEB_ASSET_COUNT = 3, WEB_ASSET_BYTES_MAX = 49152, WEB_TEMPLATE_BYTES_MAX = 49152 };

extern const struct web_asset web_assets[WEB_ASSET_COUNT];

/** The first bytes of a digest over all of the files: no two builds whose pages differ have the same. */
extern const uint64_t web_files_hash;

/** The asset with that name, or NULL. */
const struct web_asset *web_find_asset(struct span name);

#endif
