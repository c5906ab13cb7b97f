#include "worker/channel_handler.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"
#include "worker/drain.h"
#include "worker/sweep.h"

#include <unistd.h>

void channel_handler_say(struct worker *worker, enum channel_word word, uint64_t number, int err)
{
    struct channel_message message = {.word = word, .number = number, .err = err};

    if (channel_send(worker->channel_fd, &message) != 0)
        log_write(LOG_WARNING, "the master does not take %s", channel_word_name(word));
}

static void adopt(struct worker *worker, const struct channel_message *message)
{
    generations_adopt(&worker->generations, message->number, message->descriptors[0],
                      message->descriptors[1]);
}

static void listen_on(struct worker *worker, const struct channel_message *message)
{
    int err = worker->generations.current != NULL ? 0 : ERR_NOT_READY;

    for (uint32_t i = 0; i < message->descriptor_count; i++) {
        if (err == 0)
            err = server_listen(worker->server, message->number, message->descriptors[i]);
        else
            close(message->descriptors[i]);
    }
    /* Without its listeners a worker is of no use; the master replaces it. */
    INVARIANT(err == 0);
    if (worker->phase == WORKER_STARTING)
        worker_enter(worker, WORKER_SERVING);
    channel_handler_say(worker, CHANNEL_LISTENING, message->number, 0);
}

static void follow(struct worker *worker, struct channel_message *message)
{
    switch ((enum channel_word)message->word) {
    case CHANNEL_GENERATION:
        adopt(worker, message);
        return;
    case CHANNEL_LISTEN:
        if (worker->phase == WORKER_DRAINING)
            channel_discard(message);
        else
            listen_on(worker, message);
        return;
    case CHANNEL_UNLISTEN:
        server_unlisten(worker->server, message->number);
        channel_handler_say(worker, CHANNEL_UNLISTENED, message->number, 0);
        return;
    case CHANNEL_DRAIN:
        drain_begin(worker, message->number);
        return;
    case CHANNEL_REVOKED:
        sweep_revoked(worker);
        return;
    case CHANNEL_TOKENS:
        worker_tokens_adopt(&worker->tokens, message->number, message->descriptors[0]);
        return;
    case CHANNEL_ADOPTED:
    case CHANNEL_REFUSED:
    case CHANNEL_LISTENING:
    case CHANNEL_UNLISTENED:
    case CHANNEL_READY:
    case CHANNEL_RELOAD_WANTED:
    case CHANNEL_RELOADED:
    case CHANNEL_DATABASE:
    case CHANNEL_TOKEN_REFUSED:
    case CHANNEL_WORD_COUNT:
        break;
    }
    log_write(LOG_WARNING, "the master said %s, which is not for a worker",
              channel_word_name(message->word));
    channel_discard(message);
}

void channel_handler_read(struct worker *worker)
{
    struct channel_message message;

    for (;;) {
        int err = channel_receive(worker->channel_fd, &message);

        if (err == ERR_AGAIN)
            return;
        if (err == 0) {
            follow(worker, &message);
            continue;
        }
        if (err == ERR_NOT_FOUND || err == ERR_IO) {
            drain_begin_orphaned(worker);
            return;
        }
        /* A generation whose descriptors were lost is missing for good: be replaced. */
        log_write(LOG_ERROR, "a message of the master's was lost: %s", err_text(err));
        channel_handler_say(worker, CHANNEL_REFUSED, 0, err);
    }
}
