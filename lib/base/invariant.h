/**
 * INVARIANT() states what must be true of our own code.
 *
 * It is compiled in always: a worker with a broken invariant must die and be replaced, not serve
 * from state that it no longer understands. Anything that a client, an upstream or a file can
 * cause is an error value, never an INVARIANT().
 */
#ifndef WEIR_BASE_INVARIANT_H
#define WEIR_BASE_INVARIANT_H

#define INVARIANT(expr)                      \
    (__builtin_expect(!!(expr), 1) ? (void)0 \
                                   : invariant_failed(#expr, __func__, __FILE__, __LINE__))

/** Logs where and what, then aborts. */
_Noreturn void invariant_failed(const char *expr, const char *func, const char *file, int line);

#endif
