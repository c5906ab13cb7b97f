#include "lib/dialect/page.h"

#include "lib/base/base64url.h"
#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/wire/url.h"

/* Odd, so that no bit is lost; that of FNV-1a 64. */
#define PAGE_HASH_FACTOR UINT64_C(0x100000001b3)

enum { PRIORITY_BYTES = 4, NUMBER_DIGITS_MAX = 18 };

struct selection_sum page_cut(const struct page_request *request, struct page *page, uint32_t limit)
{
    return selection_cut(&page->selection, request->dialect, limit);
}

void page_close(struct page *page, const struct selection_sum *sum, struct span head,
                const struct text *tail)
{
    INVARIANT(tail->err == 0 && tail->ptr == page->tail);
    page->head = head;
    page->tail_bytes = (uint32_t)tail->len;
    page->body_bytes = head.len + sum->bytes + tail->len;
    page->hash = (sum->hash ^ snapshot_checksum(tail->ptr, tail->len)) * PAGE_HASH_FACTOR;
}

int page_find_number(struct span query, struct span name, uint64_t max, uint64_t *out)
{
    char memory[NUMBER_DIGITS_MAX];
    struct span digits;
    uint64_t value = 0;
    int err = page_find_text(query, name, memory, sizeof(memory), &digits);

    if (err != 0 || digits.len == 0)
        return err;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return ERR_INVALID;
        value = value * 10 + (uint64_t)(digits.ptr[i] - '0');
    }
    if (value > max)
        return ERR_INVALID;
    *out = value;
    return 0;
}

int page_find_text(struct span query, struct span name, char *memory, size_t memory_bytes,
                   struct span *out)
{
    struct span encoded;

    *out = SPAN("");
    if (query.len == 0 || !url_query_find(query, name, &encoded))
        return 0;
    return url_decode(encoded, memory, memory_bytes, out) == 0 ? 0 : ERR_INVALID;
}

void page_add_token(struct text *out, const struct snapshot *snapshot, uint32_t model)
{
    const struct model_row *row = snapshot_model(snapshot, model);
    struct span slug = snapshot_bytes(snapshot, row->slug);
    uint32_t priority = (uint32_t)row->priority;
    char key[PRIORITY_BYTES + LAYOUT_SLUG_BYTES_MAX];
    char token[PAGE_TOKEN_BYTES_MAX];

    for (size_t i = 0; i < PRIORITY_BYTES; i++)
        key[i] = (char)(priority >> (8 * i) & 0xff);
    memcpy(key + PRIORITY_BYTES, slug.ptr, slug.len);
    size_t len = base64url_encode((struct span){key, PRIORITY_BYTES + slug.len}, token,
                                  sizeof(token));
    text_add(out, (struct span){token, len});
}

int page_read_token(struct span token, const struct snapshot *snapshot, uint32_t *from)
{
    char memory[PRIORITY_BYTES + LAYOUT_SLUG_BYTES_MAX];
    struct span key;
    uint32_t priority = 0;

    if (base64url_decode(token, memory, sizeof(memory), &key) != 0 || key.len <= PRIORITY_BYTES)
        return ERR_INVALID;
    for (size_t i = 0; i < PRIORITY_BYTES; i++)
        priority |= (uint32_t)(unsigned char)key.ptr[i] << (8 * i);
    *from = selection_behind(snapshot, (int32_t)priority, span_skip(key, PRIORITY_BYTES));
    return 0;
}
