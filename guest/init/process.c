#include "process.h"

#include "child.h"
#include "machine.h"
#include "mounts.h"
#include "ports.h"
#include "relays.h"

enum state { UNUSED, CONFIGURING, STARTING, RUNNING, ENDED };

static struct process {
    enum state state;
    struct settings *settings;
    int pid;         /* in init's namespace */
    int status;      /* read end of the child's status pipe, or -1 */
    int terminal;    /* where RESIZE goes, or -1 */
    uint32_t view;   /* process id in the container */
    uint32_t exit_status, exit_signal;
} processes[PROCESS_LIMIT];

/* Process 0 is forked before its settings are known and waits for a byte on this pipe. */
static struct { int go; int streams[3]; } prepared;
static int own_pid_namespace, pid_namespace, mount_namespace;
static int64_t kill_at = -1;

static int64_t now_ms(void)
{
    struct __kernel_timespec time;
    sys_time(1 /* CLOCK_MONOTONIC */, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void process_give_up(const char *message)
{
    const uint32_t exited[2] = { STATUS_SETTING, 0 };
    control_error(0, message);
    control_finish(exited, sizeof exited);
    machine_power_off();
}

static bool make_settings(struct process *process)
{
    if (process->settings)
        return true;
    struct settings *settings = sys_map(sizeof *settings, MAP_SHARED);
    if (is_error(settings))
        return false;
    process->settings = settings;
    return true;
}

/* Three pipes; mine are init's ends, non-blocking. */
static bool make_pipes(int mine[3], int theirs[3])
{
    for (int i = 0; i < 3; i++) {
        int fds[2];
        if (sys_pipe(fds, O_CLOEXEC))
            return false;
        mine[i] = fds[i == 0];
        theirs[i] = fds[i != 0];
        sys_fcntl(mine[i], F_SETFL, O_NONBLOCK | (i == 0 ? O_WRONLY : O_RDONLY));
    }
    return true;
}

static void close_three(const int fds[3])
{
    for (int i = 0; i < 3; i++)
        sys_close(fds[i]);
}

bool process_prepare(struct text *why)
{
    struct process *process = &processes[0];
    int status[2], go[2];
    struct child child = { .process = 0, .terminal = -1 };
    if (!make_settings(process) || sys_pipe(status, O_CLOEXEC) || sys_pipe(go, O_CLOEXEC)
        || !make_pipes(prepared.streams, child.streams)) {
        add(why, "no memory for the first process");
        return false;
    }
    child.settings = process->settings;
    child.status = status[1];
    int pid = (int)sys_fork(CLONE_NEWPID | CLONE_NEWNS);
    if (pid == 0) {
        TEXT(problem, 504);
        sys_close(go[1]);
        close_three(prepared.streams);
        if (!mount_container(&problem))
            child_fail(&child, STATUS_SETTING, problem.data);
        child_tell(&child, CHILD_PREPARED, 0, "");
        char byte;
        if (sys_read(go[0], &byte, 1) != 1)
            sys_exit(STATUS_SETTING);
        child_run(&child);
    }
    sys_close(status[1]);
    sys_close(go[0]);
    close_three(child.streams);
    struct child_message message;
    if (pid < 0 || sys_read(status[0], &message, sizeof message) != sizeof message || message.state != CHILD_PREPARED) {
        message.text[sizeof message.text - 1] = 0;
        add(why, pid < 0 ? "cannot fork" : message.text);
        return false;
    }

    TEXT(path, 64);
    add(&path, "/proc/");
    add_number(&path, (uint64_t)pid);
    const size_t folder = path.length;
    add(&path, "/ns/pid");
    pid_namespace = (int)sys_open(path.data, O_RDONLY, 0);
    path.length = folder;
    add(&path, "/ns/mnt");
    mount_namespace = (int)sys_open(path.data, O_RDONLY, 0);
    own_pid_namespace = (int)sys_open("/proc/self/ns/pid", O_RDONLY, 0);

    prepared.go = go[1];
    process->state = CONFIGURING;
    process->pid = pid;
    process->status = status[0];
    process->terminal = -1;
    return true;
}

/* The port of a process: "gantry.stdin" of process 0, "gantry.stdin.N" of the others. */
static int open_port(const char *name, unsigned process, int flags)
{
    TEXT(full, 64);
    add(&full, "gantry.");
    add(&full, name);
    if (process) {
        add(&full, ".");
        add_number(&full, process);
    }
    return port_open(full.data, flags | O_NONBLOCK);
}

/* Takes over init's ends of the pipes, also when it fails. */
static const char *relay_pipes(unsigned index, const int mine[3])
{
    static const char *const names[3] = { "stdin", "stdout", "stderr" };
    const char *wrong = NULL;
    for (int i = 0; i < 3; i++) {
        int port = wrong ? -1 : open_port(names[i], index, i == 0 ? O_RDONLY : O_WRONLY);
        if (port >= 0 && relay_add(index, i == 0 ? port : mine[i], i == 0 ? mine[i] : port, i != 0))
            continue;
        if (!wrong)
            wrong = port < 0 ? "the machine has no ports for the process's pipes" : "too many streams";
        sys_close(port);
        sys_close(mine[i]);
    }
    return wrong;
}

/* A pty of the container's own devpts, so that its name means something inside. */
static const char *relay_pty(unsigned index, struct process *process, int *slave)
{
    TEXT(path, 64);
    add(&path, "/proc/");
    add_number(&path, (uint64_t)processes[0].pid);
    add(&path, "/root/dev/pts/ptmx");
    int port = open_port("terminal", index, O_RDWR);
    if (port < 0)
        return "the machine has no terminal port for the process";
    int master = (int)sys_open(path.data, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
    const int unlock = 0;
    if (master < 0 || sys_ioctl(master, TIOCSPTLCK, &unlock)
        || (*slave = (int)sys_ioctl(master, TIOCGPTPEER, (const void *)(long)(O_RDWR | O_NOCTTY | O_CLOEXEC))) < 0) {
        sys_close(master);
        sys_close(port);
        return "cannot open a pty";
    }
    process->terminal = (int)sys_fcntl(master, F_DUPFD_CLOEXEC, 0);
    /* Each relay owns its descriptors. There is room: RELAY_LIMIT is three for every process. */
    int back = (int)sys_fcntl(master, F_DUPFD_CLOEXEC, 0), port_back = (int)sys_fcntl(port, F_DUPFD_CLOEXEC, 0);
    return relay_add(index, port, master, false) && relay_add(index, back, port_back, true) ? NULL : "too many streams";
}

/* Process 0 is there already and only needs its streams connected and the word. */
static const char *start_prepared(struct process *process)
{
    if (settings_stdio(process->settings).kind == STDIO_TERMINAL) {
        close_three(prepared.streams);
        process->terminal = (int)sys_open("/dev/hvc0", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
        if (process->terminal < 0)
            return "the machine has no terminal (a virtio-console port 0)";
    } else {
        const char *wrong = relay_pipes(0, prepared.streams);
        if (wrong)
            return wrong;
    }
    sys_write(prepared.go, "", 1);
    return NULL;
}

static void close_streams(const struct child *child)
{
    if (child->terminal >= 0)
        sys_close(child->terminal);
    else
        close_three(child->streams);
}

static const char *start_extra(unsigned index, struct process *process)
{
    int status[2], mine[3];
    struct child child = { .settings = process->settings, .process = index, .streams = { -1, -1, -1 }, .terminal = -1 };
    const char *wrong;
    process->terminal = -1;
    if (settings_stdio(process->settings).kind == STDIO_TERMINAL)
        wrong = relay_pty(index, process, &child.terminal);
    else
        wrong = make_pipes(mine, child.streams) ? relay_pipes(index, mine) : "too many open files";
    if (!wrong && sys_pipe(status, O_CLOEXEC))
        wrong = "too many open files";
    if (wrong) {
        close_streams(&child);
        return wrong;
    }
    child.status = status[1];
    /* The PID namespace applies to the next child; init itself must stay where it is. */
    sys_setns(pid_namespace, CLONE_NEWPID);
    process->pid = (int)sys_fork(0);
    if (process->pid == 0) {
        if (sys_setns(mount_namespace, CLONE_NEWNS))
            child_fail(&child, STATUS_SETTING, "the container has ended");
        child_run(&child);
    }
    sys_setns(own_pid_namespace, CLONE_NEWPID);
    sys_close(status[1]);
    close_streams(&child);
    if (process->pid < 0) {
        sys_close(status[0]);
        return "cannot fork";
    }
    process->status = status[0];
    return NULL;
}

/* The host has been told everything about a process. */
static void forget(unsigned index)
{
    struct process *process = &processes[index];
    const uint32_t exited[2] = { process->exit_status, process->exit_signal };
    if (index == 0) {
        control_finish(exited, sizeof exited);
        machine_power_off();
    }
    control_send(EXITED, index, exited, sizeof exited);
    if (process->settings)
        sys_unmap(process->settings, sizeof *process->settings);
    if (process->terminal > 0)
        sys_close(process->terminal);
    *process = (struct process){ .status = -1, .terminal = -1 };
}

static void run(unsigned index, struct process *process)
{
    const char *wrong = process->settings->refused ? "not started: a setting was refused"
        : index == 0 ? start_prepared(process)
        : processes[0].state != RUNNING ? "not started: the container does not run" : start_extra(index, process);
    if (!wrong) {
        process->state = STARTING;
        return;
    }
    if (index == 0)
        process_give_up(wrong);
    control_error(index, wrong);
    relays_finish(index);
    process->exit_status = STATUS_SETTING;
    forget(index);
}

void process_setting(const struct frame *frame)
{
    const unsigned index = frame->header.process;
    struct process *process = &processes[index];
    if (process->state == UNUSED) {
        process->state = CONFIGURING;
        process->status = process->terminal = -1;
    }
    if (process->state != CONFIGURING)
        return control_error(index, "setting for a process that runs already");
    if (!make_settings(process))
        return control_error(index, "no memory for settings");
    if (frame->header.type == RUN && frame->header.length == 0)
        return run(index, process);
    const char *wrong = settings_add(process->settings, frame);
    if (wrong) {
        process->settings->refused = 1;
        control_error(index, wrong);
    }
}

const char *process_control(const struct frame *frame)
{
    struct process *process = &processes[frame->header.process];
    const bool running = process->state == STARTING || process->state == RUNNING;
    uint32_t signal;
    struct shutdown_setting shutdown;
    struct window_size size;
    switch (frame->header.type) {
    case SIGNAL:
        if (frame->header.length != sizeof signal)
            return "signal of a wrong size";
        memcpy(&signal, frame->payload, sizeof signal);
        if (signal < 1 || signal > 64)
            return "signal out of range";
        if (running)
            sys_kill(process->pid, (int)signal);
        return NULL;
    case RESIZE:
        if (frame->header.length != sizeof size)
            return "resize of a wrong size";
        memcpy(&size, frame->payload, sizeof size);
        if (running && process->terminal >= 0) {
            const uint16_t window[4] = { size.rows, size.columns, 0, 0 };
            sys_ioctl(process->terminal, TIOCSWINSZ, window);
        }
        return NULL;
    default:
        if (frame->header.length != sizeof shutdown)
            return "shutdown of a wrong size";
        memcpy(&shutdown, frame->payload, sizeof shutdown);
        if (shutdown.signal > 64)
            return "signal out of range";
        if (processes[0].state == CONFIGURING)
            process_give_up("shut down before the start");
        if (processes[0].state == ENDED) /* only its last output is on its way */
            return NULL;
        sys_kill(processes[0].pid, shutdown.signal ? (int)shutdown.signal : SIGTERM);
        kill_at = now_ms() + shutdown.grace_ms;
        return NULL;
    }
}

static void read_status(unsigned index, struct process *process)
{
    struct child_message message;
    for (;;) {
        struct pollfd ready = { process->status, POLLIN, 0 };
        const struct __kernel_timespec at_once = { 0, 0 };
        if (sys_poll(&ready, 1, &at_once) != 1)
            return;
        if (sys_read(process->status, &message, sizeof message) != sizeof message)
            break;
        message.text[sizeof message.text - 1] = 0;
        if (message.state == CHILD_EXECUTING)
            process->view = message.value;
        if (message.state == CHILD_FAILED) {
            process->view = 0;
            control_error(index, message.text);
        }
    }
    sys_close(process->status);
    process->status = -1;
    if (process->state == STARTING && process->view)
        control_send(STARTED, index, &process->view, sizeof process->view);
    process->state = RUNNING;
}

void process_progress(void)
{
    for (unsigned i = 0; i < PROCESS_LIMIT; i++)
        if (processes[i].state == STARTING)
            read_status(i, &processes[i]);
}

size_t process_poll(struct pollfd *entries)
{
    size_t count = 0;
    for (unsigned i = 0; i < PROCESS_LIMIT; i++)
        if (processes[i].state == STARTING)
            entries[count++] = (struct pollfd){ processes[i].status, POLLIN, 0 };
    return count;
}

void process_reap(void)
{
    int status, pid;
    while ((pid = (int)sys_wait(-1, &status, WNOHANG)) > 0)
        for (unsigned i = 0; i < PROCESS_LIMIT; i++) {
            struct process *process = &processes[i];
            if (process->pid != pid || process->state == UNUSED || process->state == ENDED)
                continue;
            if (process->state == STARTING)
                read_status(i, process);
            process->exit_signal = (uint32_t)status & 0x7f;
            process->exit_status = process->exit_signal ? 128 + process->exit_signal : (uint32_t)status >> 8 & 0xff;
            process->state = ENDED;
            relays_finish(i);
        }
    for (unsigned i = PROCESS_LIMIT; i--;)
        if (processes[i].state == ENDED && !relays_busy(i))
            forget(i);
}

long process_deadline(void)
{
    if (kill_at < 0)
        return -1;
    int64_t left = kill_at - now_ms();
    if (left > 0)
        return (long)left;
    kill_at = -1;
    if (processes[0].state != ENDED)
        sys_kill(processes[0].pid, SIGKILL);
    return 0;
}
