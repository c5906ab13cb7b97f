#include "steward/sandbox.h"

#include "lib/base/err.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define REFUSED SCMP_ACT_ERRNO(EPERM)

static const int refused[] = {
    /* programs and processes */
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    /* other processes */
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd),
    /* other views of the system */
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(chroot),
    SCMP_SYS(pivot_root),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(fsopen),
    SCMP_SYS(fspick),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    /* programs for the kernel, and where it has been weak */
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(personality),
};

static int add_rules(scmp_filter_ctx filter)
{
    /* A thread is one with CLONE_THREAD; clone3 hides its flags, and the C library takes clone then. */
    const struct scmp_arg_cmp is_process = {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
    int err = seccomp_rule_add_array(filter, REFUSED, SCMP_SYS(clone), 1, &is_process);

    err |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        err |= seccomp_rule_add(filter, REFUSED, refused[i], 0);
    return err == 0 ? 0 : ERR_IO;
}

int steward_sandbox_enter(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return ERR_IO;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (filter == NULL)
        return ERR_NO_MEMORY;
    int err = add_rules(filter);
    if (err == 0 && seccomp_load(filter) != 0)
        err = ERR_IO;
    seccomp_release(filter);
    return err;
}
