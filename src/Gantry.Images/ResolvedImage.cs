using Gantry.Images.Model;

namespace Gantry.Images;

/// <summary>A layer: its blob can be opened any number of times; the reader checks digest and size.</summary>
public sealed class ImageLayer(string name, Digest? digest, long? size, Digest? diffId, Func<CancellationToken, ValueTask<Stream>> open)
{
    /// <summary>For messages: "layer sha256:…" or an archive's member.</summary>
    public string Name { get; } = name;
    /// <summary>Digest of the blob as stored; null in archives that do not tell.</summary>
    public Digest? Digest { get; } = digest;
    /// <summary>Size of the blob as stored in bytes; null when not known beforehand.</summary>
    public long? Size { get; } = size;
    /// <summary>Digest of the uncompressed bytes, from the image's configuration.</summary>
    public Digest? DiffId { get; } = diffId;

    /// <summary>Opens the blob, not yet verified. The stream is read forwards, asynchronously.</summary>
    public ValueTask<Stream> OpenAsync(CancellationToken cancellation) => open(cancellation);
}

/// <summary>One image for one platform, ready to be merged. Dispose when its layers are no longer needed.</summary>
public sealed class ResolvedImage : IAsyncDisposable
{
    /// <summary>What was asked for, as given.</summary>
    public required string Reference { get; init; }
    /// <summary>The platform of the image's configuration; null when the source is a plain root file system.</summary>
    public required Platform? Platform { get; init; }
    /// <summary>The configuration; empty for a plain root file system.</summary>
    public required ImageConfig Config { get; init; }
    /// <summary>Layers, lowest first.</summary>
    public required IReadOnlyList<ImageLayer> Layers { get; init; }
    /// <summary>Digest of the manifest, where the source has one.</summary>
    public Digest? ManifestDigest { get; init; }
    /// <summary>The host's folder that is the root file system, instead of layers.</summary>
    public string? HostFolder { get; init; }

    internal IAsyncDisposable? Owner { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Owner?.DisposeAsync() ?? ValueTask.CompletedTask;
}
