# A program that makes code all day, as a just-in-time compiler does: writes a page of instructions, calls it often, writes the next. Linked to where cases begin.
# In: x6 = how many times, x19 = calls of each, at most 1,023 times. Out: x10 = the sum of what all calls added.

#define LOOP_AT 712 /* bytes: 178 additions before it, done TURNS times a call */
#define TURNS 20

    .option norvc
    .option norelax
    .globl _start
_start:
    ebreak # what a case begins with (four bytes here)
    lla x5, _start + 0x4000
    srli x5, x5, 12
    slli x5, x5, 12
    li x20, 0x00050513 # addi x10, x10, 0
    lla x21, tail
    lwu x24, 0(x21)
    lwu x25, 4(x21)
    lwu x26, 8(x21)
    mv x22, x19

again:
    slli x7, x6, 20 # addi x10, x10, x6
    or x14, x20, x7
    slli x15, x14, 32
    or x15, x15, x14
    mv x16, x5
    lui x17, 1
    add x17, x17, x5
1:  sd x15, 0(x16)
    addi x16, x16, 8
    bltu x16, x17, 1b
    sw x24, LOOP_AT(x5)
    sw x25, LOOP_AT + 4(x5)
    sw x26, LOOP_AT + 8(x5)
    fence.i

    mv x19, x22
2:  li x23, TURNS
    jalr x1, 0(x5)
    addi x19, x19, -1
    bnez x19, 2b
    addi x6, x6, -1
    bnez x6, again
    ebreak

tail: # of each page
    addi x23, x23, -1
    bnez x23, tail - LOOP_AT
    ret
