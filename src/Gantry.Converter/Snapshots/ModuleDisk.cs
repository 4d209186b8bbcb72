using Gantry.Converter.Format;
using Gantry.Host.Files;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Converter.Snapshots;

/// <summary>The root file system of an out.wasm: a range of the module's file, or the file beside it.</summary>
public sealed class ModuleDisk : IDisk
{
    private readonly SafeFileHandle file;
    private readonly long start;

    /// <summary>Opens it.</summary>
    /// <exception cref="ConverterException">The file beside the module is missing or of another size.</exception>
    public ModuleDisk(OutModule module)
    {
        var disk = module.Index.Disk;
        Size = disk.Size;
        start = disk.Offset;
        var path = disk.External is { } name ? Path.Combine(Path.GetDirectoryName(module.Path)!, Path.GetFileName(name)) : module.Path;
        if (!File.Exists(path))
            throw new ConverterException($"the root file system {path} is missing: it belongs beside {Path.GetFileName(module.Path)}");
        file = File.OpenHandle(path);
        if (RandomAccess.GetLength(file) >= start + (long)Size) return;
        file.Dispose();
        throw new ConverterException($"{path} is shorter than the root file system that the module was converted with");
    }

    /// <inheritdoc/>
    public ulong Size { get; }

    /// <inheritdoc/>
    public bool ReadOnly => true;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = RandomAccess.Read(file, buffer, start + (long)offset);
            if (count == 0) throw new IOException("the root file system's file was cut off");
            buffer = buffer[count..];
            offset += (ulong)count;
        }
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> buffer) => throw new IOException("the root file system is read-only");

    /// <inheritdoc/>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}
