// Rows that keep to the processor: integer loop, calls, dispersed code, floating point.
#include <math.h>
#include "bench.h"

void run_integer(uint64_t times)
{
    uint64_t a = 0x9e3779b97f4a7c15u, b = 1, c = 0;
    for (uint64_t i = 0; i < times; i++) {
        a ^= a << 13;
        a ^= a >> 7;
        a ^= a << 17;
        b += a & 0xff;
        c ^= b + i;
    }

    sink = a + b + c;
}

// Two functions that call each other, so that neither is inlined into the other; one operation is one call.
static uint64_t fibonacci_odd(uint64_t n, uint64_t *calls);

__attribute__((noipa)) static uint64_t fibonacci_even(uint64_t n, uint64_t *calls)
{
    ++*calls;
    return n < 2 ? n : fibonacci_odd(n - 1, calls) + fibonacci_odd(n - 2, calls);
}

__attribute__((noipa)) static uint64_t fibonacci_odd(uint64_t n, uint64_t *calls)
{
    ++*calls;
    return n < 2 ? n : fibonacci_even(n - 1, calls) + fibonacci_even(n - 2, calls);
}

void run_calls(uint64_t times)
{
    for (uint64_t calls = 0; calls < times;)
        sink = fibonacci_even(12, &calls);
}

static uint16_t order[DISPERSED_COUNT];

void prepare_dispersed(void)
{
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < DISPERSED_COUNT; i++)
        order[i] = (uint16_t)i;
    for (int i = DISPERSED_COUNT - 1; i > 0; i--) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        int j = (int)(random % (uint64_t)(i + 1));
        uint16_t other = order[i];
        order[i] = order[j];
        order[j] = other;
    }

    // Reading the code brings its pages in: the first pass is to show the cost of new code, not of page faults.
    for (int i = 0; i < DISPERSED_COUNT; i++)
        sink += *(const volatile uint8_t *)(uintptr_t)dispersed_functions[i];
}

void run_dispersed(uint64_t times)
{
    uint64_t value = sink;
    for (uint64_t i = 0; i < times; i++)
        for (int j = 0; j < DISPERSED_COUNT; j++)
            value = dispersed_functions[order[j]](value);
    sink = value;
}

void run_fp(uint64_t times)
{
    double x = 0.5, y = 1.25, sum = 0;
    for (uint64_t i = 0; i < times; i++) {
        x = x * 0.999 + 0.0123;  // contracted to fmadd.d where the instruction set has it
        y = y + x;
        sum += y * x - (double)(int64_t)i;
    }

    sink = (uint64_t)(int64_t)(sum * 1e-9);
}

void run_fpdiv(uint64_t times)
{
    double x = 2;
    for (uint64_t i = 0; i < times; i++)
        x = sqrt(x + 3) / (x * 0.75) + 1;
    sink = (uint64_t)(x * 1000);
}
