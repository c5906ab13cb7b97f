/**
 * A master under test, and the hands that turn it.
 *
 * Nothing here waits for time: the loop is turned until a condition holds, and a deadline far away
 * ends a test that waits for what never comes.
 */
#ifndef WEIR_TESTS_MASTER_RIG_H
#define WEIR_TESTS_MASTER_RIG_H

#include "master/master.h"
#include "tests/unit/master_fakes.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    RIG_DEADLINE_MS = 60000,
    RIG_LINE_BYTES = 1024,
};

struct rig {
    char folder[16];
    struct master master;
};

/** cmocka's: `*state` is a struct rig whose master has not begun, and the script has its defaults. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

/** Start the master with the fakes and bounds that no test reaches by accident. */
void rig_begin(struct rig *rig);

/** SIGTERM unless it stops already; nothing may be left, and it ends with `status`. */
void rig_end(struct rig *rig, int status);

typedef bool rig_condition_fn(const struct rig *rig, const void *detail);

/** @return false when the master's work ended before the condition held */
bool rig_turn_until(struct rig *rig, rig_condition_fn *holds, const void *detail);

/** Conditions: never; no worker is the process `*(const pid_t *)detail`. */
rig_condition_fn rig_never;
rig_condition_fn rig_is_without;

/** Turn until exactly the wanted workers serve, on the slots that they should have. */
void rig_settle(struct rig *rig);

/** The process behind a worker's number; 0: none. */
pid_t rig_pid(const struct rig *rig, uint32_t worker);

/** Ask on the control socket. @return the connection */
int rig_ask(const char *question);

/** Turn until the answer is there; closes `fd`. @return the descriptor that came with it, or -1 */
int rig_take_answer(struct rig *rig, int fd, char line[static RIG_LINE_BYTES]);

/** Ask for a reload and see how its line begins. */
void rig_expect_reload(struct rig *rig, const char *beginning);

#endif
