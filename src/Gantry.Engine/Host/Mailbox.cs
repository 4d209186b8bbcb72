using System.Runtime.InteropServices;

namespace Gantry.Engine.Host;

/// <summary>What machine and host have in common: fixed layout, the same on CoreCLR and in wasm (docs/host-interface.md).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Mailbox
{
    /// <summary><see cref="HostInterface.MailboxMagic"/>.</summary>
    public uint Magic;

    /// <summary><see cref="HostInterface.Version"/>.</summary>
    public uint Version;

    /// <summary>Last result of <see cref="Exports.Run"/>, a <see cref="RunReason"/>.</summary>
    public uint Reason;

    /// <summary><see cref="PendingWork"/> bits.</summary>
    public uint Pending;

    /// <summary>With <see cref="RunReason.Idle"/>: nothing happens earlier, nanoseconds from now; all ones: no timer is set.</summary>
    public ulong IdleNanoseconds;

    /// <summary>Guest instructions retired.</summary>
    public ulong Instructions;

    /// <summary>Guest time, 10 MHz.</summary>
    public ulong Ticks;

    /// <summary>A <see cref="Host.HaltKind"/>.</summary>
    public uint HaltKind;

    /// <summary>The guest's own reason code.</summary>
    public uint HaltCode;

    /// <summary>Address of the UTF-8 text that says why.</summary>
    public ulong HaltMessage;

    /// <summary>Its bytes.</summary>
    public uint HaltMessageLength;

    /// <summary>Request slots that are not free.</summary>
    public uint RequestsInFlight;

    /// <summary>Address of the first <see cref="Port"/>.</summary>
    public ulong Ports;

    /// <summary>Number of ports, the console (0) included.</summary>
    public uint PortCount;

    /// <summary>Bytes from one port to the next.</summary>
    public uint PortStride;

    /// <summary>Address of the first <see cref="Request"/>.</summary>
    public ulong Requests;

    /// <summary>Number of request slots.</summary>
    public uint RequestCount;

    /// <summary>Bytes from one slot to the next.</summary>
    public uint RequestStride;

    /// <summary>Address of the first <see cref="Disk"/>.</summary>
    public ulong Disks;

    /// <summary>Number of disks.</summary>
    public uint DiskCount;

    /// <summary>Bytes from one disk to the next.</summary>
    public uint DiskStride;

    /// <summary>Width of the console's window, set by the host.</summary>
    public ushort Columns;

    /// <summary>Height of the console's window, set by the host.</summary>
    public ushort Rows;

    /// <summary>Number of 9p mounts.</summary>
    public uint MountCount;

    /// <summary>Text lines of the engine.</summary>
    public Ring Log;

    /// <summary>What the UART sent.</summary>
    public Ring UartToHost;

    /// <summary>What the UART will receive.</summary>
    public Ring UartToGuest;

    /// <summary>Frames from the guest.</summary>
    public Ring NetToHost;

    /// <summary>Frames for the guest.</summary>
    public Ring NetToGuest;

    /// <summary>Where the host puts the kernel before <see cref="Exports.Boot"/>.</summary>
    public ulong KernelBuffer;

    /// <summary>Where the host puts the initrd.</summary>
    public ulong InitrdBuffer;

    /// <summary>Host address of guest RAM.</summary>
    public ulong Ram;

    /// <summary>Its bytes.</summary>
    public ulong RamSize;

    /// <summary>Guest time spent idle, 10 MHz.</summary>
    public ulong IdleTicks;

    /// <summary>Requests posted so far.</summary>
    public ulong RequestsPosted;

    /// <summary>External interrupts raised so far.</summary>
    public ulong Interrupts;
}

/// <summary>One console port: a name and two rings.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Port
{
    /// <summary><see cref="Flags"/>: the guest has the port open.</summary>
    public const uint GuestOpen = 1;

    /// <summary>Address of the UTF-8 name.</summary>
    public ulong Name;

    /// <summary>Its bytes.</summary>
    public uint NameLength;

    /// <summary>Number of the port.</summary>
    public uint Id;

    /// <summary><see cref="GuestOpen"/>.</summary>
    public uint Flags;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>What the guest wrote.</summary>
    public Ring ToHost;

    /// <summary>What the guest will read.</summary>
    public Ring ToGuest;
}

/// <summary>One disk as the host sees it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Disk
{
    /// <summary><see cref="Flags"/>: writes are refused.</summary>
    public const uint ReadOnly = 1;

    /// <summary>Bytes, a multiple of 512.</summary>
    public ulong Size;

    /// <summary>Address of the disk's bytes in the module's memory; 0: the host serves requests.</summary>
    public ulong Memory;

    /// <summary><see cref="ReadOnly"/>.</summary>
    public uint Flags;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Read requests so far.</summary>
    public ulong Reads;

    /// <summary>Write requests so far.</summary>
    public ulong Writes;

    /// <summary>Zero.</summary>
    public ulong Reserved2;
}
