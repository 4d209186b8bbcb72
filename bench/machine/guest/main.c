// Runs the rows named on the command line (all when none is) and prints "bench: ROW NANOSECONDS" for each. As process 1 it is the
// whole user land of a machine: it mounts what it needs, takes its row names from after "--" on the kernel command line, and powers off.
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

volatile uint64_t sink;

static const struct row rows[] = {
    {"integer", 0, run_integer, 1},
    {"branchy", prepare_branchy, run_branchy, 1},
    {"calls", 0, run_calls, 1},
    // The first pass comes first: it is the only one over code that never ran.
    {"dispersed-first", prepare_dispersed, run_dispersed, DISPERSED_COUNT},
    {"dispersed", prepare_dispersed, run_dispersed, DISPERSED_COUNT},
    {"chase", prepare_chase, run_chase, 1},
    {"copy", prepare_copy, run_copy, 64},
    {"copy-words", prepare_copy, run_copy_words, 64},
    {"fp", 0, run_fp, 1},
    {"fpdiv", 0, run_fpdiv, 1},
    {"syscall", 0, run_syscall, 1},
    {"fault", 0, run_fault, 1024},
    {"forkexec", 0, run_forkexec, 1},
    // Last: rows behind it would fork a large process.
    {"copy-large", prepare_copy_large, run_copy_large, 32768},
};

static const struct row programs[] = {
    {"gcc", 0, run_gcc, 1},
    {"python3", 0, run_python3, 1},
    {"sh", 0, run_sh, 1},
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double timed(const struct row *row, uint64_t times)
{
    double start = now();
    row->run(times);
    return now() - start;
}

#ifdef __riscv
static sigjmp_buf no_counter;

static void on_illegal(int signal)
{
    (void)signal;
    siglongjmp(no_counter, 1);
}

// Instructions retired, 0 where the kernel keeps the counter from user mode.
static uint64_t instructions(void)
{
    uint64_t value = 0;
    struct sigaction action = {.sa_handler = on_illegal}, before;
    sigaction(SIGILL, &action, &before);
    if (sigsetjmp(no_counter, 1) == 0)
        __asm__ volatile("rdinstret %0" : "=r"(value));
    sigaction(SIGILL, &before, 0);
    return value;
}
#else
static uint64_t instructions(void)
{
    return 0;
}
#endif

// The best of three runs that each take long enough for the clock; the machine may be busy with other things.
static void measure(const struct row *row, double least)
{
    if (row->prepare)
        row->prepare();
    if (strcmp(row->name, "dispersed-first") == 0) {
        printf("bench: %s %.3f\n", row->name, timed(row, 1) / row->operations);
        return;
    }

    uint64_t times = 1;
    double took;
    while ((took = timed(row, times)) < least / 4)
        times *= took < least / 64 ? 8 : 2;
    if (took < least)
        times = (uint64_t)((double)times * least / took) + 1;
    double best = 0;
    uint64_t retired = 0;
    for (int i = 0; i < 3; i++) {
        uint64_t first = instructions();
        took = timed(row, times);
        if (took < least / 2) {  // the calibration was disturbed
            times *= 2;
            best = 0;
            i = -1;
            continue;
        }

        if (best == 0 || took < best) {
            best = took;
            retired = instructions() - first;
        }
    }

    printf("bench: %s %.4f %.1f\n", row->name, best / (double)times / row->operations, (double)retired * 1e3 / best);
}

static void measure_program(const struct row *row)
{
    printf("bench: %s-first %.0f\n", row->name, timed(row, 1));
    double best = 0;
    uint64_t retired = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t first = instructions();
        double took = timed(row, 1);
        if (best == 0 || took < best) {
            best = took;
            retired = instructions() - first;
        }
    }

    printf("bench: %s %.0f %.1f\n", row->name, best, (double)retired * 1e3 / best);
}

static int named(const struct row *row, int count, char **names)
{
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], row->name) == 0)
            return 1;
    return 0;
}

static int selected(const struct row *row, int count, char **names)
{
    int any = 0;
    for (int i = 1; i < count; i++)
        any |= strchr(names[i], '=') == 0;
    return !any || named(row, count, names);
}

int main(int count, char **arguments)
{
    if (count == 2 && strcmp(arguments[1], "exit") == 0)
        return 0;
    int init = getpid() == 1;
    if (init) {
        mkdir("/proc", 0755);
        mkdir("/dev", 0755);
        mount("proc", "/proc", "proc", 0, 0);
        mount("dev", "/dev", "devtmpfs", 0, 0);
        int console = open("/dev/console", O_RDWR);
        for (int i = 0; i < 3; i++)
            dup2(console, i);
    }

    setvbuf(stdout, 0, _IOLBF, 0);
    printf("bench: start\n");
    double least = 200e6;
    for (int i = 1; i < count; i++) {
        if (strncmp(arguments[i], "ms=", 3) == 0)
            least = atof(arguments[i] + 3) * 1e6;
    }

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        if (selected(&rows[i], count, arguments))
            measure(&rows[i], least);
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++)
        if (named(&programs[i], count, arguments))
            measure_program(&programs[i]);
    printf("bench: end\n");
    if (init) {
        sync();
        reboot(RB_POWER_OFF);
    }

    return 0;
}
