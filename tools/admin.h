/** A command on its way: the words, the connection, and who says what goes wrong. */
#ifndef WEIR_TOOLS_ADMIN_H
#define WEIR_TOOLS_ADMIN_H

#include "tools/admin_begin.h"
#include "tools/admin_client.h"

struct admin_session {
    const struct admin_words *words;
    struct admin_client *client;
    struct admin_request_memory *memory;
    char who[ADMIN_WHO_BYTES]; /* "weir keys create": begins each line on standard error */
};

/** Make the request of `words` and send it. @return TOOL_OK: the API has done it; else it was said */
int admin_send(struct admin_session *session, const struct admin_words *words,
               struct admin_answer *out);

/** Is the status one of success? Else say what the API says. @return TOOL_OK or TOOL_FAILED */
int admin_accept(const struct admin_session *session, const struct admin_answer *answer);

/** Say so when a change is not in effect yet, or cannot be. @return TOOL_FAILED: it cannot */
int admin_tell_effect(const struct admin_session *session, const struct admin_answer *answer);

/** `weir keys import FILE`. */
int admin_import(struct admin_session *session);

/** `weir backup FILE`. */
int admin_backup(struct admin_session *session);

/**
 * Ask on the terminal.
 *
 * @param subject  what stands in the place of `{}` in the question
 * @return TOOL_OK: yes; TOOL_FAILED: no; TOOL_USAGE: there is no terminal and no --yes
 */
int admin_confirm(const struct admin_session *session, const char *question, const char *subject);

#endif
