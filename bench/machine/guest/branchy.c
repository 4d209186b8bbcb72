// A mixed program of the kinds of work CoreMark does, written afresh: a linked list is sorted and searched, small matrices are multiplied,
// a state machine reads numbers, and a CRC-16 goes over the results.
#include <stddef.h>
#include "bench.h"

struct item {
    struct item *next;
    int16_t key;
    int16_t value;
};

#define ITEMS 96
#define SIDE 10

static struct item items[ITEMS];
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static const char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,1T3.4e4z,34.0e-T^,";

void prepare_branchy(void)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        left[i / SIDE][i % SIDE] = (int16_t)(i * 37 % 251);
        right[i / SIDE][i % SIDE] = (int16_t)(i * 91 % 239);
    }
}

static uint16_t crc16(uint32_t value, uint16_t crc)
{
    for (int i = 0; i < 32; i++) {
        uint16_t carry = (uint16_t)((value ^ crc) & 1);
        value >>= 1;
        crc >>= 1;
        if (carry)
            crc ^= 0xa001;
    }

    return crc;
}

static struct item *merge(struct item *a, struct item *b)
{
    struct item head, *last = &head;
    while (a && b) {
        struct item **least = a->key <= b->key ? &a : &b;
        last->next = *least;
        last = *least;
        *least = last->next;
    }

    last->next = a ? a : b;
    return head.next;
}

__attribute__((noinline)) static struct item *sort(struct item *list, int count)
{
    if (count < 2) {
        list->next = NULL;
        return list;
    }

    struct item *middle = list;
    for (int i = 0; i < count / 2; i++)
        middle = middle->next;
    struct item *second = sort(middle, count - count / 2);
    return merge(sort(list, count / 2), second);
}

static uint16_t do_list(uint32_t seed, uint16_t crc)
{
    for (int i = 0; i < ITEMS; i++) {
        seed = seed * 1103515245u + 12345;
        items[i] = (struct item){i + 1 < ITEMS ? &items[i + 1] : NULL, (int16_t)(seed >> 16), (int16_t)i};
    }

    struct item *list = sort(items, ITEMS);
    for (int wanted = 0; wanted < 16; wanted++) {
        const struct item *at = list;
        while (at && at->value != wanted * 5)
            at = at->next;
        crc = crc16(at ? (uint32_t)(uint16_t)at->key : 0xffff, crc);
    }

    return crc;
}

static uint16_t do_matrix(int16_t add, uint16_t crc)
{
    int32_t sum = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t cell = 0;
            for (int k = 0; k < SIDE; k++)
                cell += (left[i][k] + add) * right[k][j];
            product[i][j] = cell;
            sum += cell > 100000 ? 10 : (cell >> 3) & 7;
        }

    return crc16((uint32_t)sum, crc);
}

enum state { START, SIGN, INTEGER, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };

static enum state step(enum state state, char c)
{
    int digit = c >= '0' && c <= '9';
    switch (state) {
    case START:
        return digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID;
    case SIGN:
        return digit ? INTEGER : c == '.' ? FRACTION : INVALID;
    case INTEGER:
        return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case FRACTION:
        return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT:
        return c == '+' || c == '-' ? EXPONENT_SIGN : digit ? SCIENTIFIC : INVALID;
    case EXPONENT_SIGN:
    case SCIENTIFIC:
        return digit ? SCIENTIFIC : INVALID;
    default:
        return INVALID;
    }
}

static uint16_t do_states(uint16_t crc)
{
    uint32_t ends[STATES] = {0};
    enum state state = START;
    for (const char *at = text; *at; at++) {
        if (*at == ',') {
            ends[state]++;
            state = START;
        } else {
            state = step(state, *at);
        }
    }

    for (int i = 0; i < STATES; i++)
        crc = crc16(ends[i], crc);
    return crc;
}

void run_branchy(uint64_t times)
{
    uint16_t crc = 0;
    for (uint64_t i = 0; i < times; i++) {
        crc = do_list((uint32_t)i ^ crc, crc);
        crc = do_matrix((int16_t)(crc & 7), crc);
        crc = do_states(crc);
    }

    sink = crc;
}
