using Gantry.Engine.Devices;

namespace Gantry.Engine;

/// <summary>Interrupt lines of devices, whichever controller the machine has.</summary>
public static unsafe class Interrupts
{
    /// <summary>Sets the level of a line.</summary>
    public static void Set(Machine* machine, uint line, bool level) => Plic.SetLine(machine, line, level);
}
