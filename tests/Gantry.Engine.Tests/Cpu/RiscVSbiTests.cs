using System.Text;
using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;
using Gantry.Engine.Tests.Devices;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>Each function of the supervisor binary interface, called by an ecall from S-mode (SBI specification 2.0, chapters in the comments).</summary>
public sealed unsafe class RiscVSbiTests : IDisposable
{
    private const ulong Program = MemoryMap.Ram + 0x10_0000, Text = MemoryMap.Ram + 0x20_0000, AllHarts = ulong.MaxValue;
    private const ulong Base = 0x10, Time = 0x54494D45, Ipi = 0x735049, Rfence = 0x52464E43, Hsm = 0x48534D, SystemReset = 0x53525354, DebugConsole = 0x4442434E;
    private const long Success = 0, Failed = -1, NotSupported = -2, InvalidParameter = -3, AlreadyAvailable = -6;
    private const uint Ecall = 0x0000_0073, Wfi = 0x1050_0073;

    private readonly TestMachine machine = new();

    private Hart* Hart => machine.Hart;

    public void Dispose() => machine.Dispose();

    // 4: base.
    [Fact]
    public void BaseTellsWhatThereIs()
    {
        Assert.Equal((Success, 2ul << 24), Call(Base, 0));
        Assert.Equal((Success, 0x4761ul), Call(Base, 1));
        Assert.Equal((Success, (ulong)HostInterface.Version), Call(Base, 2));
        foreach (var extension in new[] { Base, Time, Ipi, Rfence, Hsm, SystemReset, DebugConsole })
            Assert.Equal((Success, 1ul), Call(Base, 3, extension));
        // Legacy console, hypervisor, PMU: not there.
        foreach (var extension in new ulong[] { 0, 1, 0x504D55, 0x535553, ulong.MaxValue })
        {
            Assert.Equal((Success, 0ul), Call(Base, 3, extension));
            Assert.Equal(NotSupported, Call(extension, 0).Error);
        }

        foreach (var function in new ulong[] { 4, 5, 6 })
            Assert.Equal((Success, 0ul), Call(Base, function));
        Assert.Equal(NotSupported, Call(Base, 7).Error);
    }

    // 6: TIME. Setting the timer also takes a pending interrupt back.
    [Fact]
    public void TimeSetsTheTimer()
    {
        Assert.Equal(Success, Call(Time, 0, 0).Error);
        Assert.NotEqual(0ul, Trap.Pending(Hart) & (1UL << Cause.SupervisorTimer));
        Assert.Equal(Success, Call(Time, 0, ulong.MaxValue).Error);
        Assert.Equal(ulong.MaxValue, Hart->TimerCompare);
        Assert.Equal(0ul, Trap.Pending(Hart) & (1UL << Cause.SupervisorTimer));
        Assert.Equal(NotSupported, Call(Time, 1).Error);
    }

    // 7: IPI. One hart: bit 0 of a mask with base 0, or all.
    [Theory]
    [InlineData(1, 0, Success)]
    [InlineData(0, AllHarts, Success)]
    [InlineData(2, 0, InvalidParameter)]
    [InlineData(1, 1, InvalidParameter)]
    public void IpiRaisesTheSoftwareInterrupt(ulong mask, ulong @base, long error)
    {
        Assert.Equal(error, Call(Ipi, 0, mask, @base).Error);
        Assert.Equal(error == Success, (Hart->InterruptPending & (1UL << Cause.SupervisorSoftware)) != 0);
        Assert.Equal(NotSupported, Call(Ipi, 1, mask, @base).Error);
    }

    // 8: RFENCE. Functions 1 and 2 forget translations; 3 and above belong to hypervisors.
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void RemoteFencesForgetTranslations(ulong function, bool kept)
    {
        var entry = Hart->Tlbs;
        Hart->TlbUsed = true;
        entry->ReadTag = 0;
        Assert.Equal(Success, Call(Rfence, function, 1, 0).Error);
        Assert.Equal(kept, entry->ReadTag == 0);
        Assert.Equal(InvalidParameter, Call(Rfence, function, 2, 0).Error);
        Assert.Equal(NotSupported, Call(Rfence, 3, 1, 0).Error);
    }

    // 9: HSM. The only hart runs, cannot be started again, and must not stop.
    [Fact]
    public void HartStateIsStarted()
    {
        Assert.Equal(AlreadyAvailable, Call(Hsm, 0, 0, Program).Error);
        Assert.Equal(InvalidParameter, Call(Hsm, 0, 1, Program).Error);
        Assert.Equal(Failed, Call(Hsm, 1).Error);
        Assert.Equal((Success, 0ul), Call(Hsm, 2, 0));
        Assert.Equal(InvalidParameter, Call(Hsm, 2, 1).Error);
        Assert.Equal(NotSupported, Call(Hsm, 9).Error);
    }

    // 10: SRST. Shutdown, cold and warm reboot; a system failure is told.
    [Theory]
    [InlineData(0, 0, HaltKind.PowerOff)]
    [InlineData(1, 0, HaltKind.Reset)]
    [InlineData(2, 1, HaltKind.Reset)]
    [InlineData(3, 0, HaltKind.Running)]
    [InlineData(0, 2, HaltKind.Running)]
    public void ResetEndsTheMachine(ulong type, ulong reason, HaltKind kind)
    {
        var (error, _) = Call(SystemReset, 0, type, reason);
        Assert.Equal((uint)kind, machine.Mailbox->HaltKind);
        if (kind == HaltKind.Running)
            Assert.Equal(InvalidParameter, error);
        else
            Assert.Equal((uint)reason, machine.Mailbox->HaltCode);
        Assert.Equal(reason == 1, machine.Mailbox->HaltMessageLength != 0);
    }

    // 12: DBCN. Bytes of RAM only, which may be fewer than asked for.
    [Fact]
    public void DebugConsoleWrites()
    {
        "hello"u8.CopyTo(machine.Ram(Text, 5));
        Assert.Equal((Success, 5ul), Call(DebugConsole, 0, 5, Text));
        Assert.Equal(Success, Call(DebugConsole, 2, 'x').Error);
        Assert.Equal("hellox", Encoding.ASCII.GetString(TestMachine.Take(&machine.Mailbox->UartToHost)));
        Assert.Equal((Success, 0ul), Call(DebugConsole, 1, 5, Text));
        var (error, written) = Call(DebugConsole, 0, 1 << 20, Text);
        Assert.Equal((Success, true), (error, written is > 0 and <= 4096));
        foreach (var (length, low, high) in new[]
        {
            (1ul, MemoryMap.Ram + TestMachine.RamSize, 0ul), (2ul, MemoryMap.Ram + TestMachine.RamSize - 1, 0ul), (1ul, 0ul, 0ul),
            (1ul, Text, 1ul), (ulong.MaxValue, Text, 0ul),
        })
        {
            Assert.Equal(InvalidParameter, Call(DebugConsole, 0, length, low, high).Error);
        }

        Assert.Equal(NotSupported, Call(DebugConsole, 3).Error);
    }

    private (long Error, ulong Value) Call(ulong extension, ulong function, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0)
    {
        BitConverter.TryWriteBytes(machine.Ram(Program, 4), Ecall);
        BitConverter.TryWriteBytes(machine.Ram(Program + 4, 4), Wfi);
        (Hart->X[10], Hart->X[11], Hart->X[12], Hart->X[16], Hart->X[17]) = (a0, a1, a2, function, extension);
        Hart->Mode = Privilege.Supervisor;
        Hart->Pc = Program;
        Hart->Waiting = false;
        Hart->InterruptEnable = 0;
        Tlb.Select(Hart);
        for (var runs = 0; runs < 10 && !Hart->Waiting && machine.Mailbox->HaltKind == (uint)HaltKind.Running; runs++)
        {
            machine.Machine->StopRequested = 0;
            Interpreter.Run(Hart, 1);
        }

        Assert.Equal(machine.Mailbox->HaltKind == (uint)HaltKind.Running, Hart->Waiting);
        return ((long)Hart->X[10], Hart->X[11]);
    }
}
