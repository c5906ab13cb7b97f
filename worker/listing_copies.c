#include "worker/listing_copies.h"

#include "lib/base/invariant.h"
#include "lib/base/text.h"
#include "worker/listing.h"

#include <stdlib.h>

struct listing_copy {
    uint64_t generation;   /* 0: none */
    struct digest content; /* of that generation: its number alone is the master's word */
    size_t number;         /* of its row in LISTINGS */
    size_t bytes;
    char body[LISTING_COPY_BYTES_MAX];
};

struct listing_copies {
    struct listing_copy copies[LISTING_COPIES];
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

bool listing_copies_take(const struct listing_row *row)
{
    return row->body_bytes <= LISTING_COPY_BYTES_MAX &&
           row->body_bytes < (uint64_t)row->runs * LISTING_COPY_PIECE_BYTES;
}

static size_t gather(const struct snapshot *snapshot, enum dialect dialect, uint32_t grant_set,
                     struct listing_copy *copy)
{
    struct text body = text_over(copy->body, sizeof(copy->body));
    struct listing listing;
    struct span piece;

    listing_begin(&listing, snapshot, dialect, grant_set);
    while (listing_next(&listing, &piece))
        text_add(&body, piece);
    INVARIANT(body.err == 0);
    return body.len;
}

struct span listing_copies_get(struct listing_copies *copies, const struct snapshot *snapshot,
                               enum dialect dialect, uint32_t grant_set)
{
    const struct snapshot_header *header = snapshot->header;
    size_t number = (size_t)grant_set * DIALECT_COUNT + dialect;
    struct listing_copy *copy = &copies->copies[number % LISTING_COPIES];

    if (copy->generation != header->generation || copy->number != number ||
        !digest_equal(&copy->content, &header->content)) {
        copy->generation = header->generation;
        copy->content = header->content;
        copy->number = number;
        copy->bytes = gather(snapshot, dialect, grant_set, copy);
    }
    return (struct span){copy->body, copy->bytes};
}
