#include "lib/web/body.h"

#include "lib/base/err.h"
#include "shm/snapshot.h"

void web_body_init(struct web_body *body)
{
    body->text = text_over(body->memory, sizeof(body->memory));
    body->bytes = 0;
    body->hash = 0;
    body->count = 0;
    body->cut = 0;
    body->err = 0;
}

static void append(struct web_body *body, struct span bytes)
{
    struct span *last = body->count == 0 ? NULL : &body->pieces[body->count - 1];

    if (bytes.len == 0)
        return;
    body->bytes += bytes.len;
    if (last != NULL && last->ptr + last->len == bytes.ptr)
        last->len += bytes.len;
    else if (body->count < WEB_PIECES_MAX)
        body->pieces[body->count++] = bytes;
    else
        body->err = ERR_NO_SPACE;
}

static void flush(struct web_body *body)
{
    append(body, (struct span){body->memory + body->cut, body->text.len - body->cut});
    body->cut = (uint32_t)body->text.len;
}

void web_body_add(struct web_body *body, struct span bytes)
{
    flush(body);
    append(body, bytes);
}

int web_body_close(struct web_body *body)
{
    flush(body);
    body->hash = snapshot_checksum(body->memory, body->text.len);
    return body->err != 0 ? body->err : body->text.err;
}
