/**
 * A loader, a worker and a steward for tests of the master: real processes that do what the test
 * tells them through shared memory.
 */
#ifndef WEIR_TESTS_MASTER_FAKES_H
#define WEIR_TESTS_MASTER_FAKES_H

#include "master/loader.h"
#include "shm/boot.h"
#include "shm/settings.h"

enum {
    FAKES_BEAT_MS = 20,
    FAKES_EVERYBODY = 1000,
    FAKES_PATH_BYTES = 22, /* what the fixture has for the control socket's path */
};

enum loader_mode { LOAD, LOAD_CRASH, LOAD_HANG, LOAD_REFUSE, LOAD_SAME, LOAD_TORN, LOAD_UNSEALED };

enum worker_mode {
    WORK,
    WORK_CRASH,       /* at once */
    WORK_HANG,        /* says nothing, beats no more */
    WORK_FUTURE,      /* the same, after a heartbeat from the end of time */
    WORK_NOT_ADOPT,   /* takes generations and does not answer */
    WORK_REFUSE,      /* refuses them */
    WORK_LOSE,        /* refuses them as if their descriptors had been lost */
    WORK_NOT_LISTEN,  /* takes listeners and does not answer */
    WORK_STAY,        /* does not drain */
    WORK_HANG_UP,     /* closes its channel and stays */
    WORK_SAY_ADOPTED, /* a generation that there is not */
    WORK_SAY_SLOT,    /* a slot that there is not */
    WORK_SAY_DRAIN,   /* a word of the master's */
    WORK_SAY_REVOKED, /* a word of the steward's */
};

/** What the steward sends as tokens. */
enum tokens_mode {
    TOKENS_GOOD,
    TOKENS_UNSEALED,
    TOKENS_SHORT,   /* smaller than a header */
    TOKENS_FOREIGN, /* with another magic */
    TOKENS_OTHER,   /* with another number in them than on the message */
};

/** What test and fakes share; it outlives every process. */
struct script {
    _Atomic int loader_mode;
    _Atomic int worker_mode;
    _Atomic uint32_t odd_worker; /* who has that mode, or FAKES_EVERYBODY */
    _Atomic uint32_t loads;
    _Atomic uint32_t release; /* LOAD_HANG ends when it is set */
    _Atomic uint64_t workers;
    _Atomic uint64_t ack_ms;
    _Atomic uint64_t load_ms;
    _Atomic uint64_t drain_ms;
    _Atomic uint32_t other_address;
    _Atomic uint32_t reborn;       /* cell row that the next generation gives to somebody else */
    _Atomic uint64_t acknowledged; /* what the last load was told */
    _Atomic uint32_t restorers;    /* loads that might have had the directory's export written */
    _Atomic uint32_t revoked;      /* how often the steward is to say REVOKED */
    _Atomic uint64_t wants;        /* the change that the steward asks a reload for; 0: none */
    _Atomic uint64_t told;         /* the change that it was answered for */
    _Atomic int told_err;          /* and how */
    _Atomic uint64_t looked;       /* bit n: worker n was told so */
    _Atomic uint64_t tokens;       /* number that the steward is to send; 0: none */
    _Atomic int tokens_mode;
    _Atomic uint64_t refused;       /* account whose token a worker is to say is refused; 0: none */
    _Atomic uint64_t refused_heard; /* by the steward: the last one */
    _Atomic uint32_t refusals;      /* and how many */
    _Atomic uint64_t tokens_of[SETTINGS_WORKERS_MAX + 1]; /* number that each child got */
    _Atomic uint32_t strays; /* what workers found that nobody gave them */
    char control_path[FAKES_PATH_BYTES + 1];
};

/** Made by fakes_init(); never goes away. */
extern struct script *script;

/** Once, before the first test. @return 0 or ERR_NO_MEMORY */
int fakes_init(void);

loader_main_fn fake_loader;

/** Never called: a loader is only to see it, or not. */
registry_restore_fn fake_restore;
worker_main_fn fake_worker;
steward_main_fn fake_steward;

#endif
