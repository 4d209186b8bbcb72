using System.Runtime.InteropServices;

namespace Gantry.Engine.Jit;

/// <summary>Which code is translated.</summary>
public enum TranslationMode : uint
{
    /// <summary>None: all is interpreted.</summary>
    Off = 0,

    /// <summary>What runs often.</summary>
    Hot = 1,

    /// <summary>All, before it is first executed, and checked for interrupts often: for tests.</summary>
    All = 2,
}

/// <summary>Whose turn the module is.</summary>
public enum ModuleState : uint
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>Waits for the host.</summary>
    Ready = 1,

    /// <summary>The host compiles it; its bytes have been copied.</summary>
    Taken = 2,

    /// <summary>It is instantiated: the engine uses its functions from the next run on.</summary>
    Installed = 3,

    /// <summary>The host could not; nothing more is translated.</summary>
    Failed = 4,
}

/// <summary>Modules made at run time, from the engine to the host (docs/host-interface.md). Fixed layout.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ModuleMailbox
{
    /// <summary>A <see cref="ModuleState"/>.</summary>
    public uint State;

    /// <summary>Bytes of the module.</summary>
    public uint Length;

    /// <summary>Address of its bytes; they are valid until the host says that it has them.</summary>
    public ulong Module;

    /// <summary>Table entries the engine uses, from the first that the host named: the host has grown the table by so many.</summary>
    public uint TableEntries;

    /// <summary>Entries the host shall set to null, so that what they held can be collected; it zeroes this when it has.</summary>
    public uint ClearCount;

    /// <summary>Address of the entries' numbers, u32 each.</summary>
    public ulong Clear;

    /// <summary>Regions that can run now.</summary>
    public uint Regions;

    /// <summary>Modules made so far.</summary>
    public uint Modules;

    /// <summary>Bytes of the functions that are held: of all of a module while one of them can run.</summary>
    public ulong CodeBytes;

    /// <summary>Bytes of all modules made so far.</summary>
    public ulong TotalBytes;

    /// <summary>Regions made so far.</summary>
    public ulong RegionsMade;

    /// <summary>Regions given up so far: rewritten, evicted, or their page was.</summary>
    public ulong RegionsDropped;

    /// <summary>Address of the guest's registers, for who compares machines: x0 to x31 and one more, f0 to f31, all u64.</summary>
    public ulong Registers;

    /// <summary>The pc between runs.</summary>
    public ulong Pc;

    /// <summary>Between runs: satp, in whose address space the pc is.</summary>
    public ulong AddressSpace;

    /// <summary>Address of <see cref="FusionProbe"/>.</summary>
    public ulong Probe;

    /// <summary>Bytes of it.</summary>
    public uint ProbeLength;

    /// <summary>Host, before the first run: 1 when the probe compiles and says so.</summary>
    public uint Fuses;
}
