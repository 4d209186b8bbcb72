/* Who the process runs as: USER resolved in the container's /etc/passwd and /etc/group, by docker's rules. */
#pragma once

#include "text.h"

enum { GROUPS_LIMIT = 64 };

struct identity {
    unsigned uid, gid;
    unsigned groups[GROUPS_LIMIT];
    size_t group_count;
    char home[512];
};

/* `user` or `user:group`, names or numbers. A number needs no entry, a name does; false with *why set. */
bool resolve_user(const char *user, struct identity *identity, struct text *why);
