#include "text.h"

/* gcc emits calls to these four even in freestanding code. Word loops where alignment allows: relays copy with memcpy. */
void *memcpy(void *to, const void *from, size_t n)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if ((((uintptr_t)t ^ (uintptr_t)f) & 7) == 0) {
        for (; n && ((uintptr_t)t & 7); n--)
            *t++ = *f++;
        typedef uint64_t __attribute__((may_alias)) word;
        for (; n >= 8; n -= 8, t += 8, f += 8)
            *(word *)t = *(const word *)f;
    }
    while (n--)
        *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    if (to <= from)
        return memcpy(to, from, n);
    for (unsigned char *t = to; n--;)
        t[n] = ((const unsigned char *)from)[n];
    return to;
}

void *memset(void *to, int value, size_t n)
{
    for (unsigned char *t = to; n--;)
        *t++ = (unsigned char)value;
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n--; x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

void add_bytes(struct text *to, const char *s, size_t n)
{
    size_t left = to->room - to->length - 1;
    if (n > left)
        n = left;
    memcpy(to->data + to->length, s, n);
    to->length += n;
    to->data[to->length] = 0;
}

void add(struct text *to, const char *s) { add_bytes(to, s, strlen(s)); }

void add_number(struct text *to, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    add_bytes(to, digits + at, sizeof digits - at);
}

bool same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

const char *after(const char *s, const char *prefix)
{
    for (; *prefix; s++, prefix++)
        if (*s != *prefix)
            return NULL;
    return s;
}

int64_t number(const char *s, int64_t max)
{
    int64_t value = 0;
    if (!*s)
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        value = value * 10 + (*s - '0');
        if (value > max)
            return -1;
    }
    return value;
}

bool contains_nul(const void *bytes, size_t n)
{
    for (const char *s = bytes; n--; s++)
        if (!*s)
            return true;
    return false;
}

void add_error(struct text *to, long negative_errno)
{
    static const struct { int code; const char *text; } known[] = {
        { EPERM, "operation not permitted" }, { ENOENT, "no such file or directory" }, { EIO, "input/output error" },
        { E2BIG, "argument list too long" }, { ENOEXEC, "exec format error" }, { ENOMEM, "cannot allocate memory" },
        { EACCES, "permission denied" }, { EBUSY, "device or resource busy" }, { ENODEV, "no such device" },
        { ENOTDIR, "not a directory" }, { EISDIR, "is a directory" }, { EINVAL, "invalid argument" },
        { ENOSPC, "no space left on device" }, { EROFS, "read-only file system" }, { ELOOP, "too many symbolic links" },
        { ETXTBSY, "text file busy" }, { ENAMETOOLONG, "file name too long" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == -negative_errno)
            return add(to, known[i].text);
    add(to, "error ");
    add_number(to, (uint64_t)-negative_errno);
}
