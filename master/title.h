/** What `ps` and `top` show of a process: "weir: worker 0". */
#ifndef WEIR_MASTER_TITLE_H
#define WEIR_MASTER_TITLE_H

/**
 * Move the environment out of the way so that titles have room. Call once, before anything else
 * that keeps a pointer into argv or the environment. Without it only the short name is set.
 */
void title_init(int argc, char **argv);

/** Set both the title and the 15 bytes of the short name. */
void title_set(const char *title);

#endif
