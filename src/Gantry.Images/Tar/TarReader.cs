using System.Globalization;
using System.Text;

namespace Gantry.Images.Tar;

/// <summary>
/// Reads a tar archive from a stream, forwards, in bounded memory: ustar, PAX (local and global), GNU long names and
/// base-256 numbers, old GNU and PAX 0.0/0.1/1.0 sparse files. <c>System.Formats.Tar</c> is not available in browsers.
/// </summary>
public sealed class TarReader(Stream stream, ImageLimits limits)
{
    private readonly TarInput _input = new(stream);
    private readonly byte[] _block = new byte[TarHeader.BlockSize];
    private PaxRecords? _global;
    private long _dataLeft, _padding;

    /// <summary>Offset in the stream of the current entry's data, in bytes.</summary>
    public long DataOffset { get; private set; }

    /// <summary>The next entry, or null at the end of the archive. Data of the current entry that was not read is skipped.</summary>
    public async ValueTask<TarEntry?> NextAsync(CancellationToken cancellation)
    {
        PaxRecords? pax = null;
        string? longName = null, longLink = null;
        while (true)
        {
            await _input.SkipAsync(_dataLeft + _padding, cancellation).ConfigureAwait(false);
            _dataLeft = _padding = 0;
            if (!await ReadHeaderAsync(cancellation).ConfigureAwait(false))
                return pax is null && longName is null && longLink is null
                    ? null : throw TarHeader.Invalid("the archive ends after an extension header");
            var (flag, size) = BeginHeader();
            switch (flag)
            {
                case 'x':
                    pax = PaxRecords.Parse(await ReadExtensionAsync(size, cancellation).ConfigureAwait(false), _global, limits.MaxSparseSegments);
                    continue;
                case 'g':
                    _global = PaxRecords.Parse(await ReadExtensionAsync(size, cancellation).ConfigureAwait(false), _global, limits.MaxSparseSegments);
                    continue;
                case 'L':
                    longName = ToText(await ReadExtensionAsync(size, cancellation).ConfigureAwait(false));
                    continue;
                case 'K':
                    longLink = ToText(await ReadExtensionAsync(size, cancellation).ConfigureAwait(false));
                    continue;
                case 'V': // GNU volume label: no file.
                    SetData(size);
                    continue;
                default:
                    return await ReadEntryAsync(flag, pax ?? _global, longName, longLink, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads the current entry's data as stored (without the holes of sparse files); 0 at its end.</summary>
    public async ValueTask<int> ReadDataAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (_dataLeft == 0 || destination.IsEmpty) return 0;
        if (destination.Length > _dataLeft) destination = destination[..(int)_dataLeft];
        var count = await _input.ReadAsync(destination, cancellation).ConfigureAwait(false);
        if (count == 0) throw TarInput.Truncated();
        _dataLeft -= count;
        return count;
    }

    private async ValueTask<bool> ReadHeaderAsync(CancellationToken cancellation)
    {
        // Two zero blocks end an archive; many writers leave out the second or both.
        if (!await _input.FillAsync(_block, cancellation).ConfigureAwait(false)) return false;
        if (_block.AsSpan().ContainsAnyExcept((byte)0)) return true;
        if (!await _input.FillAsync(_block, cancellation).ConfigureAwait(false)) return false;
        return !_block.AsSpan().ContainsAnyExcept((byte)0) ? false : throw TarHeader.Invalid("data after the zero block that ends an archive");
    }

    private (char Flag, long Size) BeginHeader()
    {
        var header = TarHeader.Parse(_block);
        return ((char)header.TypeFlag, NotNegative(header.Size, "size"));
    }

    private void SetData(long length)
    {
        if (length < 0) throw TarHeader.Invalid("an entry's size is negative");
        _dataLeft = length;
        _padding = Padding(length);
    }

    private static long Padding(long length) => -length & (TarHeader.BlockSize - 1);

    private async ValueTask<byte[]> ReadExtensionAsync(long size, CancellationToken cancellation)
    {
        if (size > limits.MaxTarHeaderBytes)
            throw new ImageException(ImageError.LimitExceeded, $"tar: an extension header of {size} bytes (at most {limits.MaxTarHeaderBytes})");
        var data = new byte[size];
        if (size > 0 && !await _input.FillAsync(data, cancellation).ConfigureAwait(false)) throw TarInput.Truncated();
        await _input.SkipAsync(Padding(size), cancellation).ConfigureAwait(false);
        return data;
    }

    private async ValueTask<TarEntry> ReadEntryAsync(char flag, PaxRecords? pax, string? longName, string? longLink, CancellationToken cancellation)
    {
        var fields = HeaderFields.Read(_block);
        var name = pax?.Text("GNU.sparse.name") ?? pax?.Text("path") ?? longName ?? fields.Name;
        var type = TypeOf(flag, name);
        var stored = pax?.Integer("size") ?? fields.Size;
        var size = stored = type == TarEntryType.Regular ? stored : 0; // Only regular files have data, as in Go's archive/tar.
        List<Extent>? extents = null;
        if (type == TarEntryType.Regular)
        {
            (extents, size, var mapLength) = await ReadSparseAsync(flag, pax, stored, cancellation).ConfigureAwait(false);
            stored -= mapLength;
            if (extents is not null) CheckExtents(extents, stored, size);
            // The map of format 1.0 is a multiple of 512, so padding does not depend on it.
        }
        SetData(stored);
        DataOffset = _input.Position;
        return new TarEntry
        {
            Type = type,
            Name = name.Length > 1 ? name.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/" : name,
            LinkName = pax?.Text("linkpath") ?? longLink ?? fields.LinkName,
            Mode = (ushort)(fields.Mode & 0xfff),
            Uid = ToId(pax?.Integer("uid") ?? fields.Uid, "uid"),
            Gid = ToId(pax?.Integer("gid") ?? fields.Gid, "gid"),
            Mtime = pax?.Time("mtime") ?? new Timestamp(fields.Mtime, 0),
            DeviceMajor = ToId(fields.DevMajor, "devmajor"),
            DeviceMinor = ToId(fields.DevMinor, "devminor"),
            Size = size,
            DataLength = stored,
            Extents = extents,
            Xattrs = pax?.Xattrs(),
        };
    }

    private async ValueTask<(List<Extent>? Extents, long Size, long MapLength)> ReadSparseAsync(
        char flag, PaxRecords? pax, long stored, CancellationToken cancellation)
    {
        if (flag == 'S')
        {
            var extents = new List<Extent>();
            var (more, realSize) = ReadOldSparse(extents);
            while (more)
            {
                if (!await _input.FillAsync(_block, cancellation).ConfigureAwait(false)) throw TarInput.Truncated();
                more = TarHeader.ReadSparseExtension(_block, extents);
                if (extents.Count > limits.MaxSparseSegments) throw TooManySegments();
            }
            return (extents, NotNegative(realSize, "realsize"), 0);
        }
        if (pax is null) return (null, stored, 0);
        if (pax.Integer("GNU.sparse.major") == 1)
        {
            var realSize = pax.Integer("GNU.sparse.realsize") ?? throw TarHeader.Invalid("a sparse file without GNU.sparse.realsize");
            var (extents, mapLength) = await ReadSparseMapAsync(stored, cancellation).ConfigureAwait(false);
            return (extents, realSize, mapLength);
        }
        if (pax.SparseMap is null && pax.Text("GNU.sparse.map") is null) return (null, stored, 0);
        var size = pax.Integer("GNU.sparse.size") ?? pax.Integer("GNU.sparse.realsize")
            ?? throw TarHeader.Invalid("a sparse file without GNU.sparse.size");
        return (pax.SparseMap ?? ParseMap(pax.Text("GNU.sparse.map")!), size, 0);
    }

    private (bool More, long RealSize) ReadOldSparse(List<Extent> extents)
    {
        var header = TarHeader.Parse(_block);
        if (!header.IsGnu) throw TarHeader.Invalid("a GNU sparse entry in an archive that is not GNU's");
        return (header.ReadSparse(extents), header.SparseRealSize);
    }

    /// <summary>Format 0.1: one record "offset,length,offset,length,…".</summary>
    private List<Extent> ParseMap(string map)
    {
        var numbers = map.Split(',');
        if (numbers.Length / 2 > limits.MaxSparseSegments) throw TooManySegments();
        if (numbers.Length % 2 != 0) throw TarHeader.Invalid("GNU.sparse.map holds an odd number of values");
        var extents = new List<Extent>(numbers.Length / 2);
        for (var i = 0; i < numbers.Length; i += 2) extents.Add(new Extent(Decimal(numbers[i]), Decimal(numbers[i + 1])));
        return extents;
    }

    /// <summary>Format 1.0: decimal lines in front of the data: count, then offset and length of each; padded to a block.</summary>
    private async ValueTask<(List<Extent>, long MapLength)> ReadSparseMapAsync(long stored, CancellationToken cancellation)
    {
        var line = new StringBuilder();
        var numbers = new List<long>();
        long count = -1, length = 0;
        while (count < 0 || numbers.Count < count * 2)
        {
            if ((length += TarHeader.BlockSize) > stored + Padding(stored)) throw TarHeader.Invalid("a sparse map is longer than its entry");
            if (!await _input.FillAsync(_block, cancellation).ConfigureAwait(false)) throw TarInput.Truncated();
            foreach (var b in _block)
            {
                if (b != '\n')
                {
                    if (line.Length > 20) throw TarHeader.Invalid("a sparse map holds something else than numbers");
                    line.Append((char)b);
                    continue;
                }
                var number = Decimal(line.ToString());
                line.Clear();
                if (count >= 0) numbers.Add(number);
                else if ((count = number) > limits.MaxSparseSegments) throw TooManySegments();
                if (numbers.Count == count * 2) break;
            }
        }
        var extents = new List<Extent>((int)count);
        for (var i = 0; i < numbers.Count; i += 2) extents.Add(new Extent(numbers[i], numbers[i + 1]));
        return (extents, length);
    }

    private static void CheckExtents(List<Extent> extents, long stored, long size)
    {
        long end = 0, sum = 0;
        foreach (var (offset, length) in extents)
        {
            if (length < 0 || offset < end || offset > size || length > size - offset) throw TarHeader.Invalid("a sparse map is not ascending inside the file");
            end = offset + length;
            sum += length;
        }
        if (sum != stored) throw TarHeader.Invalid("a sparse map does not add up to the entry's data");
        extents.RemoveAll(extent => extent.Length == 0); // GNU tar marks the end of a file with an empty one.
    }

    private static TarEntryType TypeOf(char flag, string name) => flag switch
    {
        '0' or '\0' or '7' when name.EndsWith('/') => TarEntryType.Directory, // v7 archives have no other way to say it.
        '0' or '\0' or '7' or 'S' => TarEntryType.Regular,
        '1' => TarEntryType.HardLink,
        '2' => TarEntryType.SymbolicLink,
        '3' => TarEntryType.CharacterDevice,
        '4' => TarEntryType.BlockDevice,
        '5' => TarEntryType.Directory,
        '6' => TarEntryType.Fifo,
        _ => throw new ImageException(ImageError.Unsupported, $"tar: entry type '{Printable.Of(flag.ToString())}' of \"{Printable.OfName(name)}\" is not supported"),
    };

    private static string ToText(ReadOnlySpan<byte> data)
    {
        var end = data.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? data : data[..end]);
    }

    private static long Decimal(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw TarHeader.Invalid("a sparse map holds something else than numbers");

    private static uint ToId(long value, string what) =>
        value is >= 0 and <= uint.MaxValue ? (uint)value : throw TarHeader.Invalid($"the {what} {value} is not a 32-bit number");

    private static long NotNegative(long value, string what) =>
        value >= 0 ? value : throw TarHeader.Invalid($"an entry's {what} is negative");

    internal static ImageException TooManySegments() => new(ImageError.LimitExceeded, "tar: a sparse file has too many segments");

    /// <summary>A header's fields out of the block, which sparse extension blocks will overwrite.</summary>
    private readonly record struct HeaderFields(
        string Name, string LinkName, long Mode, long Uid, long Gid, long Size, long Mtime, long DevMajor, long DevMinor)
    {
        public static HeaderFields Read(ReadOnlySpan<byte> block)
        {
            var h = TarHeader.Parse(block);
            return new(h.FullName, h.LinkName, h.Mode, h.Uid, h.Gid, h.Size, h.Mtime, h.DevMajor, h.DevMinor);
        }
    }
}
