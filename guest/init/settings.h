/* What the host said about one process: its validated setting frames, kept in the order they came. */
#pragma once

#include "control.h"

struct setting {
    uint32_t length;
    uint16_t type, zero;
    char data[]; /* length bytes and a NUL, padded to 8 */
};

/* Lives in shared memory: init fills it, the already forked child applies it. */
struct settings {
    uint32_t used;
    uint8_t running;  /* RUN came */
    uint8_t refused;  /* a setting was bad: RUN must fail */
    uint8_t data[SETTINGS_LIMIT] __attribute__((aligned(8)));
};

/* Checks and keeps a frame; NULL, or what is wrong with it. */
const char *settings_add(struct settings *settings, const struct frame *frame);
/* The setting after `previous` (NULL: the first) of that type (0: any), or NULL. */
const struct setting *settings_next(const struct settings *settings, const struct setting *previous, unsigned type);
/* The last setting of that type, or NULL. */
const struct setting *settings_last(const struct settings *settings, unsigned type);
size_t settings_count(const struct settings *settings, unsigned type);
struct stdio_setting settings_stdio(const struct settings *settings);
uint32_t settings_options(const struct settings *settings);
