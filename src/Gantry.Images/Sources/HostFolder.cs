using System.Runtime.Versioning;
using Gantry.Images.Layers;

namespace Gantry.Images.Sources;

/// <summary>Reads a folder of this Linux machine as a root file system, with owners, devices, hard links and attributes.</summary>
[SupportedOSPlatform("linux")]
internal static class HostFolder
{
    /// <summary>Puts all of <paramref name="folder"/> on the tree; file data stays where it is until the image is written.</summary>
    public static void Read(string folder, TreeBuilder tree)
    {
        var path = Printable.ToName(Path.GetFullPath(folder));
        tree.Root.Attributes = AttributesOf(path, LinuxFile.Stat(path));
        ReadEntries(path, tree.Root, tree, []);
    }

    private static void ReadEntries(string folder, DirectoryInode directory, TreeBuilder tree, Dictionary<(uint, uint, ulong), Inode> linked)
    {
        foreach (var name in LinuxFile.List(folder))
        {
            var path = $"{folder}/{name}";
            var stat = LinuxFile.Stat(path);
            tree.Charge(name.Length);
            if ((FileType)(stat.Mode & 0xf000) == FileType.Directory)
            {
                tree.PutDirectory(directory, name, AttributesOf(path, stat), path);
                ReadEntries(path, (DirectoryInode)directory.Find(name)!, tree, linked);
                continue;
            }
            var key = (stat.DeviceMajor, stat.DeviceMinor, stat.Inode);
            if (stat.LinkCount == 1 || !linked.TryGetValue(key, out var inode))
            {
                inode = Make(path, stat);
                if (stat.LinkCount > 1) linked[key] = inode;
            }
            tree.Put(directory, name, inode);
        }
    }

    private static Inode Make(string path, LinuxFile.Status stat)
    {
        var attributes = AttributesOf(path, stat);
        var type = (FileType)(stat.Mode & 0xf000);
        return type switch
        {
            FileType.Regular => new RegularInode(attributes, stat.Size == 0 ? FileContent.Empty : new HostContent(path, stat.Size)),
            FileType.SymbolicLink => new SymbolicLinkInode(attributes, LinuxFile.ReadLink(path)),
            FileType.CharacterDevice or FileType.BlockDevice => new SpecialInode(type, attributes, stat.RdevMajor, stat.RdevMinor),
            FileType.Fifo or FileType.Socket => new SpecialInode(type, attributes, 0, 0),
            _ => throw new ImageException(ImageError.Unsupported, $"{Printable.OfName(path)} is of an unknown type"),
        };
    }

    private static InodeAttributes AttributesOf(string path, LinuxFile.Status stat) => new()
    {
        Mode = (ushort)(stat.Mode & 0xfff),
        Uid = stat.Uid,
        Gid = stat.Gid,
        Mtime = stat.Mtime,
        Xattrs = XattrPolicy.Filter(LinuxFile.Xattrs(path)),
    };

    /// <summary>Content that stays in the host's file.</summary>
    private sealed class HostContent(string path, long length) : FileContent(length)
    {
        public override ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
        {
            using var file = LinuxFile.Open(path);
            for (var done = 0; done < buffer.Length;)
            {
                var count = RandomAccess.Read(file, buffer.Span[done..], offset + done);
                if (count == 0) throw new ImageException(ImageError.SizeMismatch, $"{Printable.OfName(path)} became shorter while it was read");
                done += count;
            }
            return ValueTask.CompletedTask;
        }
    }
}
