/* The control port: frames in and out. */
#pragma once

#include "protocol.h"
#include "text.h"

struct frame {
    struct frame_header header;
    const uint8_t *payload; /* valid until the next call of control_next */
};

enum control_result { CONTROL_FRAME, CONTROL_NOTHING, CONTROL_DISCONNECTED, CONTROL_BROKEN };

/* Waits for the port to appear and opens it. */
void control_open(void);
int control_descriptor(void);
/* The next whole frame, if there is one; never blocks. BROKEN: the length is over the limit, framing is lost. */
enum control_result control_next(struct frame *frame);
void control_send(enum frame_type type, unsigned process, const void *payload, size_t length);
void control_error(unsigned process, const char *message);
/* The last frame, EXITED of process 0: returns when the host has taken it, so that power-off cannot overtake it. */
void control_finish(const void *payload, size_t length);
