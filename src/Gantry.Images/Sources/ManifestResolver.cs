using Gantry.Images.Model;

namespace Gantry.Images.Sources;

/// <summary>From an index or manifest to one image: platform choice, nested indexes, configuration and layers.</summary>
internal sealed class ManifestResolver(IBlobSource source, string reference, ImageOptions options)
{
    private readonly ImageLimits _limits = options.Limits;

    /// <summary>Resolves the document <paramref name="json"/>, whose digest was checked by whoever read it.</summary>
    public async ValueTask<ResolvedImage> ResolveAsync(byte[] json, CancellationToken cancellation)
    {
        var digest = Digest.Sha256(json);
        for (var depth = 0; ; depth++)
        {
            var document = ImageJson.Parse(json, ImageJson.Default.ManifestDocument, $"manifest {digest}");
            if (document.SchemaVersion == 1)
                throw new ImageException(ImageError.Unsupported, "the image has Docker's schema 1 manifest, obsolete since 2016: push it again with a current tool");
            if (document.Manifests is null) return await ReadManifestAsync(document, digest, cancellation).ConfigureAwait(false);
            if (document.Layers is not null || document.Config is not null)
                throw new ImageException(ImageError.InvalidManifest, $"manifest {digest} is an index and a manifest at once");
            if (depth >= _limits.MaxIndexDepth) throw new ImageException(ImageError.LimitExceeded, $"indexes are nested deeper than {_limits.MaxIndexDepth}");
            var chosen = await ChooseAsync(document.Manifests, cancellation).ConfigureAwait(false);
            digest = chosen.ParsedDigest;
            json = await ReadDocumentAsync(chosen, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The manifest an index offers for the first platform asked for that it has.</summary>
    private async ValueTask<Descriptor> ChooseAsync(IReadOnlyList<Descriptor?> manifests, CancellationToken cancellation)
    {
        var candidates = manifests.Where(m => m is not null && !IsAttestation(m)).Select(m => m!).ToList();
        foreach (var wanted in options.Platforms)
        {
            var best = candidates.Where(c => c.Platform?.ToPlatform() is { } offered && wanted.Match(offered) > 0)
                .MaxBy(c => wanted.Match(c.Platform!.ToPlatform()!)); // The first of equals.
            if (best is not null) return best;
        }
        // Entries without a platform: an index in an index, or layouts made by tools which leave it to the configuration.
        var silent = candidates.Where(c => c.Platform?.ToPlatform() is null).ToList();
        if (candidates.Count == 1 && (silent.Count == 1 || options.Platforms.Count == 0)) return candidates[0];
        if (silent.Count == 1 && options.Platforms.Count > 0) return silent[0];
        foreach (var wanted in options.Platforms)
            foreach (var candidate in silent)
                if (await PlatformOfAsync(candidate, cancellation).ConfigureAwait(false) is { } offered && wanted.Match(offered) > 0) return candidate;
        var names = candidates.Select(c => Printable.Of(c.Platform?.ToPlatform()?.ToString() ?? "unnamed")).Distinct().Take(30);
        throw new ImageException(ImageError.NoMatchingPlatform, options.Platforms.Count == 0
            ? $"{reference} is for several platforms, choose one of: {string.Join(", ", names)}"
            : $"{reference} is not for {string.Join(" or ", options.Platforms)}, only for: {string.Join(", ", names)}");
    }

    /// <summary>The platform a manifest's configuration names; null for an index.</summary>
    private async ValueTask<Platform?> PlatformOfAsync(Descriptor manifest, CancellationToken cancellation)
    {
        var json = await ReadDocumentAsync(manifest, cancellation).ConfigureAwait(false);
        var document = ImageJson.Parse(json, ImageJson.Default.ManifestDocument, $"manifest {manifest.ParsedDigest}");
        if (document.Config is null) return null;
        return PlatformOf(await ReadConfigAsync(document.Config, cancellation).ConfigureAwait(false));
    }

    private static bool IsAttestation(Descriptor descriptor) =>
        descriptor.Annotations?.ContainsKey("vnd.docker.reference.type") == true || descriptor.Platform is { Os: "unknown" };

    private async ValueTask<ResolvedImage> ReadManifestAsync(ManifestDocument manifest, Digest digest, CancellationToken cancellation)
    {
        if (manifest.Config is not { } configDescriptor || manifest.Layers is not { } layers)
            throw new ImageException(ImageError.InvalidManifest, $"manifest {digest} has no config or no layers");
        var config = await ReadConfigAsync(configDescriptor, cancellation).ConfigureAwait(false);
        var platform = PlatformOf(config);
        CheckPlatform(platform, reference, options);
        return new ResolvedImage
        {
            Reference = reference,
            Platform = platform,
            Config = config,
            ManifestDigest = digest,
            Layers = [.. Layers(layers, config)],
            Owner = source,
        };
    }

    private IEnumerable<ImageLayer> Layers(IReadOnlyList<Descriptor?> layers, ImageConfig config)
    {
        var diffIds = DiffIds(config, layers.Count, _limits);
        for (var i = 0; i < layers.Count; i++)
        {
            if (layers[i] is not { } layer || !MediaTypes.IsLayer(layer.MediaType))
                throw new ImageException(ImageError.Unsupported, $"layers of type \"{Printable.Of(layers[i]?.MediaType ?? "")}\" are not supported");
            var digest = layer.ParsedDigest;
            yield return new ImageLayer($"layer {digest}", digest, layer.CheckedSize, diffIds[i], c => source.OpenBlobAsync(digest, c));
        }
    }

    /// <summary>The configuration's diff_ids, which must be as many as there are layers.</summary>
    public static IReadOnlyList<Digest> DiffIds(ImageConfig config, int layers, ImageLimits limits)
    {
        if (layers > limits.MaxLayers) throw new ImageException(ImageError.LimitExceeded, $"the image has more than {limits.MaxLayers} layers");
        var diffIds = config.RootFs?.DiffIds ?? [];
        if (diffIds.Count != layers)
            throw new ImageException(ImageError.InvalidManifest, $"the image has {layers} layers, its configuration lists {diffIds.Count}");
        return [.. diffIds.Select(Digest.Parse)];
    }

    public static Platform? PlatformOf(ImageConfig config) =>
        new PlatformRecord { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant }.ToPlatform();

    /// <summary>Throws when platforms were asked for and the image's is none of them.</summary>
    public static void CheckPlatform(Platform? platform, string reference, ImageOptions options)
    {
        if (platform is null) throw new ImageException(ImageError.InvalidManifest, $"{reference}: its configuration names no os and architecture");
        if (options.Platforms.Count > 0 && options.Platforms.All(wanted => wanted.Match(platform) == 0))
            throw new ImageException(ImageError.NoMatchingPlatform, $"{reference} is for {Printable.Of(platform.ToString())}, not for {string.Join(" or ", options.Platforms)}");
    }

    private async ValueTask<ImageConfig> ReadConfigAsync(Descriptor descriptor, CancellationToken cancellation)
    {
        if (!MediaTypes.IsConfig(descriptor.MediaType))
            throw new ImageException(ImageError.Unsupported, $"not a container image: its configuration is of type \"{Printable.Of(descriptor.MediaType ?? "")}\"");
        var digest = descriptor.ParsedDigest;
        var stream = await source.OpenBlobAsync(digest, cancellation).ConfigureAwait(false);
        var json = await BoundedRead.AllAsync(stream, $"configuration {digest}", digest, descriptor.CheckedSize, _limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
        return ImageJson.Parse(json, ImageJson.Default.ImageConfig, $"configuration {digest}");
    }

    private async ValueTask<byte[]> ReadDocumentAsync(Descriptor descriptor, CancellationToken cancellation)
    {
        var digest = descriptor.ParsedDigest;
        var stream = await source.OpenManifestAsync(digest, cancellation).ConfigureAwait(false);
        return await BoundedRead.AllAsync(stream, $"manifest {digest}", digest, descriptor.CheckedSize, _limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
    }
}
