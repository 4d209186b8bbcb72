using Gantry.Engine.Jit;
using Gantry.Host.Files;

namespace Gantry.Host;

/// <summary>What a machine is to be made of.</summary>
public sealed record MachineOptions
{
    /// <summary>Bytes of guest RAM.</summary>
    public ulong MemorySize { get; init; } = 256 << 20;

    /// <summary>The kernel file.</summary>
    public required byte[] Kernel { get; init; }

    /// <summary>The initrd, or nothing.</summary>
    public byte[] Initrd { get; init; } = [];

    /// <summary>Kernel command line.</summary>
    public string CommandLine { get; init; } = "";

    /// <summary>Disks, <c>/dev/vda</c> first.</summary>
    public IReadOnlyList<IDisk> Disks { get; init; } = [];

    /// <summary>9p mounts.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>Names of console ports 1 and up.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary>Ethernet address (six bytes) of a network card; null: none.</summary>
    public byte[]? Mac { get; init; }

    /// <summary>Time from instructions, entropy from <see cref="Seed"/>.</summary>
    public bool Deterministic { get; init; }

    /// <summary>Seed of deterministic entropy.</summary>
    public ulong Seed { get; init; }

    /// <summary>Which guest code is translated, where the engine runs as WebAssembly. (Not for machines whose memory image is to be kept.)</summary>
    public TranslationMode Translation { get; init; }

    /// <summary>Window size at the start.</summary>
    public (ushort Columns, ushort Rows) Window { get; init; } = (80, 24);
}

/// <summary>A folder the guest mounts by its tag.</summary>
/// <param name="Tag">The tag, 1 to 64 bytes of UTF-8.</param>
/// <param name="Server">Who answers.</param>
/// <param name="ReadOnly">Changes are refused by the engine.</param>
public sealed record Mount(string Tag, IFileServer Server, bool ReadOnly = false);
