# A program of LOOPS loops that all run often; on demand it then writes over three of four of them. Linked to where cases begin.
# In: x6 = how many times all of them, x19 = not zero: write over them in the end. Out: x10 = turns of all loops.

#define LOOPS 64
#define TURNS 1000
#define DISTANCE 64

    .option norvc
    .option norelax
    .globl _start
_start:
    ebreak # what a case begins with (four bytes here)
again:
    lla x5, loops
    li x7, LOOPS
1:  jalr x1, 0(x5)
    addi x5, x5, DISTANCE
    addi x7, x7, -1
    bnez x7, 1b
    addi x6, x6, -1
    bnez x6, again
    beqz x19, 4f

    lla x5, loops
    li x7, LOOPS
2:  andi x8, x7, 3
    beqz x8, 3f
    lwu x9, 8(x5)
    sw x9, 8(x5)
3:  addi x5, x5, DISTANCE
    addi x7, x7, -1
    bnez x7, 2b
4:  ebreak

    .balign DISTANCE
loops:
    .rept LOOPS
    .balign DISTANCE
    li x23, TURNS
5:  addi x10, x10, 1
    xor x11, x11, x10
    addi x23, x23, -1
    bnez x23, 5b
    ret
    .endr
