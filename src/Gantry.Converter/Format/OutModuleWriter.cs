using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Converter.Format;

/// <summary>What goes into an out.wasm.</summary>
public sealed record OutModuleContents
{
    /// <summary>The engine module as compiled.</summary>
    public required ReadOnlyMemory<byte> Engine { get; init; }

    /// <summary>Segment 0.</summary>
    public required byte[] Config { get; init; }

    /// <summary>Segment 1; empty with a snapshot.</summary>
    public byte[] Kernel { get; init; } = [];

    /// <summary>Segment 2; empty with a snapshot.</summary>
    public byte[] Initrd { get; init; } = [];

    /// <summary>The snapshot, or the engine's own data without one.</summary>
    public required IReadOnlyList<MemorySegment> Memory { get; init; }

    /// <summary>Whether <see cref="Memory"/> is a booted guest.</summary>
    public required bool IsSnapshot { get; init; }

    /// <summary>Pages of 64 KiB that memory has; 0: what the engine itself asks for.</summary>
    public uint MemoryPages { get; init; }

    /// <summary>The root file system, seekable, its length a multiple of 512.</summary>
    public required Stream Disk { get; init; }

    /// <summary>Name of the file that holds the root file system beside the module; null: inside.</summary>
    public string? External { get; init; }

    /// <summary>Everything in the index that is not about places in the file.</summary>
    public required ModuleIndex Index { get; init; }
}

/// <summary>Writes an out.wasm (docs/out-wasm.md): places first, bytes then, digests last.</summary>
public sealed class OutModuleWriter
{
    /// <summary>Bytes of the root file system that have one digest.</summary>
    public const int ChunkSize = 256 * 1024;

    /// <summary>Names of the custom sections.</summary>
    public const string IndexSection = "gantry.index", ChunksSection = "gantry.chunks", SnapshotSection = "gantry.snapshot", PackedSection = "gantry.packed";

    private const int HeaderSize = 8;
    private const int DigestSize = 32;
    private const int TableEntrySize = 16;
    private const int IndexSlack = 512;
    private const byte CustomSectionId = 0, DataSectionId = 11;

    private readonly OutModuleContents contents;
    private readonly Stream output;
    private readonly IProgress<long>? progress;
    private readonly byte[] engine;
    private readonly uint pages;
    private readonly int segments;
    private readonly long chunks;
    private readonly ReadOnlyMemory<byte> packed;
    private readonly List<long> segmentOffsets = [];
    private string snapshotDigest = ModuleIndex.NoDigest;

    private OutModuleWriter(OutModuleContents contents, Stream output, IProgress<long>? progress)
    {
        this.contents = contents;
        this.output = output;
        this.progress = progress;
        segments = EngineParts.LeadingSegments + contents.Memory.Count + 1;
        engine = EngineParts.Build(contents.Engine, segments, contents.MemoryPages, out pages);
        chunks = (contents.Disk.Length + ChunkSize - 1) / ChunkSize;
        packed = contents.IsSnapshot ? Pack(contents.Memory) : default;
    }

    /// <summary>Writes the file to an empty, seekable stream and returns its index.</summary>
    /// <param name="contents">What to write.</param>
    /// <param name="output">Where to.</param>
    /// <param name="progress">Told the bytes of the root file system that are done.</param>
    /// <exception cref="ConverterException">It does not fit into a WebAssembly module.</exception>
    public static ModuleIndex Write(OutModuleContents contents, Stream output, IProgress<long>? progress = null) =>
        new OutModuleWriter(contents, output, progress).Write();

    private ModuleIndex Write()
    {
        var indexLength = Layout(contents.Index, 0).ToJson().Length + IndexSlack;
        var index = Layout(contents.Index, indexLength);
        output.Write("\0asm\u0001\0\0\0"u8);
        WriteCustom(IndexSection, new byte[indexLength]);
        WriteCustom(ChunksSection, new byte[chunks * DigestSize]);
        WriteCustom(SnapshotSection, SnapshotTable(index));
        if (index.Snapshot != null) WriteCustom(PackedSection, packed.Span);
        Expect(index.Engine.Offset);
        output.Write(engine);
        WriteData(index, out var digests);
        index = index with
        {
            Engine = index.Engine with { Sha256 = Hex(engine) },
            KernelImage = index.KernelImage is { } kernel ? kernel with { Sha256 = Hex(contents.Kernel) } : null,
            Initrd = index.Initrd is { } initrd ? initrd with { Sha256 = Hex(contents.Initrd) } : null,
            Snapshot = index.Snapshot is { } snapshot ? snapshot with { Sha256 = snapshotDigest } : null,
            Disk = index.Disk with { Digests = index.Disk.Digests with { Sha256 = Hex(digests) } },
        };
        output.Position = index.Disk.Digests.Offset;
        output.Write(digests);
        var json = index.ToJson();
        Array.Resize(ref json, indexLength);
        json.AsSpan().Replace((byte)0, (byte)' ');
        output.Position = HeaderSize + CustomHeaderSize(IndexSection);
        output.Write(json);
        output.Flush();
        return index;
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static int CustomHeaderSize(string name) => 1 + Leb128.PaddedSize + 1 + name.Length;

    /// <summary>Where everything will be, given the index's length.</summary>
    private ModuleIndex Layout(ModuleIndex index, int indexLength)
    {
        long at = HeaderSize + CustomHeaderSize(IndexSection) + indexLength + CustomHeaderSize(ChunksSection);
        var digests = new DigestedRange { Offset = at, Length = chunks * DigestSize };
        at += digests.Length + CustomHeaderSize(SnapshotSection);
        var memoryCount = contents.IsSnapshot ? contents.Memory.Count : 0;
        var table = new FileRange { Offset = at, Length = (long)memoryCount * TableEntrySize };
        at += table.Length;
        if (contents.IsSnapshot) at += CustomHeaderSize(PackedSection);
        var packedRange = new FileRange { Offset = at, Length = packed.Length };
        at += packed.Length;
        var engineOffset = at;
        at += engine.Length + 1 + Leb128.PaddedSize + Leb128.Size((uint)segments);
        var config = Passive(ref at, contents.Config.Length);
        var kernel = Passive(ref at, contents.Kernel.Length);
        var initrd = Passive(ref at, contents.Initrd.Length);
        var memoryOffset = at;
        segmentOffsets.Clear();
        foreach (var segment in contents.Memory)
        {
            // Flag 0, i32.const ADDRESS end, length.
            at += 1 + 1 + Leb128.SignedSize((int)segment.Address) + 1 + Leb128.Size((uint)segment.Bytes.Length);
            segmentOffsets.Add(at);
            at += segment.Bytes.Length;
        }

        var memoryLength = at - memoryOffset;
        var disk = Passive(ref at, contents.External == null ? contents.Disk.Length : 0);
        if (at > uint.MaxValue)
            throw new ConverterException($"the module would have {at >> 20} MiB, more than WebAssembly's 4096: convert with --external-image FILE");
        return index with
        {
            Format = ModuleIndex.CurrentFormat,
            Engine = index.Engine with
            {
                Offset = engineOffset, Length = engine.Length, Segments = segments, MemoryPages = pages, Source = EngineParts.SourceDigest(contents.Engine.Span),
            },
            Config = config,
            KernelImage = contents.IsSnapshot ? null : new DigestedRange { Offset = kernel.Offset, Length = kernel.Length },
            Initrd = contents.IsSnapshot ? null : new DigestedRange { Offset = initrd.Offset, Length = initrd.Length },
            Snapshot = !contents.IsSnapshot ? null : new SnapshotIndex
            {
                Offset = memoryOffset, Length = memoryLength, Table = table, Packed = packedRange, Segments = memoryCount, Bytes = contents.Memory.Sum(segment => (long)segment.Bytes.Length),
            },
            Disk = new DiskIndex
            {
                Offset = disk.Length == 0 ? 0 : disk.Offset, Length = disk.Length, Size = (ulong)contents.Disk.Length, External = contents.External, ChunkSize = ChunkSize, Digests = digests,
            },
        };
    }

    private static FileRange Passive(ref long at, long length)
    {
        at += 1 + Leb128.Size(checked((uint)length));
        var range = new FileRange { Offset = at, Length = length };
        at += length;
        return range;
    }

    private void WriteCustom(string name, ReadOnlySpan<byte> bytes)
    {
        output.WriteByte(CustomSectionId);
        Leb128.WritePadded(output, (uint)(1 + name.Length + bytes.Length));
        output.WriteByte((byte)name.Length);
        output.Write(Encoding.ASCII.GetBytes(name));
        output.Write(bytes);
    }

    private byte[] SnapshotTable(ModuleIndex index)
    {
        if (index.Snapshot == null) return [];
        var table = new byte[index.Snapshot.Table.Length];
        for (var i = 0; i < contents.Memory.Count; i++)
        {
            var entry = table.AsSpan(i * TableEntrySize);
            BinaryPrimitives.WriteInt64LittleEndian(entry, segmentOffsets[i]);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], contents.Memory[i].Address);
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], contents.Memory[i].Bytes.Length);
        }

        return table;
    }

    private void WriteData(ModuleIndex index, out byte[] digests)
    {
        output.WriteByte(DataSectionId);
        var sizeAt = output.Position;
        Leb128.WritePadded(output, 0);
        Leb128.Write(output, (uint)segments);
        WritePassive(contents.Config);
        WritePassive(contents.Kernel);
        WritePassive(contents.Initrd);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < contents.Memory.Count; i++)
        {
            var segment = contents.Memory[i];
            var header = ActiveHeader(segment);
            output.Write(header);
            Expect(segmentOffsets[i]);
            output.Write(segment.Bytes.Span);
            hash.AppendData(header);
            hash.AppendData(segment.Bytes.Span);
        }

        snapshotDigest = Convert.ToHexStringLower(hash.GetHashAndReset());
        output.WriteByte(1);
        Leb128.Write(output, (uint)index.Disk.Length);
        if (index.Disk.Length != 0) Expect(index.Disk.Offset);
        digests = CopyDisk(index.Disk.External == null);
        var last = output.Position;
        output.Position = sizeAt;
        Leb128.WritePadded(output, checked((uint)(last - sizeAt - Leb128.PaddedSize)));
        output.Position = last;
    }

    private static byte[] ActiveHeader(MemorySegment segment)
    {
        var header = new MemoryStream();
        header.WriteByte(0);
        header.WriteByte(0x41);
        Leb128.WriteSigned(header, (int)segment.Address);
        header.WriteByte(0x0B);
        Leb128.Write(header, (uint)segment.Bytes.Length);
        return header.ToArray();
    }

    // Where the segments lie in the file is not in them, so their compressed copy can be made first.
    private static ReadOnlyMemory<byte> Pack(IReadOnlyList<MemorySegment> memory)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            foreach (var segment in memory)
            {
                gzip.Write(ActiveHeader(segment));
                gzip.Write(segment.Bytes.Span);
            }
        }

        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    private void WritePassive(byte[] bytes)
    {
        output.WriteByte(1);
        Leb128.Write(output, (uint)bytes.Length);
        output.Write(bytes);
    }

    private byte[] CopyDisk(bool inside)
    {
        var digests = new byte[chunks * DigestSize];
        var chunk = new byte[ChunkSize];
        contents.Disk.Position = 0;
        for (long i = 0; i < chunks; i++)
        {
            var length = (int)Math.Min(ChunkSize, contents.Disk.Length - i * ChunkSize);
            contents.Disk.ReadExactly(chunk, 0, length);
            SHA256.HashData(chunk.AsSpan(0, length), digests.AsSpan((int)i * DigestSize, DigestSize));
            if (inside) output.Write(chunk, 0, length);
            progress?.Report(i * ChunkSize + length);
        }

        return digests;
    }

    // A wrong offset in the index would only show in a browser: it must not leave this class.
    private void Expect(long offset)
    {
        if (output.Position != offset)
            throw new InvalidOperationException($"a part of the module lies at {output.Position} instead of {offset}");
    }
}
