/* What happens in the child between fork and exec: settings become facts, then the program runs. */
#pragma once

#include "settings.h"

/* What the child tells init through the status pipe, each in one atomic write. End-of-file after EXECUTING: exec succeeded. */
enum child_state { CHILD_PREPARED = 1, CHILD_EXECUTING, CHILD_FAILED };
struct child_message {
    uint32_t state, value; /* EXECUTING: process id in the container; FAILED: exit status */
    char text[504];
};
_Static_assert(sizeof(struct child_message) <= 512, "must be an atomic pipe write");

struct child {
    const struct settings *settings;
    unsigned process;
    int status;          /* write end */
    int streams[3];      /* the process's ends of its pipes */
    int terminal;        /* slave of an extra process's pty, or -1 */
};

void child_tell(const struct child *child, enum child_state state, uint32_t value, const char *text);
__attribute__((noreturn)) void child_fail(const struct child *child, uint32_t status, const char *text);
/* Applies the settings inside the container's namespaces and executes the program. */
__attribute__((noreturn)) void child_run(struct child *child);
