// Rows about memory: a pointer chase that misses the caches, and copies.
#include <stdlib.h>
#include <string.h>
#include "bench.h"

#define NODES (16u << 20 >> 6)

struct node {
    struct node *next;
    char rest[64 - sizeof(void *)];
};

static struct node *nodes, *reached;

// One cycle through all nodes in random order (Sattolo's shuffle).
void prepare_chase(void)
{
    nodes = aligned_alloc(64, NODES * sizeof *nodes);
    uint32_t *order = malloc(NODES * sizeof *order);
    uint64_t random = 2463534242u;
    for (uint32_t i = 0; i < NODES; i++)
        order[i] = i;
    for (uint32_t i = NODES - 1; i > 0; i--) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t j = (uint32_t)((random >> 33) % i), other = order[i];
        order[i] = order[j];
        order[j] = other;
    }

    for (uint32_t i = 0; i < NODES; i++)
        nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
    free(order);
    reached = nodes;
}

void run_chase(uint64_t times)
{
    // On from where the last run ended: short runs from one start would stay in the caches.
    struct node *node = reached;
    for (uint64_t i = 0; i < times; i++)
        node = node->next;
    reached = node;
}

#define COPY_SIZE 65536
#define LARGE_SIZE (32u << 20)

static char *from, *to;

static void prepare(size_t size)
{
    free(from);
    free(to);
    from = aligned_alloc(4096, size);
    to = aligned_alloc(4096, size);
    memset(from, 1, size);
    memset(to, 2, size);
}

void prepare_copy(void)
{
    prepare(COPY_SIZE);
}

static inline void copy(uint64_t times, size_t size)
{
    for (uint64_t i = 0; i < times; i++) {
        memcpy(to, from, size);
        __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
    }
}

void run_copy(uint64_t times)
{
    copy(times, COPY_SIZE);
}

// The same C on both sides, where memcpy is the libraries': vectors here, word by word there.
void run_copy_words(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        const uint64_t *source = (const uint64_t *)from;
        uint64_t *target = (uint64_t *)to;
        for (size_t left = COPY_SIZE / 64; left > 0; left--, source += 8, target += 8) {
            uint64_t a = source[0], b = source[1], c = source[2], d = source[3], e = source[4], f = source[5], g = source[6], h = source[7];
            target[0] = a, target[1] = b, target[2] = c, target[3] = d, target[4] = e, target[5] = f, target[6] = g, target[7] = h;
        }

        __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
    }
}

// More than processors' caches hold.
void prepare_copy_large(void)
{
    prepare(LARGE_SIZE);
}

void run_copy_large(uint64_t times)
{
    copy(times, LARGE_SIZE);
}
