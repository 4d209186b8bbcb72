/* Settings of the machine as a whole: clock, random numbers, name, network, caches, power. */
#pragma once

#include "control.h"

/* Applies TIME, ENTROPY, HOSTNAME, NETWORK or DROP_CACHES; NULL, or what is wrong with the frame. */
const char *machine_apply(const struct frame *frame);
__attribute__((noreturn)) void machine_power_off(void);
