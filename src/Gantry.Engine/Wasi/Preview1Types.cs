using System.Runtime.InteropServices;

namespace Gantry.Engine.Wasi;

/// <summary><c>filetype</c> of WASI preview 1.</summary>
internal enum FileType : byte
{
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDgram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

/// <summary><c>rights</c>, <c>oflags</c>, <c>fstflags</c> of WASI preview 1.</summary>
internal static class WasiFlags
{
    public const ulong RightDatasync = 1UL << 0;
    public const ulong RightRead = 1UL << 1;
    public const ulong RightSeek = 1UL << 2;
    public const ulong RightTell = 1UL << 5;
    public const ulong RightWrite = 1UL << 6;

    /// <summary>What writing needs: datasync, fdstat_set_flags, sync, write, allocate, set_size.</summary>
    public const ulong RightsWriting = RightDatasync | 1UL << 3 | 1UL << 4 | RightWrite | 1UL << 8 | 1UL << 22;

    /// <summary>What only a directory has: create, link, open, readdir, readlink, rename, symlink, remove, unlink and path times.</summary>
    public const ulong RightsDirectory = 1UL << 9 | 1UL << 10 | 1UL << 11 | 1UL << 12 | 1UL << 13 | 1UL << 14 | 1UL << 15 | 1UL << 16
        | 1UL << 17 | 1UL << 18 | 1UL << 19 | 1UL << 20 | 1UL << 24 | 1UL << 25 | 1UL << 26;

    public const uint OpenCreate = 1;
    public const uint OpenDirectory = 2;
    public const uint OpenExclusive = 4;
    public const uint OpenTruncate = 8;

    public const uint SetAccessTime = 1;
    public const uint SetAccessTimeNow = 2;
    public const uint SetModifyTime = 4;
    public const uint SetModifyTimeNow = 8;
}

/// <summary><c>iovec</c> and <c>ciovec</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    public uint Address;
    public uint Length;
}

/// <summary><c>fdstat</c>, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FdStat
{
    public FileType Type;
    public byte Reserved;
    public ushort Flags;
    public uint Reserved2;
    public ulong Rights;
    public ulong Inheriting;
}

/// <summary><c>filestat</c>, 64 bytes; times in nanoseconds since 1970.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FileStat
{
    public ulong Device;
    public ulong Inode;
    public FileType Type;
    public byte Reserved;
    public ushort Reserved2;
    public uint Reserved3;
    public ulong Links;
    public ulong Size;
    public ulong AccessTime;
    public ulong ModifyTime;
    public ulong ChangeTime;
}

/// <summary><c>prestat</c>: tag 0 is a directory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PreStat
{
    public uint Tag;
    public uint NameLength;
}

/// <summary><c>subscription</c>, 48 bytes: the clock's members and, over the first of them, fd_read's descriptor.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Subscription
{
    public const uint Clock = 0;
    public const uint FdRead = 1;

    public ulong UserData;

    /// <summary><see cref="Clock"/> or <see cref="FdRead"/>; a byte in the specification, the rest is padding.</summary>
    public uint Tag;
    public uint Reserved;

    /// <summary>The clock's id, or the descriptor.</summary>
    public uint Id;
    public uint Reserved2;
    public ulong Timeout;
    public ulong Precision;
    public ulong Flags;
}

/// <summary><c>event</c>, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEvent
{
    public ulong UserData;
    public ushort Error;
    public byte Type;
    public byte Reserved;
    public uint Reserved2;
    public ulong Bytes;
    public ulong Flags;
}
