/**
 * `state_dir/session-key`: what the sessions of people who signed in with a browser are signed
 * with. 32 random bytes and nothing else.
 *
 * The loader keeps it and hands it to the workers with the secrets of a generation; nobody else
 * reads it. Without it the sessions that were signed with it end, and nothing more.
 */
#ifndef WEIR_SHM_SESSION_KEY_H
#define WEIR_SHM_SESSION_KEY_H

#include <stdint.h>

#define SESSION_KEY_FILE_NAME     "session-key"
#define SESSION_KEY_FILE_NAME_NEW "session-key.new"

enum { SESSION_KEY_BYTES = 32, SESSION_KEY_FILE_MODE = 0600 };

enum session_key_source {
    SESSION_KEY_FOUND,
    SESSION_KEY_MADE,     /* there was none */
    SESSION_KEY_REPLACED, /* there was a file of another size: no key */
};

/**
 * Read the key, or make one: a new file takes its place whole.
 *
 * What cannot be read for another reason than that it is not there stays as it is.
 *
 * @param key     filled only on success; wipe it
 * @param source  likewise
 * @return 0; ERR_IO, errno says why; ERR_INVALID: what is there is no regular file
 */
int session_key_keep(const char *state_dir, uint8_t key[static SESSION_KEY_BYTES],
                     enum session_key_source *source);

#endif
