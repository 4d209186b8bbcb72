#include "control.h"

#include "ports.h"

static int port = -1;
static uint8_t buffer[sizeof(struct frame_header) + PAYLOAD_LIMIT];
static size_t filled, consumed;

void control_open(void)
{
    /* Ports are announced one after the other while the kernel is already running us. */
    while ((port = port_open("gantry.control", O_RDWR | O_NONBLOCK)) < 0)
        sys_sleep_ms(1);
}

int control_descriptor(void) { return port; }

enum control_result control_next(struct frame *frame)
{
    if (consumed) {
        filled -= consumed;
        memmove(buffer, buffer + consumed, filled);
        consumed = 0;
    }
    for (;;) {
        size_t wanted = sizeof frame->header;
        if (filled >= wanted) {
            memcpy(&frame->header, buffer, sizeof frame->header);
            if (frame->header.length > PAYLOAD_LIMIT)
                return CONTROL_BROKEN;
            wanted += frame->header.length;
            if (filled >= wanted) {
                frame->payload = buffer + sizeof frame->header;
                consumed = wanted;
                return CONTROL_FRAME;
            }
        }
        /* Not more than this frame, so that what follows need not be moved. */
        long n = sys_read(port, buffer + filled, wanted - filled);
        if (n == 0)
            return CONTROL_DISCONNECTED;
        if (n < 0)
            return CONTROL_NOTHING;
        filled += (size_t)n;
    }
}

void control_send(enum frame_type type, unsigned process, const void *payload, size_t length)
{
    uint8_t frame[sizeof(struct frame_header) + 1024];
    if (length > 1024)
        length = 1024;
    struct frame_header header = { (uint32_t)length, (uint16_t)type, (uint16_t)process };
    memcpy(frame, &header, sizeof header);
    memcpy(frame + sizeof header, payload, length);

    size_t total = sizeof header + length;
    /* The host may be slow, or not be connected yet; without one there is nobody to tell, so give up after 10 s. */
    for (int patience = 1000; patience && total;) {
        long n = sys_write(port, frame + (sizeof header + length - total), total);
        if (n > 0) {
            total -= (size_t)n;
            continue;
        }
        patience--;
        sys_sleep_ms(10);
    }
}

void control_error(unsigned process, const char *message) { control_send(ERROR, process, message, strlen(message)); }

void control_finish(const void *payload, size_t length)
{
    sys_fcntl(port, F_SETFL, O_RDWR); /* a blocking write waits until the device has given the buffer back */
    control_send(EXITED, 0, payload, length);
}
