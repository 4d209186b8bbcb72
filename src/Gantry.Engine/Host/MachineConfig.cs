using System.Runtime.InteropServices;

namespace Gantry.Engine.Host;

/// <summary>What a machine is made of, written by the host (docs/host-interface.md).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MachineConfig
{
    /// <summary><see cref="Flags"/>: time from instructions, entropy from <see cref="Seed"/>.</summary>
    public const uint Deterministic = 1;

    /// <summary><see cref="Flags"/>: there is a network card.</summary>
    public const uint Network = 2;

    /// <summary><see cref="HostInterface.ConfigMagic"/>.</summary>
    public uint Magic;

    /// <summary><see cref="HostInterface.Version"/>.</summary>
    public uint Version;

    /// <summary>Bytes of guest RAM.</summary>
    public ulong RamSize;

    /// <summary>Bytes of the kernel file.</summary>
    public ulong KernelSize;

    /// <summary>Bytes of the initrd; 0: none.</summary>
    public ulong InitrdSize;

    /// <summary>Address of the kernel command line.</summary>
    public ulong CommandLine;

    /// <summary>Its bytes.</summary>
    public uint CommandLineLength;

    /// <summary><see cref="Deterministic"/>, <see cref="Network"/>.</summary>
    public uint Flags;

    /// <summary>Address of <see cref="DiskConfig"/>s.</summary>
    public ulong Disks;

    /// <summary>How many.</summary>
    public uint DiskCount;

    /// <summary>How many mounts.</summary>
    public uint MountCount;

    /// <summary>Address of <see cref="MountConfig"/>s.</summary>
    public ulong Mounts;

    /// <summary>Address of <see cref="PortConfig"/>s.</summary>
    public ulong Ports;

    /// <summary>How many, without the console.</summary>
    public uint PortCount;

    /// <summary>Deterministic time: instructions in 100 ns; 0: 10.</summary>
    public uint InstructionsPerTick;

    /// <summary>Ethernet address: six bytes in order, two zeros.</summary>
    public ulong Mac;

    /// <summary>Window width at the start.</summary>
    public ushort Columns;

    /// <summary>Window height at the start.</summary>
    public ushort Rows;

    /// <summary>Bytes of a port's ring; 0: 64 KiB.</summary>
    public uint RingSize;

    /// <summary>Seed of deterministic entropy.</summary>
    public ulong Seed;

    /// <summary>Zero.</summary>
    public ulong Reserved;

    /// <summary>Zero.</summary>
    public ulong Reserved2;

    /// <summary>Zero.</summary>
    public ulong Reserved3;
}

/// <summary>One disk to be made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct DiskConfig
{
    /// <summary>Bytes, a multiple of 512.</summary>
    public ulong Size;

    /// <summary>Address of its bytes; 0: served by requests.</summary>
    public ulong Memory;

    /// <summary><see cref="Disk.ReadOnly"/>.</summary>
    public uint Flags;

    /// <summary>Bytes of the serial number, at most 20.</summary>
    public uint SerialLength;

    /// <summary>Address of the serial number.</summary>
    public ulong Serial;
}

/// <summary>One 9p mount to be made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountConfig
{
    /// <summary><see cref="Flags"/>: changes are refused.</summary>
    public const uint ReadOnly = 1;

    /// <summary>Address of the tag the guest mounts it by.</summary>
    public ulong Tag;

    /// <summary>Its bytes, 1 to 64.</summary>
    public uint TagLength;

    /// <summary><see cref="ReadOnly"/>.</summary>
    public uint Flags;
}

/// <summary>One named console port to be made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PortConfig
{
    /// <summary>Address of the name.</summary>
    public ulong Name;

    /// <summary>Its bytes, 1 to 64.</summary>
    public uint NameLength;

    /// <summary>Zero.</summary>
    public uint Reserved;
}
