#include "tools/control.h"

#include "shm/state.h"
#include "tools/status_print.h"
#include "tools/tools.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { COPY_BYTES = 4096 };

static int no_service(const char *path, int reason)
{
    fprintf(stderr, "weir: no gateway answers on %s: %s\n", path, strerrordesc_np(reason));
    return TOOL_NO_SERVICE;
}

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

int control_ask(const char *path, char question, unsigned wait_s, struct control_reply *out)
{
    size_t len = 0;
    ssize_t got = 0;

    *out = (struct control_reply){.fd = -1};
    int fd = dial(path, wait_s);
    if (fd < 0)
        return no_service(path, errno);
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
        return no_service(path, reason);
    }
    *newline = '\0';
    return TOOL_OK;
}

struct control_options {
    const char *path;
    bool json;
};

static bool parse(int argc, char **argv, bool takes_json, struct control_options *out)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;

    *out = (struct control_options){.path = CONTROL_SOCKET_DEFAULT};
    optind = 0; /* glibc: begin anew */
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    while ((option = getopt_long(argc, argv, "+s:", known, NULL)) != -1) {
        if (option == 's')
            out->path = optarg;
        else if (option == 'j' && takes_json)
            out->json = true;
        else
            return false;
    }
    if (optind == argc)
        return true;
    fprintf(stderr, "%s: unexpected argument \"%s\"\n", argv[0], argv[optind]);
    return false;
}

int tool_status(int argc, char **argv)
{
    struct control_options options;
    struct control_reply reply;
    struct state state = {0};

    if (!parse(argc, argv, true, &options)) {
        fputs("usage: weir status [--json] [--socket PATH]\n", stderr);
        return TOOL_USAGE;
    }
    int result = control_ask(options.path, 't', CONTROL_STATUS_WAIT_S, &reply);
    if (result != TOOL_OK)
        return result;
    if (reply.fd < 0 || state_open_readonly(reply.fd, &state) != 0) {
        fprintf(stderr, "weir status: %s\n", reply.line);
        result = TOOL_FAILED;
    } else if (options.json) {
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
    struct control_options options;
    struct control_reply reply;

    if (!parse(argc, argv, false, &options)) {
        fputs("usage: weir reload [--socket PATH]\n", stderr);
        return TOOL_USAGE;
    }
    int result = control_ask(options.path, 'r', CONTROL_RELOAD_WAIT_S, &reply);
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
