/* `weir backup FILE`: the copy comes beside the file and takes its name when it is whole. */
#include "tools/admin.h"
#include "tools/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_PRIVATE = 0600 };

static int fail(const struct admin_session *session, const char *what, const char *path)
{
    fprintf(stderr, "%s: cannot %s %s: %s\n", session->who, what, path, strerrordesc_np(errno));
    return TOOL_FAILED;
}

static int fetch(struct admin_session *session, int fd)
{
    struct admin_request request;
    struct admin_answer answer;

    if (admin_request_make(session->words, session->memory, &request) != 0)
        return TOOL_USAGE;
    int result = admin_client_fetch(session->client, session->who, &request, fd, &answer);
    return result == TOOL_OK ? admin_accept(session, &answer) : result;
}

/* A backup that a power cut takes is none. */
static int finish(const struct admin_session *session, int fd, const char *part, const char *file)
{
    struct stat status;

    if (fsync(fd) != 0 || fstat(fd, &status) != 0)
        return fail(session, "write", part);
    if (rename(part, file) != 0)
        return fail(session, "rename to", file);
    printf("%s: %lld bytes\n", file, (long long)status.st_size);
    return TOOL_OK;
}

int admin_backup(struct admin_session *session)
{
    const char *file = session->words->argument;
    char part[PATH_MAX];
    int len = snprintf(part, sizeof(part), "%s.part", file);

    if (len < 0 || (size_t)len >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return fail(session, "write", file);
    }
    if (access(file, F_OK) == 0) {
        int asked = admin_confirm(session, session->words->command->question, file);

        if (asked != TOOL_OK)
            return asked;
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, MODE_PRIVATE);
    if (fd < 0)
        return fail(session, "write", part);
    int result = fetch(session, fd);
    if (result == TOOL_OK)
        result = finish(session, fd, part, file);
    if (result != TOOL_OK)
        (void)unlink(part);
    (void)close(fd);
    return result;
}
