/* Strings, bounded: every builder knows its end and truncates. */
#pragma once

#include "sys.h"

struct text {
    char *data;
    size_t length, room; /* room counts the terminator; data is always terminated */
};
#define TEXT(name, size) char name##_storage[size] = ""; struct text name = { name##_storage, 0, size }

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

void add(struct text *to, const char *s);
void add_bytes(struct text *to, const char *s, size_t n);
void add_number(struct text *to, uint64_t value);
bool same(const char *a, const char *b);
/* The rest of s after prefix, or NULL when s does not begin with it. */
const char *after(const char *s, const char *prefix);
/* The decimal number that all of s is, at most max; or -1. */
int64_t number(const char *s, int64_t max);
bool contains_nul(const void *bytes, size_t n);
/* "Permission denied" and so on for the errors a person is likely to meet, "error N" otherwise. */
void add_error(struct text *to, long negative_errno);
