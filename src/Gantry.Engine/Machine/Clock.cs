using Gantry.Engine.Host;

namespace Gantry.Engine;

/// <summary>Guest time: ticks of 100 ns since the machine started, from the host's clock or from retired instructions.</summary>
/// <remarks>
/// Wall-clock mode keeps only an offset to the host's monotonic clock, so a restored snapshot is put right by one assignment
/// (<see cref="Restored"/>) and guest time never goes back. Deterministic mode counts instructions and skips idle time.
/// </remarks>
public unsafe struct Clock
{
    /// <summary>Ticks in a second: the timebase the device tree announces.</summary>
    public const uint Frequency = 10_000_000;

    /// <summary>Nanoseconds in a tick.</summary>
    public const uint NanosecondsPerTick = 100;

    /// <summary>Instructions in a tick; 0: wall-clock mode.</summary>
    public uint InstructionsPerTick;

    /// <summary>Added to the source's ticks, modulo 2^64.</summary>
    public ulong Offset;

    /// <summary>The last value given out: time never goes back behind it.</summary>
    public ulong Last;

    /// <summary>Guest time now, 10 MHz.</summary>
    public static ulong Ticks(Machine* machine)
    {
        var clock = &machine->Clock;
        var now = Source(machine) + clock->Offset;
        if ((long)(now - clock->Last) > 0)
            clock->Last = now;
        return clock->Last;
    }

    /// <summary>Starts time at <paramref name="ticks"/>, whatever the source says.</summary>
    public static void Set(Machine* machine, ulong ticks)
    {
        machine->Clock.Offset = ticks - Source(machine);
        machine->Clock.Last = ticks;
    }

    /// <summary>Deterministic mode: idle time passes at once.</summary>
    public static void Skip(Machine* machine, ulong ticks)
    {
        machine->Clock.Offset += ticks;
        machine->Clock.Last += ticks;
    }

    /// <summary>The memory image came from elsewhere: go on from the last tick on this host's clock.</summary>
    public static void Restored(Machine* machine) => Set(machine, machine->Clock.Last);

    private static ulong Source(Machine* machine)
    {
        if (machine->Clock.InstructionsPerTick != 0)
            return Processor.Instructions(machine) / machine->Clock.InstructionsPerTick;
        return HostClock.Monotonic() / NanosecondsPerTick;
    }
}
