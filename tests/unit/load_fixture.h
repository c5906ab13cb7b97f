/* Texts and files that are loaded for a test, and what is said about them. */
#ifndef WEIR_TESTS_UNIT_LOAD_FIXTURE_H
#define WEIR_TESTS_UNIT_LOAD_FIXTURE_H

#include "registry/data.h"
#include "registry/load.h"
#include "registry/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#ifdef __clang_analyzer__
/* cmocka 1.1.5 does not say that what fails does not return. */
_Noreturn void _fail(const char *file, int line);
#endif

enum { LOAD_OUTPUT_BYTES = 256 * 1024 };

/* A folder of its own, and the variables that the samples refer to. */
int load_set_up(void **state);
int load_tear_down(void **state);

/* The folder, without a slash at its end. */
const char *load_folder(void);

void load_write_file(const char *name, const char *content);

/* What can be read from the beginning of `fd`, NUL-terminated. */
void load_read_whole(int fd, char output[static LOAD_OUTPUT_BYTES]);

void load_assert_text(struct span actual, const char *expected);

/* The report as it prints; until the next call. */
const char *load_printed(const struct report *report);

/* Load a text that must be fine, warnings aside. */
struct registry *load_good(const char *text);

/* Load a text that must be refused; returns what is said. */
const char *load_bad(const char *text, bool resolve);

/* Write `text` as weir.yaml into the folder and load it. */
struct registry *load_main(const char *text, struct report *report);

#endif
