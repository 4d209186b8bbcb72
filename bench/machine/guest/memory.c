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

static char *from, *to;

void prepare_copy(void)
{
    from = malloc(COPY_SIZE);
    to = malloc(COPY_SIZE);
    memset(from, 1, COPY_SIZE);
    memset(to, 2, COPY_SIZE);
}

void run_copy(uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        memcpy(to, from, COPY_SIZE);
        __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
    }
}
