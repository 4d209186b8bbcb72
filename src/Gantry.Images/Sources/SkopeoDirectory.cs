namespace Gantry.Images.Sources;

/// <summary>
/// A folder as skopeo's <c>dir:</c> transport writes it: <c>version</c>, <c>manifest.json</c>, blobs named by their digits, and the
/// manifests of an index as <c>DIGITS.manifest.json</c>.
/// </summary>
internal sealed class SkopeoDirectory(FolderFiles files, ImageOptions options) : IBlobSource
{
    /// <summary>The image in the folder.</summary>
    public async ValueTask<ResolvedImage> ResolveAsync(string reference, CancellationToken cancellation)
    {
        var stream = files.Open("manifest.json") ?? throw new ImageException(ImageError.NotFound, $"{files.Name} has no manifest.json: not a folder made by skopeo's dir: transport");
        var json = await BoundedRead.AllAsync(stream, "manifest.json", null, null, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
        return await new ManifestResolver(this, reference, options).ResolveAsync(json, cancellation).ConfigureAwait(false);
    }

    public ValueTask<Stream> OpenManifestAsync(Digest digest, CancellationToken cancellation) => Open($"{digest.Hex}.manifest.json", digest);

    public ValueTask<Stream> OpenBlobAsync(Digest digest, CancellationToken cancellation) => Open(digest.Hex, digest);

    public ValueTask DisposeAsync() => files.DisposeAsync();

    private ValueTask<Stream> Open(string name, Digest digest) =>
        ValueTask.FromResult(files.Open(name) ?? throw new ImageException(ImageError.NotFound, $"{files.Name} lacks {digest}"));
}
