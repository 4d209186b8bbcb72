namespace Gantry.Images.Layers;

/// <summary>File types by the values Linux keeps in the top bits of a mode (inode(7)).</summary>
public enum FileType
{
    Fifo = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xa000,
    Socket = 0xc000,
}

/// <summary>What a tar entry or host file says about an inode beside its content.</summary>
public sealed record InodeAttributes
{
    /// <summary>Permission bits with set-uid, set-gid and sticky (07777).</summary>
    public ushort Mode { get; init; }
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public Timestamp Mtime { get; init; }
    /// <summary>Extended attributes by full name (<c>security.capability</c>); null when there are none.</summary>
    public IReadOnlyDictionary<string, byte[]>? Xattrs { get; init; }
}

/// <summary>One inode of the merged root file system. Hard links are several folder entries with the same inode.</summary>
public abstract class Inode(FileType type, InodeAttributes attributes)
{
    public FileType Type { get; } = type;
    public InodeAttributes Attributes { get; internal set; } = attributes;
    /// <summary>Number of names; for folders 2 plus the number of subfolders. Valid once the merge is done.</summary>
    public uint LinkCount { get; internal set; }
}

/// <summary>A regular file.</summary>
public sealed class RegularInode(InodeAttributes attributes, FileContent content) : Inode(FileType.Regular, attributes)
{
    public FileContent Content { get; } = content;
}

/// <summary>A symbolic link; the target is a byte string.</summary>
public sealed class SymbolicLinkInode(InodeAttributes attributes, string target) : Inode(FileType.SymbolicLink, attributes)
{
    public string Target { get; } = target;
}

/// <summary>A device, named pipe or socket; the numbers are 0 for the latter two.</summary>
public sealed class SpecialInode(FileType type, InodeAttributes attributes, uint major, uint minor) : Inode(type, attributes)
{
    public uint Major { get; } = major;
    public uint Minor { get; } = minor;
}

/// <summary>A folder's entry: the inode and the layer (from 0) that named it last.</summary>
public readonly record struct DirectoryEntry(Inode Inode, int Layer);

/// <summary>A folder. The root is its own parent.</summary>
public sealed class DirectoryInode : Inode
{
    private readonly Dictionary<string, DirectoryEntry> _entries = new(StringComparer.Ordinal);

    internal DirectoryInode(InodeAttributes attributes, DirectoryInode? parent) : base(FileType.Directory, attributes)
    {
        Parent = parent ?? this;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    public DirectoryInode Parent { get; }
    /// <summary>Folders between this one and the root, 0 for the root itself.</summary>
    public int Depth { get; }
    /// <summary>Entries by byte-string name, in no particular order.</summary>
    public IReadOnlyDictionary<string, DirectoryEntry> Entries => _entries;

    /// <summary>Entries in byte order of their names.</summary>
    public List<KeyValuePair<string, DirectoryEntry>> Sorted()
    {
        var list = _entries.ToList();
        list.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
        return list;
    }

    internal Inode? Find(string name) => _entries.TryGetValue(name, out var entry) ? entry.Inode : null;
    internal void Set(string name, Inode inode, int layer) => _entries[name] = new DirectoryEntry(inode, layer);
    internal void Remove(string name) => _entries.Remove(name);
}
