// The rows of the benchmark: what one pass does and how many operations it counts as.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

struct row {
    const char *name;
    void (*prepare)(void);        // once, not timed; may be null
    void (*run)(uint64_t times);  // does the operation that many times
    double operations;            // reported operations in one of `times`
};

void prepare_branchy(void);
void run_branchy(uint64_t times);

void run_integer(uint64_t times);
void run_calls(uint64_t times);
void prepare_chase(void);
void run_chase(uint64_t times);
void prepare_copy(void);
void run_copy(uint64_t times);
void run_copy_words(uint64_t times);
void prepare_copy_large(void);
void run_copy_large(uint64_t times);
void run_fp(uint64_t times);
void run_fpdiv(uint64_t times);
void run_syscall(uint64_t times);
void run_fault(uint64_t times);
void run_forkexec(uint64_t times);

// Whole programs: the first run is a row of its own, and they are only run when they are asked for.
void run_gcc(uint64_t times);
void run_python3(uint64_t times);
void run_sh(uint64_t times);

// Generated: functions of about a dozen statements, each different.
#define DISPERSED_COUNT 4000
typedef uint64_t (*dispersed_function)(uint64_t);
extern const dispersed_function dispersed_functions[DISPERSED_COUNT];
void prepare_dispersed(void);
void run_dispersed(uint64_t times);

extern volatile uint64_t sink;  // results go here so that the compiler must make them

#endif
