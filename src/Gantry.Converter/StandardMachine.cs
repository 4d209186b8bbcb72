namespace Gantry.Converter;

/// <summary>The machine every converted image gets: devices are fixed before it boots, so there are some to spare.</summary>
public static class StandardMachine
{
    /// <summary>Guest RAM in bytes unless told otherwise.</summary>
    public const ulong DefaultMemory = 512UL << 20;

    /// <summary>Least guest RAM in bytes: below, not even a shell starts.</summary>
    public const ulong LeastMemory = 48UL << 20;

    /// <summary>Most guest RAM in bytes: what a 32-bit linear memory has room for beside the engine.</summary>
    public const ulong MostMemory = 3UL << 30;

    /// <summary>The control port of the guest's init.</summary>
    public const string ControlPort = "gantry.control";

    /// <summary>The container's name for itself unless told otherwise.</summary>
    public const string DefaultHostname = "gantry";

    /// <summary>What Docker gives a container that is not privileged.</summary>
    public const ulong DefaultCapabilities = 0xa80425fb;

    /// <summary>Kernel command line.</summary>
    public const string CommandLine = "quiet console=ttyS0 gantry.root=vda";

    /// <summary>Console ports 1 and up: control, the pipes, then terminals and pipes for further processes.</summary>
    public static IReadOnlyList<string> Ports { get; } =
    [
        ControlPort, "gantry.stdin", "gantry.stdout", "gantry.stderr",
        "gantry.terminal.1", "gantry.terminal.2", "gantry.terminal.3", "gantry.terminal.4",
        "gantry.stdin.5", "gantry.stdout.5", "gantry.stderr.5", "gantry.stdin.6", "gantry.stdout.6", "gantry.stderr.6",
    ];

    /// <summary>9p tags, in the order of the mounts.</summary>
    public static IReadOnlyList<string> Mounts { get; } = [.. Enumerable.Range(0, 8).Select(i => $"gantry.mount.{i}")];

    /// <summary>Ethernet address: locally administered.</summary>
    public static IReadOnlyList<byte> Mac { get; } = [0x02, 0x47, 0x54, 0x00, 0x00, 0x01];
}
