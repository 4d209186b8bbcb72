using System.Diagnostics;
using System.Text;
using Gantry.Converter.Format;
using Gantry.Converter.Snapshots;
using Gantry.Engine.Host;
using Gantry.Host.Files;
using Gantry.Images;
using Gantry.Images.Erofs;
using Gantry.Images.Layers;

namespace Gantry.Converter;

/// <summary>Makes an out.wasm of an image.</summary>
public sealed class ImageConverter
{
    private const int SectorSize = 512;
    private const int DiskHeaderOffset = 1024, DiskHeaderSize = 128;
    private readonly ConversionOptions options;
    private readonly IConversionProgress? progress;
    private readonly CancellationToken cancellation;

    /// <summary>Begins the names of unfinished files: another conversion to the same output may go on beside this one.</summary>
    private readonly string unfinished;

    private ImageConverter(ConversionOptions options, IConversionProgress? progress, CancellationToken cancellation)
    {
        this.options = options;
        this.progress = progress;
        this.cancellation = cancellation;
        unfinished = $"{options.Output}.{Guid.NewGuid():N}";
    }

    /// <summary>Converts; the output appears only when it is complete.</summary>
    /// <exception cref="ConverterException">Something a person can put right.</exception>
    /// <exception cref="ImageException">So is this, about the image.</exception>
    public static Task<ConversionResult> ConvertAsync(ConversionOptions options, IConversionProgress? progress = null, CancellationToken cancellation = default) =>
        new ImageConverter(options, progress, cancellation).ConvertAsync();

    private async Task<ConversionResult> ConvertAsync()
    {
        if (options.Memory is < StandardMachine.LeastMemory or > StandardMachine.MostMemory)
            throw new ConverterException($"--memory must be between {StandardMachine.LeastMemory >> 20}M and {StandardMachine.MostMemory >> 20}M");
        var diskPath = options.ExternalImage ?? unfinished + ".disk.tmp";
        try
        {
            await using var image = await ResolveAsync().ConfigureAwait(false);
            var assets = Assets.Find(image.Platform?.Architecture ?? Assets.Architectures[0]);
            var container = ContainerConfig.Of(image.Config);
            await WriteDiskAsync(image, diskPath).ConfigureAwait(false);
            return Assemble(image, assets, container, diskPath);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConverterException(exception.Message, exception);
        }
        finally
        {
            if (options.ExternalImage == null) File.Delete(diskPath);
        }
    }

    private async Task<ResolvedImage> ResolveAsync()
    {
        progress?.Begin(ConversionStep.Resolve);
        var image = await ImageSource.OpenAsync(options.Image, ImageOptions, cancellation).ConfigureAwait(false);
        if (image.Platform is { } platform && (platform.Os != "linux" || !Assets.Architectures.Contains(platform.Architecture)))
        {
            await image.DisposeAsync().ConfigureAwait(false);
            throw new ConverterException($"{options.Image} is for {platform}; there is a machine for {string.Join(", ", Assets.Architectures.Select(a => "linux/" + a))} only");
        }

        progress?.End(ConversionStep.Resolve, $"{options.Image}{(image.ManifestDigest is { } digest ? $" {digest}" : "")}");
        return image;
    }

    private ImageOptions ImageOptions => new()
    {
        Platforms = options.Platform is { } wanted ? [wanted] : [.. Assets.Architectures.Select(architecture => new Platform("linux", architecture))],
    };

    private async Task WriteDiskAsync(ResolvedImage image, string path)
    {
        progress?.Begin(ConversionStep.Layers);
        var reporter = new Reporter(progress);
        var root = await RootFileSystem.MergeAsync(image, ImageOptions, reporter, cancellation).ConfigureAwait(false);
        await using (root.ConfigureAwait(false))
        {
            progress?.End(ConversionStep.Layers, image.HostFolder ?? (image.Layers.Count == 1 ? "1 layer" : $"{image.Layers.Count} layers"));
            progress?.Begin(ConversionStep.FileSystem);
            var file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
            await using (file.ConfigureAwait(false))
            {
                var length = await ErofsWriter.WriteAsync(root, file, reporter, cancellation).ConfigureAwait(false);
                file.SetLength((length + SectorSize - 1) / SectorSize * SectorSize);
                progress?.End(ConversionStep.FileSystem, Megabytes(length));
            }
        }
    }

    private ConversionResult Assemble(ResolvedImage image, Assets assets, ContainerConfig container, string diskPath)
    {
        var engine = File.ReadAllBytes(assets.EnginePath);
        var kernel = File.ReadAllBytes(assets.KernelPath);
        var initrd = File.ReadAllBytes(assets.InitrdPath);
        using var disk = new FileStream(diskPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var snapshot = options.Snapshot ? Boot(engine, kernel, initrd, diskPath) : null;
        progress?.Begin(ConversionStep.Write);
        var contents = new OutModuleContents
        {
            Engine = engine,
            Config = FrontDoor(container, disk, snapshot == null ? kernel : null, snapshot == null ? initrd : null),
            Kernel = snapshot == null ? kernel : [],
            Initrd = snapshot == null ? initrd : [],
            Memory = snapshot?.Memory ?? EngineParts.OwnData(engine),
            IsSnapshot = snapshot != null,
            MemoryPages = (uint)((snapshot?.MemoryBytes ?? 0) >> 16),
            Disk = disk,
            External = options.ExternalImage == null ? null : Path.GetFileName(options.ExternalImage),
            Index = Describe(image, assets, container, kernel),
        };
        var temporary = unfinished + ".tmp";
        try
        {
            ModuleIndex index;
            long length;
            using (var output = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20))
            {
                index = OutModuleWriter.Write(contents, output, new Reporter(progress, disk.Length));
                length = output.Length;
            }

            File.Move(temporary, options.Output, overwrite: true);
            progress?.End(ConversionStep.Write, $"{options.Output} {Megabytes(length)}");
            return new ConversionResult(index, length, snapshot?.Instructions ?? 0);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private Snapshot Boot(byte[] engine, byte[] kernel, byte[] initrd, string diskPath)
    {
        progress?.Begin(ConversionStep.Boot);
        using var disk = new FileDisk(diskPath);
        var watch = Stopwatch.StartNew();
        var machine = GuestBooter.MachineOptions(options.Memory, kernel, initrd, disk, GuestBooter.PlaceholderMounts);
        var snapshot = GuestBooter.Boot(engine, machine, options.BootLimit, cancellation);
        var bytes = snapshot.Memory.Sum(segment => (long)segment.Bytes.Length);
        progress?.End(
            ConversionStep.Boot,
            $"{snapshot.Instructions / 1e6:F0} million guest instructions in {watch.Elapsed.TotalSeconds:F1} s, snapshot {Megabytes(bytes)} of {Megabytes((long)snapshot.MemoryBytes)}");
        return snapshot;
    }

    private byte[] FrontDoor(ContainerConfig container, FileStream disk, byte[]? kernel, byte[]? initrd)
    {
        var config = new FrontDoorConfig();
        config.Add(container);
        config.Add(FrontDoorRecord.Ram, options.Memory);
        config.Add(FrontDoorRecord.CommandLine, StandardMachine.CommandLine);
        foreach (var port in StandardMachine.Ports) config.Add(FrontDoorRecord.Port, port);
        foreach (var tag in StandardMachine.Mounts) config.Add(FrontDoorRecord.Mount, tag);
        if (kernel != null) config.Add(FrontDoorRecord.Kernel, (ulong)kernel.Length);
        if (initrd != null) config.Add(FrontDoorRecord.Initrd, (ulong)initrd.Length);
        config.Add(FrontDoorRecord.Disk, (ulong)disk.Length);
        config.Add(FrontDoorRecord.Network, [.. StandardMachine.Mac]);
        if (options.ExternalImage == null) return config.ToArray();
        config.Add(FrontDoorRecord.External, Path.GetFileName(options.ExternalImage));
        var header = new byte[DiskHeaderSize];
        disk.Position = DiskHeaderOffset;
        disk.ReadExactly(header);
        config.Add(FrontDoorRecord.DiskHeader, header);
        return config.ToArray();
    }

    private ModuleIndex Describe(ResolvedImage image, Assets assets, ContainerConfig container, byte[] kernel) => new()
    {
        Generator = $"gantry {typeof(ImageConverter).Assembly.GetName().Version?.ToString(3)}",
        Platform = new PlatformIndex { Architecture = assets.Architecture, Variant = image.Platform?.Variant },
        Machine = new MachineIndex
        {
            Interface = HostInterface.Version,
            Memory = options.Memory,
            Kernel = KernelVersion(kernel),
            CommandLine = StandardMachine.CommandLine,
            Ports = StandardMachine.Ports,
            Mounts = StandardMachine.Mounts,
            Network = true,
            Mac = string.Join(':', StandardMachine.Mac.Select(octet => octet.ToString("x2", null))),
        },
        Container = container,
        Image = new ImageIndex { Reference = options.Image, Digest = image.ManifestDigest?.ToString() },
    };

    // Linux keeps its banner as text: "Linux version 6.1.0 (builder@host) ...".
    private static string KernelVersion(byte[] kernel)
    {
        var banner = "Linux version "u8;
        var at = kernel.AsSpan().IndexOf(banner);
        if (at < 0) return "";
        var rest = kernel.AsSpan(at + banner.Length);
        var end = rest[..Math.Min(rest.Length, 64)].IndexOf((byte)' ');
        return end < 0 ? "" : Encoding.ASCII.GetString(rest[..end]);
    }

    private static string Megabytes(long bytes) => $"{bytes / 1048576.0:F1} MiB";

    private sealed class Reporter(IConversionProgress? progress, long total = 0) : IProgress<ImageProgress>, IProgress<long>
    {
        public void Report(ImageProgress value) =>
            progress?.Report(value.Stage == ImageStage.Layers ? ConversionStep.Layers : ConversionStep.FileSystem, value.BytesDone, value.BytesTotal);

        public void Report(long value) => progress?.Report(ConversionStep.Write, value, total);
    }
}
