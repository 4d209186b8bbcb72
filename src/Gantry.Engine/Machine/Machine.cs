using Gantry.Engine.Host;
using Gantry.Engine.Memory;

namespace Gantry.Engine;

/// <summary>One virtual machine: everything hangs off this struct, which never moves.</summary>
public unsafe struct Machine
{
    /// <summary>RAM.</summary>
    public GuestMemory Memory;

    /// <summary>Guest time.</summary>
    public Clock Clock;

    /// <summary>What the host sees.</summary>
    public Mailbox* Mailbox;

    /// <summary>The processor: a Hart on RISC-V. Only <see cref="Processor"/> looks behind it.</summary>
    public void* Cpu;

    /// <summary>The processor shall come back from its run soon; devices and the host interface set it through <see cref="Processor.Stop"/>.</summary>
    public uint StopRequested;
}
