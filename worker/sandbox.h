/**
 * What a worker may still do to the machine once it serves.
 *
 * In this order: sandbox_warm_up() before the filter (one look-up loads the resolver's libraries),
 * sandbox_enter() before anything from outside is read, sandbox_limit_files() when the paths that
 * workers read are known. None of it can be taken back.
 */
#ifndef WEIR_WORKER_SANDBOX_H
#define WEIR_WORKER_SANDBOX_H

#include "lib/base/span.h"

/** One local name look-up, so that the libraries of NSS are loaded before files are out of reach. */
void sandbox_warm_up(void);

/**
 * No new privileges, not dumpable, and a seccomp filter that knows the system calls of a worker
 * and refuses all others with EPERM (clone3 with ENOSYS): no exec, no ptrace, no new process, no
 * netlink, no file opened for writing. Built with WEIR_SECCOMP_TRAP a refused call kills.
 *
 * @return 0 or ERR_IO
 */
int sandbox_enter(void);

/**
 * Files can only be read, and only those that resolving names needs, and `ca_file` (Landlock). A
 * kernel without Landlock is no error: the seccomp filter stands by itself.
 *
 * @return 0 or ERR_IO
 */
int sandbox_limit_files(struct span ca_file);

#endif
