namespace Gantry.Engine.Tests.Qemu;

/// <summary>The harness itself: does what it reports come from the machine it claims to drive?</summary>
public sealed class QemuRiscVTests
{
    private const uint Add_x3_x1_x2 = 0x002081b3, Addi_x1_x1_m1 = 0xfff08093, Illegal = 0, Ebreak = 0x00100073, Loop = 0x0000006f;
    private const uint Sd_x2_0_x1 = 0x0020b023, Ld_x3_0_x1 = 0x0000b183, Fadd_d_f10_f10_f11_dyn = 0x02b57553;

    [Fact]
    public void AllRegistersGoInAndComeOut()
    {
        using var qemu = new QemuRiscV();
        var state = new RiscVState { Fcsr = 0x75, Memory = new byte[4096] };
        for (int i = 0; i < 32; i++)
            (state.X[i], state.F[i]) = (0x0123_4567_89ab_cdef * (ulong)(i + 1), 0xfedc_ba98_7654_3210 * (ulong)(i + 1));
        new Random(1).NextBytes(state.Memory);
        var outcome = qemu.Run(RiscVCase.Of(state, Ebreak));
        Assert.Equal(RiscVSignal.SIGTRAP, outcome.Signal);
        Assert.Equal(RiscVLayout.Entry, outcome.Final.Pc);
        Assert.Equal(state.X[1..], outcome.Final.X[1..]);
        Assert.Equal(0ul, outcome.Final.X[0]);
        Assert.Equal(state.F, outcome.Final.F);
        Assert.Equal(state.Fcsr, outcome.Final.Fcsr);
        Assert.Equal(state.Memory, outcome.Final.Memory);
    }

    [Fact]
    public void InstructionsFaultsAndEndlessLoopsAreReported()
    {
        using var qemu = new QemuRiscV();
        RiscVState State(ulong x1, ulong x2)
        {
            var s = new RiscVState { Memory = new byte[16] };
            (s.X[1], s.X[2]) = (x1, x2);
            return s;
        }

        const uint bnez_x1_m4 = 0xfe009ee3, jal_x5_m1048576 = 0x800002ef, jr_x1 = 0x00008067;
        var outcomes = qemu.Run(
        [
            RiscVCase.Of(State(2, 3), Add_x3_x1_x2),
            RiscVCase.Of(State(2, 3), Illegal),
            RiscVCase.Of(State(0x10, 3), Ld_x3_0_x1, Add_x3_x1_x2),
            RiscVCase.Of(State(RiscVLayout.Memory + 8, 77), Sd_x2_0_x1, Ld_x3_0_x1),
            RiscVCase.Of(State(1000, 0), Addi_x1_x1_m1, bnez_x1_m4),
            RiscVCase.Of(State(0, 0), jal_x5_m1048576),
            RiscVCase.Of(State(0x6000_0000, 0), jr_x1),
            RiscVCase.Of(State(0, 0), Loop),
            RiscVCase.Of(State(5, 6), Add_x3_x1_x2),
        ]);
        Assert.Equal((RiscVSignal.SIGTRAP, 5ul, RiscVLayout.Entry + 4), (outcomes[0].Signal, outcomes[0].Final.X[3], outcomes[0].Final.Pc));
        Assert.Equal((RiscVSignal.SIGILL, RiscVLayout.Entry), (outcomes[1].Signal, outcomes[1].Final.Pc));
        Assert.Equal((RiscVSignal.SIGSEGV, RiscVLayout.Entry, 0x10ul), (outcomes[2].Signal, outcomes[2].Final.Pc, outcomes[2].FaultAddress));
        Assert.Equal((RiscVSignal.SIGTRAP, 77ul, (byte)77), (outcomes[3].Signal, outcomes[3].Final.X[3], outcomes[3].Final.Memory[8]));
        Assert.Equal((RiscVSignal.SIGTRAP, 0ul, RiscVLayout.Entry + 8), (outcomes[4].Signal, outcomes[4].Final.X[1], outcomes[4].Final.Pc));
        Assert.Equal((RiscVSignal.SIGTRAP, RiscVLayout.Entry - 0x10_0000), (outcomes[5].Signal, outcomes[5].Final.Pc));
        Assert.Equal((RiscVSignal.SIGSEGV, 0x6000_0000ul), (outcomes[6].Signal, outcomes[6].Final.Pc));
        Assert.Equal((RiscVSignal.SIGALRM, RiscVLayout.Entry), (outcomes[7].Signal, outcomes[7].Final.Pc));
        Assert.Equal((RiscVSignal.SIGTRAP, 11ul), (outcomes[8].Signal, outcomes[8].Final.X[3]));
    }

    [Fact]
    public void TenThousandsOfCasesAndOperandsKeepTheirOrder()
    {
        using var qemu = new QemuRiscV();
        var cases = new RiscVCase[30_000];
        for (int i = 0; i < cases.Length; i++)
        {
            var s = new RiscVState();
            (s.X[1], s.X[2]) = ((ulong)i, (ulong)i << 32);
            cases[i] = RiscVCase.Of(s, (i & 64) == 0 ? Add_x3_x1_x2 : Addi_x1_x1_m1);
        }

        var clock = System.Diagnostics.Stopwatch.StartNew();
        var outcomes = qemu.Run(cases);
        TestContext.Current.SendDiagnosticMessage($"{cases.Length / clock.Elapsed.TotalSeconds:N0} cases a second");
        for (int i = 0; i < cases.Length; i++)
        {
            Assert.Equal((i & 64) == 0 ? (ulong)i * 0x1_0000_0001 : 0, outcomes[i].Final.X[3]);
            Assert.Equal((ulong)((i & 64) == 0 ? i : i - 1), outcomes[i].Final.X[1]);
        }

        var operands = new RiscVOperands[500_000];
        var results = new RiscVResults[operands.Length];
        for (int i = 0; i < operands.Length; i++)
            operands[i] = new(BitConverter.DoubleToUInt64Bits(i), BitConverter.DoubleToUInt64Bits(0.1), 0, (ulong)i, 0, (ulong)(i % 5) << 5);
        clock.Restart();
        qemu.RunOperands(Fadd_d_f10_f10_f11_dyn, operands, results);
        TestContext.Current.SendDiagnosticMessage($"{operands.Length / clock.Elapsed.TotalSeconds:N0} operands a second");
        for (int i = 0; i < operands.Length; i += 5)
        {
            Assert.Equal(BitConverter.DoubleToUInt64Bits(i + 0.1), results[i].F10);
            Assert.Equal((ulong)i, results[i].X10);
            Assert.Equal(i == 0 ? 0u : 1u, results[i].Fcsr);
        }
    }
}
