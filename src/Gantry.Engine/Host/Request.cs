using System.Runtime.InteropServices;

namespace Gantry.Engine.Host;

/// <summary>One request slot: what the guest asks of the host, and the answer (docs/host-interface.md).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Request
{
    /// <summary>A <see cref="RequestState"/>.</summary>
    public uint State;

    /// <summary>A <see cref="RequestKind"/>.</summary>
    public uint Kind;

    /// <summary>Grows with each request.</summary>
    public uint Id;

    /// <summary>Index of the disk or mount.</summary>
    public uint Device;

    /// <summary>Byte offset, or a directory cookie.</summary>
    public ulong Offset;

    /// <summary>The host's handle of an open file; 0: none.</summary>
    public ulong Handle;

    /// <summary>Sum of the segments' bytes.</summary>
    public ulong Length;

    /// <summary>Address of the <see cref="Segment"/>s.</summary>
    public ulong Segments;

    /// <summary>How many; at most <see cref="HostInterface.MaxSegments"/>.</summary>
    public uint SegmentCount;

    /// <summary>Linux flags of the operation.</summary>
    public uint Flags;

    /// <summary>Address of the path's bytes.</summary>
    public ulong Path;

    /// <summary>Their number.</summary>
    public uint PathLength;

    /// <summary>Permissions (and type) for what is made.</summary>
    public uint Mode;

    /// <summary>Address of the second path's bytes.</summary>
    public ulong Path2;

    /// <summary>Their number.</summary>
    public uint Path2Length;

    /// <summary>User id of the creator.</summary>
    public uint Owner;

    /// <summary>Address of a <see cref="NodeAttributes"/> or <see cref="FileSystemStatistics"/>.</summary>
    public ulong Attributes;

    /// <summary>The host's answer: 0 or a Linux errno.</summary>
    public int Status;

    /// <summary>Group id of the creator.</summary>
    public uint Group;

    /// <summary>The host's answer: bytes done, or a handle.</summary>
    public ulong Result;

    /// <summary>Device number for a node that is made.</summary>
    public ulong Device64;

    /// <summary>Zero.</summary>
    public ulong Reserved;
}

/// <summary>A piece of memory data moves to or from.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct Segment
{
    /// <summary>Host address of the first byte.</summary>
    public ulong Address;

    /// <summary>Bytes.</summary>
    public ulong Length;
}

/// <summary>What <see cref="NodeAttributes.Valid"/> says is to be changed.</summary>
[Flags]
public enum AttributeMask : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Permission bits.</summary>
    Mode = 1,

    /// <summary>User id.</summary>
    Owner = 2,

    /// <summary>Group id.</summary>
    Group = 4,

    /// <summary>Size: truncate or extend.</summary>
    Size = 8,

    /// <summary>Access time, to now unless <see cref="AccessTimeGiven"/>.</summary>
    AccessTime = 0x10,

    /// <summary>Modification time, to now unless <see cref="ModifyTimeGiven"/>.</summary>
    ModifyTime = 0x20,

    /// <summary>The access time is in the struct.</summary>
    AccessTimeGiven = 0x80,

    /// <summary>The modification time is in the struct.</summary>
    ModifyTimeGiven = 0x100,
}

/// <summary>Attributes of a file.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct NodeAttributes
{
    /// <summary><see cref="AttributeMask"/> bits, for SetAttributes.</summary>
    public uint Valid;

    /// <summary>Type and permission bits as Linux has them.</summary>
    public uint Mode;

    /// <summary>User id.</summary>
    public uint Owner;

    /// <summary>Group id.</summary>
    public uint Group;

    /// <summary>Number that is unique in the mount and stable; not 0.</summary>
    public ulong Inode;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Names it has.</summary>
    public ulong Links;

    /// <summary>Device number of a node.</summary>
    public ulong Device;

    /// <summary>Blocks of 512 bytes in use.</summary>
    public ulong Blocks;

    /// <summary>Preferred size of reads and writes.</summary>
    public uint BlockSize;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Nanoseconds since 1970.</summary>
    public long AccessTime;

    /// <summary>Nanoseconds since 1970.</summary>
    public long ModifyTime;

    /// <summary>Nanoseconds since 1970.</summary>
    public long ChangeTime;

    /// <summary>Changes when the content does; 0: unknown.</summary>
    public ulong Version;
}

/// <summary>Sizes of a file system, as statfs(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FileSystemStatistics
{
    /// <summary>Bytes of a block.</summary>
    public ulong BlockSize;

    /// <summary>Blocks in all.</summary>
    public ulong Blocks;

    /// <summary>Blocks free.</summary>
    public ulong BlocksFree;

    /// <summary>Blocks free for ordinary users.</summary>
    public ulong BlocksAvailable;

    /// <summary>Files in all.</summary>
    public ulong Files;

    /// <summary>Files that can still be made.</summary>
    public ulong FilesFree;

    /// <summary>Any number that names the file system.</summary>
    public ulong FileSystemId;

    /// <summary>Longest name in bytes.</summary>
    public ulong NameLength;
}
