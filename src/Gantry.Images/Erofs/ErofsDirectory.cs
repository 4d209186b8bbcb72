using System.Buffers.Binary;
using System.Text;
using Gantry.Images.Layers;

namespace Gantry.Images.Erofs;

/// <summary>
/// A folder's data: in each block first the entries (struct erofs_dirent), then their names, all blocks together in byte order,
/// with <c>.</c> and <c>..</c> in their places of that order. The last block ends with its last name.
/// </summary>
internal static class ErofsDirectory
{
    /// <summary>Names and inodes in the order they are stored.</summary>
    public static List<(string Name, Inode Inode)> Entries(DirectoryInode directory)
    {
        var entries = new List<(string Name, Inode Inode)>(directory.Entries.Count + 2) { (".", directory), ("..", directory.Parent) };
        foreach (var (name, entry) in directory.Entries) entries.Add((name, entry.Inode));
        entries.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return entries;
    }

    /// <summary>Size of the data in bytes.</summary>
    public static long Size(DirectoryInode directory)
    {
        // The order decides what shares a block, and so the size.
        long size = 0;
        foreach (var (_, _, used, last) in Blocks(Entries(directory))) size += last ? used : ErofsFormat.BlockSize;
        return size;
    }

    /// <summary>The data; <paramref name="nidOf"/> tells where each inode is.</summary>
    public static byte[] Serialize(DirectoryInode directory, long size, Func<Inode, ulong> nidOf)
    {
        var entries = Entries(directory);
        var data = new byte[size];
        var start = 0;
        foreach (var (first, count, _, _) in Blocks(entries))
        {
            var nameOffset = count * ErofsFormat.DirentSize;
            for (var i = 0; i < count; i++)
            {
                var (name, inode) = entries[first + i];
                var dirent = data.AsSpan(start + i * ErofsFormat.DirentSize);
                BinaryPrimitives.WriteUInt64LittleEndian(dirent, nidOf(inode));
                BinaryPrimitives.WriteUInt16LittleEndian(dirent[ErofsFormat.DirentNameOffset..], (ushort)nameOffset);
                dirent[ErofsFormat.DirentType] = ErofsFormat.DirentTypeOf(inode.Type);
                nameOffset += Encoding.Latin1.GetBytes(name, data.AsSpan(start + nameOffset));
            }
            start += ErofsFormat.BlockSize;
        }
        return data;
    }

    /// <summary>Cuts the entries into blocks: first entry, number of entries, bytes used, whether it is the last block.</summary>
    private static IEnumerable<(int First, int Count, int Used, bool Last)> Blocks(List<(string Name, Inode Inode)> entries)
    {
        int first = 0, used = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            var need = ErofsFormat.DirentSize + entries[i].Name.Length;
            if (used + need > ErofsFormat.BlockSize)
            {
                yield return (first, i - first, used, false);
                (first, used) = (i, 0);
            }
            used += need;
        }
        yield return (first, entries.Count - first, used, true);
    }
}
