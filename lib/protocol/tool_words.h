/**
 * Names and ids of tools, fitted to what a provider takes. The same word always becomes the same
 * other one, so that definitions, choices, calls and results agree, also in the next request; names
 * are turned back in the answer.
 */
#ifndef WEIR_PROTOCOL_TOOL_WORDS_H
#define WEIR_PROTOCOL_TOOL_WORDS_H

#include "lib/protocol/hub.h"
#include "lib/protocol/hub_notes.h"

/** What a provider takes. */
struct tool_word_rules {
    uint32_t name_bytes_max;
    uint32_t id_bytes_max;
    bool name_dots; /* `.` and `:` in names */
};

/** A name that was changed; in the list that a call keeps for its answer. */
struct tool_name {
    struct tool_name *next;
    struct span sent;     /* raw */
    struct span original; /* raw */
};

/**
 * Fit all names and ids of a request: definitions, choice, calls, results. A name that is too long
 * or holds other characters becomes its first bytes, `_` and 8 hexadecimal digits of a hash; an id
 * likewise. An empty name is refused.
 *
 * @param out  the changed names, in the region; NULL when there is none
 */
int tool_words_fit(struct region *memory, struct hub_request *request,
                   const struct tool_word_rules *rules, struct tool_name **out,
                   struct hub_notes *notes);

/** The name that the client knows. */
struct span tool_words_original(const struct tool_name *names, struct span sent);

/** Fit one id (of an answer's tool call for the client). */
struct span tool_words_fit_id(struct region *memory, struct span raw, uint32_t id_bytes_max);

/**
 * An id for a call that came without one: "call_" and 16 hexadecimal digits.
 *
 * @param seed    the answer's
 * @param number  of the call in it
 * @return in the region; ptr NULL: it is full
 */
struct span tool_words_make_id(struct region *memory, uint64_t seed, uint32_t number);

#endif
