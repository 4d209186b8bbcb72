/* virtio-console ports by name. */
#pragma once

#include "text.h"

/* Opens the port of that name; a negative errno when there is none (yet). */
int port_open(const char *name, int flags);
