#include "worker/listing_copies.h"

#include "lib/base/invariant.h"
#include "lib/base/text.h"

#include <stdlib.h>

/** What a copy is of. */
struct copy_key {
    uint64_t generation;   /* 0: of nothing */
    struct digest content; /* of that generation: its number alone is the master's word */
    uint32_t grant_set;
    uint32_t dialect;
    uint32_t query_bytes;
    bool counts;
    char query[LISTING_COPY_QUERY_BYTES_MAX];
};

struct kept_copy {
    uint64_t asked_hash; /* of what was asked for last and is not here */
    struct copy_key key;
    uint32_t etag_bytes;
    uint32_t body_bytes;
    char etag[LISTING_ETAG_BYTES_MAX];
    char memory[REPLY_HEAD_BYTES_MAX + LISTING_COPY_BYTES_MAX];
};

struct listing_copies {
    struct kept_copy kept[LISTING_COPIES];
};

struct listing_copies *listing_copies_new(void)
{
    return calloc(1, sizeof(struct listing_copies));
}

void listing_copies_free(struct listing_copies **copies)
{
    free(*copies);
    *copies = NULL;
}

/* Which list, in whatever generation. */
static uint64_t place_hash(const struct page_request *asked)
{
    uint64_t number = (uint64_t)asked->grant_set * DIALECT_COUNT + asked->dialect;

    return asked->query.len == 0 ? number
                                 : number + snapshot_checksum(asked->query.ptr, asked->query.len);
}

static bool is_key(const struct copy_key *key, const struct page_request *asked)
{
    const struct snapshot_header *header = asked->snapshot->header;

    return key->generation == header->generation && key->grant_set == asked->grant_set &&
           key->dialect == asked->dialect && key->counts == asked->counts &&
           span_equal((struct span){key->query, key->query_bytes}, asked->query) &&
           digest_equal(&key->content, &header->content);
}

static void set_key(struct copy_key *key, const struct page_request *asked)
{
    const struct snapshot_header *header = asked->snapshot->header;

    key->generation = header->generation;
    key->content = header->content;
    key->grant_set = asked->grant_set;
    key->dialect = asked->dialect;
    key->counts = asked->counts;
    key->query_bytes = (uint32_t)asked->query.len;
    if (asked->query.len > 0)
        memcpy(key->query, asked->query.ptr, asked->query.len);
}

static void lend(const struct kept_copy *kept, struct listing_copy *out)
{
    out->etag = (struct span){kept->etag, kept->etag_bytes};
    out->body = (struct span){kept->memory + REPLY_HEAD_BYTES_MAX, kept->body_bytes};
}

bool listing_copies_find(const struct listing_copies *copies, const struct page_request *asked,
                         struct listing_copy *out)
{
    const struct kept_copy *kept = &copies->kept[place_hash(asked) % LISTING_COPIES];

    if (!is_key(&kept->key, asked))
        return false;
    lend(kept, out);
    return true;
}

static void gather(struct kept_copy *kept, struct listing *pieces)
{
    struct text body = text_over(kept->memory + REPLY_HEAD_BYTES_MAX, LISTING_COPY_BYTES_MAX);
    struct span piece;

    while (listing_next(pieces, &piece))
        text_add(&body, piece);
    INVARIANT(body.err == 0 && body.len == kept->body_bytes);
}

bool listing_copies_keep(struct listing_copies *copies, const struct page_request *asked,
                         const struct listing_found *found, struct listing_copy *out)
{
    uint64_t place = place_hash(asked);
    uint64_t asked_hash = place ^ asked->snapshot->header->generation << 32;
    struct kept_copy *kept = &copies->kept[place % LISTING_COPIES];

    if (found->body_bytes > LISTING_COPY_BYTES_MAX ||
        asked->query.len > LISTING_COPY_QUERY_BYTES_MAX)
        return false;
    if (kept->asked_hash != asked_hash) {
        kept->asked_hash = asked_hash;
        return false;
    }
    INVARIANT(found->etag.len <= LISTING_ETAG_BYTES_MAX);
    set_key(&kept->key, asked);
    kept->etag_bytes = (uint32_t)found->etag.len;
    memcpy(kept->etag, found->etag.ptr, found->etag.len);
    kept->body_bytes = (uint32_t)found->body_bytes;
    gather(kept, found->pieces);
    lend(kept, out);
    return true;
}
