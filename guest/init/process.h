/* init's side of the processes: the container's (0) and those opened beside it. */
#pragma once

#include "settings.h"

/* Makes process 0's namespaces and everything in them, up to the point where its settings are needed. */
bool process_prepare(struct text *why);
/* A setting, or RUN, for a process. */
void process_setting(const struct frame *frame);
/* SIGNAL, RESIZE or SHUTDOWN; NULL, or what is wrong with the frame. */
const char *process_control(const struct frame *frame);
/* Takes in what has ended and tells the host; does not return once process 0 has ended and its output is out. */
void process_reap(void);
/* Appends the status pipes that are being waited for; process_poll_limit entries at most. */
size_t process_poll(struct pollfd *entries);
/* Reads status pipes; cheap to call at any time. */
void process_progress(void);
/* Milliseconds until SHUTDOWN's grace is over, or -1. At 0 the process is killed. */
long process_deadline(void);
/* Gives up: ERROR, EXITED 125, power off. */
__attribute__((noreturn)) void process_give_up(const char *message);
