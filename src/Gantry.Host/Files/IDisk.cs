namespace Gantry.Host.Files;

/// <summary>The bytes of a disk.</summary>
public interface IDisk : IDisposable
{
    /// <summary>Bytes, a multiple of 512.</summary>
    ulong Size { get; }

    /// <summary>Writes are refused.</summary>
    bool ReadOnly { get; }

    /// <summary>Fills the buffer from an offset; the machine never asks beyond the end.</summary>
    void Read(ulong offset, Span<byte> buffer);

    /// <summary>Writes the buffer at an offset.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> buffer);

    /// <summary>Makes what was written durable.</summary>
    void Flush();
}

/// <summary>A disk image in a file; its last sector is padded with zeros.</summary>
public sealed class FileDisk : IDisk
{
    private const ulong SectorSize = 512;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;

    /// <summary>Opens an image.</summary>
    public FileDisk(string path, bool readOnly = true)
    {
        ReadOnly = readOnly;
        file = File.OpenHandle(path, FileMode.Open, readOnly ? FileAccess.Read : FileAccess.ReadWrite, FileShare.ReadWrite);
        Size = ((ulong)RandomAccess.GetLength(file) + SectorSize - 1) / SectorSize * SectorSize;
    }

    /// <inheritdoc/>
    public ulong Size { get; }

    /// <inheritdoc/>
    public bool ReadOnly { get; }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = RandomAccess.Read(file, buffer, (long)offset);
            if (count == 0)
            {
                buffer.Clear();
                return;
            }

            buffer = buffer[count..];
            offset += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> buffer) => RandomAccess.Write(file, buffer, (long)offset);

    /// <inheritdoc/>
    public void Flush() => RandomAccess.FlushToDisk(file);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}

/// <summary>A disk image in memory.</summary>
/// <param name="bytes">The image; its length is a multiple of 512.</param>
/// <param name="readOnly">Writes are refused.</param>
public sealed class MemoryDisk(byte[] bytes, bool readOnly = false) : IDisk
{
    /// <inheritdoc/>
    public ulong Size => (ulong)bytes.Length;

    /// <inheritdoc/>
    public bool ReadOnly => readOnly;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> buffer) => bytes.AsSpan((int)offset, buffer.Length).CopyTo(buffer);

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> buffer) => buffer.CopyTo(bytes.AsSpan((int)offset));

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
