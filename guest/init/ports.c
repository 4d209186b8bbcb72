#include "ports.h"

#include <linux/types.h>

struct directory_entry { /* linux_dirent64 */
    uint64_t inode, next;
    uint16_t size;
    uint8_t type;
    char name[];
};

#define PORTS "/sys/class/virtio-ports/"

static bool has_name(const char *device, const char *name)
{
    TEXT(path, 128);
    add(&path, PORTS);
    add(&path, device);
    add(&path, "/name");
    int fd = (int)sys_open(path.data, O_RDONLY, 0);
    if (fd < 0)
        return false;
    char found[64];
    long n = sys_read(fd, found, sizeof found - 1);
    sys_close(fd);
    if (n <= 0)
        return false;
    found[found[n - 1] == '\n' ? n - 1 : n] = 0;
    return same(found, name);
}

int port_open(const char *name, int flags)
{
    int folder = (int)sys_open(PORTS, O_RDONLY | O_DIRECTORY, 0);
    if (folder < 0)
        return folder;
    char entries[2048] __attribute__((aligned(8)));
    long n;
    int result = -ENOENT;
    while (result == -ENOENT && (n = CALL(getdents64, folder, entries, sizeof entries, 0, 0, 0)) > 0)
        for (long at = 0; at < n && result == -ENOENT;) {
            struct directory_entry *entry = (void *)(entries + at);
            at += entry->size;
            if (entry->name[0] == '.' || !has_name(entry->name, name))
                continue;
            TEXT(path, 128);
            add(&path, "/dev/");
            add(&path, entry->name);
            result = (int)sys_open(path.data, flags, 0);
        }
    sys_close(folder);
    return result;
}
