using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Converter.Format;

/// <summary>A range of the file, in bytes.</summary>
public record FileRange
{
    public long Offset { get; init; }
    public long Length { get; init; }
}

/// <summary>A range and the lower-case hex SHA-256 of its bytes.</summary>
public record DigestedRange : FileRange
{
    public string Sha256 { get; init; } = ModuleIndex.NoDigest;
}

/// <summary>The machine that the module holds.</summary>
public sealed record MachineIndex
{
    public uint Interface { get; init; }
    public uint Control { get; init; } = 1;
    public ulong Memory { get; init; }
    public string Kernel { get; init; } = "";
    public string CommandLine { get; init; } = "";
    public IReadOnlyList<string> Ports { get; init; } = [];
    public IReadOnlyList<string> Mounts { get; init; } = [];
    public bool Network { get; init; }
    public string Mac { get; init; } = "";
}

/// <summary>The engine's sections.</summary>
public sealed record EngineIndex : DigestedRange
{
    /// <summary>Digest of the engine module before conversion.</summary>
    public string Source { get; init; } = "";
    public int Segments { get; init; }
    public uint MemoryPages { get; init; }
}

/// <summary>The snapshot's segments.</summary>
public sealed record SnapshotIndex : DigestedRange
{
    public FileRange Table { get; init; } = new();

    /// <summary>The same bytes, compressed with gzip; null in modules of an older converter.</summary>
    public FileRange? Packed { get; init; }
    public int Segments { get; init; }

    /// <summary>Bytes of the segments themselves.</summary>
    public long Bytes { get; init; }
}

/// <summary>The root file system.</summary>
public sealed record DiskIndex : FileRange
{
    public ulong Size { get; init; }
    public string? External { get; init; }
    public int ChunkSize { get; init; }
    public DigestedRange Digests { get; init; } = new();
}

/// <summary>Where the image came from.</summary>
public sealed record ImageIndex
{
    public string Reference { get; init; } = "";
    public string? Digest { get; init; }
}

/// <summary>The image's platform.</summary>
public sealed record PlatformIndex
{
    public string Os { get; init; } = "linux";
    public string Architecture { get; init; } = "";
    public string? Variant { get; init; }
}

/// <summary>The JSON in custom section <c>gantry.index</c> (docs/out-wasm.md).</summary>
public sealed record ModuleIndex
{
    /// <summary>The format this code writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Stands where a digest will be: as long as one.</summary>
    public const string NoDigest = "0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
    };

    private static readonly JsonSerializerOptions IndentedJson = new(Json) { WriteIndented = true };

    public int Format { get; init; }
    public string Generator { get; init; } = "";
    public PlatformIndex Platform { get; init; } = new();
    public MachineIndex Machine { get; init; } = new();
    public EngineIndex Engine { get; init; } = new();
    public FileRange Config { get; init; } = new();
    public DigestedRange? KernelImage { get; init; }
    public DigestedRange? Initrd { get; init; }
    public SnapshotIndex? Snapshot { get; init; }
    public DiskIndex Disk { get; init; } = new();
    public ContainerConfig Container { get; init; } = new();
    public ImageIndex Image { get; init; } = new();

    /// <summary>The JSON in UTF-8.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>The JSON for people.</summary>
    public string ToIndentedJson() => JsonSerializer.Serialize(this, IndentedJson);

    /// <summary>Reads the JSON; spaces may follow.</summary>
    /// <exception cref="ConverterException">It is damaged or of a format that this version does not know.</exception>
    public static ModuleIndex FromJson(ReadOnlySpan<byte> json)
    {
        ModuleIndex? index;
        try
        {
            index = JsonSerializer.Deserialize<ModuleIndex>(json, Json);
        }
        catch (JsonException exception)
        {
            throw new ConverterException($"the module's index is damaged ({exception.Path}): convert the image again", exception);
        }

        if (index?.Format != CurrentFormat)
            throw new ConverterException($"the module has format {index?.Format}, this gantry knows {CurrentFormat}: convert the image again");
        return index;
    }
}
