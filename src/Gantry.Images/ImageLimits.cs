namespace Gantry.Images;

/// <summary>Bounds on what an image may ask for. Every one is checked before the memory or disk is spent.</summary>
public sealed record ImageLimits
{
    /// <summary>The bounds used when none are given.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>Largest index, manifest or image configuration in bytes.</summary>
    public int MaxJsonBytes { get; init; } = 4 << 20;
    /// <summary>Largest number of layers in one image.</summary>
    public int MaxLayers { get; init; } = 512;
    /// <summary>How deep an index may nest in indexes.</summary>
    public int MaxIndexDepth { get; init; } = 4;
    /// <summary>Largest layer blob in bytes as stored (compressed).</summary>
    public long MaxBlobBytes { get; init; } = 32L << 30;
    /// <summary>Largest layer in bytes after decompression.</summary>
    public long MaxLayerBytes { get; init; } = 64L << 30;
    /// <summary>Largest number of tar entries, all layers added up.</summary>
    public int MaxEntries { get; init; } = 4_000_000;
    /// <summary>Largest sum of file sizes as the guest sees them (holes of sparse files count), all layers added up, in bytes.</summary>
    public long MaxContentBytes { get; init; } = 64L << 30;
    /// <summary>Largest sum of names, link targets and extended attributes held in memory, all layers added up, in bytes.</summary>
    public long MaxMetadataBytes { get; init; } = 256L << 20;
    /// <summary>Largest PAX header or GNU long name in bytes.</summary>
    public int MaxTarHeaderBytes { get; init; } = 1 << 20;
    /// <summary>Largest number of data segments of one sparse file.</summary>
    public int MaxSparseSegments { get; init; } = 1 << 16;
    /// <summary>Largest depth of folders in the merged tree.</summary>
    public int MaxDepth { get; init; } = 1000;
}
