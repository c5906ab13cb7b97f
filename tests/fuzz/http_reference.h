/**
 * HTTP/1.1 as lib/wire takes it, written once more: whole messages, grammar after grammar.
 *
 * It shares no code with what it is compared to, and nothing of how that works: no states, no
 * cuts. It is exact: REFERENCE_BAD from the first byte on that no good message has there.
 */
#ifndef WEIR_TESTS_FUZZ_HTTP_REFERENCE_H
#define WEIR_TESTS_FUZZ_HTTP_REFERENCE_H

#include "tests/fuzz/fuzz.h"

enum {
    REFERENCE_FIELDS_MAX = 96,
    REFERENCE_TRAILER_BYTES_MAX = 8192, /* without line ends */
};

enum reference_verdict {
    REFERENCE_GOOD,
    REFERENCE_MORE, /* a beginning of something good */
    REFERENCE_BAD,
};

struct reference {
    struct span left;
    enum reference_verdict verdict; /* once it is not GOOD, nothing more is taken */
};

struct reference_head {
    unsigned minor;
    unsigned status;
    bool has_host;
    bool has_length;
    bool is_chunked;
    uint64_t length;
    size_t fields;
    struct span names[REFERENCE_FIELDS_MAX];
    struct span values[REFERENCE_FIELDS_MAX];
};

typedef bool reference_kind(char c);

bool reference_is_digit(char c);
bool reference_is_token(char c);
bool reference_is_target(char c);
bool reference_is_text(char c); /* of a field's value */

/** What stands next; NUL, and no more GOOD, when nothing does. */
char reference_peek(struct reference *reference);

/** This must hold, when the bytes have got that far. */
void reference_demand(struct reference *reference, bool holds);

/** As many bytes of the kind as there are, but no more than `most`. */
struct span reference_run(struct reference *reference, reference_kind *kind, size_t most);

/** These very bytes; letters of either case where `text` has lower-case ones. */
void reference_literal(struct reference *reference, const char *text);

/** `HTTP/1.0` or `HTTP/1.1`. */
void reference_version(struct reference *reference, struct reference_head *head);

/** Fields and the empty line behind them. */
void reference_fields(struct reference *reference, struct reference_head *head, bool is_request);

/** Chunks up to the end of the body; adds their content to `content`. */
void reference_chunks(struct reference *reference, bool takes_trailers, struct fuzz_hash *content);

/** A body of that many bytes. */
void reference_content(struct reference *reference, uint64_t length, struct fuzz_hash *content);

#endif
