/** The texts of keys and their names: made from random bytes, checked, hashed, wiped. */
#ifndef WEIR_STEWARD_KEY_TEXT_H
#define WEIR_STEWARD_KEY_TEXT_H

#include "steward/directory_keys.h"

enum { KEY_TEXT_NAME_BYTES = 20 }; /* "key-" and 16 characters */

/** A new text: `weir_` and 32 random bytes in base64url. @return 0 or ERR_IO */
int key_text_make(struct directory_secret *secret);

/** A new name: 80 random bits, so that two never meet. @return 0 or ERR_IO */
int key_text_make_name(char name[static KEY_TEXT_NAME_BYTES]);

/** What is wrong with a text that was given as a key, or NULL; never echo such a text. */
const char *key_text_check(struct span text);

/** Does the text of one of our own keys stand anywhere in `bytes`? */
bool key_text_is_in(struct span bytes);

#endif
