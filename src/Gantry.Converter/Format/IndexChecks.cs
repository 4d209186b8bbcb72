using System.Text.RegularExpressions;

namespace Gantry.Converter.Format;

/// <summary>Checks a module's index before anything in it is used: it came with the file, and files are passed around.</summary>
internal static partial class IndexChecks
{
    // V8 takes no more data segments; four of them are the converter's.
    private const int MostSegments = 100_000;
    private const int LeastSegments = 4;
    private const uint MostMemoryPages = 65536;
    private const int MostPorts = 64;
    private const int MostMounts = 64;
    private const int MostTexts = 65536;
    private const int SectorSize = 512;
    private const long MostDiskBytes = 1L << 48;
    private const int DigestSize = 32;
    private const int TableEntrySize = 16;

    /// <summary>Checks everything.</summary>
    /// <param name="index">The index as read.</param>
    /// <param name="fileLength">Length of the module's file.</param>
    /// <exception cref="ConverterException">Something in it cannot be.</exception>
    public static void Check(ModuleIndex index, long fileLength)
    {
        FileRange?[] ranges =
        [
            index.Engine, index.Config, index.KernelImage, index.Initrd, index.Snapshot, index.Snapshot?.Table, index.Snapshot?.Packed, index.Disk, index.Disk.Digests,
        ];
        foreach (var range in ranges)
        {
            if (range != null && (range.Offset < 0 || range.Length < 0 || range.Length > fileLength || range.Offset > fileLength - range.Length))
                throw new ConverterException("the module is shorter than its index says: it was cut off, convert the image again");
        }

        Require(index.Engine.Segments is >= LeastSegments and <= MostSegments && index.Engine.MemoryPages <= MostMemoryPages, "engine");
        Require(index.Snapshot != null || (index.KernelImage != null && index.Initrd != null), "kernel");
        Require(index.Snapshot == null || index.Snapshot.Table.Length == (long)index.Snapshot.Segments * TableEntrySize, "snapshot");
        CheckDisk(index.Disk);
        CheckMachine(index.Machine);
        var container = index.Container;
        foreach (var texts in new[] { container.Entrypoint, container.Cmd, container.Env, container.ExposedPorts, container.Volumes, container.Labels.Values })
            CheckTexts(texts, MostTexts, "container");
    }

    private static void CheckDisk(DiskIndex disk)
    {
        var size = disk.Size;
        Require(size <= MostDiskBytes && size % SectorSize == 0 && disk.ChunkSize >= SectorSize, "disk");
        Require(disk.External == null ? disk.Length == (long)size : disk.External.Length != 0 && disk.External == Path.GetFileName(disk.External), "disk");
        Require(disk.Digests.Length == ((long)size + disk.ChunkSize - 1) / disk.ChunkSize * DigestSize, "disk");
    }

    private static void CheckMachine(MachineIndex machine)
    {
        Require(machine.Memory is >= StandardMachine.LeastMemory and <= StandardMachine.MostMemory, "machine");
        Require(!machine.Network || Mac().IsMatch(machine.Mac), "machine");
        CheckTexts(machine.Ports, MostPorts, "machine");
        CheckTexts(machine.Mounts, MostMounts, "machine");
        Require(machine.Ports.Contains(StandardMachine.ControlPort), "machine");
    }

    private static void CheckTexts(IEnumerable<string?> texts, int most, string part)
    {
        var count = 0;
        foreach (var text in texts) Require(text != null && ++count <= most, part);
    }

    private static void Require(bool condition, string part)
    {
        if (!condition) throw new ConverterException($"the module's index is damaged ({part}): convert the image again");
    }

    [GeneratedRegex(@"^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}\z")]
    private static partial Regex Mac();
}
