using Gantry.Engine.RiscV;

namespace Gantry.Engine.Tests.Devices;

/// <summary>PLIC specification 1.0 with level-triggered sources.</summary>
public sealed unsafe class PlicTests
{
    private const ulong Pending = MemoryMap.Plic + 0x1000;
    private const ulong Enable = MemoryMap.Plic + 0x2000;
    private const ulong Threshold = MemoryMap.Plic + 0x200000;
    private const ulong Claim = MemoryMap.Plic + 0x200004;

    [Fact]
    public void HighestPriorityThenLowestNumberIsClaimed()
    {
        using var machine = new TestMachine();
        foreach (var (line, priority) in new[] { (3u, 2u), (5u, 7u), (9u, 7u) })
        {
            machine.Write(MemoryMap.Plic + (4 * line), priority);
            Interrupts.Set(machine.Machine, line, true);
        }

        machine.Write(Enable, 0xFFFFFFFF);
        Assert.Equal((1u << 3) | (1u << 5) | (1u << 9), machine.Read(Pending));
        Assert.Equal([5u, 9u, 3u, 0u], new[] { machine.Read(Claim), machine.Read(Claim), machine.Read(Claim), machine.Read(Claim) });
        // Still high: pending again once completed.
        machine.Write(Claim, 5);
        Assert.Equal(5u, machine.Read(Claim));
        Interrupts.Set(machine.Machine, 5, false);
        machine.Write(Claim, 5);
        Assert.Equal(0u, machine.Read(Claim));
    }

    [Fact]
    public void ThresholdEnableAndPriorityMask()
    {
        using var machine = new TestMachine();
        machine.Write(MemoryMap.Plic + 16, 3);
        machine.Write(Enable, 1 << 4);
        Interrupts.Set(machine.Machine, 4, true);
        Assert.True(machine.Machine->Plic->Output);
        machine.Write(Threshold, 3);
        Assert.False(machine.Machine->Plic->Output);
        machine.Write(Threshold, 2);
        Assert.True(machine.Machine->Plic->Output);
        machine.Write(Enable, 0);
        Assert.False(machine.Machine->Plic->Output);
        machine.Write(Enable, 1 << 4);
        machine.Write(MemoryMap.Plic + 16, 0);
        Assert.False(machine.Machine->Plic->Output);
        Assert.Equal(0u, machine.Read(Claim));
    }
}
