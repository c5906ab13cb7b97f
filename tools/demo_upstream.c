/** `weir demo-upstream`: the demo model as a process. */
#include "tools/admin_begin.h"
#include "tools/demo_listen.h"
#include "tools/demo_server.h"
#include "tools/tools.h"

#include "lib/base/err.h"
#include "lib/base/log.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 256,
    BODY_BYTES_MAX = 4 * 1024 * 1024, /* so all bodies together stay under 1 GiB */
    QUEUE_BYTES_MAX = 64 * 1024,
    CHUNK_MEMORY_MAX = CONNECTIONS_MAX * 8 * CHUNK_BYTES,
    CHUNKS_SPARE = 16,
    PACE_MS_DEFAULT = 30,
    PACE_MS_MAX = 60000,
};

static void on_empty(void *owner)
{
    struct demo_server *demo = owner;

    uv_close((uv_handle_t *)&demo->terminate, NULL);
    uv_close((uv_handle_t *)&demo->interrupt, NULL);
}

/** The first signal lets open answers finish, the second does not. */
static void on_signal(uv_signal_t *signal, int number)
{
    struct demo_server *demo = signal->data;

    (void)number;
    if (demo->is_stopping) {
        server_abort_all(demo->server);
        return;
    }
    demo->is_stopping = true;
    server_unlisten(demo->server, 0);
    server_drain(demo->server, on_empty);
}

static void set_up(struct demo_server *demo)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigaction(SIGPIPE, &ignore, NULL);
    demo->limits = (struct server_limits){
        .connections_max = CONNECTIONS_MAX,
        .head_bytes = CHUNK_BYTES,
        .body_bytes = BODY_BYTES_MAX,
        .idle_ms = 60000,
        .head_ms = 10000,
        .body_ms = 30000,
        .send_ms = 30000,
        .queue_bytes_max = QUEUE_BYTES_MAX,
    };
    chunk_pool_init(&demo->chunks, CHUNK_MEMORY_MAX, CHUNKS_SPARE);
    uv_loop_init(&demo->loop);
    demo->terminate.data = demo;
    demo->interrupt.data = demo;
    uv_signal_init(&demo->loop, &demo->terminate);
    uv_signal_init(&demo->loop, &demo->interrupt);
    uv_signal_start(&demo->terminate, on_signal, SIGTERM);
    uv_signal_start(&demo->interrupt, on_signal, SIGINT);
}

static int serve(struct demo_server *demo, int fd)
{
    struct server_config config = {
        .loop = &demo->loop,
        .handlers = &demo_handlers,
        .limits = &demo->limits,
        .chunks = &demo->chunks,
        .owner = demo,
    };

    demo->server = server_new(&config);
    if (demo->server == NULL) {
        close(fd);
        return ERR_NO_MEMORY;
    }

    int err = server_listen(demo->server, 0, fd);
    if (err == 0)
        uv_run(&demo->loop, UV_RUN_DEFAULT);
    server_free(&demo->server);
    chunk_pool_close(&demo->chunks);
    (void)uv_loop_close(&demo->loop);
    return err;
}

static bool read_pace(const struct admin_words *words, const char *who, uint64_t *out)
{
    const char *given = words->values[ADMIN_OPTION_PACE];

    *out = PACE_MS_DEFAULT;
    if (given == NULL || (admin_words_count(given, out) == 0 && *out <= PACE_MS_MAX))
        return true;
    fprintf(stderr, "%s: --pace-ms: \"%s\" is more than %d\n", who, given, PACE_MS_MAX);
    return false;
}

int tool_demo_upstream(int argc, char **argv)
{
    static struct demo_server demo;
    struct admin_words words;
    char who[ADMIN_WHO_BYTES];
    char bound[DEMO_ADDRESS_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    if (!read_pace(&words, who, &demo.pace_ms))
        return TOOL_USAGE;
    const char *address = words.values[ADMIN_OPTION_LISTEN];
    int fd = demo_listen(address == NULL ? "127.0.0.1:9301" : address, bound, sizeof(bound));
    if (fd < 0)
        return fd == ERR_INVALID ? TOOL_USAGE : TOOL_FAILED;

    log_set_process("demo-upstream");
    log_write(LOG_NOTICE, "listening on http://%s", bound);
    set_up(&demo);
    return serve(&demo, fd) == 0 ? TOOL_OK : TOOL_FAILED;
}
