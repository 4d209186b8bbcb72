namespace Gantry.Images.Sources;

/// <summary>Where manifests and blobs come from. Nothing it returns is verified yet.</summary>
internal interface IBlobSource : IAsyncDisposable
{
    /// <summary>Opens a manifest or index by digest.</summary>
    ValueTask<Stream> OpenManifestAsync(Digest digest, CancellationToken cancellation);

    /// <summary>Opens a configuration or layer by digest.</summary>
    ValueTask<Stream> OpenBlobAsync(Digest digest, CancellationToken cancellation);
}
