// Rows that go through the guest's kernel.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

void run_syscall(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++)
        sink = (uint64_t)syscall(SYS_getppid);
}

// One pass touches 1024 fresh pages of 4 KiB.
void run_fault(uint64_t times)
{
    const size_t size = 4u << 20;
    for (uint64_t i = 0; i < times; i++) {
        char *pages = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED)
            fail("mmap");
        madvise(pages, size, MADV_NOHUGEPAGE);
        for (size_t at = 0; at < size; at += 4096)
            pages[at] = 1;
        munmap(pages, size);
    }
}

void run_forkexec(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        pid_t child = fork();
        if (child < 0)
            fail("fork");
        if (child == 0) {
            execl("/proc/self/exe", "bench", "exit", (char *)0);
            _exit(127);
        }

        int status;
        if (waitpid(child, &status, 0) != child || status != 0)
            fail("child");
    }
}
