/**
 * Calls that are translated, for tests of codecs: a provider's bytes in, what the client gets out.
 *
 * Give open_translations() and close_translations() as setup and teardown; all that a test is given
 * lives to the teardown. Whatever goes wrong here fails the test.
 */
#ifndef WEIR_TESTS_TRANSLATION_FIXTURE_H
#define WEIR_TESTS_TRANSLATION_FIXTURE_H

#include "lib/protocol/translation.h"

/** The slug is "the-model", ids are "ID", the time is 1700000000. */
struct translations;

int open_translations(void **state);
int close_translations(void **state);

/** How a stream ended. */
struct translated {
    int err; /* of translation_feed(), else of translation_finish() */
    enum translation_state state;
    struct span out;
    struct usage usage;
    struct hub_error error;
};

/** Rules with which a test may begin. */
struct translation_rules translation_rules(enum wire_protocol from, enum wire_protocol to);

/** A stream, fed in pieces of `step` bytes; 0: all at once. */
struct translated translate_stream(struct translations *translations,
                                   const struct translation_rules *rules, struct span bytes,
                                   size_t step);

/**
 * The same with the output that is wanted: whole, byte by byte and cut in two at every offset, with
 * LF, CRLF and CR at the ends of lines; a complete one must pass check_stream().
 */
struct translated check_translation(struct translations *translations,
                                    const struct translation_rules *rules, struct span bytes,
                                    struct span wanted);

/** What a provider says, and what its client gets; ROW() of two literals is one. */
struct translation_row {
    struct span given;
    struct span wanted;
};

#define ROW(given, wanted)               \
    {                                    \
        {(given), sizeof(given) - 1},    \
        {                                \
            (wanted), sizeof(wanted) - 1 \
        }                                \
    }

/** check_translation() of each, all of them complete. */
void check_streams(struct translations *translations, const struct translation_rules *rules,
                   const struct translation_row *rows, size_t count);

/** A whole answer. @return what translation_answer() did */
int translate_answer(struct translations *translations, const struct translation_rules *rules,
                     struct span body, struct translated *out);

/** A request and what comes of it. */
struct translated_request {
    int err;
    struct hub_notes *notes;
    struct translation_keep keep;
    struct span out;
};

/** A target with which a test may begin: every trait as its provider's newest models have it. */
struct codec_target translation_target(enum wire_protocol protocol);

struct translated_request translate_request(struct translations *translations,
                                            enum wire_protocol from, enum wire_protocol to,
                                            const struct codec_target *target, struct span body);

/** Fails the test with both texts when they differ. */
void assert_text(struct span got, struct span wanted);

#endif
