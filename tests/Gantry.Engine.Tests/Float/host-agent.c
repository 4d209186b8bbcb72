// Executes single SSE2, SSE4.1 and FMA instructions on this machine's own processor, for HostProcessor.cs. Same records as the
// operand batches of riscv-agent.c; fcsr is RISC-V's and becomes MXCSR here (rounding to nearest with ties away does not exist).
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef double vector __attribute__((vector_size(16)));
struct header { uint32_t operation, count; };
struct operands { uint64_t f10, f11, f12, x10, x11, fcsr; };
struct results { uint64_t f10, x10, fcsr; };

static const uint32_t modes[8] = { 0, 3, 1, 2 }; // RNE RTZ RDN RUP as MXCSR.RC
// fflags bit 0..4 = NX UF OF DZ NV; MXCSR bit 0 IE, 2 ZE, 3 OE, 4 UE, 5 PE
static const uint32_t bits[5] = { 5, 4, 3, 2, 0 };

// d and e: operands, c: third operand, x: integer register.
#define RUN(n, code) case n: __asm__ volatile( \
    "ldmxcsr %[in]\n" code "\n stmxcsr %[out]" : [d] "+x"(d), [x] "+r"(x), [out] "=m"(out) : [e] "x"(e), [c] "x"(c), [in] "m"(in) : "rcx", "cc"); break;

int main(void)
{
    struct header h;
    while (fread(&h, sizeof h, 1, stdin) == 1) {
        struct operands *o = malloc(h.count * sizeof *o);
        struct results *r = malloc(h.count * sizeof *r);
        if (fread(o, sizeof *o, h.count, stdin) != h.count) return 2;
        for (uint32_t i = 0; i < h.count; i++) {
            vector d = { 0, 0 }, e = d, c = d;
            memcpy(&d, &o[i].f10, 8);
            memcpy(&e, &o[i].f11, 8);
            memcpy(&c, &o[i].f12, 8);
            uint64_t x = o[i].x10;
            uint32_t in = 0x1f80 | modes[o[i].fcsr >> 5] << 13, out = 0;
            for (int b = 0; b < 5; b++) in |= (o[i].fcsr >> b & 1) << bits[b];
            switch (h.operation) {
                RUN(0, "addss %[e], %[d]") RUN(1, "subss %[e], %[d]") RUN(2, "mulss %[e], %[d]") RUN(3, "divss %[e], %[d]")
                RUN(4, "sqrtss %[d], %[d]") RUN(5, "minss %[e], %[d]") RUN(6, "maxss %[e], %[d]")
                RUN(7, "vfmadd213ss %[c], %[e], %[d]") RUN(8, "roundss $4, %[d], %[d]") RUN(9, "roundss $12, %[d], %[d]")
                RUN(10, "cvtss2si %[d], %k[x]") RUN(11, "cvtss2si %[d], %q[x]") RUN(12, "cvttss2si %[d], %k[x]") RUN(13, "cvttss2si %[d], %q[x]")
                RUN(14, "cvtsi2ss %k[x], %[d]") RUN(15, "cvtsi2ss %q[x], %[d]") RUN(16, "cvtss2sd %[d], %[d]")
                RUN(20, "addsd %[e], %[d]") RUN(21, "subsd %[e], %[d]") RUN(22, "mulsd %[e], %[d]") RUN(23, "divsd %[e], %[d]")
                RUN(24, "sqrtsd %[d], %[d]") RUN(25, "minsd %[e], %[d]") RUN(26, "maxsd %[e], %[d]")
                RUN(27, "vfmadd213sd %[c], %[e], %[d]") RUN(28, "roundsd $4, %[d], %[d]") RUN(29, "roundsd $12, %[d], %[d]")
                RUN(30, "cvtsd2si %[d], %k[x]") RUN(31, "cvtsd2si %[d], %q[x]") RUN(32, "cvttsd2si %[d], %k[x]") RUN(33, "cvttsd2si %[d], %q[x]")
                RUN(34, "cvtsi2sd %k[x], %[d]") RUN(35, "cvtsi2sd %q[x], %[d]") RUN(36, "cvtsd2ss %[d], %[d]")
                RUN(40, "xorl %%ecx, %%ecx\n ucomiss %[e], %[d]\n setnp %%cl\n sete %%ch\n andb %%ch, %%cl\n movzbl %%cl, %%ecx\n movq %%rcx, %[x]")
                RUN(41, "xorl %%ecx, %%ecx\n comiss %[d], %[e]\n seta %%cl\n movq %%rcx, %[x]")
                RUN(42, "xorl %%ecx, %%ecx\n comiss %[d], %[e]\n setae %%cl\n movq %%rcx, %[x]")
                RUN(43, "xorl %%ecx, %%ecx\n ucomisd %[e], %[d]\n setnp %%cl\n sete %%ch\n andb %%ch, %%cl\n movzbl %%cl, %%ecx\n movq %%rcx, %[x]")
                RUN(44, "xorl %%ecx, %%ecx\n comisd %[d], %[e]\n seta %%cl\n movq %%rcx, %[x]")
                RUN(45, "xorl %%ecx, %%ecx\n comisd %[d], %[e]\n setae %%cl\n movq %%rcx, %[x]")
                default: return 3;
            }
            memcpy(&r[i].f10, &d, 8);
            r[i].x10 = x;
            r[i].fcsr = o[i].fcsr >> 5 << 5;
            for (int b = 0; b < 5; b++) r[i].fcsr |= (uint64_t)(out >> bits[b] & 1) << b;
        }
        if (fwrite(r, sizeof *r, h.count, stdout) != h.count || fflush(stdout)) return 4;
        free(o);
        free(r);
    }
    return 0;
}
