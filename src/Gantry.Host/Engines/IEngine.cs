using Gantry.Engine.Jit;

namespace Gantry.Host.Engines;

/// <summary>Linear memory and exports of one engine instance (docs/host-interface.md), wherever it runs.</summary>
public unsafe interface IEngine : IDisposable
{
    /// <summary>Allocates zeroed memory in the engine; its address.</summary>
    /// <exception cref="MachineException">There is none left.</exception>
    ulong Allocate(ulong size);

    /// <summary>Makes a machine; its handle.</summary>
    /// <exception cref="MachineException">Memory is exhausted.</exception>
    ulong Create(ulong config);

    /// <summary>Starts the loaded kernel; false when it was refused.</summary>
    bool Boot(ulong machine);

    /// <summary>The machine made last, which a restored memory image brought along; 0: none.</summary>
    ulong GetMachine();

    /// <summary>Address of a machine's mailbox.</summary>
    ulong GetMailbox(ulong machine);

    /// <summary>Runs a slice; a <see cref="Engine.Host.RunReason"/>.</summary>
    uint Run(ulong machine, long budget);

    /// <summary>Tells the machine that its memory image was restored here.</summary>
    void Restored(ulong machine);

    /// <summary>Translates guest code from now on, where the engine can; else it goes on interpreting.</summary>
    void Translate(ulong machine, TranslationMode mode);

    /// <summary>Zeroes what the machine can make again, before a memory image is taken.</summary>
    void Trim(ulong machine);

    /// <summary>A pointer to engine memory, good until the engine is next called.</summary>
    /// <exception cref="MachineException">The range is not in the engine's memory.</exception>
    byte* Pointer(ulong address, ulong length);
}
