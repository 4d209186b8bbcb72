using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Gantry.Converter.Format;

/// <summary>An out.wasm on disk, read in pieces.</summary>
public sealed class OutModule : IDisposable
{
    private const int HeaderSize = 8;
    private const int MostIndexBytes = 16 << 20;
    private readonly FileStream file;

    private OutModule(FileStream file, ModuleIndex index)
    {
        this.file = file;
        Index = index;
    }

    /// <summary>What is in it.</summary>
    public ModuleIndex Index { get; }

    /// <summary>Its path.</summary>
    public string Path => file.Name;

    /// <summary>Its length in bytes.</summary>
    public long Length => file.Length;

    /// <summary>Whether a file begins as any WebAssembly module does.</summary>
    public static bool IsWebAssembly(string path)
    {
        if (!File.Exists(path)) return false;
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[4];
        return file.ReadAtLeast(start, 4, throwOnEndOfStream: false) == 4 && start.SequenceEqual("\0asm"u8);
    }

    /// <summary>Opens a module and reads its index.</summary>
    /// <exception cref="ConverterException">It is not one that gantry made, or damaged.</exception>
    public static OutModule Open(string path)
    {
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConverterException($"cannot open {path}: {exception.Message}", exception);
        }

        try
        {
            var index = ModuleIndex.FromJson(ReadIndex(file));
            IndexChecks.Check(index, file.Length);
            return new OutModule(file, index);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a range.</summary>
    public byte[] Read(FileRange range)
    {
        if (range.Length > Array.MaxLength)
            throw new ConverterException($"{Path} has a part of {range.Length} bytes, more than can be read at once: convert the image again");
        var bytes = new byte[range.Length];
        if (RandomAccess.Read(file.SafeFileHandle, bytes, range.Offset) != bytes.Length)
            throw new ConverterException($"{Path} is shorter than its index says: convert the image again");
        return bytes;
    }

    /// <summary>Reads a range and checks its digest.</summary>
    /// <exception cref="ConverterException">The digest is another.</exception>
    public byte[] ReadChecked(DigestedRange range, string what)
    {
        var bytes = Read(range);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != range.Sha256)
            throw new ConverterException($"the {what} in {Path} is damaged: convert the image again");
        return bytes;
    }

    /// <summary>Digest of the front-door config, lower-case hex.</summary>
    public string ReadConfigDigest() => Convert.ToHexStringLower(SHA256.HashData(Read(Index.Config)));

    /// <summary>The engine as a module of its own, without snapshot and root file system (docs/out-wasm.md, "Loading in pieces").</summary>
    public byte[] ReadEngineModule()
    {
        var engine = ReadChecked(Index.Engine, "engine");
        var module = new MemoryStream();
        module.Write("\0asm\u0001\0\0\0"u8);
        module.Write(engine);
        var count = (uint)Index.Engine.Segments;
        module.WriteByte(11);
        Leb128.Write(module, (uint)Leb128.Size(count) + 2 * count);
        Leb128.Write(module, count);
        for (uint i = 0; i < count; i++) module.Write([1, 0]);
        return module.ToArray();
    }

    /// <summary>The snapshot's segments, checked against the digest.</summary>
    public IReadOnlyList<MemorySegment> ReadSnapshot()
    {
        var snapshot = Index.Snapshot ?? throw new ConverterException($"{Path} has no snapshot");
        var bytes = ReadChecked(snapshot, "snapshot");
        var table = Read(snapshot.Table);
        var segments = new List<MemorySegment>();
        for (var at = 0; at + 16 <= table.Length; at += 16)
        {
            var offset = BinaryPrimitives.ReadInt64LittleEndian(table.AsSpan(at)) - snapshot.Offset;
            var address = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(at + 8));
            var length = BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(at + 12));
            if (offset < 0 || offset + length > bytes.Length || (ulong)address + length > Index.Engine.MemoryPages * 65536UL)
                throw new ConverterException($"the snapshot's table in {Path} is damaged: convert the image again");
            segments.Add(new MemorySegment(address, bytes.AsMemory((int)offset, (int)length)));
        }

        return segments;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private static byte[] ReadIndex(FileStream file)
    {
        var name = Encoding.ASCII.GetBytes(OutModuleWriter.IndexSection);
        var head = new byte[HeaderSize + 1 + Leb128.PaddedSize + 1 + name.Length];
        var got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        if (got < HeaderSize || !head.AsSpan(0, 8).SequenceEqual("\0asm\u0001\0\0\0"u8))
            throw new ConverterException($"{file.Name} is no WebAssembly module");
        var foreign = new ConverterException($"{file.Name} is a WebAssembly module, but not one that gantry convert made");
        if (got < head.Length || head[HeaderSize] != 0) throw foreign;
        var size = Leb128.ReadUnsigned(head.AsSpan(HeaderSize + 1), out var count);
        if (count != Leb128.PaddedSize || head[HeaderSize + 1 + count] != name.Length || !head.AsSpan(HeaderSize + 2 + count).SequenceEqual(name)) throw foreign;
        var length = size - 1 - name.Length;
        if (length is < 2 or > MostIndexBytes || length > file.Length - head.Length)
            throw new ConverterException($"the index of {file.Name} is damaged: convert the image again");
        var json = new byte[length];
        file.ReadExactly(json);
        return json;
    }
}
