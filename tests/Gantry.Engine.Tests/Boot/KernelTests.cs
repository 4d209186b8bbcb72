using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace Gantry.Engine.Tests.Boot;

/// <summary>What the kernel asks of the machine when programs are unkind: threads, signals, shared mappings, many processes, 9p.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KernelTests
{
    public static TheoryData<Where> Both => [Where.CoreClr, Where.Wasmtime];

    [Theory]
    [MemberData(nameof(Both))]
    public void ThreadsSignalsAndMappings(Where where)
    {
        const string Program = """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <pthread.h>
            #include <setjmp.h>
            #include <signal.h>
            #include <stdatomic.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <string.h>
            #include <sys/mman.h>
            #include <sys/time.h>
            #include <sys/wait.h>
            #include <unistd.h>
            static atomic_long counter; static long guarded; static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
            static void *work(void *p) { for (int i = 0; i < 20000; i++) { counter++; pthread_mutex_lock(&lock); guarded++; pthread_mutex_unlock(&lock); } return p; }
            static sigjmp_buf jump; static volatile int ticks; static void *fault;
            static void on_fault(int s, siginfo_t *i, void *c) { (void)s; (void)c; fault = i->si_addr; siglongjmp(jump, 1); }
            static void on_tick(int s) { (void)s; ticks++; }
            int main(void) {
                pthread_t t[8];
                for (long i = 0; i < 8; i++) pthread_create(&t[i], 0, work, (void *)i);
                for (long i = 0; i < 8; i++) { void *r; pthread_join(t[i], &r); if (r != (void *)i) return 1; }
                printf("threads %ld %ld\n", counter, guarded);
                stack_t alternative = { .ss_sp = malloc(65536), .ss_size = 65536 }; sigaltstack(&alternative, 0);
                struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK }; sigaction(SIGSEGV, &sa, 0);
                if (!sigsetjmp(jump, 1)) *(volatile int *)0x123450 = 1;
                printf("fault %p\n", fault);
                char *page = mmap(0, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                if (!sigsetjmp(jump, 1)) page[4096] = 1;
                printf("protected %d\n", fault == page + 4096);
                mprotect(page, 8192, PROT_READ | PROT_WRITE); page[4096] = 7; printf("writable %d\n", page[4096]);
                signal(SIGALRM, on_tick); struct itimerval every = { { 0, 10000 }, { 0, 10000 } }; setitimer(ITIMER_REAL, &every, 0);
                while (ticks < 5) pause();
                memset(&every, 0, sizeof every); setitimer(ITIMER_REAL, &every, 0); printf("ticks\n");
                int fd = open("/tmp/mapped", O_RDWR | O_CREAT, 0600); ftruncate(fd, 1 << 20);
                char *shared = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
                fflush(stdout);
                if (fork() == 0) { for (int i = 0; i < 1 << 20; i += 4096) shared[i] = i >> 12; msync(shared, 1 << 20, MS_SYNC); _exit(9); }
                int status; wait(&status); char byte; pread(fd, &byte, 1, 77 * 4096);
                printf("mapped %d %d %d\n", WEXITSTATUS(status), shared[77 * 4096], byte);
                unsigned code[] = { 0x02a00513, 0x00008067 }; // li a0, 42; ret
                void *run = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                memcpy(run, code, sizeof code); __builtin___clear_cache(run, (char *)run + 8); int first = ((int (*)(void))run)();
                code[0] = 0x02b00513; memcpy(run, code, sizeof code); __builtin___clear_cache(run, (char *)run + 8);
                printf("code %d %d\n", first, ((int (*)(void))run)());
                return 0;
            }
            """;
        var outcome = Guest.Run(where, "cd /tmp && cat >p.c && gcc -O1 p.c -o p -lpthread && ./p", Program);
        Assert.Equal(
            "threads 160000 160000\nfault 0x123450\nprotected 1\nwritable 7\nticks\nmapped 9 77 77\ncode 42 43\n", outcome.Output);
        Assert.Equal(0, outcome.Status);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void ForkStorms(Where where)
    {
        const string Script = """
            i=0; while [ $i -lt 300 ]; do (exit $((i % 7))) & i=$((i + 1)); done; wait
            i=0; n=0; while [ $i -lt 200 ]; do n=$((n + $(/bin/echo $i))); i=$((i + 1)); done; echo $n
            python3 -c '
            import os
            pids = [os.fork() or os._exit(i % 50) for i in range(150)]
            print(sum(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]) for p in pids))'
            """;
        var outcome = Guest.Run(where, Script);
        Assert.Equal((0, "19900\n3675\n", ""), (outcome.Status, outcome.Output, outcome.Errors));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void AFolderOfThisMachineOver9p(Where where)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-boot-").FullName;
        try
        {
            var data = new byte[2_000_000];
            new Random(6).NextBytes(data);
            File.WriteAllBytes(Path.Combine(folder, "data"), data);
            File.WriteAllText(Path.Combine(folder, "hello.c"), "#include <stdio.h>\nint main(void) { puts(\"from the workspace\"); return 0; }\n");
            const string Script = """
                cd /workspace && sha256sum <data && gcc hello.c -o hello && ./hello
                mkdir -p d/e && for i in $(seq 300); do echo $i >d/e/$i; done && ls d/e | wc -l && cat d/e/* | sort -n | tail -1
                mv d/e d/f && rm d/f/1?? && ln -s ../data d/link && chmod 600 data && readlink d/link
                echo first >atomic && echo second >atomic.new && mv atomic.new atomic && cat atomic
                dd if=/dev/urandom of=big bs=1M count=8 2>/dev/null && sha256sum <big && truncate -s 1000 data && stat -c %s data
                python3 -c 'import mmap; f = open("data", "r+b"); m = mmap.mmap(f.fileno(), 0); m[10:15] = b"MMAPS"; m.flush()'
                tail -c +11 data | head -c 5; rm -r d
                """;
            var outcome = Guest.Run(where, Script, folder: folder);
            var big = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, "big"))));
            Assert.Equal(
                $"{Convert.ToHexStringLower(SHA256.HashData(data))}  -\nfrom the workspace\n300\n300\n../data\nsecond\n{big}  -\n1000\nMMAPS", outcome.Output);
            Assert.Equal((0, ""), (outcome.Status, outcome.Errors));
            Assert.Equal(["atomic", "big", "data", "hello", "hello.c"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.Equal("MMAPS"u8.ToArray(), File.ReadAllBytes(Path.Combine(folder, "data"))[10..15]);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "data")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
