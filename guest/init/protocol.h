/* The control protocol's numbers, as docs/guest.md defines them. */
#pragma once

#include <stdint.h>

enum {
    PROTOCOL_VERSION = 1,
    PAYLOAD_LIMIT = 131072,
    SETTINGS_LIMIT = 2 << 20,
    PROCESS_LIMIT = 16,
};

enum frame_type {
    /* settings of a process */
    ARG = 0x01, ENV = 0x02, CWD = 0x03, USER = 0x04, STDIO = 0x05, RLIMIT = 0x06, CAPABILITIES = 0x07, OPTIONS = 0x08,
    MOUNT = 0x10, FILE_CONTENTS = 0x11, RUN = 0x1f,
    /* the machine */
    TIME = 0x20, ENTROPY = 0x21, HOSTNAME = 0x22, NETWORK = 0x23, DROP_CACHES = 0x24, SHUTDOWN = 0x25,
    /* a running process */
    SIGNAL = 0x30, RESIZE = 0x31,
    /* to the host */
    READY = 0x8001, STARTED = 0x8002, EXITED = 0x8003, ERROR = 0x8004,
};

enum { STDIO_PIPES = 0, STDIO_TERMINAL = 1 };
enum { OPTION_REAPER = 1, OPTION_READONLY = 2 };
enum { MOUNT_READONLY = 1 };

/* Exit statuses docker's users know. */
enum { STATUS_SETTING = 125, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

struct frame_header {
    uint32_t length;
    uint16_t type, process;
};

struct stdio_setting { uint8_t kind, zero; uint16_t rows, columns; };
struct rlimit_setting { uint32_t resource, zero; uint64_t soft, hard; };
struct file_setting { uint32_t mode, uid, gid; };
struct time_setting { int64_t seconds; uint32_t nanoseconds, zero; } __attribute__((packed, aligned(4)));
struct network_setting { uint8_t address[4], gateway[4], prefix, zero; uint16_t mtu; };
struct shutdown_setting { uint32_t signal, grace_ms; };
struct window_size { uint16_t rows, columns; };
