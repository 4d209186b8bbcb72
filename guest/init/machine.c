#include "machine.h"

#include "network.h"

static const char *set_time(const struct frame *frame)
{
    struct time_setting time;
    if (frame->header.length != sizeof time)
        return "time of a wrong size";
    memcpy(&time, frame->payload, sizeof time);
    struct __kernel_timespec now = { time.seconds, time.nanoseconds };
    return time.zero || CALL(clock_settime, 0, &now, 0, 0, 0, 0) ? "time out of range" : NULL;
}

static const char *add_entropy(const struct frame *frame)
{
    struct { int bits, bytes; uint8_t data[512]; } pool;
    if (frame->header.length < 32 || frame->header.length > sizeof pool.data)
        return "entropy of a wrong size";
    pool.bits = (int)frame->header.length * 8;
    pool.bytes = (int)frame->header.length;
    memcpy(pool.data, frame->payload, frame->header.length);
    int fd = (int)sys_open("/dev/urandom", O_WRONLY, 0);
    /* Adding alone reaches readers only at the next timed reseed, minutes later. */
    bool done = sys_ioctl(fd, RNDADDENTROPY, &pool) == 0 && sys_ioctl(fd, RNDRESEEDCRNG, 0) == 0;
    sys_close(fd);
    return done ? NULL : "entropy was not accepted by the kernel";
}

static const char *set_name(const struct frame *frame)
{
    if (frame->header.length == 0 || frame->header.length > 64 || contains_nul(frame->payload, frame->header.length))
        return "host name of a wrong size";
    return CALL(sethostname, frame->payload, frame->header.length, 0, 0, 0, 0) ? "host name was not accepted" : NULL;
}

static const char *drop_caches(const struct frame *frame)
{
    if (frame->header.length)
        return "drop-caches of a wrong size";
    int fd = (int)sys_open("/proc/sys/vm/drop_caches", O_WRONLY, 0);
    long n = sys_write(fd, "3", 1);
    sys_close(fd);
    return n == 1 ? NULL : "caches were not dropped";
}

const char *machine_apply(const struct frame *frame)
{
    switch (frame->header.type) {
    case TIME: return set_time(frame);
    case ENTROPY: return add_entropy(frame);
    case HOSTNAME: return set_name(frame);
    case NETWORK: return network_apply(frame);
    case DROP_CACHES: return drop_caches(frame);
    default: return "frame of an unknown type";
    }
}

void machine_power_off(void)
{
    CALL(sync, 0, 0, 0, 0, 0, 0);
    for (;;)
        CALL(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, 0, 0, 0);
}
