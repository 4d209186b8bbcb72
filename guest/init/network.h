/* Network interfaces, set up by the classic ioctls: no netlink messages to build for one address and one route. */
#pragma once

#include "control.h"

void network_loopback_up(void);
/* Applies a NETWORK frame to eth0; NULL, or what is wrong. */
const char *network_apply(const struct frame *frame);
