using System.Buffers.Binary;
using System.Text;
using Gantry.Images.Layers;

namespace Gantry.Images.Erofs;

/// <summary>Extended attributes: those of several inodes go into the shared area once, others into the inode.</summary>
internal sealed class ErofsXattrs
{
    private readonly Dictionary<string, (int Uses, uint Id)> _entries = new(StringComparer.Ordinal);
    private readonly List<byte> _shared = [];

    /// <summary>The shared area; an id counts 4 bytes from its start.</summary>
    public byte[] Shared() => _shared.ToArray();

    /// <summary>First pass: counts who uses what.</summary>
    public void Count(InodeAttributes attributes)
    {
        foreach (var entry in Encode(attributes))
        {
            var key = Encoding.Latin1.GetString(entry);
            _entries[key] = (_entries.GetValueOrDefault(key).Uses + 1, uint.MaxValue);
        }
    }

    /// <summary>Second pass: the bytes between an inode and its inline data; empty without attributes.</summary>
    public byte[] Body(InodeAttributes attributes)
    {
        if (attributes.Xattrs is null) return [];
        var shared = new List<uint>();
        var inline = new List<byte>();
        foreach (var entry in Encode(attributes))
        {
            if (shared.Count < ErofsFormat.MaxSharedXattrs && SharedId(entry) is { } id) shared.Add(id);
            else inline.AddRange(entry);
        }
        var length = ErofsFormat.XattrHeaderSize + shared.Count * 4 + inline.Count;
        if (length > ErofsFormat.MaxXattrBody)
            throw new ImageException(ImageError.LimitExceeded, $"the extended attributes of one file take {length} bytes, EROFS holds {ErofsFormat.MaxXattrBody}");
        var body = new byte[length];
        body[ErofsFormat.XattrSharedCount] = (byte)shared.Count;
        for (var i = 0; i < shared.Count; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(ErofsFormat.XattrHeaderSize + i * 4), shared[i]);
        inline.CopyTo(body, ErofsFormat.XattrHeaderSize + shared.Count * 4);
        return body;
    }

    /// <summary>The entry's place in the shared area, where it is put at its first use; null when only one inode has it.</summary>
    private uint? SharedId(byte[] entry)
    {
        var key = Encoding.Latin1.GetString(entry);
        var (uses, id) = _entries[key];
        if (uses < 2) return null;
        if (id != uint.MaxValue) return id;
        id = (uint)(_shared.Count / ErofsFormat.XattrAlign);
        _shared.AddRange(entry);
        _entries[key] = (uses, id);
        return id;
    }

    /// <summary>The inode's attributes as struct erofs_xattr_entry, name and value, padded; in byte order of their names.</summary>
    private static IEnumerable<byte[]> Encode(InodeAttributes attributes)
    {
        if (attributes.Xattrs is null) yield break;
        foreach (var (name, value) in attributes.Xattrs.OrderBy(x => x.Key, StringComparer.Ordinal))
        {
            if (!XattrNames.TrySplit(name, out var index, out var rest)) throw new InvalidOperationException("filtered before");
            var entry = new byte[ErofsFormat.Align(ErofsFormat.XattrEntrySize + rest.Length + value.Length, ErofsFormat.XattrAlign)];
            entry[0] = (byte)rest.Length;
            entry[1] = index;
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(2), (ushort)value.Length);
            Encoding.Latin1.GetBytes(rest, entry.AsSpan(ErofsFormat.XattrEntrySize));
            value.CopyTo(entry.AsSpan(ErofsFormat.XattrEntrySize + rest.Length));
            yield return entry;
        }
    }
}
