/* File systems: init's own, the container's root, and what a container expects inside. */
#pragma once

#include "text.h"

#define NEW_ROOT "/root"

/* init's own /dev, /proc and /sys. */
void mount_for_init(void);
/* The container's root at NEW_ROOT, as the kernel command line says; false with *why set. */
bool mount_root(struct text *why);
/* In the container's own mount and PID namespaces: fills NEW_ROOT with /proc, /dev, ... and makes it "/". */
bool mount_container(struct text *why);
/* Mounts a 9p device; makes the folder when it is missing. */
long mount_9p(const char *tag, const char *path, bool read_only, const char *options);
/* mkdir -p; 0 also when it is there already. */
long make_folders(const char *path, unsigned mode);
