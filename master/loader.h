/**
 * The loader: a process that lives for one load.
 *
 *   master                                   loader
 *   loader_start() ── fork ────────────────► loader_main(): read, check, compile, seal
 *   loader_receive() ◄── one packet + fds ── loader_answer()
 *   loader_stop()                            gone
 *
 * It sees the live generation and, read-only, the state segment; it writes to neither. Whatever
 * happens to it, the master keeps what it has.
 */
#ifndef WEIR_MASTER_LOADER_H
#define WEIR_MASTER_LOADER_H

#include "lib/base/clock.h"
#include "master/generation.h"
#include "master/spawn.h"
#include "registry/registry.h"
#include "shm/state.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOADER_NICE = 10 };

/** What a loader is given, and the only thing. */
struct loader_boot {
    const char *config_path;
    registry_restore_fn *restore; /* at the first load only, when no steward runs; else NULL */
    int result_fd;                /* takes one loader_answer() */
    int snapshot_fd;              /* of the live generation, or -1 */
    int secrets_fd;               /* of the live generation, or -1 */
    int state_fd;                 /* or -1 at the first start */
    uint64_t generation;          /* the number that the new one will have */
    uint64_t acknowledged;        /* every worker is past the generations below this one; 0: none */
};

/** Loads and answers; returns the process's exit status. */
typedef int loader_main_fn(const struct loader_boot *boot);

/** The real one: the registry's load and compile. Logs what the report says. */
loader_main_fn loader_main;

/** What a load came to. Descriptors are the receiver's; -1 where there is none. */
struct loader_result {
    int err; /* 0, ERR_CONFIG (the report says why), or what else went wrong */
    uint32_t errors;
    uint32_t warnings;
    bool unchanged;  /* equal to the live generation: no snapshot, no secrets */
    int report_fd;   /* a sealed memfd with the report's lines */
    int snapshot_fd; /* sealed */
    int secrets_fd;  /* sealed */
    int accounts_fd; /* sealed */
};

#define LOADER_RESULT_NONE   \
    ((struct loader_result){ \
        .report_fd = -1, .snapshot_fd = -1, .secrets_fd = -1, .accounts_fd = -1})

/** In the loader: send the result; its descriptors stay open. @return 0 or ERR_IO */
int loader_answer(int result_fd, const struct loader_result *result);

/** In the master. */
struct loader {
    struct process process;
    int result_fd; /* -1: no load is running */
};

#define LOADER_NONE ((struct loader){.process = {.pid = 0, .pidfd = -1}, .result_fd = -1})

/** @return 0 or ERR_IO; nothing runs then */
int loader_start(struct loader *loader, loader_main_fn *run, const struct loader_boot *boot);

/**
 * @return 0 and a result; ERR_AGAIN: not yet; ERR_NOT_FOUND: it ended without an answer;
 *         ERR_CORRUPT: its answer contradicts itself; ERR_NO_SPACE: descriptors were lost; ERR_IO
 */
int loader_receive(const struct loader *loader, struct loader_result *out);

/** End it, whatever it does, and forget it; the reaper finds an unknown child. None is fine. */
void loader_stop(struct loader *loader);

/** Close what came with a result; clears it. */
void loader_discard(struct loader_result *result);

#endif
