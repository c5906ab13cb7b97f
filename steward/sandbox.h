/**
 * What the steward gives up before it hears anything from outside, for good: whoever got into it
 * could still read the directory, but start no program, look into no other process, and bring
 * nothing into the kernel.
 *
 * It is a list of what is refused, and not, as with a worker (worker/sandbox.h), of what is needed:
 * SQLite keeps files, and its calls are its own business.
 */
#ifndef WEIR_STEWARD_SANDBOX_H
#define WEIR_STEWARD_SANDBOX_H

/** No new privileges, not dumpable, and a seccomp filter: a refused call is EPERM. @return 0, ERR_IO
 *  or ERR_NO_MEMORY */
int steward_sandbox_enter(void);

#endif
