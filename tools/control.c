#include "tools/control.h"

#include "lib/base/err.h"
#include "registry/registry.h"
#include "shm/state.h"
#include "tools/admin_begin.h"
#include "tools/no_gateway.h"
#include "tools/offline.h"
#include "tools/status_print.h"
#include "tools/tools.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    COPY_BYTES = 4096,
    CONTROL_PATH_BYTES = sizeof(((struct sockaddr_un *)NULL)->sun_path),
};

static int dial(const char *path, unsigned wait_s)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = wait_s};

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static void keep_descriptor(struct msghdr *message, struct control_reply *out)
{
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    int fd;

    if (head == NULL || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
        return;
    memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    if (out->fd >= 0)
        close(out->fd);
    out->fd = fd;
}

/* @return bytes read, 0 at the end, -1 with errno */
static ssize_t receive(int fd, struct control_reply *out, size_t len)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec body = {out->line + len, sizeof(out->line) - 1 - len};
    struct msghdr message = {.msg_iov = &body,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

    if (got > 0)
        keep_descriptor(&message, out);
    return got;
}

int control_ask(const char *who, const char *path, char question, unsigned wait_s,
                struct control_reply *out)
{
    size_t len = 0;
    ssize_t got = 0;

    *out = (struct control_reply){.fd = -1};
    int fd = dial(path, wait_s);
    if (fd < 0)
        return no_gateway(who, path, errno);
    if (send(fd, &question, 1, MSG_NOSIGNAL) == 1) {
        while (len < sizeof(out->line) - 1 && (got = receive(fd, out, len)) > 0)
            len += (size_t)got;
    }
    int reason = got < 0 ? errno : ECONNRESET;
    close(fd);

    out->line[len] = '\0';
    char *newline = strchr(out->line, '\n');
    if (newline == NULL) {
        if (out->fd >= 0)
            close(out->fd);
        return no_gateway(who, path, reason);
    }
    *newline = '\0';
    return TOOL_OK;
}

/* --- where it is ------------------------------------------------------------------------------ */

static bool keep(const char *who, struct span path, char out[static CONTROL_PATH_BYTES])
{
    if (path.len < CONTROL_PATH_BYTES) {
        memcpy(out, path.ptr, path.len);
        out[path.len] = '\0';
        return true;
    }
    fprintf(stderr, "%s: the path of the socket is too long: %.*s\n", who, SPAN_FMT(path));
    return false;
}

/* @param is_asked  it was named: what is wrong with it is said */
static int from_config(const char *who, const char *config, bool is_asked,
                       char out[static CONTROL_PATH_BYTES])
{
    struct report *report = report_new();
    int err = report == NULL
                  ? ERR_NO_MEMORY
                  : registry_find_control_socket(config, report, out, CONTROL_PATH_BYTES);

    if (err != 0 && is_asked) {
        if (report != NULL)
            (void)report_print(report, STDERR_FILENO);
        fprintf(
            stderr,
            "%s: %s does not say where its gateway's control socket is; name it with --socket\n",
            who, config);
    }
    report_free(&report);
    return err == 0 ? TOOL_OK : TOOL_FAILED;
}

/* The usual place comes before the usual configuration: most find it there, however much is loaded. */
static int find_socket(const struct admin_words *words, const char *who,
                       char out[static CONTROL_PATH_BYTES])
{
    const char *config = words->values[ADMIN_OPTION_CONFIG];

    if (admin_words_have(words, ADMIN_OPT(CONTROL)))
        return keep(who, span_of(words->values[ADMIN_OPTION_CONTROL]), out) ? TOOL_OK : TOOL_USAGE;
    if (config != NULL)
        return from_config(who, config, true, out);
    if (access(CONTROL_SOCKET_DEFAULT, F_OK) != 0 && errno == ENOENT &&
        from_config(who, OFFLINE_CONFIG_DEFAULT, false, out) == TOOL_OK)
        return TOOL_OK;
    return keep(who, SPAN(CONTROL_SOCKET_DEFAULT), out) ? TOOL_OK : TOOL_USAGE;
}

/* --- the commands ----------------------------------------------------------------------------- */

static int ask(const struct admin_words *words, const char *who, char question, unsigned wait_s,
               struct control_reply *out)
{
    char path[CONTROL_PATH_BYTES];
    int result = find_socket(words, who, path);

    return result == TOOL_OK ? control_ask(who, path, question, wait_s, out) : result;
}

int tool_status(int argc, char **argv)
{
    struct admin_words words;
    struct control_reply reply;
    struct state state = {0};
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    result = ask(&words, who, 't', CONTROL_STATUS_WAIT_S, &reply);
    if (result != TOOL_OK)
        return result;
    if (reply.fd < 0 || state_open_readonly(reply.fd, &state) != 0) {
        fprintf(stderr, "%s: %s\n", who, reply.line);
        result = TOOL_FAILED;
    } else if (admin_words_have(&words, ADMIN_OPT(AS_JSON))) {
        result = status_print_json(reply.line, &state) == 0 ? TOOL_OK : TOOL_FAILED;
    } else {
        status_print_table(reply.line, &state);
    }
    state_close(&state);
    if (reply.fd >= 0)
        close(reply.fd);
    return result;
}

/* Several may have got the same descriptor: its position is nobody's. */
static void print_report(int fd)
{
    char bytes[COPY_BYTES];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(fd, bytes, sizeof(bytes), at)) > 0) {
        fwrite(bytes, 1, (size_t)got, stderr);
        at += got;
    }
}

static bool begins_with_word(const char *line, const char *word)
{
    size_t len = strlen(word);

    return strncmp(line, word, len) == 0 && (line[len] == ' ' || line[len] == '\0');
}

int tool_reload(int argc, char **argv)
{
    struct admin_words words;
    struct control_reply reply;
    char who[ADMIN_WHO_BYTES];
    int result;

    if (!admin_begin(argc, argv, &words, who, &result))
        return result;
    result = ask(&words, who, 'r', CONTROL_RELOAD_WAIT_S, &reply);
    if (result != TOOL_OK)
        return result;
    if (reply.fd >= 0) {
        print_report(reply.fd);
        close(reply.fd);
    }
    bool done = begins_with_word(reply.line, "reloaded") ||
                begins_with_word(reply.line, "unchanged");
    fprintf(done ? stdout : stderr, "%s\n", reply.line);
    return done ? TOOL_OK : TOOL_FAILED;
}
