#include "steward/admin_backup.h"

#include "lib/base/err.h"
#include "steward/admin_handlers.h"
#include "steward/backup.h"
#include "steward/steward_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024, PAUSE_MS = 1 };

/** Copying until `fd` is there, then sending. The timer outlives the call by a turn of the loop. */
struct admin_backup {
    uv_timer_t timer;
    struct arena *arena; /* of its own: freed when the timer is closed */
    struct backup copy;
    struct admin_call *call;
    int fd;
    uint64_t left; /* bytes of the file not sent yet */
    char path[DATABASE_PATH_BYTES_MAX + sizeof("/backup.tmp")];
    char piece[PIECE_BYTES];
};

static void on_closed(uv_handle_t *handle)
{
    struct admin_backup *backup = handle->data;
    struct arena *arena = backup->arena;

    arena_free(&arena);
}

void admin_backup_end(struct admin_call *call)
{
    struct admin_backup *backup = call->backup;

    if (backup == NULL)
        return;
    call->backup = NULL;
    call->steward->admin.backup = NULL;
    backup_abort(&backup->copy);
    if (backup->fd >= 0)
        (void)close(backup->fd);
    (void)unlink(backup->path);
    uv_close((uv_handle_t *)&backup->timer, on_closed);
}

static int fail(struct admin_call *call, int err, const char *sentence)
{
    return admin_call_refuse(call, err == ERR_DISK_FULL ? err : ERR_DATABASE, "", "%s", sentence);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* The framing tells the client that the file is not whole. */
static void cut(struct admin_call *call)
{
    admin_call_end(call, true);
}

void admin_backup_go_on(struct admin_call *call)
{
    struct admin_backup *backup = call->backup;

    while (backup->left > 0) {
        ssize_t got = read(backup->fd, backup->piece, sizeof(backup->piece));
        if (got <= 0) {
            cut(call);
            return;
        }
        backup->left -= (uint64_t)got;
        struct iovec vec = {backup->piece, (size_t)got};
        int64_t waiting = server_write(call->conn, &vec, 1, SERVER_BORROW);
        if (waiting < 0) {
            cut(call);
            return;
        }
        if (waiting > 0)
            return;
    }
    admin_call_end(call, false);
}

/* The copy has no name any more: whatever happens, it goes with its descriptor. */
static int open_copy(struct admin_backup *backup)
{
    struct stat status;

    backup->fd = open(backup->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    (void)unlink(backup->path);
    if (backup->fd < 0 || fstat(backup->fd, &status) != 0)
        return ERR_IO;
    backup->left = (uint64_t)status.st_size;
    return 0;
}

static void begin_sending(struct admin_call *call)
{
    struct admin_backup *backup = call->backup;

    if (open_copy(backup) != 0) {
        admin_answer_send(call, fail(call, ERR_IO, "the copy cannot be read"));
        return;
    }
    call->answer.status = 200;
    call->answer.content_type = SPAN("application/vnd.sqlite3");
    if (admin_answer_head(call, (int64_t)backup->left) != 0)
        cut(call);
    else
        admin_backup_go_on(call);
}

/* --- copying ---------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
    struct admin_backup *backup = timer->data;
    struct admin_call *call = backup->call;
    struct database_trouble trouble = {0};
    int err = backup_step(&backup->copy, &trouble);

    if (err == ERR_AGAIN)
        uv_timer_start(timer, on_timer, PAUSE_MS, 0);
    else if (err == 0)
        begin_sending(call);
    else
        admin_answer_send(call, fail(call, err, trouble.sentence));
}

void admin_backup_lose(struct admin *admin)
{
    struct admin_call *call = admin->backup;

    if (call == NULL || call->backup->fd >= 0)
        return;
    backup_abort(&call->backup->copy);
    admin_answer_send(call, fail(call, ERR_IO, "the database was closed while it was copied"));
}

static struct admin_backup *new_backup(struct admin_call *call)
{
    struct arena *arena = arena_new(2 * sizeof(struct admin_backup));
    struct admin_backup *backup = arena == NULL ? NULL : arena_take(arena, sizeof(*backup));

    if (backup == NULL) {
        arena_free(&arena);
        return NULL;
    }
    backup->arena = arena;
    backup->call = call;
    backup->fd = -1;
    uv_timer_init(&call->steward->loop, &backup->timer);
    backup->timer.data = backup;
    call->backup = backup;
    call->steward->admin.backup = call;
    return backup;
}

int admin_backup_begin(struct admin_call *call)
{
    struct steward *steward = call->steward;
    struct database_trouble trouble = {0};

    if (call->is_head) {
        call->answer.kept = SPAN("GET");
        return ERR_METHOD;
    }
    if (steward->admin.backup != NULL)
        return admin_call_refuse(call, ERR_IN_USE, "", "another backup is being made");
    int err = admin_call_read(call);
    if (err != 0)
        return err;
    struct admin_backup *backup = new_backup(call);
    if (backup == NULL)
        return ERR_NO_MEMORY;
    (void)snprintf(backup->path, sizeof(backup->path), "%s/backup.tmp", steward->store.folder);
    /* Of a steward that was killed while it sent one. */
    (void)unlink(backup->path);
    err = backup_begin(&backup->copy, call->directory.database, backup->path, &trouble);
    if (err != 0)
        return fail(call, err, trouble.sentence);
    call->answer.is_streamed = true;
    uv_timer_start(&backup->timer, on_timer, 0, 0);
    return 0;
}
