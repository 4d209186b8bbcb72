// The guest half of the differential harness: runs under qemu-riscv64, without a C library.
//
// It reads batches from standard input and writes what each case left behind to standard output (QemuRiscV.cs is
// the other half; the formats are described there and in docs/float.md).
//
// A case ends when it traps, so that the code under test may use every register: the code area is filled with
// c.ebreak, and whatever instruction, branch or fault comes, the kernel (here: qemu) hands all registers to one
// signal handler. The handler stores them, puts the next case into the signal frame and returns from the signal:
// one signal a case, no trampoline that would need registers of its own.
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#define CODE_BASE 0x40000000ul
#define CODE_SIZE 0x00400000ul
#define CODE_ENTRY (CODE_BASE + CODE_SIZE / 2)
#define OPERAND_CODE 0x48000000ul
#define MEMORY_BASE 0x50000000ul
#define MEMORY_SIZE 8192ul
#define BUFFER_SIZE (16ul << 20)
#define C_EBREAK 0x9002

enum { KIND_CASES = 1, KIND_OPERANDS = 2 };

struct header { uint32_t kind, count, memory, bytes; };
struct input { uint32_t codeBytes, reserved; uint64_t pc, x[31], f[32], fcsr; }; // then code, then memory
struct output { uint32_t signal, code; uint64_t address, pc, x[31], f[32], fcsr; }; // then memory
struct operands { uint64_t f10, f11, f12, x10, x11, fcsr; };
struct results { uint64_t f10, x10, fcsr; };

static uint8_t in[BUFFER_SIZE] __attribute__((aligned(16)));
static uint8_t out[BUFFER_SIZE] __attribute__((aligned(16)));
static uint8_t stack[65536] __attribute__((aligned(16)));
static struct header batch;
static uint32_t caseIndex;
static uint64_t caseSerial, tickSerial;
static const uint8_t *next;
static uint8_t *result;
static uint32_t codeBytes;

static long call(long n, long a, long b, long c, long d, long e, long f)
{
    register long a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f, a7 __asm__("a7") = n;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return a0;
}

static void leave(int status) { call(SYS_exit_group, status, 0, 0, 0, 0, 0); __builtin_unreachable(); }

static void copy(void *to, const void *from, size_t bytes) // multiples of 8, aligned
{
    for (size_t i = 0; i < bytes / 8; i++) ((uint64_t *)to)[i] = ((const uint64_t *)from)[i];
}

static void receive(void *to, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        long n = call(SYS_read, 0, (long)to + done, bytes - done, 0, 0, 0);
        if (n == -EINTR) continue; // qemu interrupts calls for the timer's signal although it is blocked
        if (n == 0 && done == 0) leave(0);
        if (n <= 0) leave(2);
        done += n;
    }
}

static void send(const void *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        long n = call(SYS_write, 1, (long)from + done, bytes - done, 0, 0, 0);
        if (n == -EINTR) continue;
        if (n <= 0) leave(3);
        done += n;
    }
}

// One instruction, many operands, no signals: for instructions that cannot trap and use f10-f12, x10, x11 only.
static void runOperands(void)
{
    volatile uint32_t *code = (volatile uint32_t *)OPERAND_CODE;
    code[0] = *(const uint32_t *)in;
    code[1] = 0x00008067; // ret
    __asm__ volatile("fence.i" ::: "memory");
    const struct operands *o = (const struct operands *)(in + 8);
    struct results *r = (struct results *)out;
    for (uint32_t i = 0; i < batch.count; i++, o++, r++) {
        register uint64_t x10 __asm__("a0") = o->x10, x11 __asm__("a1") = o->x11;
        register const struct operands *op __asm__("a2") = o;
        register uint64_t target __asm__("a3") = OPERAND_CODE, flags __asm__("a4");
        register struct results *to __asm__("a5") = r;
        __asm__ volatile(
            "fld f10, 0(a2)\n fld f11, 8(a2)\n fld f12, 16(a2)\n ld a4, 40(a2)\n fscsr a4\n"
            "jalr a3\n"
            "frcsr a4\n fsd f10, 0(a5)\n"
            : "+r"(x10), "=r"(flags) : "r"(x11), "r"(op), "r"(target), "r"(to)
            : "ra", "fa0", "fa1", "fa2", "memory");
        r->x10 = x10;
        r->fcsr = flags;
    }
    send(out, batch.count * sizeof(struct results));
}

static void nextBatch(void)
{
    for (;;) {
        receive(&batch, sizeof batch);
        if (batch.bytes > BUFFER_SIZE) leave(4);
        receive(in, batch.bytes);
        if (batch.kind == KIND_CASES && batch.count) break;
        if (batch.kind != KIND_OPERANDS) leave(5);
        runOperands();
    }
    caseIndex = 0;
    next = in;
    result = out;
}

static void load(ucontext_t *uc)
{
    const struct input *c = (const struct input *)next;
    next += sizeof *c;
    if (c->codeBytes) { // none: the code of the case before stays (and stays translated)
        uint16_t *at = (uint16_t *)CODE_ENTRY;
        const uint16_t *from = (const uint16_t *)next;
        uint32_t i = 0;
        for (; i < c->codeBytes / 2; i++) at[i] = from[i];
        for (; i < codeBytes / 2; i++) at[i] = C_EBREAK;
        codeBytes = c->codeBytes;
        next += (c->codeBytes + 7) & ~7u;
        __asm__ volatile("fence.i" ::: "memory");
    }
    copy((void *)MEMORY_BASE, next, batch.memory);
    next += batch.memory;
    for (uint64_t *p = (uint64_t *)(MEMORY_BASE + batch.memory); p < (uint64_t *)(MEMORY_BASE + MEMORY_SIZE); p++) *p = 0;
    static uint64_t elsewhere;
    __asm__ volatile("sc.d zero, zero, (%0)" :: "r"(&elsewhere) : "memory"); // no case inherits a reservation
    uc->uc_mcontext.__gregs[0] = c->pc;
    copy(&uc->uc_mcontext.__gregs[1], c->x, sizeof c->x);
    copy(uc->uc_mcontext.__fpregs.__d.__f, c->f, sizeof c->f);
    uc->uc_mcontext.__fpregs.__d.__fcsr = c->fcsr;
    caseSerial++;
}

static void store(ucontext_t *uc, int signal, siginfo_t *info)
{
    struct output *r = (struct output *)result;
    r->signal = signal;
    r->code = info->si_code;
    r->address = (uint64_t)info->si_addr;
    r->pc = uc->uc_mcontext.__gregs[0];
    copy(r->x, &uc->uc_mcontext.__gregs[1], sizeof r->x);
    copy(r->f, uc->uc_mcontext.__fpregs.__d.__f, sizeof r->f);
    r->fcsr = uc->uc_mcontext.__fpregs.__d.__fcsr;
    result += sizeof *r;
    copy(result, (void *)MEMORY_BASE, batch.memory);
    result += batch.memory;
}

static void handler(int signal, siginfo_t *info, void *context)
{
    static int running;
    if (signal == SIGALRM && (!running || tickSerial != caseSerial)) { // a case that lasts two ticks does not end
        tickSerial = caseSerial;
        return;
    }
    if (running) {
        store(context, signal, info);
        if (++caseIndex == batch.count) { send(out, result - out); running = 0; }
    }
    if (!running) { nextBatch(); running = 1; }
    load(context);
}

static void map(uint64_t address, size_t bytes, int protection)
{
    if (call(SYS_mmap, address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (long)address) leave(6);
}

void _start(void)
{
    map(CODE_BASE, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC);
    map(OPERAND_CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    map(MEMORY_BASE, MEMORY_SIZE, PROT_READ | PROT_WRITE);
    for (uint16_t *p = (uint16_t *)CODE_BASE; p < (uint16_t *)(CODE_BASE + CODE_SIZE); p++) *p = C_EBREAK;
    stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
    call(SYS_sigaltstack, (long)&alternate, 0, 0, 0, 0, 0);
    struct { void (*handler)(int, siginfo_t *, void *); unsigned long flags; uint64_t mask; } action =
        { handler, SA_SIGINFO | SA_ONSTACK, ~0ul };
    static const int signals[] = { SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGALRM };
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) call(SYS_rt_sigaction, signals[i], (long)&action, 0, 8, 0, 0);
    struct itimerval tick = { { 0, 500000 }, { 0, 500000 } };
    call(SYS_setitimer, ITIMER_REAL, (long)&tick, 0, 0, 0, 0);
    __asm__ volatile("fscsr zero\n ebreak");
    leave(7);
}
