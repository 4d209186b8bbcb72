namespace Gantry.Images.Erofs;

/// <summary>Numbers of the EROFS on-disk format (Linux: fs/erofs/erofs_fs.h). All fields are little-endian. docs/erofs.md has the tables.</summary>
internal static class ErofsFormat
{
    public const int BlockBits = 12, BlockSize = 1 << BlockBits;
    /// <summary>A nid counts slots of 32 bytes from the start of the metadata area, here the start of the image.</summary>
    public const int SlotBits = 5, SlotSize = 1 << SlotBits;

    public const int SuperOffset = 1024, SuperSize = 128;
    public const uint Magic = 0xe0f5e1e2;
    /// <summary>feature_compat: the checksum is valid; inodes hold modification (not change) times.</summary>
    public const uint CompatSuperChecksum = 1, CompatMtime = 2;

    // struct erofs_super_block
    public const int SbMagic = 0, SbChecksum = 4, SbFeatureCompat = 8, SbBlockBits = 12, SbRootNid = 14, SbInodes = 16, SbBuildTime = 24;
    public const int SbBuildTimeNsec = 32, SbBlocks = 36, SbMetaBlock = 40, SbXattrBlock = 44, SbUuid = 48, SbFeatureIncompat = 80;

    // struct erofs_inode_compact / erofs_inode_extended
    public const int CompactSize = 32, ExtendedSize = 64;
    public const int InFormat = 0, InXattrCount = 2, InMode = 4, InUnion = 16, InNumber = 20;
    public const int CompactLinks = 6, CompactFileSize = 8, CompactUid = 24, CompactGid = 26;
    public const int ExtendedFileSize = 8, ExtendedUid = 24, ExtendedGid = 28, ExtendedMtime = 32, ExtendedMtimeNsec = 40, ExtendedLinks = 44;

    /// <summary>i_format: bit 0 version, bits 1-3 data layout.</summary>
    public const int FormatExtended = 1, FormatLayoutShift = 1;
    public const int LayoutFlatPlain = 0, LayoutFlatInline = 2;

    // struct erofs_xattr_ibody_header, erofs_xattr_entry
    public const int XattrHeaderSize = 12, XattrSharedCount = 4, XattrEntrySize = 4, XattrAlign = 4;
    /// <summary>i_xattr_icount is 16 bits: one for the header, the others 4 bytes each.</summary>
    public const int MaxXattrBody = XattrHeaderSize + (ushort.MaxValue - 1) * 4;
    public const int MaxSharedXattrs = 255;

    // struct erofs_dirent
    public const int DirentSize = 12, DirentNameOffset = 8, DirentType = 10;

    public static int Align(int value, int alignment) => (value + alignment - 1) & -alignment;

    /// <summary>CRC-32C (Castagnoli, reflected 0x82F63B78) as Linux's crc32c(): starts with the seed, no final inversion.</summary>
    public static uint Crc32C(uint seed, ReadOnlySpan<byte> data)
    {
        foreach (var b in data) seed = System.Numerics.BitOperations.Crc32C(seed, b);
        return seed;
    }

    /// <summary>Linux's new_encode_dev(): 12 bits of major between the low 8 and high 12 of minor.</summary>
    public static uint EncodeDevice(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);

    /// <summary>Inverse of <see cref="EncodeDevice"/>.</summary>
    public static (uint Major, uint Minor) DecodeDevice(uint device) => ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));

    /// <summary>file_type of a directory entry (EROFS_FT_*), by the mode's type bits.</summary>
    public static byte DirentTypeOf(Layers.FileType type) => type switch
    {
        Layers.FileType.Regular => 1,
        Layers.FileType.Directory => 2,
        Layers.FileType.CharacterDevice => 3,
        Layers.FileType.BlockDevice => 4,
        Layers.FileType.Fifo => 5,
        Layers.FileType.Socket => 6,
        _ => 7,
    };
}
