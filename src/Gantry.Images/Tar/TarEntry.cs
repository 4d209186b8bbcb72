namespace Gantry.Images.Tar;

/// <summary>The kind of file a tar entry makes.</summary>
public enum TarEntryType
{
    /// <summary>Regular file, also GNU sparse and contiguous.</summary>
    Regular,
    /// <summary>Hard link to an entry before it.</summary>
    HardLink,
    /// <summary>Symbolic link.</summary>
    SymbolicLink,
    /// <summary>Character device.</summary>
    CharacterDevice,
    /// <summary>Block device.</summary>
    BlockDevice,
    /// <summary>Folder.</summary>
    Directory,
    /// <summary>Named pipe.</summary>
    Fifo,
}

/// <summary>A run of data in a sparse file, in bytes of the file as the guest sees it.</summary>
public readonly record struct Extent(long Offset, long Length);

/// <summary>One entry of a tar archive, PAX and GNU extensions applied. Names are byte strings (<see cref="Printable"/>).</summary>
public sealed class TarEntry
{
    public required TarEntryType Type { get; init; }
    /// <summary>The path as written in the archive, without a trailing slash.</summary>
    public required string Name { get; init; }
    /// <summary>Target of a symbolic or hard link, as written.</summary>
    public required string LinkName { get; init; }
    /// <summary>Permission bits with set-uid, set-gid and sticky (07777).</summary>
    public required ushort Mode { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required Timestamp Mtime { get; init; }
    public required uint DeviceMajor { get; init; }
    public required uint DeviceMinor { get; init; }
    /// <summary>Size in bytes as the guest sees it; larger than <see cref="DataLength"/> for sparse files.</summary>
    public required long Size { get; init; }
    /// <summary>Bytes of data that follow in the archive.</summary>
    public required long DataLength { get; init; }
    /// <summary>Where the data lies in a sparse file, ascending; null when it is all there.</summary>
    public required IReadOnlyList<Extent>? Extents { get; init; }
    /// <summary>Extended attributes (<c>SCHILY.xattr.*</c>): full name to value; null when there are none.</summary>
    public required IReadOnlyDictionary<string, byte[]>? Xattrs { get; init; }
}
