/* Bytes on their way between a port and a pipe or pty, never blocking. */
#pragma once

#include "text.h"

enum { RELAY_LIMIT = 48 };

/* Takes over both descriptors, which must be non-blocking; closing them at the end passes end-of-file on. */
bool relay_add(unsigned process, int from, int to, bool output);
/* The process has ended: its output relays stop when nothing more is there, its input relays at once. */
void relays_finish(unsigned process);
/* Whether output of the process is still on its way. */
bool relays_busy(unsigned process);
/* Appends what the relays wait for, at most RELAY_LIMIT entries; relays_run takes the same entries back. */
size_t relays_poll(struct pollfd *entries);
void relays_run(const struct pollfd *entries, size_t count);
