/* The two things that depend on the processor: how a system call is made and how the program is entered. */
#pragma once

static inline long system_call(long number, long a, long b, long c, long d, long e, long f)
{
    register long a0 asm("a0") = a;
    register long a1 asm("a1") = b;
    register long a2 asm("a2") = c;
    register long a3 asm("a3") = d;
    register long a4 asm("a4") = e;
    register long a5 asm("a5") = f;
    register long a7 asm("a7") = number;
    asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return a0;
}

/* The kernel enters with the stack pointer at argc. The linker relaxes addresses against gp, so gp comes first. */
#define DEFINE_ENTRY(function)                          \
    asm(".pushsection .text.entry,\"ax\",@progbits\n"   \
        ".globl _start\n_start:\n"                      \
        ".option push\n.option norelax\n"               \
        "la gp, __global_pointer$\n"                    \
        ".option pop\n"                                 \
        "andi sp, sp, -16\n"                            \
        "call " #function "\n"                          \
        ".popsection\n")
