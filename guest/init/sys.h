/* System calls without a C library: thin, typed, returning a negative errno as the kernel does. */
#pragma once

#include <asm/ioctls.h>
#include <asm/signal.h>
#include <asm/stat.h>
#include <asm/termbits.h>
#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signalfd.h>
#include <linux/time_types.h>
#include <linux/wait.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__riscv) && __riscv_xlen == 64
#include "arch_riscv64.h"
#else
#error "init: no system call layer for this architecture"
#endif

#define CALL(n, a, b, c, d, e, f) \
    system_call(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline long sys_open(const char *path, int flags, unsigned mode)
{
    return CALL(openat, AT_FDCWD, path, flags | O_CLOEXEC, mode, 0, 0);
}
static inline long sys_close(int fd) { return CALL(close, fd, 0, 0, 0, 0, 0); }
static inline long sys_read(int fd, void *to, size_t n) { return CALL(read, fd, to, n, 0, 0, 0); }
static inline long sys_write(int fd, const void *from, size_t n) { return CALL(write, fd, from, n, 0, 0, 0); }
static inline long sys_ioctl(int fd, unsigned long request, const void *argument)
{
    return CALL(ioctl, fd, request, argument, 0, 0, 0);
}
static inline long sys_mkdir(const char *path, unsigned mode) { return CALL(mkdirat, AT_FDCWD, path, mode, 0, 0, 0); }
static inline long sys_mknod(const char *path, unsigned mode, unsigned device)
{
    return CALL(mknodat, AT_FDCWD, path, mode, device, 0, 0);
}
static inline long sys_symlink(const char *target, const char *path)
{
    return CALL(symlinkat, target, AT_FDCWD, path, 0, 0, 0);
}
static inline long sys_unlink(const char *path) { return CALL(unlinkat, AT_FDCWD, path, 0, 0, 0, 0); }
static inline long sys_chdir(const char *path) { return CALL(chdir, path, 0, 0, 0, 0, 0); }
static inline long sys_chroot(const char *path) { return CALL(chroot, path, 0, 0, 0, 0, 0); }
static inline long sys_mount(const char *source, const char *path, const char *type, unsigned long flags, const char *data)
{
    return CALL(mount, source, path, type, flags, data, 0);
}
static inline long sys_fchmod(int fd, unsigned mode) { return CALL(fchmod, fd, mode, 0, 0, 0, 0); }
static inline long sys_fchown(int fd, unsigned uid, unsigned gid) { return CALL(fchown, fd, uid, gid, 0, 0, 0); }
static inline long sys_poll(struct pollfd *fds, unsigned count, const struct __kernel_timespec *timeout)
{
    return CALL(ppoll, fds, count, timeout, 0, 0, 0);
}
static inline long sys_pipe(int fds[2], int flags) { return CALL(pipe2, fds, flags, 0, 0, 0, 0); }
static inline long sys_dup3(int from, int to, int flags) { return CALL(dup3, from, to, flags, 0, 0, 0); }
static inline long sys_fcntl(int fd, int command, long argument) { return CALL(fcntl, fd, command, argument, 0, 0, 0); }
static inline long sys_fork(unsigned long namespaces) { return CALL(clone, namespaces | SIGCHLD, 0, 0, 0, 0, 0); }
static inline long sys_getpid(void) { return CALL(getpid, 0, 0, 0, 0, 0, 0); }
static inline long sys_wait(int pid, int *status, int options) { return CALL(wait4, pid, status, options, 0, 0, 0); }
static inline long sys_kill(int pid, int signal) { return CALL(kill, pid, signal, 0, 0, 0, 0); }
static inline long sys_signals(int how, uint64_t set) { return CALL(rt_sigprocmask, how, &set, 0, sizeof set, 0, 0); }
static inline long sys_signalfd(uint64_t set, int flags) { return CALL(signalfd4, -1, &set, sizeof set, flags, 0, 0); }
static inline long sys_setns(int fd, int type) { return CALL(setns, fd, type, 0, 0, 0, 0); }
static inline long sys_time(int clock, struct __kernel_timespec *to) { return CALL(clock_gettime, clock, to, 0, 0, 0, 0); }
static inline void *sys_map(size_t bytes, int sharing)
{
    return (void *)CALL(mmap, 0, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
}
static inline void sys_unmap(void *at, size_t bytes) { CALL(munmap, at, bytes, 0, 0, 0, 0); }
static inline void sys_sleep_ms(long ms)
{
    struct __kernel_timespec time = { ms / 1000, ms % 1000 * 1000000 };
    CALL(nanosleep, &time, 0, 0, 0, 0, 0);
}
static inline __attribute__((noreturn)) void sys_exit(int status)
{
    for (;;)
        CALL(exit_group, status, 0, 0, 0, 0, 0);
}
static inline bool is_error(const void *mapping) { return (unsigned long)mapping >= -4095UL; }
