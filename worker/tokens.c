#include "worker/tokens.h"

#include "lib/base/err.h"
#include "lib/base/invariant.h"
#include "lib/base/log.h"

#include <unistd.h>

void worker_tokens_init(struct worker_tokens *tokens, uv_loop_t *loop)
{
    *tokens = (struct worker_tokens){.loop = loop, .opening_fd = -1, .waiting_fd = -1};
    tokens->work.data = tokens;
}

/* On a thread. */
static void open_mapping(uv_work_t *work)
{
    struct worker_tokens *tokens = work->data;

    tokens->opening_err = secrets_open(tokens->opening_fd, &tokens->opened);
    close(tokens->opening_fd);
    if (tokens->opening_err != 0)
        return;
    tokens->opening_err = tokens->opened.header->generation == tokens->opening
                              ? tokens_check(&tokens->opened)
                              : ERR_CORRUPT;
    if (tokens->opening_err != 0)
        secrets_close(&tokens->opened);
}

static void open_next(struct worker_tokens *tokens);

/* Their few pages are unmapped at once: it takes no longer than a system call. */
static void on_opened(uv_work_t *work, int status)
{
    struct worker_tokens *tokens = work->data;

    (void)status;
    if (tokens->opening_err != 0) {
        log_write(LOG_ERROR, "the tokens of providers cannot be used: %s",
                  err_text(tokens->opening_err));
    } else if (tokens->is_closed) {
        secrets_close(&tokens->opened);
    } else {
        secrets_close(&tokens->current);
        tokens->current = tokens->opened;
        tokens->opened = (struct secrets){0};
        tokens->number = tokens->opening;
    }
    tokens->opening = 0;
    open_next(tokens);
}

static void open_next(struct worker_tokens *tokens)
{
    if (tokens->waiting == 0)
        return;
    tokens->opening = tokens->waiting;
    tokens->opening_fd = tokens->waiting_fd;
    tokens->waiting = 0;
    tokens->waiting_fd = -1;
    int err = uv_queue_work(tokens->loop, &tokens->work, open_mapping, on_opened);
    INVARIANT(err == 0);
}

void worker_tokens_adopt(struct worker_tokens *tokens, uint64_t number, int fd)
{
    if (tokens->is_closed || number <= tokens->number || number <= tokens->opening ||
        number <= tokens->waiting) {
        close(fd);
        return;
    }
    if (tokens->waiting != 0)
        close(tokens->waiting_fd);
    tokens->waiting = number;
    tokens->waiting_fd = fd;
    if (tokens->opening == 0)
        open_next(tokens);
}

void worker_tokens_close(struct worker_tokens *tokens)
{
    tokens->is_closed = true;
    if (tokens->waiting != 0)
        close(tokens->waiting_fd);
    tokens->waiting = 0;
    secrets_close(&tokens->current);
    tokens->number = 0;
}
