// Whole programs, as many people run them: a compiler, an interpreter, a shell. programs.sh makes root file systems that have them.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

static void run(uint64_t times, const char *const *command)
{
    while (times-- > 0) {
        pid_t child = fork();
        if (child == 0) {
            int nowhere = open("/dev/null", O_RDWR);
            dup2(nowhere, 0);
            dup2(nowhere, 1);
            setenv("PATH", "/usr/bin:/bin", 1);
            execv(command[0], (char *const *)command);
            perror(command[0]);
            _exit(127);
        }

        int status;
        if (waitpid(child, &status, 0) != child || status != 0) {
            fprintf(stderr, "%s failed (status %x)\n", command[0], status);
            exit(1);
        }
    }
}

void run_gcc(uint64_t times)
{
    run(times, (const char *const[]){"/usr/bin/gcc", "-O2", "-S", "-o", "/dev/null", "/input.c", 0});
}

void run_python3(uint64_t times)
{
    run(times, (const char *const[]){"/usr/bin/python3", "-c", "sum(i*i for i in range(10**6))", 0});
}

void run_sh(uint64_t times)
{
    run(times, (const char *const[]){"/bin/dash", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done", 0});
}
