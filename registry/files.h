/** Whole files into memory, within a bound. */
#ifndef WEIR_REGISTRY_FILES_H
#define WEIR_REGISTRY_FILES_H

#include "lib/base/span.h"

/**
 * @param content  on success a NUL-terminated copy; give it to file_content_free()
 * @param problem  on failure why, as the rest of a sentence that begins with the file's name
 * @return 0, ERR_IO, ERR_INVALID when it is no regular file, ERR_NO_SPACE when it is longer than
 *         bytes_max, ERR_NO_MEMORY
 */
int file_content_read(const char *path, size_t bytes_max, struct span *content,
                      const char **problem);

/** Overwrites, as the content may be a secret, and frees. An empty span is fine. */
void file_content_free(struct span *content);

#endif
