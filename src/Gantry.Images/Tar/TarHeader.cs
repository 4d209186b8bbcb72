using System.Text;

namespace Gantry.Images.Tar;

/// <summary>The fields of a 512-byte header block: POSIX.1-1988 ustar, GNU, star and v7, told apart by their magic.</summary>
internal readonly ref struct TarHeader
{
    public const int BlockSize = 512;

    // Offset and length of each field, POSIX.1-2017 pax "ustar Interchange Format", GNU tar "Basic Tar Format".
    private const int Name = 0, NameLength = 100, ModeField = 100, UidField = 108, GidField = 116, SizeField = 124, MtimeField = 136;
    private const int Checksum = 148, ChecksumLength = 8, TypeFlagField = 156, LinkNameField = 157, Magic = 257;
    private const int DevMajorField = 329, DevMinorField = 337, Prefix = 345, PrefixLength = 155, StarPrefixLength = 131, StarTrailer = 508;
    private const int IdLength = 8, LongLength = 12;
    // The GNU header's own fields lie where ustar has its prefix.
    private const int GnuSparse = 386, GnuSparseCount = 4, GnuIsExtended = 482, GnuRealSize = 483;
    private const int SparseEntryLength = 24, ExtendedSparseCount = 21, ExtendedIsExtended = 504;

    private readonly ReadOnlySpan<byte> _block;

    private TarHeader(ReadOnlySpan<byte> block) => _block = block;

    /// <summary>Checks the header's sum and gives access to its fields.</summary>
    public static TarHeader Parse(ReadOnlySpan<byte> block)
    {
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var b = i is >= Checksum and < Checksum + ChecksumLength ? (byte)' ' : block[i];
            unsigned += b;
            signed += (sbyte)b; // Historic writers summed signed chars.
        }
        var stored = ParseNumber(block.Slice(Checksum, ChecksumLength), "checksum");
        if (stored != unsigned && stored != signed) throw Invalid("a header's checksum is wrong: not a tar archive, or damaged");
        return new TarHeader(block);
    }

    public bool IsGnu => _block.Slice(Magic, 8).SequenceEqual("ustar  \0"u8);
    private bool IsUstar => _block.Slice(Magic, 6).SequenceEqual("ustar\0"u8);
    private bool HasDevices => IsGnu || IsUstar;
    public byte TypeFlag => _block[TypeFlagField];
    public string LinkName => Text(LinkNameField, NameLength);
    public long Mode => ParseNumber(_block.Slice(ModeField, IdLength), "mode");
    public long Uid => ParseNumber(_block.Slice(UidField, IdLength), "uid");
    public long Gid => ParseNumber(_block.Slice(GidField, IdLength), "gid");
    public long Size => ParseNumber(_block.Slice(SizeField, LongLength), "size");
    public long Mtime => ParseNumber(_block.Slice(MtimeField, LongLength), "mtime");
    public long DevMajor => HasDevices ? ParseNumber(_block.Slice(DevMajorField, IdLength), "devmajor") : 0;
    public long DevMinor => HasDevices ? ParseNumber(_block.Slice(DevMinorField, IdLength), "devminor") : 0;

    public string FullName
    {
        get
        {
            var name = Text(Name, NameLength);
            if (!IsUstar) return name;
            var star = _block.Slice(StarTrailer, 4).SequenceEqual("tar\0"u8);
            var prefix = Text(Prefix, star ? StarPrefixLength : PrefixLength);
            return prefix.Length == 0 ? name : $"{prefix}/{name}";
        }
    }

    public long SparseRealSize => ParseNumber(_block.Slice(GnuRealSize, LongLength), "realsize");

    /// <summary>Reads the old GNU sparse map in the header itself; true when extension blocks follow.</summary>
    public bool ReadSparse(List<Extent> extents)
    {
        ReadSparseEntries(_block.Slice(GnuSparse, GnuSparseCount * SparseEntryLength), extents);
        return _block[GnuIsExtended] != 0;
    }

    /// <summary>Reads one extension block of an old GNU sparse map; true when another follows.</summary>
    public static bool ReadSparseExtension(ReadOnlySpan<byte> block, List<Extent> extents)
    {
        ReadSparseEntries(block[..(ExtendedSparseCount * SparseEntryLength)], extents);
        return block[ExtendedIsExtended] != 0;
    }

    private static void ReadSparseEntries(ReadOnlySpan<byte> entries, List<Extent> extents)
    {
        for (; !entries.IsEmpty; entries = entries[SparseEntryLength..])
        {
            if (entries[0] == 0) return; // An unused slot ends the map.
            extents.Add(new Extent(ParseNumber(entries[..LongLength], "sparse offset"),
                ParseNumber(entries.Slice(LongLength, LongLength), "sparse length")));
        }
    }

    /// <summary>Octal digits between blanks and NULs, or GNU base-256: first bit set, then a big-endian two's complement number.</summary>
    public static long ParseNumber(ReadOnlySpan<byte> field, string what)
    {
        if ((field[0] & 0x80) != 0)
        {
            long value = (field[0] & 0x40) != 0 ? -1 : 0;
            value = (value << 6) | (long)(field[0] & 0x3fu);
            foreach (var b in field[1..])
            {
                if (value is > (long.MaxValue >> 8) or < (long.MinValue >> 8)) throw Invalid($"the {what} field overflows");
                value = (value << 8) | b;
            }
            return value;
        }
        var digits = field.Trim(" \0"u8);
        long number = 0;
        foreach (var b in digits)
        {
            if (b is < (byte)'0' or > (byte)'7') throw Invalid($"the {what} field is not a number");
            number = (number << 3) | (uint)(b - '0'); // At most 12 digits: 36 bits.
        }
        return number;
    }

    private string Text(int offset, int length)
    {
        var field = _block.Slice(offset, length);
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    internal static ImageException Invalid(string message) => new(ImageError.InvalidArchive, $"tar: {message}");
}
