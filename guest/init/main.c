/* The guest's first process: prepares a container, waits at the snapshot point, runs what the host tells it to.
   docs/guest.md has the protocol and the order of things. */
#include "control.h"
#include "machine.h"
#include "mounts.h"
#include "network.h"
#include "process.h"
#include "relays.h"

static void handle(const struct frame *frame)
{
    const char *wrong = NULL;
    if (frame->header.process >= PROCESS_LIMIT)
        wrong = "frame for a process number over the limit";
    else if (frame->header.type >= SIGNAL || frame->header.type == SHUTDOWN)
        wrong = frame->header.type <= RESIZE ? process_control(frame) : "frame of an unknown type";
    else if (frame->header.type >= TIME)
        wrong = machine_apply(frame);
    else
        process_setting(frame);
    if (wrong)
        control_error(0, wrong);
}

/* False when the host end is closed: then the port must not be polled, it would report that without end. */
static bool read_frames(void)
{
    struct frame frame;
    for (;;)
        switch (control_next(&frame)) {
        case CONTROL_FRAME:
            handle(&frame);
            break;
        case CONTROL_NOTHING:
            return true;
        case CONTROL_DISCONNECTED:
            return false;
        case CONTROL_BROKEN:
            process_give_up("frame longer than the protocol's limit");
        }
}

static __attribute__((noreturn)) void serve(int child_signals)
{
    enum { RECONNECT_MS = 100 };
    for (;;) {
        process_progress();
        process_reap();
        bool connected = read_frames();

        struct pollfd entries[2 + RELAY_LIMIT + PROCESS_LIMIT];
        entries[0] = (struct pollfd){ connected ? control_descriptor() : -1, POLLIN, 0 };
        entries[1] = (struct pollfd){ child_signals, POLLIN, 0 };
        size_t relays = relays_poll(entries + 2);
        size_t starting = process_poll(entries + 2 + relays);

        long wait = process_deadline();
        if (!connected && (wait < 0 || wait > RECONNECT_MS))
            wait = RECONNECT_MS;
        struct __kernel_timespec time = { wait / 1000, wait % 1000 * 1000000 };
        sys_poll(entries, (unsigned)(2 + relays + starting), wait < 0 ? NULL : &time);

        relays_run(entries + 2, relays);
        struct signalfd_siginfo signal;
        if (entries[1].revents)
            while (sys_read(child_signals, &signal, sizeof signal) > 0)
                ;
    }
}

__attribute__((noreturn, used)) void init_main(void)
{
    TEXT(why, 504);
    CALL(umask, 0, 0, 0, 0, 0, 0);
    mount_for_init();
    sys_signals(SIG_BLOCK, 1ULL << (SIGCHLD - 1));
    int child_signals = (int)sys_signalfd(1ULL << (SIGCHLD - 1), O_NONBLOCK | O_CLOEXEC);
    network_loopback_up();
    bool prepared = mount_root(&why) && process_prepare(&why);
    control_open();
    if (!prepared)
        process_give_up(why.data);
    const uint16_t ready[2] = { PROTOCOL_VERSION, 0 };
    control_send(READY, 0, ready, sizeof ready);
    serve(child_signals);
}

DEFINE_ENTRY(init_main);

