#include "mounts.h"

#include <linux/kdev_t.h>

#define P9_TRANSPORT "trans=virtio,version=9p2000.L,"
#define P9_DEFAULTS "msize=131072,cache=mmap,access=any"
#define S_IFCHR 0020000

void mount_for_init(void)
{
    sys_mkdir("/dev", 0755);
    sys_mkdir("/proc", 0755);
    sys_mkdir("/sys", 0755);
    sys_mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
    sys_mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
    sys_mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* The value of `name` ("gantry.root=") on the kernel command line, or the default. */
static void command_line(const char *name, const char *otherwise, struct text *value)
{
    char line[2048];
    int fd = (int)sys_open("/proc/cmdline", O_RDONLY, 0);
    long n = fd < 0 ? 0 : sys_read(fd, line, sizeof line - 1);
    sys_close(fd);
    line[n > 0 ? n : 0] = 0;
    for (char *at = line; *at;) {
        char *word = at;
        while (*at && *at != ' ' && *at != '\n')
            at++;
        if (*at)
            *at++ = 0;
        const char *rest = after(word, name);
        if (rest)
            otherwise = rest;
    }
    add(value, otherwise);
}

static bool fail(struct text *why, const char *what, long error)
{
    add(why, what);
    add(why, ": ");
    add_error(why, error);
    return false;
}

bool mount_root(struct text *why)
{
    TEXT(root, 128);
    command_line("gantry.root=", "vda", &root);
    sys_mkdir(NEW_ROOT, 0755);

    const char *tag = after(root.data, "9p:");
    if (tag) {
        long error = mount_9p(tag, NEW_ROOT, false, "");
        return error ? fail(why, "cannot mount the 9p root", error) : true;
    }

    TEXT(device, 160);
    add(&device, "/dev/");
    add(&device, root.data);
    sys_mkdir("/lower", 0755);
    sys_mkdir("/upper", 0755);
    long error = sys_mount(device.data, "/lower", "erofs", MS_RDONLY, NULL);
    if (error)
        return fail(why, "cannot mount the root file system (EROFS)", error);

    TEXT(size, 64);
    add(&size, "mode=755,size=");
    command_line("gantry.size=", "75%", &size);
    error = sys_mount("tmpfs", "/upper", "tmpfs", 0, size.data);
    if (error)
        return fail(why, "cannot mount the writable layer", error);
    sys_mkdir("/upper/data", 0755);
    sys_mkdir("/upper/work", 0755);
    /* redirect_dir: renaming a folder of the image works as on a disk. metacopy: chmod does not copy the file. */
    error = sys_mount("overlay", NEW_ROOT, "overlay", 0,
        "lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work,redirect_dir=on,metacopy=on");
    return error ? fail(why, "cannot mount the overlay", error) : true;
}

long make_folders(const char *path, unsigned mode)
{
    TEXT(part, 4096);
    for (const char *at = path; *at;) {
        const char *start = at;
        while (*at == '/')
            at++;
        while (*at && *at != '/')
            at++;
        add_bytes(&part, start, (size_t)(at - start));
        long error = sys_mkdir(part.data, mode);
        if (error && error != -EEXIST && error != -EROFS)
            return error;
    }
    return 0;
}

long mount_9p(const char *tag, const char *path, bool read_only, const char *options)
{
    TEXT(data, 1200);
    add(&data, P9_TRANSPORT);
    add(&data, *options ? options : P9_DEFAULTS);
    long error = make_folders(path, 0755);
    return error ? error : sys_mount(tag, path, "9p", read_only ? MS_RDONLY : 0, data.data);
}

/* The device nodes that every container has, and the two terminals; disks and ports stay hidden. */
static void make_devices(void)
{
    static const struct { const char *path; unsigned char major, minor; } nodes[] = {
        { NEW_ROOT "/dev/null", 1, 3 }, { NEW_ROOT "/dev/zero", 1, 5 }, { NEW_ROOT "/dev/full", 1, 7 },
        { NEW_ROOT "/dev/random", 1, 8 }, { NEW_ROOT "/dev/urandom", 1, 9 }, { NEW_ROOT "/dev/tty", 5, 0 },
        { NEW_ROOT "/dev/fuse", 10, 229 },
    };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        sys_mknod(nodes[i].path, S_IFCHR | 0666, MKDEV(nodes[i].major, nodes[i].minor));
    /* hvc0 is 229:0; /dev/console is the same terminal, as a container's usually is. */
    sys_mknod(NEW_ROOT "/dev/hvc0", S_IFCHR | 0620, MKDEV(229, 0));
    sys_mknod(NEW_ROOT "/dev/console", S_IFCHR | 0620, MKDEV(229, 0));
    sys_symlink("/proc/self/fd", NEW_ROOT "/dev/fd");
    sys_symlink("/proc/self/fd/0", NEW_ROOT "/dev/stdin");
    sys_symlink("/proc/self/fd/1", NEW_ROOT "/dev/stdout");
    sys_symlink("/proc/self/fd/2", NEW_ROOT "/dev/stderr");
    sys_symlink("pts/ptmx", NEW_ROOT "/dev/ptmx");
}

bool mount_container(struct text *why)
{
    static const struct { const char *path, *type; unsigned long flags; const char *data; } mounts[] = {
        { NEW_ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
        { NEW_ROOT "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
        { NEW_ROOT "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, "nsdelegate" },
        { NEW_ROOT "/dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=1m" },
        { NEW_ROOT "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5" },
        { NEW_ROOT "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777" },
        { NEW_ROOT "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
    };
    /* Nothing mounted here may show up in init's own namespace. */
    sys_mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        sys_mkdir(mounts[i].path, 0755);
        long error = sys_mount(mounts[i].type, mounts[i].path, mounts[i].type, mounts[i].flags, mounts[i].data);
        if (error)
            return fail(why, mounts[i].path + sizeof NEW_ROOT - 1, error);
    }
    make_devices();

    /* The initramfs cannot be pivoted away from; moving the new root over it is the documented way. */
    long error = sys_chdir(NEW_ROOT);
    if (!error)
        error = sys_mount(".", "/", NULL, MS_MOVE, NULL);
    if (!error)
        error = sys_chroot(".");
    if (!error)
        error = sys_chdir("/");
    return error ? fail(why, "cannot enter the root file system", error) : true;
}
