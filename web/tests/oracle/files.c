// What programs do with files, said in lines of text: run on a tmpfs of this machine and in /workspace, both must say the same.
// "files" does all in the present folder; "files readonly" tries changes where "file" is all there is.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// The result of a call, or what it failed with (the numbers are the same on both architectures).
#define SAY(call) do { long result_ = (long)(call); if (result_ < 0) printf("%s: errno %d\n", #call, errno); else printf("%s: %ld\n", #call, result_); } while (0)
#define OK(call) do { if ((call) < 0) printf("%s: errno %d\n", #call, errno); else printf("%s: ok\n", #call); } while (0)

static void put(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text) || close(fd) < 0) printf("put %s: errno %d\n", name, errno);
}

static void show(const char *name)
{
    char bytes[200];
    int fd = open(name, O_RDONLY);
    ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (length < 0) { printf("show %s: errno %d\n", name, errno); return; }
    printf("%s: ", name);
    for (ssize_t i = 0; i < length; i++) putchar(bytes[i] >= ' ' ? bytes[i] : '.');
    printf(" (%zd)\n", length);
    close(fd);
}

static struct stat of(const char *name)
{
    struct stat stat = { 0 };
    if (lstat(name, &stat) < 0) printf("lstat %s: errno %d\n", name, errno);
    return stat;
}

static struct stat of_fd(int fd)
{
    struct stat stat = { 0 };
    if (fstat(fd, &stat) < 0) printf("fstat: errno %d\n", errno);
    return stat;
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *folder)
{
    char *names[1000];
    size_t count = 0;
    DIR *directory = opendir(folder);
    if (directory == NULL) { printf("list %s: errno %d\n", folder, errno); return; }
    for (struct dirent *entry; count < 1000 && (entry = readdir(directory)) != NULL;)
        if (asprintf(&names[count], "%s/%d", entry->d_name, entry->d_type) > 0) count++;
    closedir(directory);
    qsort(names, count, sizeof *names, compare);
    printf("list %s:", folder);
    for (size_t i = 0; i < count; i++) printf(" %s", names[i]);
    printf("\n");
}

static void creating(void)
{
    int fd, other;
    SAY(open("new", O_WRONLY) >= 0 ? 0 : -1);
    OK(fd = open("new", O_RDWR | O_CREAT | O_EXCL, 0640));
    OK(open("new", O_RDWR | O_CREAT | O_EXCL, 0640));
    printf("mode %o, size %ld, links %ld\n", of("new").st_mode, (long)of("new").st_size, (long)of("new").st_nlink);
    SAY(write(fd, "hello", 5));
    OK(other = open("new", O_WRONLY | O_APPEND));
    SAY(write(other, " there", 6));
    SAY(write(fd, "HE", 2));
    SAY(write(other, "!", 1));
    show("new");
    SAY(pwrite(fd, "end", 3, 20));
    show("new");
    SAY(lseek(fd, 0, SEEK_END));
    SAY(ftruncate(fd, 4));
    SAY(ftruncate(fd, 8));
    show("new");
    SAY(truncate("new", 2));
    SAY(write(other, "+", 1));
    show("new");
    SAY(posix_fallocate(fd, 0, 10000));
    printf("size %ld\n", (long)of_fd(fd).st_size);
    OK(open("new", O_WRONLY | O_TRUNC));
    printf("size %ld\n", (long)of_fd(fd).st_size);
    SAY(write(other, "after", 5));
    show("new");
    OK(close(fd));
    OK(close(other));
}

static void renaming(void)
{
    put("file", "old text");
    put("file.tmp", "new text");
    chmod("file.tmp", 0600);
    ino_t inode = of("file.tmp").st_ino;
    int fd;
    char bytes[20] = { 0 };
    OK(fd = open("file", O_RDWR));
    SAY(rename("file.tmp", "file"));
    printf("same inode %d, mode %o\n", inode == of("file").st_ino, of("file").st_mode);
    SAY(pread(fd, bytes, sizeof bytes, 0));
    printf("the old one: %s, links %ld\n", bytes, (long)of_fd(fd).st_nlink);
    SAY(pwrite(fd, "lost", 4, 0));
    OK(close(fd));
    show("file");
    SAY(mkdir("folder", 0755));
    SAY(mkdir("folder/sub", 0700));
    put("folder/sub/leaf", "leaf");
    SAY(mkdir("empty", 0755));
    SAY(rename("empty", "folder"));
    SAY(rename("folder", "empty"));
    list("empty");
    SAY(rename("empty", "empty/sub/under"));
    SAY(rename("file", "empty"));
    SAY(rename("empty", "file"));
    SAY(rename("nothing", "file"));
    SAY(rename("file", "nowhere/file"));
    SAY(rename("file", "file"));
    OK(fd = open("empty/sub/leaf", O_RDWR | O_APPEND));
    SAY(rename("empty", "moved"));
    SAY(write(fd, " on", 3));
    OK(close(fd));
    show("moved/sub/leaf");
    printf("mode %o\n", of("moved/sub").st_mode);
    OK(open("empty/sub/leaf", O_RDONLY));
    SAY(chdir("moved/sub"));
    show("leaf");
    SAY(rename("../../moved", "../../again"));
    show("leaf");
    SAY(chdir("../.."));
    show("again/sub/leaf");
}

static void removing(void)
{
    int fd;
    char bytes[20] = { 0 };
    put("gone", "here");
    OK(fd = open("gone", O_RDWR));
    SAY(unlink("gone"));
    SAY(unlink("gone"));
    SAY(write(fd, "th", 2));
    SAY(pread(fd, bytes, sizeof bytes, 0));
    printf("%s, links %ld, size %ld\n", bytes, (long)of_fd(fd).st_nlink, (long)of_fd(fd).st_size);
    put("gone", "another");
    SAY(ftruncate(fd, 1));
    show("gone");
    OK(close(fd));
    show("gone");
    SAY(rmdir("gone"));
    SAY(unlink("again"));
    SAY(rmdir("again"));
    SAY(mkdir("again", 0755));
    SAY(mkdir("no/where", 0755));
    SAY(mkdir("gone/under", 0755));
    OK(open("gone/under", O_RDONLY));
    OK(open("gone", O_RDONLY | O_DIRECTORY));
    OK(open("again", O_WRONLY));
    SAY(unlink("gone"));
    char name[300];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    put(name, "long");
    SAY(unlink(name));
    name[255] = 'n';
    name[256] = 0;
    OK(open(name, O_WRONLY | O_CREAT, 0644));
    put("name with \xc3\xa4 and \xe2\x82\xac, 'quotes' # % ?", "odd");
    list(".");
}

static void linking(void)
{
    char target[100] = { 0 };
    SAY(symlink("aim", "link"));
    SAY(symlink("aim", "link"));
    OK(open("link", O_RDONLY));
    OK(open("link", O_WRONLY | O_CREAT | O_EXCL, 0644));
    int fd;
    OK(fd = open("link", O_WRONLY | O_CREAT, 0644));
    SAY(write(fd, "hit", 3));
    OK(close(fd));
    show("aim");
    show("link");
    SAY(readlink("link", target, sizeof target));
    printf("%s, mode %o, size %ld\n", target, of("link").st_mode, (long)of("link").st_size);
    SAY(readlink("aim", target, sizeof target));
    OK(open("link", O_RDONLY | O_NOFOLLOW));
    SAY(symlink("loop", "loop"));
    OK(open("loop", O_RDONLY));
    SAY(mkdir("real", 0755));
    put("real/inside", "inside");
    SAY(symlink("../real", "real/way"));
    show("real/way/way/inside");
    SAY(rename("link", "real/link"));
    OK(open("real/link", O_RDONLY));
    SAY(symlink("new aim", "link.tmp"));
    SAY(rename("link.tmp", "real/link"));
    memset(target, 0, sizeof target);
    SAY(readlink("real/link", target, sizeof target));
    printf("%s\n", target);
    list("real");
    SAY(unlink("real/link"));
    SAY(rmdir("real"));
    show("aim");
}

static void permissions(void)
{
    umask(027);
    int fd;
    OK(fd = open("mode", O_RDWR | O_CREAT, 0777));
    SAY(mkdir("modes", 0777));
    printf("%o %o\n", of("mode").st_mode, of("modes").st_mode);
    SAY(fchmod(fd, 0604));
    printf("%o\n", of("mode").st_mode);
    SAY(chmod("mode", 04711));
    SAY(chmod("modes", 01777));
    printf("%o %o\n", of("mode").st_mode, of("modes").st_mode);
    SAY(chmod("mode", 0711));
    SAY(write(fd, "exit 7\n", 7));
    OK(close(fd));
    put("script", "#!/bin/sh\nexit 7\n");
    SAY(chmod("script", 0644));
    SAY(execl("./script", "script", NULL));
    SAY(chmod("script", 0755));
    pid_t child = fork();
    if (child == 0) { execl("./script", "script", NULL); _exit(99); }
    int status = 0;
    waitpid(child, &status, 0);
    printf("script ended with %d\n", WEXITSTATUS(status));
    struct timespec times[2] = { { 1000000000, 0 }, { 1500000000, 0 } }; // Linux's 9p has whole seconds here (s_time_gran).
    SAY(utimensat(AT_FDCWD, "mode", times, 0));
    printf("%ld.%ld %ld.%ld\n", (long)of("mode").st_atim.tv_sec, of("mode").st_atim.tv_nsec, (long)of("mode").st_mtim.tv_sec, of("mode").st_mtim.tv_nsec);
    SAY(rename("mode", "renamed"));
    printf("%o %ld\n", of("renamed").st_mode, (long)of("renamed").st_mtim.tv_sec);
    put("renamed", "changed");
    printf("another time %d, mode %o\n", of("renamed").st_mtim.tv_sec != 1500000000, of("renamed").st_mode & 0777);
    umask(022);
}

static void mapping(void)
{
    enum { Size = 3 * 65536 + 100 };
    int fd, other;
    char bytes[8] = { 0 };
    OK(fd = open("map", O_RDWR | O_CREAT | O_TRUNC, 0644));
    SAY(ftruncate(fd, Size));
    char *shared = mmap(NULL, Size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, Size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (shared == MAP_FAILED || private == MAP_FAILED) { printf("mmap: errno %d\n", errno); return; }
    for (size_t i = 0; i < Size; i++) shared[i] = (char)('a' + i % 26);
    SAY(msync(shared, Size, MS_SYNC));
    OK(other = open("map", O_RDONLY));
    SAY(pread(other, bytes, 5, 2 * 65536 + 1));
    printf("%s\n", bytes);
    memcpy(private, "PRIVATE", 7);
    SAY(pread(other, bytes, 5, 0));
    printf("%s\n", bytes);
    SAY(pwrite(fd, "written", 7, 100));
    printf("%.7s\n", shared + 100);
    // What a linker does: the file is mapped, closed, written through the map and unmapped.
    OK(close(fd));
    memcpy(shared + Size - 4, "last", 4);
    munmap(shared, Size);
    SAY(pread(other, bytes, 5, Size - 4));
    printf("%s\n", bytes);
    OK(close(other));
    char *again = mmap(NULL, Size, PROT_READ, MAP_PRIVATE, other = open("map", O_RDONLY), 0);
    unsigned sum = 0;
    for (size_t i = 0; again != MAP_FAILED && i < Size; i++) sum = sum * 31 + (unsigned char)again[i];
    printf("sum %u\n", sum);
    OK(close(other));
}

static void copying(void)
{
    int from, to;
    OK(from = open("map", O_RDONLY));
    OK(to = open("copy", O_RDWR | O_CREAT | O_TRUNC, 0644));
    long total = 0;
    for (ssize_t part; (part = copy_file_range(from, NULL, to, NULL, 100000, 0)) > 0;) total += part;
    printf("copied %ld\n", total);
    lseek(from, 0, SEEK_SET);
    total = 0;
    for (ssize_t part; (part = sendfile(to, from, NULL, 100000)) > 0;) total += part;
    printf("sent %ld, size %ld\n", total, (long)of_fd(to).st_size);
    char a[1000], b[1000];
    SAY(pread(from, a, 1000, 70000));
    SAY(pread(to, b, 1000, 70000 + of("map").st_size));
    printf("same %d\n", memcmp(a, b, 1000) == 0);
    OK(fsync(to));
    OK(fdatasync(to));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) { lseek(to, 10, SEEK_SET); _exit(write(to, "child", 5) == 5 ? 0 : 1); }
    int status = 1;
    waitpid(child, &status, 0);
    SAY(write(to, "parent", 6));
    SAY(pread(to, b, 11, 10));
    printf("%d %.11s\n", status, b);
    SAY(flock(to, LOCK_EX));
    int third;
    OK(third = open("copy", O_RDONLY));
    SAY(flock(third, LOCK_SH | LOCK_NB));
    SAY(flock(to, LOCK_UN));
    SAY(flock(third, LOCK_SH | LOCK_NB));
    OK(close(third));
    OK(close(from));
    OK(close(to));
}

static void folders(void)
{
    char name[40];
    SAY(mkdir("many", 0755));
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "many/a longer name, number %d", i);
        put(name, "");
    }
    DIR *directory = opendir("many");
    int count = 0, again = 0, removed = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) count++;
    rewinddir(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        again++;
        if (entry->d_name[0] != '.' && unlinkat(dirfd(directory), entry->d_name, 0) == 0) removed++;
    }
    closedir(directory);
    printf("%d %d %d\n", count, again, removed);
    list("many");
    SAY(rmdir("many"));
    OK(chdir("many"));
}

static void readonly(void)
{
    struct timespec times[2] = { { 1, 0 }, { 2, 0 } };
    show("file");
    OK(open("file", O_WRONLY));
    OK(open("file", O_RDONLY | O_TRUNC));
    OK(open("new", O_WRONLY | O_CREAT, 0644));
    SAY(truncate("file", 0));
    SAY(mkdir("new", 0755));
    SAY(symlink("file", "new"));
    SAY(unlink("file"));
    SAY(rename("file", "new"));
    SAY(chmod("file", 0600));
    SAY(utimensat(AT_FDCWD, "file", times, 0));
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    umask(022);
    if (count > 1 && strcmp(arguments[1], "readonly") == 0) { readonly(); return 0; }
    creating();
    renaming();
    removing();
    linking();
    permissions();
    mapping();
    copying();
    folders();
    return 0;
}
