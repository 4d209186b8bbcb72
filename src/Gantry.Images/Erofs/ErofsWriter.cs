using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gantry.Images.Layers;

namespace Gantry.Images.Erofs;

/// <summary>
/// Writes a root file system as one EROFS image, uncompressed, from front to back: the output need not be seekable and is
/// never read. Equal trees give equal bytes. File data is block-aligned and follows the order of folders, so that a reader
/// who fetches pieces gets neighbours together; all metadata is in front of it.
/// </summary>
public static class ErofsWriter
{
    /// <summary>Writes <paramref name="root"/> to <paramref name="output"/>, from its current position, and returns the number of bytes.</summary>
    public static async Task<long> WriteAsync(
        RootFileSystem root, Stream output, IProgress<ImageProgress>? progress = null, CancellationToken cancellation = default)
    {
        var layout = new ErofsLayout(root.Root);
        var total = layout.TotalBlocks * ErofsFormat.BlockSize;
        var image = new ImageOutput(output, done => progress?.Report(new ImageProgress(ImageStage.FileSystem, 0, 1, done, total)));
        var super = SuperBlock(layout, Uuid(root, layout));
        await image.PadToAsync(ErofsFormat.SuperOffset, cancellation).ConfigureAwait(false);
        await image.WriteAsync(super, cancellation).ConfigureAwait(false);

        var next = 0;
        next = await WriteInodesAsync(image, layout, next, layout.FirstDirectoryBlock, cancellation).ConfigureAwait(false);
        await WriteDirectoryBlocksAsync(image, layout, cancellation).ConfigureAwait(false);
        next = await WriteInodesAsync(image, layout, next, layout.XattrBlock, cancellation).ConfigureAwait(false);
        if (next != layout.ByOffset.Count) throw new InvalidOperationException("an inode lies outside the metadata");
        await image.PadToAsync(layout.XattrBlock * ErofsFormat.BlockSize, cancellation).ConfigureAwait(false);
        await image.WriteAsync(layout.SharedXattrs, cancellation).ConfigureAwait(false);
        foreach (var file in layout.Files) await WriteBlocksAsync(image, file, cancellation).ConfigureAwait(false);
        await image.PadToAsync(total, cancellation).ConfigureAwait(false);
        await image.FlushAsync(cancellation).ConfigureAwait(false);
        return total;
    }

    private static byte[] SuperBlock(ErofsLayout layout, byte[] uuid)
    {
        var super = new byte[ErofsFormat.SuperSize];
        var s = super.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbMagic..], ErofsFormat.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbFeatureCompat..], ErofsFormat.CompatSuperChecksum | ErofsFormat.CompatMtime);
        s[ErofsFormat.SbBlockBits] = ErofsFormat.BlockBits;
        // The root is placed first: in block 0 or 1, far below the 16 bits' end.
        BinaryPrimitives.WriteUInt16LittleEndian(s[ErofsFormat.SbRootNid..], checked((ushort)layout.Directories[0].Nid));
        BinaryPrimitives.WriteUInt64LittleEndian(s[ErofsFormat.SbInodes..], (ulong)layout.ByOffset.Count);
        BinaryPrimitives.WriteInt64LittleEndian(s[ErofsFormat.SbBuildTime..], layout.BuildTime.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbBuildTimeNsec..], layout.BuildTime.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbBlocks..], (uint)layout.TotalBlocks);
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbMetaBlock..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(s[ErofsFormat.SbXattrBlock..], (uint)layout.XattrBlock);
        uuid.CopyTo(s[ErofsFormat.SbUuid..]);
        return super;
    }

    /// <summary>A name-based UUID (RFC 9562 version 8) over the layers' digests and the metadata.</summary>
    private static byte[] Uuid(RootFileSystem root, ErofsLayout layout)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(root.Identity));
        var head = new byte[ErofsFormat.ExtendedSize];
        foreach (var inode in layout.ByOffset)
        {
            WriteInode(head, inode);
            hash.AppendData(head.AsSpan(0, inode.Extended ? ErofsFormat.ExtendedSize : ErofsFormat.CompactSize));
            hash.AppendData(inode.Xattrs);
        }
        var uuid = hash.GetHashAndReset()[..16];
        uuid[6] = (byte)((uuid[6] & 0x0f) | 0x80);
        uuid[8] = (byte)((uuid[8] & 0x3f) | 0x80);
        return uuid;
    }

    private static async ValueTask<int> WriteInodesAsync(ImageOutput image, ErofsLayout layout, int next, long endBlock, CancellationToken cancellation)
    {
        var head = new byte[ErofsFormat.ExtendedSize];
        for (; next < layout.ByOffset.Count && layout.ByOffset[next].Offset < endBlock * ErofsFormat.BlockSize; next++)
        {
            var inode = layout.ByOffset[next];
            WriteInode(head, inode);
            await image.PadToAsync(inode.Offset, cancellation).ConfigureAwait(false);
            await image.WriteAsync(head.AsMemory(0, inode.Extended ? ErofsFormat.ExtendedSize : ErofsFormat.CompactSize), cancellation).ConfigureAwait(false);
            await image.WriteAsync(inode.Xattrs, cancellation).ConfigureAwait(false);
            if (!inode.Inline) continue;
            var tail = inode.Size - inode.TailSize;
            if (inode.Inode is DirectoryInode directory)
                await image.WriteAsync(ErofsDirectory.Serialize(directory, inode.Size, layout.NidOf).AsMemory((int)tail), cancellation).ConfigureAwait(false);
            else await CopyAsync(image, inode.Inode, tail, inode.TailSize, cancellation).ConfigureAwait(false);
        }
        return next;
    }

    private static async ValueTask WriteDirectoryBlocksAsync(ImageOutput image, ErofsLayout layout, CancellationToken cancellation)
    {
        foreach (var inode in layout.Directories)
        {
            if (inode.Blocks == 0) continue;
            await image.PadToAsync((long)inode.FirstBlock * ErofsFormat.BlockSize, cancellation).ConfigureAwait(false);
            var data = ErofsDirectory.Serialize((DirectoryInode)inode.Inode, inode.Size, layout.NidOf);
            await image.WriteAsync(data.AsMemory(0, (int)Math.Min(inode.Size, inode.Blocks * ErofsFormat.BlockSize)), cancellation).ConfigureAwait(false);
        }
    }

    private static async ValueTask WriteBlocksAsync(ImageOutput image, ErofsInode inode, CancellationToken cancellation)
    {
        if (inode.Blocks == 0) return;
        await image.PadToAsync((long)inode.FirstBlock * ErofsFormat.BlockSize, cancellation).ConfigureAwait(false);
        await CopyAsync(image, inode.Inode, 0, Math.Min(inode.Size, inode.Blocks * ErofsFormat.BlockSize), cancellation).ConfigureAwait(false);
    }

    private static ValueTask CopyAsync(ImageOutput image, Inode inode, long offset, long count, CancellationToken cancellation) => inode switch
    {
        RegularInode file => image.CopyAsync(file.Content, offset, count, cancellation),
        SymbolicLinkInode link => image.WriteAsync(Encoding.Latin1.GetBytes(link.Target).AsMemory((int)offset, (int)count), cancellation),
        _ => throw new InvalidOperationException("only files and links have data"),
    };

    /// <summary>struct erofs_inode_compact or erofs_inode_extended.</summary>
    private static void WriteInode(Span<byte> head, ErofsInode place)
    {
        head.Clear();
        var inode = place.Inode;
        var a = inode.Attributes;
        var layout = place.Inline ? ErofsFormat.LayoutFlatInline : ErofsFormat.LayoutFlatPlain;
        BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.InFormat..],
            (ushort)((place.Extended ? ErofsFormat.FormatExtended : 0) | (layout << ErofsFormat.FormatLayoutShift)));
        if (place.Xattrs.Length > 0)
            BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.InXattrCount..], (ushort)((place.Xattrs.Length - ErofsFormat.XattrHeaderSize) / 4 + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.InMode..], (ushort)((int)inode.Type | a.Mode));
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.InUnion..],
            inode is SpecialInode special ? ErofsFormat.EncodeDevice(special.Major, special.Minor) : place.FirstBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.InNumber..], place.Number);
        if (!place.Extended)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.CompactLinks..], (ushort)inode.LinkCount);
            BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.CompactFileSize..], (uint)place.Size);
            BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.CompactUid..], (ushort)a.Uid);
            BinaryPrimitives.WriteUInt16LittleEndian(head[ErofsFormat.CompactGid..], (ushort)a.Gid);
            return;
        }
        BinaryPrimitives.WriteInt64LittleEndian(head[ErofsFormat.ExtendedFileSize..], place.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.ExtendedUid..], a.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.ExtendedGid..], a.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(head[ErofsFormat.ExtendedMtime..], a.Mtime.Seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.ExtendedMtimeNsec..], a.Mtime.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(head[ErofsFormat.ExtendedLinks..], inode.LinkCount);
    }
}
