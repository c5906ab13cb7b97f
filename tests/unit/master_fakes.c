#include "tests/unit/master_fakes.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "shm/channel.h"
#include "shm/state.h"
#include "tests/unit/snapshot_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { DESCRIPTORS_LOOKED_AT = 256, LINE_BYTES = 512 };

struct script *script;

int fakes_init(void)
{
    void *memory = mmap(NULL, sizeof(*script), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);

    if (memory == MAP_FAILED)
        return ERR_NO_MEMORY;
    script = memory;
    return 0;
}

static int secrets_memfd(void)
{
    size_t bytes;
    void *memory = fixture_secrets(NULL, 0, &bytes);
    int fd = fixture_memfd(memory, bytes, FIXTURE_SEALS);

    free(memory);
    return fd;
}

static int snapshot_memfd(const struct loader_boot *boot)
{
    static const char *const slugs[] = {"a-model"};
    const struct fixture_plan plan = {.model_count = 1, .slugs = slugs, .set_count = 1};
    struct fixture fixture;

    fixture_build(&plan, &fixture);
    struct snapshot_header *header = fixture.header;
    header->generation = boot->generation;
    memcpy(fixture.memory + header->control_socket.offset, script->control_path,
           strlen(script->control_path));
    header->control_socket.len = (uint32_t)strlen(script->control_path);
    snprintf(header->listen[0], SETTINGS_ADDRESS_BYTES, "127.0.0.%u:0", 1 + script->other_address);
    header->settings.workers = script->workers;
    header->settings.ack_ms = script->ack_ms;
    header->settings.load_ms = script->load_ms;
    header->settings.drain_ms = script->drain_ms;
    header->settings.cells_max = 1024;
    if (boot->generation > 1) {
        struct cell_row *row = fixture_row(&fixture, SNAPSHOT_CELLS, script->reborn);
        row->born = boot->generation;
    }
    fixture_sum(&fixture);
    if (script->loader_mode == LOAD_TORN)
        fixture.memory[fixture.bytes - 1] ^= 1;
    return fixture_memfd(fixture.memory, fixture.bytes,
                         script->loader_mode == LOAD_UNSEALED ? 0 : FIXTURE_SEALS);
}

static int report_memfd(void)
{
    static const char text[] = "weir.yaml:1:1: error: it is wrong\n";

    return fixture_memfd(text, sizeof(text) - 1, FIXTURE_SEALS);
}

int fake_restore(const char *state_dir, char *problem, size_t bytes)
{
    (void)snprintf(problem, bytes, "nobody restores %s", state_dir);
    return ERR_INTERNAL;
}

int fake_loader(const struct loader_boot *boot)
{
    struct loader_result result = LOADER_RESULT_NONE;

    script->loads++;
    script->acknowledged = boot->acknowledged;
    script->restorers += boot->restore == fake_restore ? 1 : 0;
    while (script->loader_mode == LOAD_HANG && script->release == 0)
        poll(NULL, 0, FAKES_BEAT_MS);
    switch ((enum loader_mode)script->loader_mode) {
    case LOAD_CRASH:
        raise(SIGKILL);
        return EXIT_FAILURE;
    case LOAD_REFUSE:
        result.err = ERR_CONFIG;
        result.errors = 2;
        result.report_fd = report_memfd();
        break;
    case LOAD_SAME:
        result.unchanged = true;
        break;
    case LOAD:
    case LOAD_HANG:
    case LOAD_TORN:
    case LOAD_UNSEALED:
        result.snapshot_fd = snapshot_memfd(boot);
        result.secrets_fd = secrets_memfd();
        result.accounts_fd = secrets_memfd();
        break;
    }
    return loader_answer(boot->result_fd, &result) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void say(const struct worker_boot *boot, enum channel_word word, uint64_t number, int err)
{
    const struct channel_message message = {.word = word, .number = number, .err = err};

    channel_send(boot->channel_fd, &message);
}

static enum worker_mode mode_of(const struct worker_boot *boot)
{
    uint32_t odd = script->odd_worker;

    return odd == FAKES_EVERYBODY || odd == boot->number ? (enum worker_mode)script->worker_mode
                                                         : WORK;
}

static void answer_generation(const struct worker_boot *boot, uint64_t number)
{
    switch (mode_of(boot)) {
    case WORK_NOT_ADOPT:
        return;
    case WORK_REFUSE:
        say(boot, CHANNEL_REFUSED, number, ERR_CORRUPT);
        return;
    case WORK_LOSE:
        say(boot, CHANNEL_REFUSED, 0, ERR_NO_SPACE);
        return;
    case WORK_SAY_ADOPTED:
        say(boot, CHANNEL_ADOPTED, number + 1, 0);
        return;
    case WORK_SAY_SLOT:
        say(boot, CHANNEL_LISTENING, SETTINGS_WORKERS_MAX, 0);
        return;
    case WORK_SAY_DRAIN:
        say(boot, CHANNEL_DRAIN, 0, 0);
        return;
    case WORK_SAY_REVOKED:
        say(boot, CHANNEL_REVOKED, 0, 0);
        return;
    case WORK:
    case WORK_CRASH:
    case WORK_HANG:
    case WORK_FUTURE:
    case WORK_NOT_LISTEN:
    case WORK_STAY:
    case WORK_HANG_UP:
        say(boot, CHANNEL_ADOPTED, number, 0);
        return;
    }
}

/* @return false when it is time to go */
static bool answer_message(const struct worker_boot *boot, struct channel_message *message)
{
    enum worker_mode mode = mode_of(boot);

    channel_discard(message);
    if (message->word == CHANNEL_GENERATION)
        answer_generation(boot, message->number);
    else if (message->word == CHANNEL_LISTEN && mode != WORK_NOT_LISTEN)
        say(boot, CHANNEL_LISTENING, message->number, 0);
    else if (message->word == CHANNEL_TOKENS)
        script->tokens_of[boot->number] = message->number;
    else if (message->word == CHANNEL_REVOKED)
        script->looked |= UINT64_C(1) << boot->number;
    else if (message->word == CHANNEL_UNLISTEN)
        say(boot, CHANNEL_UNLISTENED, message->number, 0);
    return message->word != CHANNEL_DRAIN || mode == WORK_STAY;
}

static void misbehave(const struct worker_boot *boot, struct worker_slot *slot)
{
    enum worker_mode mode = mode_of(boot);

    if (mode == WORK_CRASH)
        raise(SIGKILL);
    if (mode == WORK_HANG_UP)
        close(boot->channel_fd);
    if (mode == WORK_FUTURE)
        slot->heartbeat_ms = UINT64_MAX;
    if (mode != WORK_HANG && mode != WORK_FUTURE && mode != WORK_HANG_UP)
        return;
    for (;;)
        pause();
}

/* Descriptors, mappings and blocked signals of the master's that came through the fork. */
static uint32_t count_strays(const struct worker_boot *boot)
{
    char line[LINE_BYTES];
    sigset_t blocked;
    uint32_t strays = 0;

    for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS_LOOKED_AT; fd++) {
        if (fd != boot->channel_fd && fd != boot->state_fd && fd != boot->revocations_fd &&
            fcntl(fd, F_GETFD) >= 0)
            strays++;
    }
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        strays += strstr(line, "memfd:") != NULL ? 1 : 0;
    if (maps != NULL)
        fclose(maps);
    pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    for (int signo = 1; signo < SIGRTMIN; signo++)
        strays += sigismember(&blocked, signo) == 1 ? 1 : 0;
    return strays;
}

int fake_worker(const struct worker_boot *boot)
{
    struct pollfd channel = {.fd = boot->channel_fd, .events = POLLIN};
    struct channel_message message;
    struct state state;

    /* A test that fails leaves nobody behind. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    script->strays += count_strays(boot);
    if (state_open(boot->state_fd, &state) != 0)
        return EXIT_FAILURE;
    struct worker_slot *slot = state_slot(&state, boot->number);
    slot->phase = WORKER_SERVING;
    for (;;) {
        misbehave(boot, slot);
        uint64_t refused = atomic_exchange(&script->refused, 0);
        if (refused != 0)
            say(boot, CHANNEL_TOKEN_REFUSED, refused, 0);
        slot->heartbeat_ms = monotime_now().ms;
        poll(&channel, 1, FAKES_BEAT_MS);
        int err = channel_receive(boot->channel_fd, &message);
        if (err == ERR_NOT_FOUND || (err == 0 && !answer_message(boot, &message)))
            return EXIT_SUCCESS;
    }
}

/* What the steward says and hears beside the words that every child knows. */
static void ask_for_reload(const struct steward_boot *boot)
{
    const struct channel_message trouble = {.word = CHANNEL_DATABASE, .err = ERR_AGAIN};
    /* In one step: the test may say another number at any moment. So with the tokens below. */
    const struct channel_message wanted = {.word = CHANNEL_RELOAD_WANTED,
                                           .number = atomic_exchange(&script->wants, 0)};

    if (wanted.number == 0)
        return;
    channel_send(boot->channel_fd, &trouble);
    channel_send(boot->channel_fd, &wanted);
}

static void send_tokens(int channel_fd, uint64_t number)
{
    enum tokens_mode mode = (enum tokens_mode)script->tokens_mode;
    size_t bytes;
    struct secrets_header *header = fixture_secrets(NULL, 0, &bytes);
    struct channel_message message = {
        .word = CHANNEL_TOKENS, .number = number, .descriptor_count = 1};

    header->generation = mode == TOKENS_OTHER ? number + 1 : number;
    header->magic ^= mode == TOKENS_FOREIGN ? 1 : 0;
    message.descriptors[0] = fixture_memfd(header, mode == TOKENS_SHORT ? 8 : bytes,
                                           mode == TOKENS_UNSEALED ? 0 : FIXTURE_SEALS);
    free(header);
    channel_send(channel_fd, &message);
    close(message.descriptors[0]);
}

/* Remembers what the master tells. */
static void hear(const struct channel_message *message)
{
    if (message->word == CHANNEL_RELOADED) {
        script->told_err = message->err;
        script->told = message->number;
    }
    if (message->word == CHANNEL_TOKENS)
        script->tokens_of[SETTINGS_WORKERS_MAX] = message->number;
    if (message->word == CHANNEL_TOKEN_REFUSED) {
        script->refused_heard = message->number;
        script->refusals++;
    }
}

int fake_steward(const struct steward_boot *boot)
{
    struct pollfd channel = {.fd = boot->channel_fd, .events = POLLIN};
    const struct channel_message ready = {.word = CHANNEL_READY};
    const struct channel_message revoked = {.word = CHANNEL_REVOKED};
    struct channel_message message;
    int err = channel_send(boot->channel_fd, &ready);

    while (err == 0 || err == ERR_AGAIN) {
        for (; script->revoked > 0; script->revoked--)
            channel_send(boot->channel_fd, &revoked);
        ask_for_reload(boot);
        uint64_t tokens = atomic_exchange(&script->tokens, 0);
        if (tokens != 0)
            send_tokens(boot->channel_fd, tokens);
        poll(&channel, 1, FAKES_BEAT_MS);
        err = channel_receive(boot->channel_fd, &message);
        if (err != 0)
            continue;
        if (message.word == CHANNEL_DRAIN)
            break;
        hear(&message);
        channel_discard(&message);
    }
    return EXIT_SUCCESS;
}
