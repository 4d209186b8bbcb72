using Gantry.Images.Tar;

namespace Gantry.Images.Layers;

/// <summary>Applies one layer's tar archive to the tree: OCI image-spec "layer.md", "Applying Changesets".</summary>
internal sealed class LayerApplier(TreeBuilder tree, ContentSpool spool, ImageLimits limits)
{
    private const int MaxSymbolicLinkTarget = 4095; // PATH_MAX without its NUL.
    private const int MaxDeviceMajor = 0xfff, MaxDeviceMinor = 0xfffff; // Linux's 32-bit dev_t.
    private long _contentBytes;

    /// <summary>Reads <paramref name="layer"/> to the end of the archive and applies every entry.</summary>
    public async ValueTask ApplyAsync(Stream layer, CancellationToken cancellation)
    {
        var reader = new TarReader(layer, limits);
        while (await reader.NextAsync(cancellation).ConfigureAwait(false) is { } entry)
        {
            tree.Charge(entry.Name.Length + entry.LinkName.Length + XattrBytes(entry.Xattrs));
            var components = LayerPath.Split(entry.Name, "entry");
            if (components.Count == 0) PutRoot(entry);
            else if (components[^1].StartsWith(LayerPath.WhiteoutPrefix, StringComparison.Ordinal)) Hide(entry, components);
            else await PutAsync(reader, entry, components, cancellation).ConfigureAwait(false);
        }
    }

    private void PutRoot(TarEntry entry)
    {
        if (entry.Type != TarEntryType.Directory) throw new ImageException(ImageError.UnsafePath, "an entry that is no folder takes the root's place: refused");
        tree.Root.Attributes = AttributesOf(entry);
    }

    private void Hide(TarEntry entry, List<string> components)
    {
        var name = components[^1];
        var parent = tree.ResolveParent(components, create: false, entry.Name);
        if (name == LayerPath.OpaqueName)
        {
            if (parent is not null) tree.HideLowerChildren(parent);
        }
        else if (!name.StartsWith(LayerPath.MetadataPrefix, StringComparison.Ordinal)) // Others are aufs's own notes.
        {
            var hidden = LayerPath.HiddenName(name, entry.Name);
            if (parent is not null) tree.HideLower(parent, hidden);
        }
    }

    private async ValueTask PutAsync(TarReader reader, TarEntry entry, List<string> components, CancellationToken cancellation)
    {
        var parent = tree.ResolveParent(components, create: true, entry.Name)!;
        var name = components[^1];
        switch (entry.Type)
        {
            case TarEntryType.Directory:
                tree.PutDirectory(parent, name, AttributesOf(entry), entry.Name);
                break;
            case TarEntryType.HardLink:
                tree.Put(parent, name, FindLinkTarget(entry));
                break;
            case TarEntryType.SymbolicLink:
                if (entry.LinkName.Length is 0 or > MaxSymbolicLinkTarget)
                    throw new ImageException(ImageError.LimitExceeded, $"symbolic link \"{Printable.OfName(entry.Name)}\" has a target of {entry.LinkName.Length} bytes");
                tree.Put(parent, name, new SymbolicLinkInode(AttributesOf(entry) with { Mode = 0x1ff }, entry.LinkName));
                break;
            case TarEntryType.Regular:
                tree.Put(parent, name, new RegularInode(AttributesOf(entry), await SpoolAsync(reader, entry, cancellation).ConfigureAwait(false)));
                break;
            default:
                if (entry.DeviceMajor > MaxDeviceMajor || entry.DeviceMinor > MaxDeviceMinor)
                    throw new ImageException(ImageError.LimitExceeded, $"device \"{Printable.OfName(entry.Name)}\" has a number Linux does not have");
                tree.Put(parent, name, SpecialOf(entry));
                break;
        }
    }

    private static SpecialInode SpecialOf(TarEntry entry) => entry.Type switch
    {
        TarEntryType.CharacterDevice => new(FileType.CharacterDevice, AttributesOf(entry), entry.DeviceMajor, entry.DeviceMinor),
        TarEntryType.BlockDevice => new(FileType.BlockDevice, AttributesOf(entry), entry.DeviceMajor, entry.DeviceMinor),
        _ => new(FileType.Fifo, AttributesOf(entry), 0, 0),
    };

    private Inode FindLinkTarget(TarEntry entry)
    {
        var target = LayerPath.Split(entry.LinkName, "hard link target");
        var found = target.Count == 0 ? null : tree.ResolveParent(target, create: false, entry.LinkName)?.Find(target[^1]);
        return found switch
        {
            null => throw new ImageException(ImageError.InvalidArchive, $"hard link \"{Printable.OfName(entry.Name)}\": its target \"{Printable.OfName(entry.LinkName)}\" does not exist"),
            DirectoryInode => throw new ImageException(ImageError.InvalidArchive, $"hard link \"{Printable.OfName(entry.Name)}\": its target \"{Printable.OfName(entry.LinkName)}\" is a folder"),
            _ => found,
        };
    }

    private async ValueTask<FileContent> SpoolAsync(TarReader reader, TarEntry entry, CancellationToken cancellation)
    {
        if (entry.Size > limits.MaxContentBytes - _contentBytes)
            throw new ImageException(ImageError.LimitExceeded, $"the image's files are larger than {limits.MaxContentBytes} bytes together");
        _contentBytes += entry.Size;
        if (entry.Size == 0) return FileContent.Empty;
        var start = spool.Length;
        while (true)
        {
            var room = await spool.ReserveAsync(cancellation).ConfigureAwait(false);
            var count = await reader.ReadDataAsync(room, cancellation).ConfigureAwait(false);
            if (count == 0) break;
            spool.Commit(count);
        }
        return entry.Extents is null
            ? new SpooledContent(spool, start, entry.Size)
            : new SparseContent(spool, start, entry.Extents, entry.Size);
    }

    private static InodeAttributes AttributesOf(TarEntry entry) => new()
    {
        Mode = entry.Mode,
        Uid = entry.Uid,
        Gid = entry.Gid,
        Mtime = entry.Mtime,
        Xattrs = XattrPolicy.Filter(entry.Xattrs),
    };

    private static long XattrBytes(IReadOnlyDictionary<string, byte[]>? xattrs)
    {
        long bytes = 0;
        if (xattrs is not null)
            foreach (var (name, value) in xattrs) bytes += name.Length + value.Length;
        return bytes;
    }
}
