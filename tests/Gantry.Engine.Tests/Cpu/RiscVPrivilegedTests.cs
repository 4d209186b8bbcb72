using Gantry.Engine.Cpu.RiscV;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>Translation, permissions, traps and interrupts, against what the privileged specification says (sections in the comments).</summary>
public sealed unsafe class RiscVPrivilegedTests
{
    private const ulong Ram = 0x8000_0000, RamSize = 4 << 20, Tables = Ram, Handler = Ram + 0x10_0000, Program = Ram + 0x20_0000, Data = Ram + 0x30_0000;
    private const ulong UserCode = 0x4000_0000, Page = 0x4000_1000;
    private const uint Ebreak = 0x0010_0073, Wfi = 0x1050_0073, LdX5X6 = 0x0003_3283, SdX5X6 = 0x0053_3023, Nop = 0x0000_0013;
    private const ulong V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128;
    private const ulong Interrupts = 1UL << 63;

    private readonly Machine* machine;
    private readonly Hart* hart;
    private readonly int levels;
    private ulong nextTable = Tables + 4096;

    public RiscVPrivilegedTests()
        : this(3)
    {
    }

    // A hart whose RAM is mapped to itself, supervisor only; every trap ends in a wfi.
    private RiscVPrivilegedTests(int levels)
    {
        this.levels = levels;
        machine = Machine.Allocate();
        machine->Memory.Allocate(Ram, RamSize);
        hart = Hart.Create(machine);
        machine->Cpu = hart;
        hart->AddressTranslation = ((levels == 4 ? 9ul : 8ul) << 60) | (Tables >> 12);
        hart->Stvec = Handler;
        *Word(Handler) = Wfi;
        *Entry(Ram, 2) = (Ram >> 12 << 10) | V | R | W | X | A | D;
        *Entry(UserCode, 0) = (Program >> 12 << 10) | V | X | U | A;
        Tlb.Flush(hart);
    }

    private uint* Word(ulong physical) => (uint*)machine->Memory.TryMap(physical, 4);

    // The page table entry of an address at a level, with the tables above it.
    private ulong* Entry(ulong address, int level)
    {
        var table = Tables;
        for (var l = levels - 1; ; l--)
        {
            var entry = (ulong*)machine->Memory.TryMap(table, 4096) + ((address >> (12 + (9 * l))) & 511);
            if (l == level)
                return entry;
            if (*entry == 0)
            {
                *entry = (nextTable >> 12 << 10) | V;
                nextTable += 4096;
            }

            table = *entry >> 10 << 12;
        }
    }

    private void Place(params uint[] program)
    {
        for (var i = 0; i < program.Length; i++)
            *Word(Program + (ulong)(i * 4)) = program[i];
        machine->Memory.NoteWrite(Program, (ulong)program.Length * 4);
    }

    private void Go(Privilege mode, ulong pc)
    {
        hart->Mode = mode;
        hart->Pc = pc;
        hart->Waiting = false;
        Tlb.Flush(hart);
        Tlb.Select(hart);
        Assert.Equal(RunOutcome.Waiting, Interpreter.Run(hart, 100_000));
    }

    // 4.1.10: senvcfg.CBIE, CBCFE and CBZE let user mode do cbo.inval, cbo.clean and cbo.zero; supervisor mode always may. CBIE = 2 is reserved.
    [Theory]
    [InlineData(Privilege.User, 0x80, 0x0043_200F, Cause.Breakpoint)]
    [InlineData(Privilege.User, 0x70, 0x0043_200F, Cause.IllegalInstruction)]
    [InlineData(Privilege.Supervisor, 0x00, 0x0043_200F, Cause.Breakpoint)]
    [InlineData(Privilege.User, 0x40, 0x0013_200F, Cause.Breakpoint)]
    [InlineData(Privilege.User, 0xB0, 0x0023_200F, Cause.IllegalInstruction)]
    [InlineData(Privilege.User, 0x10, 0x0003_200F, Cause.Breakpoint)]
    [InlineData(Privilege.User, 0xE0, 0x0003_200F, Cause.IllegalInstruction)]
    public void CacheBlockInstructionsNeedPermission(Privilege mode, ulong environment, uint instruction, uint cause)
    {
        const uint CboZero = 0x0043_200F;
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W | U | A | D;
        Assert.True(Csrs.Write(hart, 0x10A, environment));
        new Span<byte>(machine->Memory.TryMap(Data, 256), 256).Fill(0x5A);
        hart->X[6] = (mode == Privilege.User ? Page : Data) + 0x47;
        Place(instruction, Ebreak);
        Go(mode, mode == Privilege.User ? UserCode : Program);
        Assert.Equal(cause, hart->Scause);
        for (var i = 0; i < 256; i++)
            Assert.Equal(instruction == CboZero && cause == Cause.Breakpoint && i is >= 64 and < 128 ? 0 : 0x5A, machine->Memory.TryMap(Data, 256)[i]);
    }

    // Unprivileged specification, "A": LR only reads, and faults as a load; SC and AMO fault as stores.
    [Theory]
    [InlineData(0x1003_32AF, V | R | U | A, 0, Cause.Breakpoint)]
    [InlineData(0x1003_32AF, V | X | U | A, 0, Cause.LoadPageFault)]
    [InlineData(0x1003_32AF, V | R | U | A, 4, Cause.LoadMisaligned)]
    [InlineData(0x1853_32AF, V | R | U | A, 0, Cause.StorePageFault)]
    [InlineData(0x0053_32AF, V | R | U | A, 0, Cause.StorePageFault)]
    [InlineData(0x0053_32AF, V | R | W | U | A, 4, Cause.StoreMisaligned)]
    public void AtomicsFaultAsWhatTheyDo(uint instruction, ulong permissions, ulong offset, uint cause)
    {
        *Entry(Page, 0) = (Data >> 12 << 10) | permissions;
        hart->X[6] = Page + offset;
        Place(instruction, Ebreak);
        Go(Privilege.User, UserCode);
        Assert.Equal(cause, hart->Scause);
    }

    // Zicond, which qemu 7.2 does not know: rd = rs1, or 0 when rs2 is (eqz) or is not (nez) zero.
    [Theory]
    [InlineData(0x0E73_52B3, 0, 0)]
    [InlineData(0x0E73_52B3, 7, 42)]
    [InlineData(0x0E73_72B3, 0, 42)]
    [InlineData(0x0E73_72B3, 7, 0)]
    public void ConditionalZero(uint instruction, ulong condition, ulong expected)
    {
        hart->X[6] = 42;
        hart->X[7] = condition;
        Place(instruction, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal(expected, hart->X[5]);
    }

    // 4.3.1 and 3.1.6.3: who may do what with which leaf.
    [Theory]
    [InlineData(Privilege.User, R | W | U, 0, 0, 'l', 0)]
    [InlineData(Privilege.User, R | W, 0, 0, 'l', Cause.LoadPageFault)]
    [InlineData(Privilege.User, R | W | U, 0, 0, 's', 0)]
    [InlineData(Privilege.User, R | U, 0, 0, 's', Cause.StorePageFault)]
    [InlineData(Privilege.User, X | U, 0, 0, 'l', Cause.LoadPageFault)]
    [InlineData(Privilege.User, X | U, 0, 1, 'l', 0)]
    [InlineData(Privilege.User, X | U, 0, 0, 'x', 0)]
    [InlineData(Privilege.User, R | W | U, 0, 0, 'x', Cause.InstructionPageFault)]
    [InlineData(Privilege.User, X, 0, 0, 'x', Cause.InstructionPageFault)]
    [InlineData(Privilege.Supervisor, R | U, 0, 0, 'l', Cause.LoadPageFault)]
    [InlineData(Privilege.Supervisor, R | U, 1, 0, 'l', 0)]
    [InlineData(Privilege.Supervisor, R | W | U, 0, 0, 's', Cause.StorePageFault)]
    [InlineData(Privilege.Supervisor, R | W | U, 1, 0, 's', 0)]
    [InlineData(Privilege.Supervisor, X | U, 1, 0, 'x', Cause.InstructionPageFault)]
    [InlineData(Privilege.Supervisor, X, 0, 0, 'x', 0)]
    [InlineData(Privilege.Supervisor, X, 0, 0, 'l', Cause.LoadPageFault)]
    [InlineData(Privilege.Supervisor, X, 0, 1, 'l', 0)]
    [InlineData(Privilege.Supervisor, R, 0, 0, 's', Cause.StorePageFault)]
    [InlineData(Privilege.Supervisor, R | W, 0, 0, 's', 0)]
    [InlineData(Privilege.Supervisor, W, 0, 0, 'l', Cause.LoadPageFault)]
    [InlineData(Privilege.Supervisor, W | X, 0, 1, 'l', Cause.LoadPageFault)]
    public void PermissionsOfALeaf(Privilege mode, ulong permissions, int sum, int mxr, char access, uint cause)
    {
        foreach (var depth in new[] { 3, 4 })
        {
            var m = new RiscVPrivilegedTests(depth);
            *m.Entry(Page, 0) = (Data >> 12 << 10) | V | permissions | A | D;
            m.hart->Status = (sum != 0 ? StatusBits.SUM : 0) | (mxr != 0 ? StatusBits.MXR : 0);
            m.hart->X[6] = Page + 8;
            m.Place(access == 's' ? SdX5X6 : LdX5X6, Ebreak);
            *m.Word(Data + 8) = Ebreak;
            var code = mode == Privilege.User ? UserCode : Program;
            m.Go(mode, access == 'x' ? Page + 8 : code);
            Assert.Equal(cause == 0 ? Cause.Breakpoint : cause, m.hart->Scause);
            Assert.Equal(access == 'x' ? Page + 8 : cause == 0 ? code + 4 : code, m.hart->Sepc);
            if (cause != 0)
                Assert.Equal(Page + 8, m.hart->Stval);
            Assert.Equal(mode == Privilege.Supervisor, (m.hart->Status & StatusBits.SPP) != 0);
        }
    }

    // 4.3.2: a load sets A, a store A and D, also when the page is in the TLB from a load.
    [Fact]
    public void AccessedAndDirtyBits()
    {
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W;
        hart->X[6] = Page;
        Place(LdX5X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal(A, *Entry(Page, 0) & (A | D));
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W;
        Place(LdX5X6, SdX5X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal(A | D, *Entry(Page, 0) & (A | D));
        // What faults sets nothing.
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R;
        Place(SdX5X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal(0ul, *Entry(Page, 0) & (A | D));
    }

    // 4.3.1, 4.3.2: reserved and malformed entries; addresses that are not sign-extended.
    [Theory]
    [InlineData(1UL << 63)]
    [InlineData(1UL << 61)]
    [InlineData(1UL << 54)]
    public void ReservedBitsFault(ulong reserved)
    {
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W | A | D | reserved;
        hart->X[6] = Page;
        Place(LdX5X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal(Cause.LoadPageFault, hart->Scause);
    }

    [Fact]
    public void MalformedTranslationsFault()
    {
        Place(LdX5X6, Ebreak);
        // A superpage whose address is not a multiple of its size.
        *Entry(0xC000_0000, 1) = ((Data + 4096) >> 12 << 10) | V | R | A;
        // A table outside of RAM.
        *Entry(0x1_0000_0000, 2) = (0x1000_0000ul >> 12 << 10) | V;
        // A page outside of RAM with no device.
        *Entry(Page, 0) = (0x2000_0000ul >> 12 << 10) | V | R | W | A | D;
        foreach (var (address, cause) in new[]
        {
            (0xC000_0000ul, Cause.LoadPageFault), (0x1_0000_0000ul, Cause.LoadAccessFault), (Page, Cause.LoadAccessFault),
            (0x40_0000_0000ul, Cause.LoadPageFault), (0xFFFF_FFBF_FFFF_FFF8ul, Cause.LoadPageFault),
        })
        {
            hart->X[6] = address;
            Go(Privilege.Supervisor, Program);
            Assert.Equal((cause, address, Program), ((uint)hart->Scause, hart->Stval, hart->Sepc));
        }
    }

    // A store that reaches into a page that faults changes nothing; stval is the part that faulted (3.1.16).
    [Fact]
    public void MisalignedStoreIntoAFaultingPageChangesNothing()
    {
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W | A | D;
        *Entry(Page + 4096, 0) = ((Data + 4096) >> 12 << 10) | V | R | A;
        *(ulong*)machine->Memory.TryMap(Data + 4088, 8) = 0x1122334455667788;
        hart->X[5] = ulong.MaxValue;
        hart->X[6] = Page + 4093;
        Place(SdX5X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal((Cause.StorePageFault, Page + 4096), ((uint)hart->Scause, hart->Stval));
        Assert.Equal(0x1122334455667788ul, *(ulong*)machine->Memory.TryMap(Data + 4088, 8));
    }

    // Stores to code are seen by the next instruction already, decoded before or not.
    [Fact]
    public void SelfModifyingCode()
    {
        const uint swX5IntoNext = 0x0053_2223; // sw x5, 4(x6)
        const uint addiX7 = 0x0050_0393; // addi x7, x0, 5
        Place(swX5IntoNext, Nop, Ebreak);
        hart->X[6] = Program;
        hart->X[5] = Nop;
        Go(Privilege.Supervisor, Program);
        Assert.Equal(0ul, hart->X[7]);
        hart->X[5] = addiX7;
        Go(Privilege.Supervisor, Program);
        Assert.Equal(5ul, hart->X[7]);
    }

    // 4.1.3: external before software before timer; U-mode is always interruptible, S-mode with SIE.
    [Theory]
    [InlineData(Privilege.Supervisor, 0x222u, 0x222u, true, 9)]
    [InlineData(Privilege.Supervisor, 0x022u, 0x222u, true, 1)]
    [InlineData(Privilege.Supervisor, 0x020u, 0x222u, true, 5)]
    [InlineData(Privilege.Supervisor, 0x222u, 0x020u, true, 5)]
    [InlineData(Privilege.Supervisor, 0x222u, 0x222u, false, -1)]
    [InlineData(Privilege.Supervisor, 0x222u, 0x000u, true, -1)]
    [InlineData(Privilege.User, 0x200u, 0x200u, false, 9)]
    [InlineData(Privilege.User, 0x200u, 0x022u, true, -1)]
    public void InterruptsAndTheirPriority(Privilege mode, uint pending, uint enabled, bool sie, int taken)
    {
        Place(Ebreak);
        hart->InterruptPending = pending & 0x202;
        hart->TimerCompare = (pending & 0x20) != 0 ? 0 : ulong.MaxValue;
        hart->InterruptEnable = enabled;
        hart->Status = sie ? StatusBits.SIE : 0;
        hart->Stvec = Handler | 1;
        for (var vector = 0ul; vector < 16; vector++)
            *Word(Handler + (vector * 4)) = Wfi;
        hart->Mode = mode;
        hart->Pc = mode == Privilege.User ? UserCode : Program;
        Tlb.Select(hart);
        var start = hart->Pc;
        Interpreter.Run(hart, 1);
        Assert.Equal(taken < 0 ? Cause.Breakpoint : Interrupts | (uint)taken, hart->Scause);
        Assert.Equal(start, hart->Sepc);
        // Vectored (4.1.2): only interrupts go to their own entry, and the budget sufficed for the wfi there.
        Assert.Equal(taken < 0 ? Handler : Handler + ((ulong)taken * 4) + 4, hart->Pc);
    }

    // 3.3.3: WFI ends with a pending enabled interrupt even when SIE forbids to take it.
    [Fact]
    public void WfiWakesWithoutTakingTheInterrupt()
    {
        Place(Wfi, Ebreak);
        hart->InterruptEnable = 0x200;
        Go(Privilege.Supervisor, Program);
        Assert.True(hart->Waiting);
        Assert.Equal(Program + 4, hart->Pc);
        hart->InterruptPending = 0x200;
        Interpreter.Run(hart, 1);
        Assert.Equal((ulong)Cause.Breakpoint, hart->Scause);
        Assert.Equal(Program + 4, hart->Sepc);
    }

    // 4.2.1 and 4.3.1, G: a fence of an address space leaves global translations and other spaces alone; one without a space leaves nothing.
    [Theory]
    [InlineData(0x1200_0073u, false, 0)] // sfence.vma x0, x0
    [InlineData(0x1200_0073u, true, 0)]
    [InlineData(0x1203_0073u, false, 0)] // sfence.vma x6, x0
    [InlineData(0x1203_0073u, true, 0)]
    [InlineData(0x1210_0073u, false, 5)] // sfence.vma x0, x1
    [InlineData(0x1213_0073u, false, 5)] // sfence.vma x6, x1
    public void FencesForgetWhatTheyName(uint fence, bool isGlobal, ulong space)
    {
        const ulong G = 32;
        const uint LdX7X6 = 0x0003_3383;
        foreach (var user in new[] { false, true })
        {
            *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W | A | D | (isGlobal ? G : 0) | (user ? U : 0);
            *(ulong*)machine->Memory.TryMap(Data, 8) = 1;
            *(ulong*)machine->Memory.TryMap(Data + 4096, 8) = 2;
            *(ulong*)machine->Memory.TryMap(Data + 8192, 8) = (Data + 4096) >> 12 << 10 | V | R | W | A | D | (isGlobal ? G : 0) | (user ? U : 0);
            hart->Status = StatusBits.SUM;
            hart->AddressTranslation = (hart->AddressTranslation & ~(0xFFFFUL << 44)) | (5UL << 44);
            hart->X[1] = space;
            hart->X[6] = Page;
            // The entry itself is reached through the identity mapping: x8 = its address, x9 = its new value.
            hart->X[8] = (ulong)((byte*)Entry(Page, 0) - machine->Memory.Base) + Ram;
            hart->X[9] = *(ulong*)machine->Memory.TryMap(Data + 8192, 8);
            const uint sdX9X8 = 0x0094_3023; // sd x9, 0(x8)
            Place(LdX5X6, sdX9X8, fence, LdX7X6, Ebreak);
            Go(Privilege.Supervisor, Program);
            Assert.Equal((1ul, 2ul, (ulong)Cause.Breakpoint), (hart->X[5], hart->X[7], hart->Scause));
        }
    }

    // 4.1.11: satp.ASID keeps all 16 bits; with another space the old one's pages are gone, global ones need not be walked for again.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnotherAddressSpaceHasItsOwnPages(bool isGlobal)
    {
        const uint CsrrwX3SatpX2 = 0x1801_11F3, LdX7X6 = 0x0003_3383;
        *Entry(Page, 0) = (Data >> 12 << 10) | V | R | W | A | D | (isGlobal ? 32ul : 0);
        *(ulong*)machine->Memory.TryMap(Data, 8) = 1;
        *(ulong*)machine->Memory.TryMap(Data + 4096, 8) = 2;
        *Entry(Ram, 2) |= 32; // or the code's own page would be private
        // A second root: RAM as in the first, the page elsewhere.
        var (root, middle, leaf) = (Data + 0x10000, Data + 0x11000, Data + 0x12000);
        ((ulong*)machine->Memory.TryMap(root, 4096))[Ram >> 30] = *Entry(Ram, 2);
        ((ulong*)machine->Memory.TryMap(root, 4096))[Page >> 30] = (middle >> 12 << 10) | V;
        ((ulong*)machine->Memory.TryMap(middle, 4096))[(Page >> 21) & 511] = (leaf >> 12 << 10) | V;
        ((ulong*)machine->Memory.TryMap(leaf, 4096))[(Page >> 12) & 511] = ((Data + 4096) >> 12 << 10) | V | R | W | A | D;
        hart->X[2] = (8UL << 60) | (0xFFFFUL << 44) | (root >> 12);
        hart->X[6] = Page;
        Place(LdX5X6, CsrrwX3SatpX2, LdX7X6, Ebreak);
        Go(Privilege.Supervisor, Program);
        Assert.Equal((1ul, isGlobal ? 1ul : 2ul, hart->X[2]), (hart->X[5], hart->X[7], hart->AddressTranslation));
        Assert.Equal((8UL << 60) | (Tables >> 12), hart->X[3]);
    }

    // 3.1.10 and 3.3.1: what traps does not retire; every other instruction counts once, system instructions too.
    [Theory]
    [InlineData(100_000)]
    [InlineData(1)]
    public void InstructionsAreCounted(int budget)
    {
        const uint RdinstretX5 = 0xC020_22F3, RdinstretX7 = 0xC020_23F3, CsrwSscratchX0 = 0x1400_1073, FenceI = 0x0000_100F, Ecall = 0x0000_0073, Sret = 0x1020_0073;
        Place(RdinstretX5, Nop, CsrwSscratchX0, FenceI, Nop, RdinstretX7, Ecall, Nop);
        // The handler moves on behind the ecall once, then waits: csrr x8, sepc; addi x8, x8, 4; csrw sepc, x8; la t, Handler + 20; csrw stvec; sret.
        *Word(Handler) = 0x1410_2473;
        *Word(Handler + 4) = 0x0044_0413;
        *Word(Handler + 8) = 0x1414_1073;
        *Word(Handler + 12) = 0x1054_9073;
        *Word(Handler + 16) = Sret;
        *Word(Handler + 20) = Wfi;
        *Word(Program + 32) = Ebreak;
        hart->X[9] = Handler + 20;
        *Entry(UserCode, 0) |= R;
        hart->Mode = Privilege.User;
        hart->CounterEnable = 7;
        // User mode cannot write sscratch: an add instead.
        *Word(Program + 8) = Nop;
        hart->Pc = UserCode;
        Tlb.Flush(hart);
        Tlb.Select(hart);
        for (var runs = 0; runs < 1000 && !hart->Waiting; runs++)
            Interpreter.Run(hart, budget);
        Assert.Equal((Cause.Breakpoint, UserCode + 32), ((uint)hart->Scause, hart->Sepc));
        Assert.Equal((0ul, 5ul), (hart->X[5], hart->X[7]));
        // Six before the ecall, five of the handler, one nop, the wfi.
        Assert.Equal(13ul, hart->Instructions);
    }

    // With time made of instructions, where the timer interrupts does not depend on how the host slices the run.
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public void DeterministicTimerDoesNotDependOnTheBudget(int budget)
    {
        // addi x1, x1, 1; addi x1, x1, 1; addi x1, x1, 1; j -12
        Place(0x0010_8093, 0x0010_8093, 0x0010_8093, 0xFF5F_F06F);
        // csrw sie, x0; wfi: the timer stays pending and must not end the wait.
        *Word(Handler) = 0x1040_1073;
        *Word(Handler + 4) = Wfi;
        machine->Clock.InstructionsPerTick = 10;
        hart->TimerCompare = 2011;
        hart->InterruptEnable = 0x20;
        hart->Status = StatusBits.SIE;
        hart->Mode = Privilege.Supervisor;
        hart->Pc = Program;
        Tlb.Select(hart);
        for (var runs = 0; runs < 100_000 && !hart->Waiting; runs++)
            Interpreter.Run(hart, budget);
        Assert.Equal(Interrupts | 5, hart->Scause);
        // The first jump at or after instruction 20,110 is the 5,028th.
        Assert.Equal(5028ul * 3, hart->X[1]);
        Assert.Equal((5028ul * 4) + 2, hart->Instructions);
    }
}
