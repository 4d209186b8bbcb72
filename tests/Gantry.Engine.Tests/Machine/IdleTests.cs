using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Host;
using Gantry.Engine.RiscV;
using Gantry.Engine.Tests.Devices;

namespace Gantry.Engine.Tests;

/// <summary>Idle means idle: WFI gives control back with the time of the next timer, and costs nothing until then.</summary>
public sealed unsafe class IdleTests
{
    private const ulong Program = MemoryMap.Ram + 0x20_0000, Second = 10_000_000, Timer = 1UL << Cause.SupervisorTimer;

    [Fact]
    public void WfiTellsWhenTheTimerIsDue()
    {
        using var machine = Waiting(deterministic: false);
        machine.Hart->TimerCompare = Clock.Ticks(machine.Machine) + (3600 * Second);
        Assert.Equal(RunReason.Idle, MachineLoop.Run(machine.Machine, 1_000_000));
        Assert.InRange(machine.Mailbox->IdleNanoseconds, 1UL, 3600UL * 1_000_000_000);
        var instructions = machine.Hart->Instructions;
        for (var i = 0; i < 10; i++)
            Assert.Equal(RunReason.Idle, MachineLoop.Run(machine.Machine, 1_000_000));
        Assert.Equal(instructions, machine.Hart->Instructions);
        // The timer comes: the guest goes on behind the wfi, here to the next one.
        machine.Hart->TimerCompare = 0;
        Assert.Equal(RunReason.Budget, MachineLoop.Run(machine.Machine, 100));
        Assert.True(machine.Hart->Instructions > instructions);
    }

    [Fact]
    public void WithoutATimerTheWaitHasNoEnd()
    {
        using var machine = Waiting(deterministic: false);
        Assert.Equal(RunReason.Idle, MachineLoop.Run(machine.Machine, 1_000_000));
        Assert.Equal(ulong.MaxValue, machine.Mailbox->IdleNanoseconds);
        // A device's interrupt ends it as well.
        machine.Hart->InterruptEnable |= 1UL << Cause.SupervisorExternal;
        machine.Hart->InterruptPending |= 1UL << Cause.SupervisorExternal;
        Assert.Equal(RunReason.Budget, MachineLoop.Run(machine.Machine, 100));
    }

    [Fact]
    public void DeterministicTimeIsSkipped()
    {
        using var machine = Waiting(deterministic: true);
        machine.Hart->TimerCompare = 3600 * Second;
        Assert.Equal(RunReason.Budget, MachineLoop.Run(machine.Machine, 1000));
        Assert.InRange(Clock.Ticks(machine.Machine), 3600 * Second, 3601 * Second);
        Assert.InRange(machine.Hart->Instructions, 2UL, 2000UL);
    }

    // A machine at "wfi; j .-4".
    private static TestMachine Waiting(bool deterministic)
    {
        var machine = new TestMachine(deterministic: deterministic);
        BitConverter.TryWriteBytes(machine.Ram(Program, 4), 0x1050_0073u);
        BitConverter.TryWriteBytes(machine.Ram(Program + 4, 4), 0xFFDF_F06Fu);
        machine.Hart->InterruptEnable = Timer;
        machine.Hart->TimerCompare = ulong.MaxValue;
        machine.Hart->Pc = Program;
        return machine;
    }
}
