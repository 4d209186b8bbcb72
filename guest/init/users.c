#include "users.h"

enum { LINE_LIMIT = 8192, FIELD_COUNT = 7, ID_LIMIT = 0x7fffffff };

/* Reads a colon-separated database line by line; over-long lines are skipped whole. */
struct database {
    int fd;
    size_t at, filled;
    char block[4096], line[LINE_LIMIT];
    char *fields[FIELD_COUNT]; /* "" when missing */
};

static bool next_entry(struct database *database)
{
    for (;;) {
        size_t length = 0;
        bool any = false, whole = false;
        while (!whole) {
            if (database->at == database->filled) {
                long n = sys_read(database->fd, database->block, sizeof database->block);
                if (n <= 0)
                    break;
                database->at = 0;
                database->filled = (size_t)n;
            }
            char c = database->block[database->at++];
            any = true;
            if (c == '\n')
                whole = true;
            else if (length < LINE_LIMIT)
                database->line[length++] = c;
        }
        if (!any)
            return false;
        if (length >= LINE_LIMIT || length == 0 || database->line[0] == '#')
            continue;
        database->line[length] = 0;
        char *at = database->line;
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            database->fields[i] = at;
            while (*at && *at != ':')
                at++;
            if (*at)
                *at++ = 0;
        }
        return true;
    }
}

static bool is_member(char *list, const char *name)
{
    while (*list) {
        char *start = list;
        while (*list && *list != ',')
            list++;
        bool last = !*list;
        *list = 0;
        if (same(start, name))
            return true;
        if (!last)
            list++;
    }
    return false;
}

static bool unknown(struct text *why, const char *kind, const char *name, const char *file)
{
    add(why, "unable to find ");
    add(why, kind);
    add(why, " ");
    add(why, name);
    add(why, ": no matching entries in ");
    add(why, file);
    return false;
}

bool resolve_user(const char *user, struct identity *identity, struct text *why)
{
    TEXT(name, 513);
    TEXT(login, 513);
    const char *group = user;
    while (*group && *group != ':')
        group++;
    add_bytes(&name, user, (size_t)(group - user));
    bool group_given = *group && group[1];
    group = group_given ? group + 1 : "";
    if (!*name.data)
        add(&name, "0");

    int64_t id = number(name.data, ID_LIMIT);
    identity->uid = identity->gid = 0;
    identity->group_count = 0;
    memcpy(identity->home, "/", 2);
    bool found = false;

    static struct database database;
    database = (struct database){ .fd = (int)sys_open("/etc/passwd", O_RDONLY, 0) };
    while (!found && database.fd >= 0 && next_entry(&database)) {
        int64_t uid = number(database.fields[2], ID_LIMIT), gid = number(database.fields[3], ID_LIMIT);
        if (uid < 0 || gid < 0 || !(same(database.fields[0], name.data) || uid == id))
            continue;
        found = true;
        identity->uid = (unsigned)uid;
        identity->gid = (unsigned)gid;
        add(&login, database.fields[0]);
        if (*database.fields[5]) {
            struct text home = { identity->home, 0, sizeof identity->home };
            add(&home, database.fields[5]);
        }
    }
    sys_close(database.fd);
    if (!found) {
        if (id < 0)
            return unknown(why, "user", name.data, "passwd file");
        identity->uid = (unsigned)id;
    }

    /* An explicit group replaces the user's groups altogether; otherwise every group that lists the user counts. */
    int64_t group_id = group_given ? number(group, ID_LIMIT) : -1;
    bool group_found = false;
    database = (struct database){ .fd = (int)sys_open("/etc/group", O_RDONLY, 0) };
    while (!group_found && database.fd >= 0 && next_entry(&database)) {
        int64_t gid = number(database.fields[2], ID_LIMIT);
        if (gid < 0)
            continue;
        if (group_given) {
            group_found = same(database.fields[0], group) || gid == group_id;
            if (group_found)
                identity->gid = (unsigned)gid;
        } else if (found && identity->group_count < GROUPS_LIMIT - 1 && is_member(database.fields[3], login.data)) {
            identity->groups[identity->group_count++] = (unsigned)gid;
        }
    }
    sys_close(database.fd);
    if (group_given && !group_found) {
        if (group_id < 0)
            return unknown(why, "group", group, "group file");
        identity->gid = (unsigned)group_id;
    }
    identity->groups[identity->group_count++] = identity->gid;
    return true;
}
