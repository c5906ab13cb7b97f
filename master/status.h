/** The status line: what the master knows about itself and its children. */
#ifndef WEIR_MASTER_STATUS_H
#define WEIR_MASTER_STATUS_H

#include <stddef.h>

struct master;

/**
 * "weir 0.1.0 pid=12 generation=3-0123abcd workers=4 serving=4 state=running reload=idle uptime=60
 * last_reload=refused last_reload_age=12", how many groups, users and keys there are, and
 * " stale_issuers=1" while the tokens of so many issuers are refused because nobody has fetched
 * their keys for a day.
 */
void status_line(const struct master *master, char *out, size_t bytes);

/** The same for people, short: "generation 3-0123abcd, 4 of 4 workers serve". */
void status_sentence(const struct master *master, char *out, size_t bytes);

#endif
