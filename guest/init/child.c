#include "child.h"

#include "execute.h"
#include "mounts.h"
#include "users.h"

void child_tell(const struct child *child, enum child_state state, uint32_t value, const char *text)
{
    struct child_message message = { state, value, "" };
    struct text copy = { message.text, 0, sizeof message.text };
    add(&copy, text);
    sys_write(child->status, &message, sizeof message);
}

void child_fail(const struct child *child, uint32_t status, const char *text)
{
    child_tell(child, CHILD_FAILED, status, text);
    sys_exit((int)status);
}

static void require(const struct child *child, long result, const char *what, const char *name)
{
    if (result >= 0)
        return;
    TEXT(message, 504);
    add(&message, what);
    add(&message, name);
    add(&message, ": ");
    add_error(&message, result);
    child_fail(child, STATUS_SETTING, message.data);
}

static void write_file(const struct child *child, const struct setting *setting)
{
    struct file_setting file;
    memcpy(&file, setting->data, sizeof file);
    const char *path = setting->data + sizeof file;
    size_t path_length = strlen(path);
    const char *contents = path + path_length + 1;
    size_t left = setting->length - sizeof file - path_length - 1;

    TEXT(folder, 4096);
    for (size_t i = path_length; i-- > 1;)
        if (path[i] == '/') {
            add_bytes(&folder, path, i);
            break;
        }
    require(child, make_folders(folder.data, 0755), "cannot make folder ", folder.data);

    long fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, file.mode & 07777);
    if (fd == -ENOENT || fd == -ELOOP) { /* a symbolic link to nowhere, as systemd's resolv.conf */
        sys_unlink(path);
        fd = sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, file.mode & 07777);
    }
    require(child, fd, "cannot write ", path);
    while (left) {
        long n = sys_write((int)fd, contents, left);
        require(child, n, "cannot write ", path);
        contents += n;
        left -= (size_t)n;
    }
    require(child, sys_fchown((int)fd, file.uid, file.gid), "cannot change the owner of ", path);
    require(child, sys_fchmod((int)fd, file.mode & 07777), "cannot change the mode of ", path);
    sys_close((int)fd);
}

static void apply_files(const struct child *child)
{
    for (const struct setting *next = NULL; (next = settings_next(child->settings, next, 0));) {
        if (next->type == FILE_CONTENTS)
            write_file(child, next);
        if (next->type == MOUNT) {
            uint32_t bits;
            memcpy(&bits, next->data, sizeof bits);
            const char *tag = next->data + 4, *path = tag + strlen(tag) + 1;
            require(child, mount_9p(tag, path, bits & MOUNT_READONLY, path + strlen(path) + 1), "cannot mount 9p at ", path);
        }
    }
}

static void apply_limits(const struct child *child)
{
    for (const struct setting *next = NULL; (next = settings_next(child->settings, next, RLIMIT));) {
        struct rlimit_setting limit;
        memcpy(&limit, next->data, sizeof limit);
        require(child, CALL(prlimit64, 0, limit.resource, &limit.soft, 0, 0, 0), "cannot set a resource limit", "");
    }
}

/* A session of its own; in terminal mode the terminal becomes its controlling terminal and all three streams. */
static void attach_streams(struct child *child, const struct identity *identity)
{
    struct stdio_setting stdio = settings_stdio(child->settings);
    CALL(setsid, 0, 0, 0, 0, 0, 0);
    if (stdio.kind == STDIO_TERMINAL) {
        int terminal = child->terminal;
        if (terminal < 0)
            terminal = (int)sys_open("/dev/hvc0", O_RDWR, 0);
        require(child, terminal, "cannot open the terminal", "");
        struct termios attributes;
        if (sys_ioctl(terminal, TCGETS, &attributes) == 0) {
            attributes.c_iflag |= IUTF8; /* backspace erases a character, not a byte */
            sys_ioctl(terminal, TCSETS, &attributes);
        }
        struct { uint16_t rows, columns, unused[2]; } size = { stdio.rows, stdio.columns, { 0 } };
        if (stdio.rows && stdio.columns)
            sys_ioctl(terminal, TIOCSWINSZ, &size);
        require(child, sys_ioctl(terminal, TIOCSCTTY, 0), "cannot take the terminal", "");
        child->streams[0] = child->streams[1] = child->streams[2] = terminal;
    }
    for (int i = 0; i < 3; i++) {
        /* So that the user may open /dev/stdout again. */
        sys_fchown(child->streams[i], identity->uid, stdio.kind == STDIO_TERMINAL ? 5 : identity->gid);
        require(child, sys_dup3(child->streams[i], i, 0), "cannot attach the streams", "");
    }
}

/* Capabilities: at most the mask; the user's own rules do the rest (a user other than root loses them in exec). */
static void become(const struct child *child, const struct identity *identity)
{
    uint64_t mask = ~0ULL;
    const struct setting *setting = settings_last(child->settings, CAPABILITIES);
    if (setting)
        memcpy(&mask, setting->data, sizeof mask);
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
        if (!(mask >> capability & 1))
            CALL(prctl, PR_CAPBSET_DROP, capability, 0, 0, 0, 0);
    require(child, CALL(setgroups, identity->group_count, identity->groups, 0, 0, 0, 0), "cannot set groups", "");
    require(child, CALL(setresgid, identity->gid, identity->gid, identity->gid, 0, 0, 0), "cannot set the group", "");
    require(child, CALL(setresuid, identity->uid, identity->uid, identity->uid, 0, 0, 0), "cannot set the user", "");
    if (setting && identity->uid == 0) {
        struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
        const uint64_t all = mask & ((2ULL << CAP_LAST_CAP) - 1);
        struct __user_cap_data_struct data[2] = {
            { (uint32_t)all, (uint32_t)all, 0 }, { (uint32_t)(all >> 32), (uint32_t)(all >> 32), 0 },
        };
        require(child, CALL(capset, &header, data, 0, 0, 0, 0), "cannot set capabilities", "");
    }
}

/* As docker's --init: this process stays PID 1, takes in orphans and passes signals on; the program is its child. */
static void stay_as_reaper(struct child *child)
{
    sys_signals(SIG_BLOCK, ~0ULL);
    int program = (int)sys_fork(0);
    require(child, program, "cannot fork", "");
    if (program == 0)
        return;
    CALL(close_range, 0, ~0U, 0, 0, 0, 0);
    for (;;) {
        uint64_t all = ~0ULL;
        long signal = CALL(rt_sigtimedwait, &all, 0, 0, sizeof all, 0, 0);
        if (signal > 0 && signal != SIGCHLD)
            sys_kill(program, (int)signal);
        int status, pid;
        while ((pid = (int)sys_wait(-1, &status, WNOHANG)) > 0)
            if (pid == program)
                sys_exit(status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
    }
}

void child_run(struct child *child)
{
    static struct identity identity; /* static: large, and there is one */
    TEXT(why, 504);
    const struct setting *cwd = settings_last(child->settings, CWD);
    const struct setting *user = settings_last(child->settings, USER);
    const char *folder = cwd ? cwd->data : "/";

    CALL(umask, 0, 0, 0, 0, 0, 0);
    apply_files(child);
    CALL(umask, 022, 0, 0, 0, 0, 0);
    if (!resolve_user(user ? user->data : "0", &identity, &why))
        child_fail(child, STATUS_SETTING, why.data);
    require(child, make_folders(folder, 0755), "cannot make the working directory ", folder);
    require(child, sys_chdir(folder), "cannot enter the working directory ", folder);
    if (settings_options(child->settings) & OPTION_READONLY)
        require(child, sys_mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "cannot make / read-only", "");
    if (settings_options(child->settings) & OPTION_REAPER)
        stay_as_reaper(child);
    apply_limits(child);
    attach_streams(child, &identity);
    become(child, &identity);
    sys_signals(SIG_SETMASK, 0);
    child_tell(child, CHILD_EXECUTING, (uint32_t)sys_getpid(), "");
    execute(child, identity.home);
}
