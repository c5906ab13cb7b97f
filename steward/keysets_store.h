/** `state_dir/keysets` (shm/keysets_file.h) as the steward keeps it. */
#ifndef WEIR_STEWARD_KEYSETS_STORE_H
#define WEIR_STEWARD_KEYSETS_STORE_H

#include "shm/keysets_file.h"

/**
 * @param memory  for the file and what is decoded of it: 2 * KEYSETS_FILE_BYTES_MAX
 * @param out     points into `memory`
 * @return 0; ERR_NOT_FOUND; ERR_IO; or as keysets_file_parse()
 */
int keysets_store_read(struct span folder, struct text *memory, struct keysets *out);

/**
 * Written beside the old one, synced, renamed into place, and its folder synced: a crash at any step
 * leaves the old file or the new one.
 *
 * @param memory  KEYSETS_FILE_BYTES_MAX; reset by this
 * @return 0, ERR_IO, ERR_NO_SPACE or ERR_NO_MEMORY
 */
int keysets_store_write(struct span folder, struct text *memory, const struct keysets *sets);

#endif
