#include "execute.h"

#include <linux/utsname.h>

enum { ENVIRONMENT_LIMIT = 8192 };

static bool same_name(const char *a, const char *b)
{
    for (; *a == *b; a++, b++)
        if (*a == '=')
            return true;
    return false;
}

struct environment {
    const char **entries;
    size_t count;
};

static const char *value_of(const struct environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->count; i++) {
        const char *rest = after(environment->entries[i], name);
        if (rest)
            return rest;
    }
    return NULL;
}

/* `name` ends in '='; storage must outlive the exec. */
static void add_default(struct environment *environment, const char *name, const char *value, struct text *storage)
{
    if (value_of(environment, name))
        return;
    environment->entries[environment->count++] = storage->data;
    add(storage, name);
    add(storage, value);
}

static void fill_environment(const struct child *child, const char *home, struct environment *environment)
{
    for (const struct setting *next = NULL; (next = settings_next(child->settings, next, ENV));) {
        size_t i = 0;
        while (i < environment->count && !same_name(environment->entries[i], next->data))
            i++;
        environment->entries[i] = next->data;
        if (i == environment->count)
            environment->count++;
    }
    static char path[128], directory[600], host[128], term[16];
    static struct new_utsname machine;
    CALL(uname, &machine, 0, 0, 0, 0, 0);
    add_default(environment, "PATH=", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        &(struct text){ path, 0, sizeof path });
    add_default(environment, "HOME=", home, &(struct text){ directory, 0, sizeof directory });
    add_default(environment, "HOSTNAME=", machine.nodename, &(struct text){ host, 0, sizeof host });
    if (settings_stdio(child->settings).kind == STDIO_TERMINAL)
        add_default(environment, "TERM=", "xterm", &(struct text){ term, 0, sizeof term });
    environment->entries[environment->count] = NULL;
}

static __attribute__((noreturn)) void fail(const struct child *child, const char *program, long error, const char *text)
{
    TEXT(message, 504);
    add(&message, "exec: \"");
    add_bytes(&message, program, strlen(program) > 300 ? 300 : strlen(program));
    add(&message, "\": ");
    if (text)
        add(&message, text);
    else
        add_error(&message, error);
    child_fail(child, error == -ENOENT || error == -ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE, message.data);
}

void execute(const struct child *child, const char *home)
{
    const size_t argument_count = settings_count(child->settings, ARG);
    if (argument_count == 0)
        child_fail(child, STATUS_SETTING, "no command: the image names none and none was given");
    if (settings_count(child->settings, ENV) > ENVIRONMENT_LIMIT)
        child_fail(child, STATUS_SETTING, "too many environment variables");

    const char **arguments = sys_map((argument_count + 1) * sizeof *arguments, MAP_PRIVATE);
    struct environment environment = { sys_map((ENVIRONMENT_LIMIT + 5) * sizeof *environment.entries, MAP_PRIVATE), 0 };
    if (is_error(arguments) || is_error(environment.entries))
        child_fail(child, STATUS_SETTING, "no memory for the arguments");
    size_t count = 0;
    for (const struct setting *next = NULL; (next = settings_next(child->settings, next, ARG));)
        arguments[count++] = next->data;
    fill_environment(child, home, &environment);

    const char *program = arguments[0];
    bool has_slash = false;
    for (const char *at = program; *at; at++)
        has_slash |= *at == '/';
    if (has_slash)
        fail(child, program, CALL(execve, program, arguments, environment.entries, 0, 0, 0), NULL);

    long worst = -ENOENT;
    for (const char *path = value_of(&environment, "PATH="); *program && *path;) {
        TEXT(candidate, 4096);
        const char *end = path;
        while (*end && *end != ':')
            end++;
        add_bytes(&candidate, path, (size_t)(end - path));
        add(&candidate, end == path ? "./" : "/"); /* an empty element is the working directory */
        add(&candidate, program);
        long error = CALL(execve, candidate.data, arguments, environment.entries, 0, 0, 0);
        if (error != -ENOENT && error != -ENOTDIR && error != -EACCES)
            fail(child, program, error, NULL);
        if (error == -EACCES)
            worst = error;
        path = *end ? end + 1 : end;
    }
    fail(child, program, worst, worst == -ENOENT ? "executable file not found in $PATH" : NULL);
}
