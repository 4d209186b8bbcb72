namespace Gantry.Engine.Host;

/// <summary>Numbers of the host interface; docs/host-interface.md explains them, a test compares both.</summary>
public static class HostInterface
{
    /// <summary>Version of layout and exports.</summary>
    public const uint Version = 1;

    /// <summary><see cref="Mailbox.Magic"/>: "GTMX".</summary>
    public const uint MailboxMagic = 0x584D5447;

    /// <summary><see cref="MachineConfig.Magic"/>: "GTCF".</summary>
    public const uint ConfigMagic = 0x46435447;

    /// <summary>Most segments one request carries.</summary>
    public const int MaxSegments = 256;

    /// <summary>Most disks, mounts (each) of one machine.</summary>
    public const int MaxDisks = 8;

    /// <summary>Most 9p mounts of one machine.</summary>
    public const int MaxMounts = 8;

    /// <summary>Most named console ports beside the console.</summary>
    public const int MaxPorts = 15;

    /// <summary>Longest kernel command line in bytes.</summary>
    public const int MaxCommandLine = 2000;

    /// <summary>Longest path of a file request in bytes (Linux PATH_MAX without its NUL).</summary>
    public const int MaxPath = 4095;
}

/// <summary>Why <see cref="Exports.Run"/> came back.</summary>
public enum RunReason : uint
{
    /// <summary>The budget is used up.</summary>
    Budget = 0,

    /// <summary>The guest waits for an interrupt.</summary>
    Idle = 1,

    /// <summary>The host has something to do before the guest can well go on.</summary>
    Attention = 2,

    /// <summary>The machine is off or broken: see <see cref="Mailbox.HaltKind"/>.</summary>
    Halted = 3,

    /// <summary>A module of translated code is ready, or may have been compiled by now: the host looks at the <see cref="Jit.ModuleMailbox"/>. The run is not over: see <see cref="Exports.Run"/>.</summary>
    Module = 4,
}

/// <summary>What there is for the host to do; bits of <see cref="Mailbox.Pending"/>.</summary>
[Flags]
public enum PendingWork : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Bytes in a ToHost ring of a port or of the UART.</summary>
    Output = 1,

    /// <summary>Requests that were posted and not taken.</summary>
    Requests = 2,

    /// <summary>Ethernet frames from the guest.</summary>
    Network = 4,

    /// <summary>Text in the log ring.</summary>
    Log = 8,
}

/// <summary>How the machine ended.</summary>
public enum HaltKind : uint
{
    /// <summary>It has not.</summary>
    Running = 0,

    /// <summary>The guest powered off.</summary>
    PowerOff = 1,

    /// <summary>The guest asked for a reset; a host that wants one makes a new machine.</summary>
    Reset = 2,

    /// <summary>Configuration or kernel were refused, or the engine cannot go on.</summary>
    Failed = 3,
}

/// <summary>Whose turn a request slot is.</summary>
public enum RequestState : uint
{
    /// <summary>Unused.</summary>
    Free = 0,

    /// <summary>Waits for the host.</summary>
    Posted = 1,

    /// <summary>The host works on it.</summary>
    Taken = 2,

    /// <summary>The host is done; the engine takes the result at the next run.</summary>
    Completed = 3,
}

/// <summary>What a request asks for.</summary>
public enum RequestKind : uint
{
    /// <summary>Read from a disk.</summary>
    BlockRead = 1,

    /// <summary>Write to a disk.</summary>
    BlockWrite = 2,

    /// <summary>Make a disk's finished writes durable.</summary>
    BlockFlush = 3,

    /// <summary>Attributes of a path.</summary>
    Stat = 16,

    /// <summary>Entries of an open directory.</summary>
    List = 17,

    /// <summary>Open, and create when asked to.</summary>
    Open = 18,

    /// <summary>Give a handle back.</summary>
    Close = 19,

    /// <summary>Read a range of an open file.</summary>
    Read = 20,

    /// <summary>Write a range of an open file.</summary>
    Write = 21,

    /// <summary>Make a directory.</summary>
    MakeDirectory = 22,

    /// <summary>Make a symbolic link.</summary>
    Symlink = 23,

    /// <summary>Text of a symbolic link.</summary>
    ReadLink = 24,

    /// <summary>Rename, replacing what is there.</summary>
    Rename = 25,

    /// <summary>Remove a name.</summary>
    Unlink = 26,

    /// <summary>Change mode, owner, size or times.</summary>
    SetAttributes = 27,

    /// <summary>Make a file's writes durable.</summary>
    Fsync = 28,

    /// <summary>Sizes of the file system.</summary>
    StatFileSystem = 29,

    /// <summary>A second name for a file.</summary>
    Link = 30,

    /// <summary>Make a fifo, socket or device node.</summary>
    MakeNode = 31,
}
