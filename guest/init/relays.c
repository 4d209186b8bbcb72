#include "relays.h"

/* LAST_READS buffers hold all that a pipe can (1 MiB); they fit into one turn, so that a finishing relay either ends in its
   turn or waits for room at the other end. */
enum { BUFFER_SIZE = 65536, LAST_READS = 17, TURNS = 18 };

static struct relay {
    bool used, output, finishing;
    unsigned process;
    int from, to, last_reads;
    uint8_t *buffer;
    size_t start, end;
} relays[RELAY_LIMIT];

/* Which relay an entry of relays_poll belongs to. */
static struct relay *polled[RELAY_LIMIT];

bool relay_add(unsigned process, int from, int to, bool output)
{
    for (size_t i = 0; i < RELAY_LIMIT; i++) {
        struct relay *relay = &relays[i];
        if (relay->used)
            continue;
        if (!relay->buffer) {
            uint8_t *buffer = sys_map(BUFFER_SIZE, MAP_PRIVATE);
            if (is_error(buffer))
                return false;
            relay->buffer = buffer;
        }
        *relay = (struct relay){ true, output, false, process, from, to, LAST_READS, relay->buffer, 0, 0 };
        return true;
    }
    return false;
}

static void end(struct relay *relay)
{
    sys_close(relay->from);
    sys_close(relay->to);
    relay->used = false;
}

static void pump(struct relay *relay)
{
    for (int turn = 0; turn < TURNS; turn++) { /* bounded: the other relays want their turn */
        if (relay->start == relay->end) {
            /* A background process may go on writing for ever into the pipe of one that has ended. */
            if (relay->finishing && relay->last_reads-- == 0)
                return end(relay);
            long n = sys_read(relay->from, relay->buffer, BUFFER_SIZE);
            if (n == -EAGAIN && !relay->finishing)
                return;
            if (n <= 0) /* end of file, or EIO from a pty whose last slave is closed */
                return end(relay);
            relay->start = 0;
            relay->end = (size_t)n;
        }
        long n = sys_write(relay->to, relay->buffer + relay->start, relay->end - relay->start);
        if (n == -EAGAIN)
            return;
        if (n < 0) /* nobody reads any more */
            return end(relay);
        relay->start += (size_t)n;
    }
}

void relays_finish(unsigned process)
{
    for (size_t i = 0; i < RELAY_LIMIT; i++) {
        struct relay *relay = &relays[i];
        if (!relay->used || relay->process != process)
            continue;
        relay->finishing = true;
        if (relay->output)
            pump(relay);
        else
            end(relay);
    }
}

bool relays_busy(unsigned process)
{
    for (size_t i = 0; i < RELAY_LIMIT; i++)
        if (relays[i].used && relays[i].output && relays[i].process == process)
            return true;
    return false;
}

size_t relays_poll(struct pollfd *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < RELAY_LIMIT; i++) {
        struct relay *relay = &relays[i];
        if (!relay->used)
            continue;
        bool full = relay->start != relay->end;
        polled[count] = relay;
        entries[count++] = (struct pollfd){ full ? relay->to : relay->from, full ? POLLOUT : POLLIN, 0 };
    }
    return count;
}

void relays_run(const struct pollfd *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct relay *relay = polled[i];
        if (!relay->used || !entries[i].revents)
            continue;
        /* A port whose host end is closed is never writable again: the output has nowhere to go. */
        if ((entries[i].events & POLLOUT) && (entries[i].revents & POLLHUP) && !(entries[i].revents & POLLOUT))
            end(relay);
        else
            pump(relay);
    }
}
