using Gantry.Images.Model;

namespace Gantry.Images.Sources;

/// <summary>An OCI image layout (image-spec "image-layout.md"), as a folder or in an archive.</summary>
internal sealed class OciLayout(IFileSet files, ImageOptions options) : IBlobSource
{
    private const string RefName = "org.opencontainers.image.ref.name", ContainerdName = "io.containerd.image.name";

    /// <summary>The image with <paramref name="tag"/>; without one, the layout must hold only one, or one for the platform.</summary>
    public async ValueTask<ResolvedImage> ResolveAsync(string? tag, string reference, CancellationToken cancellation)
    {
        var layout = ImageJson.Parse(await ReadAsync("oci-layout", cancellation).ConfigureAwait(false), ImageJson.Default.OciLayoutFile, "oci-layout");
        if (layout.Version?.StartsWith("1.", StringComparison.Ordinal) != true)
            throw new ImageException(ImageError.Unsupported, $"{files.Name}: image layout version {Printable.Of(layout.Version ?? "?")} is not supported");
        var json = await ReadAsync("index.json", cancellation).ConfigureAwait(false);
        var resolver = new ManifestResolver(this, reference, options);
        if (tag is null) return await resolver.ResolveAsync(json, cancellation).ConfigureAwait(false);

        var index = ImageJson.Parse(json, ImageJson.Default.ManifestDocument, "index.json");
        var tagged = (index.Manifests ?? []).Where(m => m?.Annotations is { } a && HasTag(a, tag)).ToList();
        if (tagged.Count == 0)
        {
            var names = (index.Manifests ?? []).Select(m => m?.Annotations?.GetValueOrDefault(RefName)).OfType<string>().Take(20).Select(Printable.Of);
            throw new ImageException(ImageError.NotFound, $"{files.Name} has no image tagged \"{tag}\"; it has: {string.Join(", ", names)}");
        }
        if (tagged.Count > 1) throw new ImageException(ImageError.InvalidManifest, $"{files.Name} has {tagged.Count} images tagged \"{tag}\"");
        var digest = tagged[0]!.ParsedDigest;
        var manifest = await BoundedRead.AllAsync(await OpenManifestAsync(digest, cancellation).ConfigureAwait(false),
            $"manifest {digest}", digest, tagged[0]!.CheckedSize, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
        return await resolver.ResolveAsync(manifest, cancellation).ConfigureAwait(false);
    }

    public ValueTask<Stream> OpenManifestAsync(Digest digest, CancellationToken cancellation) => OpenBlobAsync(digest, cancellation);

    public ValueTask<Stream> OpenBlobAsync(Digest digest, CancellationToken cancellation) =>
        ValueTask.FromResult(files.Open($"blobs/{digest.Algorithm}/{digest.Hex}")
            ?? throw new ImageException(ImageError.NotFound, $"{files.Name} lacks the blob {digest}"));

    public ValueTask DisposeAsync() => files.DisposeAsync();

    private static bool HasTag(IReadOnlyDictionary<string, string> annotations, string tag) =>
        annotations.GetValueOrDefault(RefName) == tag || annotations.GetValueOrDefault(ContainerdName) == tag;

    private async ValueTask<byte[]> ReadAsync(string name, CancellationToken cancellation)
    {
        var stream = files.Open(name) ?? throw new ImageException(ImageError.NotFound, $"{files.Name} is not an OCI image layout: it has no {name}");
        return await BoundedRead.AllAsync(stream, name, null, null, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
    }
}
