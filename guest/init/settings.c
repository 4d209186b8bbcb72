#include "settings.h"

static const char *check_text(const struct frame *frame)
{
    return contains_nul(frame->payload, frame->header.length) ? "text with a NUL in it" : NULL;
}

static const char *check_path(const char *path, size_t length)
{
    if (length == 0 || path[0] != '/')
        return "path that is not absolute";
    return length >= 4096 ? "path that is too long" : NULL;
}

/* A path that ends in NUL inside the payload; NULL in *end when there is no NUL. */
static const char *find_nul(const uint8_t *from, const uint8_t *end)
{
    for (; from < end; from++)
        if (!*from)
            return (const char *)from;
    return NULL;
}

static const char *check_mount(const struct frame *frame)
{
    const uint8_t *start = frame->payload + 4, *end = frame->payload + frame->header.length;
    if (frame->header.length < 4)
        return "mount of a wrong size";
    const char *tag_end = find_nul(start, end);
    const char *path_end = tag_end ? find_nul((const uint8_t *)tag_end + 1, end) : NULL;
    if (!path_end)
        return "mount without tag, path and options";
    if ((const uint8_t *)tag_end == start)
        return "mount without a tag";
    const char *options = path_end + 1;
    if (contains_nul(options, (size_t)((const char *)end - options)) || (const char *)end - options > 1024)
        return "mount with bad options";
    return check_path(tag_end + 1, (size_t)(path_end - tag_end - 1));
}

static const char *check_file(const struct frame *frame)
{
    const size_t fixed = sizeof(struct file_setting);
    if (frame->header.length < fixed)
        return "file of a wrong size";
    const uint8_t *path = frame->payload + fixed;
    const char *path_end = find_nul(path, frame->payload + frame->header.length);
    if (!path_end)
        return "file without path and contents";
    return check_path((const char *)path, (size_t)(path_end - (const char *)path));
}

static const char *check(const struct frame *frame)
{
    const uint32_t length = frame->header.length;
    struct stdio_setting stdio;
    struct rlimit_setting limit;
    switch (frame->header.type) {
    case ARG:
        return check_text(frame);
    case ENV:
        if (length == 0 || frame->payload[0] == '=' || contains_nul(frame->payload, length))
            return "environment variable without a name";
        for (size_t i = 0; i < length; i++)
            if (frame->payload[i] == '=')
                return NULL;
        return "environment variable without '='";
    case CWD: {
        const char *wrong = check_text(frame);
        return wrong ? wrong : check_path((const char *)frame->payload, length);
    }
    case USER:
        return length == 0 || length > 512 ? "user of a wrong size" : check_text(frame);
    case STDIO:
        if (length != sizeof stdio)
            return "stdio of a wrong size";
        memcpy(&stdio, frame->payload, sizeof stdio);
        return stdio.kind > STDIO_TERMINAL || stdio.zero ? "stdio of an unknown kind" : NULL;
    case RLIMIT:
        if (length != sizeof limit)
            return "rlimit of a wrong size";
        memcpy(&limit, frame->payload, sizeof limit);
        return limit.resource >= RLIM_NLIMITS || limit.zero || limit.soft > limit.hard ? "rlimit out of range" : NULL;
    case CAPABILITIES:
        return length != 8 ? "capabilities of a wrong size" : NULL;
    case OPTIONS:
        return length != 4 || frame->payload[0] > 3 || frame->payload[1] || frame->payload[2] || frame->payload[3]
            ? "unknown options" : frame->header.process ? "options for an extra process" : NULL;
    case MOUNT:
        return frame->header.process ? "mount for an extra process" : check_mount(frame);
    case FILE_CONTENTS:
        return frame->header.process ? "file for an extra process" : check_file(frame);
    default:
        return "frame of an unknown type";
    }
}

const char *settings_add(struct settings *settings, const struct frame *frame)
{
    const char *wrong = check(frame);
    if (wrong)
        return wrong;
    size_t size = (sizeof(struct setting) + frame->header.length + 1 + 7) & ~(size_t)7;
    if (size > sizeof settings->data - settings->used)
        return "settings over the limit";
    struct setting *setting = (void *)(settings->data + settings->used);
    setting->length = frame->header.length;
    setting->type = frame->header.type;
    memcpy(setting->data, frame->payload, frame->header.length);
    setting->data[frame->header.length] = 0;
    settings->used += (uint32_t)size;
    return NULL;
}

const struct setting *settings_next(const struct settings *settings, const struct setting *previous, unsigned type)
{
    const uint8_t *at = settings->data;
    if (previous)
        at = (const uint8_t *)previous + ((sizeof *previous + previous->length + 1 + 7) & ~(size_t)7);
    while (at < settings->data + settings->used) {
        const struct setting *setting = (const void *)at;
        if (!type || setting->type == type)
            return setting;
        at += (sizeof *setting + setting->length + 1 + 7) & ~(size_t)7;
    }
    return NULL;
}

const struct setting *settings_last(const struct settings *settings, unsigned type)
{
    const struct setting *last = NULL;
    for (const struct setting *next = NULL; (next = settings_next(settings, next, type));)
        last = next;
    return last;
}

size_t settings_count(const struct settings *settings, unsigned type)
{
    size_t count = 0;
    for (const struct setting *next = NULL; (next = settings_next(settings, next, type));)
        count++;
    return count;
}

struct stdio_setting settings_stdio(const struct settings *settings)
{
    struct stdio_setting stdio = { STDIO_PIPES, 0, 0, 0 };
    const struct setting *setting = settings_last(settings, STDIO);
    if (setting)
        memcpy(&stdio, setting->data, sizeof stdio);
    return stdio;
}

uint32_t settings_options(const struct settings *settings)
{
    uint32_t bits = 0;
    const struct setting *setting = settings_last(settings, OPTIONS);
    if (setting)
        memcpy(&bits, setting->data, sizeof bits);
    return bits;
}
