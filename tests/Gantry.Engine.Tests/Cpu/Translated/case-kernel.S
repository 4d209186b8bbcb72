# A kernel that runs cases: the host leaves code and registers in a mailbox and sends a byte to the UART; the case runs in user mode up to its first trap; then
# all registers are in the mailbox and the kernel waits. The host has made the page tables. Offsets are those of CaseMailbox in CaseKernel.cs.

#define MAILBOX 0x80100000
#define ROOT 0x80000000
#define COMMAND 0
#define PC 8
#define FCSR 16
#define TARGET 24
#define LENGTH 32
#define TRANSLATE 40
#define LIMIT 48
#define TOUCH 56
#define XIN 128
#define FIN 384
#define SCAUSE 704
#define SEPC 712
#define STVAL 720
#define FCSROUT 728
#define XOUT 736
#define FOUT 992
#define CODE 4096

#define PLIC 0x0c000000
#define UART 0x10000000
#define UART_LINE 24

.macro each_integer op, base
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    \op x\n, (\base + 8 * \n)(x31)
    .endr
.endm

.macro each_float op, base
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op f\n, (\base + 8 * \n)(x31)
    .endr
.endm

    .option norvc
    .option norelax
    .globl _start
_start: # Documentation/riscv/boot-image-header.rst of Linux
    j start
    .word 0
    .dword 0x200000
    .dword 0x10000
    .dword 0
    .word 2, 0
    .dword 0
    .dword 0x5643534952
    .word 0x05435352, 0

start:
    la t0, trap
    csrw stvec, t0
    li x31, MAILBOX
    csrw sscratch, x31
    li t0, (8 << 60) | (ROOT >> 12)
    csrw satp, t0
    sfence.vma
    li t0, 3 << 13 # sstatus.FS = Dirty
    csrs sstatus, t0
    li t0, PLIC
    li t1, 1
    sw t1, 4 * UART_LINE(t0)
    li t1, 1 << UART_LINE
    li t2, PLIC + 0x2000
    sw t1, 0(t2)
    li t0, UART
    li t1, 1
    sb t1, 1(t0)

idle:
    li t0, -1
    csrw stimecmp, t0
    li t0, 1 << 9 # sie.SEIE: wakes, and interrupts nothing as sstatus.SIE is clear
    csrw sie, t0
    wfi
    li t0, PLIC + 0x200000
    lw t1, 4(t0)
    li t2, UART
    lbu t3, 0(t2)
    sw t1, 4(t0)
    ld t0, COMMAND(x31)
    beqz t0, idle

    # Code goes into its pages by stores: to the machine, a program that writes itself.
    ld t0, TARGET(x31)
    ld t1, LENGTH(x31)
    li t2, MAILBOX + CODE
    add t1, t1, t0
1:  bgeu t0, t1, 2f
    ld t3, 0(t2)
    sd t3, 0(t0)
    addi t0, t0, 8
    addi t2, t2, 8
    j 1b
2:  fence.i

    # The page may have been given up because of the stores: an ebreak on it makes it known again.
    li t0, 0x120 # sstatus.SPP, SPIE: to user mode, without interrupts in supervisor mode
    csrc sstatus, t0
    ld t0, TOUCH(x31)
    beqz t0, touched
    csrw sie, x0
    csrw sepc, t0
    sret

touched:
    each_float fld, FIN
    ld t0, FCSR(x31)
    csrw fcsr, t0
    ld t0, PC(x31)
    csrw sepc, t0
    li t0, 0x120
    csrc sstatus, t0
    # An interrupt that is due at once ends the slice at the case's first instruction, where the translator looks.
    ld t0, TRANSLATE(x31)
    csrw sip, t0
    ld t1, LIMIT(x31)
    rdtime t0
    add t0, t0, t1
    csrw stimecmp, t0
    li t0, (1 << 1) | (1 << 5) # SSIE, STIE
    csrw sie, t0
    ld x1, (XIN + 8)(x31)
    ld x2, (XIN + 16)(x31)
    each_integer ld, XIN
    ld x31, (XIN + 248)(x31)
    sret

    .balign 4
trap:
    csrrw x31, sscratch, x31
    sd x1, (XOUT + 8)(x31)
    sd x2, (XOUT + 16)(x31)
    csrr x1, sscratch
    sd x1, (XOUT + 248)(x31)
    csrw sscratch, x31
    ld x1, TOUCH(x31)
    sd x0, TOUCH(x31)
    bnez x1, touched
    csrr x1, scause
    li x2, (1 << 63) | 1
    bne x1, x2, 1f
    csrci sip, 2
    ld x1, (XOUT + 8)(x31)
    ld x2, (XOUT + 16)(x31)
    ld x31, (XOUT + 248)(x31)
    sret
1:  sd x1, SCAUSE(x31)
    csrr x1, sepc
    sd x1, SEPC(x31)
    csrr x1, stval
    sd x1, STVAL(x31)
    csrr x1, fcsr
    sd x1, FCSROUT(x31)
    each_integer sd, XOUT
    each_float fsd, FOUT
    sd x0, COMMAND(x31)
    j idle
