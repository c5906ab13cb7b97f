#include "lib/web/body.h"

#include "lib/base/err.h"
#include "shm/snapshot.h"

/* Odd, and with bits all over: 2^64 divided by the golden ratio. */
#define MIX UINT64_C(0x9e3779b97f4a7c15)

void web_body_init(struct web_body *body)
{
    body->text = text_over(body->memory, sizeof(body->memory));
    body->bytes = 0;
    body->hash = SNAPSHOT_FNV_START;
    body->count = 0;
    body->hashed = 0;
    body->cut = 0;
    body->err = 0;
}

static void append(struct web_body *body, struct span bytes)
{
    if (bytes.len == 0)
        return;
    body->bytes += bytes.len;
    if (body->count < WEB_PIECES_MAX)
        body->pieces[body->count++] = bytes;
    else
        body->err = ERR_NO_SPACE;
}

/* Where a piece of text ends is a part of what the page says. */
static void hash_text(struct web_body *body)
{
    size_t len = body->text.len - body->hashed;

    if (len == 0)
        return;
    body->hash ^= snapshot_checksum(body->memory + body->hashed, len) + body->text.len;
    body->hash *= MIX;
    body->hash ^= body->hash >> 32;
    body->hashed = (uint32_t)body->text.len;
}

static void cut_text(struct web_body *body)
{
    append(body, (struct span){body->memory + body->cut, body->text.len - body->cut});
    body->cut = (uint32_t)body->text.len;
}

void web_body_add(struct web_body *body, struct span bytes)
{
    hash_text(body);
    if (bytes.len <= WEB_COPY_BYTES_MAX &&
        body->text.len + bytes.len <= WEB_TEXT_BYTES_MAX - WEB_COPY_ROOM) {
        text_add(&body->text, bytes);
        body->hashed = (uint32_t)body->text.len;
        return;
    }
    cut_text(body);
    append(body, bytes);
}

int web_body_close(struct web_body *body)
{
    hash_text(body);
    cut_text(body);
    return body->err != 0 ? body->err : body->text.err;
}
