#include "worker/sandbox.h"

#include "lib/base/err.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <netdb.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WEIR_SECCOMP_TRAP
#define REFUSED SCMP_ACT_TRAP
#else
#define REFUSED SCMP_ACT_ERRNO(EPERM)
#endif

void sandbox_warm_up(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (getaddrinfo("localhost", "80", &hints, &found) == 0)
        freeaddrinfo(found);
}

/* Allowed with any arguments. */
static const int allowed[] = {
    /* sockets and descriptors */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(socketpair),
    SCMP_SYS(fcntl),
    SCMP_SYS(ioctl),
    SCMP_SYS(dup),
    SCMP_SYS(dup3),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    /* waiting */
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(futex),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sched_yield),
    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    /* time, identity, limits */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrlimit),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrusage),
    SCMP_SYS(getcpu),
    /* reading files */
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(lseek),
    SCMP_SYS(pread64),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(getdents64),
    /* threads of libuv's pool */
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(membarrier),
    /* signals, the end */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* Landlock, once */
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
};

/* Allowed when one argument fits. */
static const struct {
    int call;
    struct scmp_arg_cmp when;
} conditional[] = {
    {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_INET, 0}},
    {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_INET6, 0}},
    {SCMP_SYS(socket), {0, SCMP_CMP_EQ, AF_UNIX, 0}}, /* the resolver's daemons */
    {SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}},
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(open), {1, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY}},
    {SCMP_SYS(openat), {2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY}},
    {SCMP_SYS(prctl), {0, SCMP_CMP_EQ, PR_SET_NAME, 0}},
    {SCMP_SYS(prctl), {0, SCMP_CMP_EQ, PR_GET_NAME, 0}},
    {SCMP_SYS(prctl), {0, SCMP_CMP_EQ, PR_SET_NO_NEW_PRIVS, 0}},
    {SCMP_SYS(prctl), {0, SCMP_CMP_EQ, PR_SET_VMA, 0}},
    {SCMP_SYS(prlimit64), {2, SCMP_CMP_EQ, 0, 0}}, /* reading only */
};

/* Refused with the answer that makes the C library take another way. */
static const struct {
    int call;
    int error;
    struct scmp_arg_cmp when;
    unsigned when_count;
} polite[] = {
    {SCMP_SYS(clone3), ENOSYS, {0}, 0},
    {SCMP_SYS(socket), EAFNOSUPPORT, {0, SCMP_CMP_EQ, AF_NETLINK, 0}, 1},
};

static int add_rules(scmp_filter_ctx filter)
{
    int err = 0;

    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        err |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof(conditional) / sizeof(conditional[0]); i++)
        err |= seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, conditional[i].call, 1,
                                      &conditional[i].when);
    for (size_t i = 0; i < sizeof(polite) / sizeof(polite[0]); i++)
        err |= seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)polite[i].error),
                                      polite[i].call, polite[i].when_count, &polite[i].when);
    return err == 0 ? 0 : ERR_IO;
}

static int load_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(REFUSED);

    if (filter == NULL)
        return ERR_NO_MEMORY;
    int err = add_rules(filter);
    if (err == 0 && seccomp_load(filter) != 0)
        err = ERR_IO;
    seccomp_release(filter);
    return err;
}

int sandbox_enter(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return ERR_IO;
    return load_filter();
}

/* --- Landlock --------------------------------------------------------------------------------- */

/* What resolving a name reads, where certificates lie, and the descriptor that libuv keeps open to
 * give up when there is none left. */
static const char *const readable[] = {
    "/dev/null",          "/etc/resolv.conf",     "/etc/hosts",    "/etc/host.conf",
    "/etc/nsswitch.conf", "/etc/gai.conf",        "/etc/services", "/etc/localtime",
    "/etc/ssl",           "/run/systemd/resolve", "/usr/lib/ssl",  "/usr/share/zoneinfo",
};

static const uint64_t every_right = LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1; /* those of version 1 */

static int allow_reading(int ruleset, const char *path)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return errno == ENOENT || errno == EACCES ? 0 : ERR_IO;
    rule.parent_fd = fd;
    long err = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    close(fd);
    return err == 0 ? 0 : ERR_IO;
}

static int add_paths(int ruleset, struct span ca_file)
{
    char path[PATH_MAX];
    int err = 0;

    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]) && err == 0; i++)
        err = allow_reading(ruleset, readable[i]);
    if (err != 0 || ca_file.len == 0)
        return err;
    if (ca_file.len >= sizeof(path))
        return ERR_IO;
    memcpy(path, ca_file.ptr, ca_file.len);
    path[ca_file.len] = '\0';
    return allow_reading(ruleset, path);
}

int sandbox_limit_files(struct span ca_file)
{
    struct landlock_ruleset_attr attributes = {.handled_access_fs = every_right};
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0U);

    if (ruleset < 0) {
        log_write(LOG_INFO, "this kernel has no Landlock: file access is limited by seccomp alone");
        return 0;
    }
    int err = add_paths(ruleset, ca_file);
    if (err == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0U) != 0)
        err = ERR_IO;
    close(ruleset);
    return err;
}
