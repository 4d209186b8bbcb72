using Gantry.Engine.RiscV;

namespace Gantry.Engine;

/// <summary>What differs between architectures when a machine is made, started, and reached by loads and stores.</summary>
public static unsafe class Platform
{
    /// <summary>RAM, processor, interrupt controller and the places for the kernel; false when memory is exhausted.</summary>
    public static bool Create(Machine* machine, ulong ramSize) => RiscVPlatform.Create(machine, ramSize);

    /// <summary>Checks the kernel that was loaded and points the processor at it; on failure the machine is halted with a message.</summary>
    public static bool Boot(Machine* machine) => RiscVPlatform.Boot(machine);
}
