using Gantry.Images.Layers;

namespace Gantry.Images.Erofs;

/// <summary>An inode's place and form in the image.</summary>
internal sealed class ErofsInode(Inode inode)
{
    public Inode Inode { get; } = inode;
    /// <summary>i_ino: counts from 1 in the order of the metadata.</summary>
    public uint Number { get; set; }
    /// <summary>Byte offset in the image, a multiple of the slot size.</summary>
    public long Offset { get; set; }
    public bool Extended { get; init; }
    public byte[] Xattrs { get; init; } = [];
    /// <summary>Length of the data in bytes: file, link target or folder.</summary>
    public long Size { get; init; }
    /// <summary>Whether the bytes after the last full block follow the inode.</summary>
    public bool Inline { get; set; }
    /// <summary>First of the blocks that hold the data, or the part of it that is not inline.</summary>
    public uint FirstBlock { get; set; }

    public int HeadSize => (Extended ? ErofsFormat.ExtendedSize : ErofsFormat.CompactSize) + Xattrs.Length;
    public int TailSize => (int)(Size % ErofsFormat.BlockSize);
    public long Blocks => Inline ? Size / ErofsFormat.BlockSize : (Size + ErofsFormat.BlockSize - 1) / ErofsFormat.BlockSize;
    public ulong Nid => (ulong)Offset >> ErofsFormat.SlotBits;
}

/// <summary>
/// Decides where everything goes before a byte is written, so that the image is then written from front to back:
/// superblock and root, folders' inodes, folders' blocks, files' inodes with their tails, shared attributes, file data.
/// </summary>
internal sealed class ErofsLayout
{
    private const int OpenBlocks = 16; // Partly filled metadata blocks that wait for something that fits.

    private readonly Dictionary<Inode, ErofsInode> _places = new(ReferenceEqualityComparer.Instance);
    private readonly List<(long Offset, int Free)> _open = [];
    private readonly ErofsXattrs _xattrs = new();
    private long _nextBlock = 1;

    public ErofsLayout(DirectoryInode root)
    {
        var (directories, files) = Collect(root);
        BuildTime = MostFrequentTime(directories, files);
        foreach (var inode in directories.Concat(files)) _xattrs.Count(inode.Attributes);

        _open.Add((ErofsFormat.SuperOffset + ErofsFormat.SuperSize, ErofsFormat.BlockSize - ErofsFormat.SuperOffset - ErofsFormat.SuperSize));
        Directories = Place(directories);
        FirstDirectoryBlock = _nextBlock;
        foreach (var directory in Directories) TakeBlocks(directory);
        FirstFileInodeBlock = _nextBlock;
        Files = Place(files);
        XattrBlock = _nextBlock;
        SharedXattrs = _xattrs.Shared();
        _nextBlock += (SharedXattrs.Length + ErofsFormat.BlockSize - 1) / ErofsFormat.BlockSize;
        FirstDataBlock = _nextBlock;
        foreach (var file in Files) TakeBlocks(file);
        if (_nextBlock > uint.MaxValue) throw new ImageException(ImageError.LimitExceeded, "the image is larger than 16 TiB");

        ByOffset = [.. Directories, .. Files];
        ByOffset.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 0; i < ByOffset.Count; i++) ByOffset[i].Number = (uint)i + 1;
    }

    /// <summary>Folders, each before its subfolders, in byte order.</summary>
    public List<ErofsInode> Directories { get; }
    /// <summary>All others, folder by folder.</summary>
    public List<ErofsInode> Files { get; }
    /// <summary>All inodes as they follow each other in the image.</summary>
    public List<ErofsInode> ByOffset { get; }
    /// <summary>The shared attributes area.</summary>
    public byte[] SharedXattrs { get; }
    public Timestamp BuildTime { get; }
    public long FirstDirectoryBlock { get; }
    public long FirstFileInodeBlock { get; }
    public long XattrBlock { get; }
    public long FirstDataBlock { get; }
    /// <summary>Length of the image in blocks.</summary>
    public long TotalBlocks => _nextBlock;

    public ulong NidOf(Inode inode) => _places[inode].Nid;

    private static (List<Inode> Directories, List<Inode> Files) Collect(DirectoryInode root)
    {
        var directories = new List<Inode>();
        var files = new List<Inode>();
        var seen = new HashSet<Inode>(ReferenceEqualityComparer.Instance); // Hard links: the first name decides the place.
        var waiting = new Stack<DirectoryInode>([root]);
        while (waiting.TryPop(out var directory))
        {
            directories.Add(directory);
            var sorted = directory.Sorted();
            foreach (var (_, (inode, _)) in sorted)
                if (inode is not DirectoryInode && (inode.LinkCount == 1 || seen.Add(inode))) files.Add(inode);
            for (var i = sorted.Count - 1; i >= 0; i--)
                if (sorted[i].Value.Inode is DirectoryInode child) waiting.Push(child);
        }
        return (directories, files);
    }

    /// <summary>Compact inodes have no time of their own but the superblock's: the commonest one saves most.</summary>
    private static Timestamp MostFrequentTime(List<Inode> directories, List<Inode> files)
    {
        var counts = new Dictionary<Timestamp, int>();
        foreach (var inode in directories.Concat(files))
            counts[inode.Attributes.Mtime] = counts.GetValueOrDefault(inode.Attributes.Mtime) + 1;
        return counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).First().Key;
    }

    private List<ErofsInode> Place(List<Inode> inodes)
    {
        var result = new List<ErofsInode>(inodes.Count);
        foreach (var inode in inodes)
        {
            var place = Describe(inode);
            place.Inline = place.TailSize > 0 && place.HeadSize + place.TailSize <= ErofsFormat.BlockSize;
            place.Offset = Allocate(place.HeadSize + (place.Inline ? place.TailSize : 0));
            _places.Add(inode, place);
            result.Add(place);
        }
        return result;
    }

    private ErofsInode Describe(Inode inode)
    {
        var a = inode.Attributes;
        var size = inode switch
        {
            DirectoryInode directory => ErofsDirectory.Size(directory),
            RegularInode file => file.Content.Length,
            SymbolicLinkInode link => link.Target.Length,
            _ => 0,
        };
        return new ErofsInode(inode)
        {
            Size = size,
            Xattrs = _xattrs.Body(a),
            Extended = a.Uid > ushort.MaxValue || a.Gid > ushort.MaxValue || inode.LinkCount > ushort.MaxValue || size > uint.MaxValue || a.Mtime != BuildTime,
        };
    }

    /// <summary>
    /// Room for an inode with its tail: inside one block, as the kernel demands of tails, in the open block where the least
    /// stays free; only inodes with very large attributes span blocks.
    /// </summary>
    private long Allocate(int size)
    {
        var best = -1;
        for (var i = 0; i < _open.Count; i++)
            if (_open[i].Free >= size && (best < 0 || _open[i].Free < _open[best].Free)) best = i;
        var offset = best >= 0 ? _open[best].Offset : _nextBlock * ErofsFormat.BlockSize;
        var end = (offset + size + ErofsFormat.SlotSize - 1) & -ErofsFormat.SlotSize;
        if (best >= 0) _open.RemoveAt(best);
        else _nextBlock += (size + ErofsFormat.BlockSize - 1) / ErofsFormat.BlockSize;
        var free = (int)(-end & (ErofsFormat.BlockSize - 1));
        if (free > 0)
        {
            _open.Add((end, free));
            if (_open.Count > OpenBlocks) _open.Remove(_open.MinBy(block => block.Free));
        }
        return offset;
    }

    private void TakeBlocks(ErofsInode inode)
    {
        if (inode.Blocks == 0) return;
        if (_nextBlock > uint.MaxValue) throw new ImageException(ImageError.LimitExceeded, "the image is larger than 16 TiB");
        inode.FirstBlock = (uint)_nextBlock;
        _nextBlock += inode.Blocks;
    }
}
