/** How a generation becomes the live one: what can fail, then what cannot. */
#ifndef WEIR_MASTER_PUBLISH_H
#define WEIR_MASTER_PUBLISH_H

#include "master/reload.h"

struct generation;
struct master;

/**
 * Everything that can fail. At the first start that is the state segment, the listeners and the
 * control socket as well. Nothing that a client, a worker or an operator could see has changed
 * when this fails; sockets of listener slots that are needed no more stay.
 *
 * @param next     owns the result's descriptors on success
 * @param problem  the sentence, when it fails
 * @return 0 or an ERR_ value
 */
int publish_prepare(struct master *master, struct generation *next,
                    char problem[static RELOAD_REASON_BYTES]);

/** Make it the live one and tell every worker; clears `next`. */
void publish_commit(struct master *master, struct generation *next);

#endif
