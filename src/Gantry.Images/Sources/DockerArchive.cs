using Gantry.Images.Model;

namespace Gantry.Images.Sources;

/// <summary>An archive as <c>docker save</c> and skopeo's <c>docker-archive:</c> write it (Docker image specification v1.2).</summary>
internal sealed class DockerArchive(IFileSet files, ImageOptions options)
{
    public const string ManifestName = "manifest.json";

    /// <summary>The image with <paramref name="tag"/> (<c>name:tag</c>, or <c>@N</c> for the N-th); without it, the only one or the platform's.</summary>
    public async ValueTask<ResolvedImage> ResolveAsync(string? tag, string reference, CancellationToken cancellation)
    {
        var json = await ReadAsync(ManifestName, null, cancellation).ConfigureAwait(false);
        var items = ImageJson.Parse(json, ImageJson.Default.ListDockerArchiveItem, ManifestName);
        var candidates = Select(items, tag);
        ResolvedImage? best = null;
        ImageException? refusal = null;
        foreach (var item in candidates)
        {
            try
            {
                var image = await ReadImageAsync(item, reference, cancellation).ConfigureAwait(false);
                if (best is not null)
                    throw new ImageException(ImageError.InvalidReference, $"{files.Name} holds several images, choose one: {Names(items)}");
                best = image;
            }
            catch (ImageException e) when (e.Error == ImageError.NoMatchingPlatform)
            {
                refusal = e;
            }
        }
        return best ?? throw refusal ?? new ImageException(ImageError.NotFound, $"{files.Name} has no image \"{tag}\"; it has: {Names(items)}");
    }

    private static List<DockerArchiveItem> Select(List<DockerArchiveItem> items, string? tag)
    {
        if (tag is null) return items;
        if (tag.StartsWith('@') && int.TryParse(tag.AsSpan(1), out var index))
            return index >= 0 && index < items.Count ? [items[index]] : [];
        var full = tag.Contains(':', StringComparison.Ordinal) ? tag : tag + ":latest";
        return items.Where(item => item?.RepoTags?.Any(t => SameTag(t, full)) == true).ToList();
    }

    // docker save writes busybox:1, skopeo docker.io/library/busybox:1.
    private static bool SameTag(string? stored, string asked) => stored is not null && Shorten(stored) == Shorten(asked);

    private static string Shorten(string tag)
    {
        foreach (var prefix in (string[])["docker.io/library/", "docker.io/", "library/"])
            if (tag.StartsWith(prefix, StringComparison.Ordinal)) return tag[prefix.Length..];
        return tag;
    }

    private static string Names(List<DockerArchiveItem> items) =>
        string.Join(", ", items.Take(20).Select((item, i) => item?.RepoTags is [{ } first, ..] ? Printable.Of(first) : $"@{i}"));

    private async ValueTask<ResolvedImage> ReadImageAsync(DockerArchiveItem? item, string reference, CancellationToken cancellation)
    {
        if (item?.Config is not { } configName || item.Layers is not { } layers)
            throw new ImageException(ImageError.InvalidManifest, $"{ManifestName} of {files.Name} names no Config or Layers");
        var json = await ReadAsync(configName, DigestInName(configName), cancellation).ConfigureAwait(false);
        var config = ImageJson.Parse(json, ImageJson.Default.ImageConfig, configName);
        var platform = ManifestResolver.PlatformOf(config);
        ManifestResolver.CheckPlatform(platform, reference, options);
        var diffIds = ManifestResolver.DiffIds(config, layers.Count, options.Limits);
        return new ResolvedImage
        {
            Reference = reference,
            Platform = platform,
            Config = config,
            Layers = [.. layers.Select((name, i) => Layer(name, diffIds[i]))],
            Owner = files,
        };
    }

    private ImageLayer Layer(string? name, Digest diffId)
    {
        // What the layer's bytes must be, its diff_id says; the member's name may add the stored blob's digest.
        if (name is null) throw new ImageException(ImageError.InvalidManifest, $"{ManifestName} of {files.Name} names no layer");
        return new ImageLayer($"layer {Printable.Of(name)}", name.StartsWith("blobs/sha256/", StringComparison.Ordinal) ? DigestInName(name) : null,
            null, diffId, _ => ValueTask.FromResult(Open(name)));
    }

    /// <summary>The digest that a member named <c>DIGITS.json</c> or <c>blobs/sha256/DIGITS</c> must have.</summary>
    private static Digest? DigestInName(string name)
    {
        var file = name[(name.LastIndexOf('/') + 1)..];
        return Digest.FromSha256Hex(file.EndsWith(".json", StringComparison.Ordinal) ? file[..^5] : file);
    }

    private Stream Open(string name) =>
        files.Open(name) ?? throw new ImageException(ImageError.NotFound, $"{files.Name} lacks its member {Printable.Of(name)}");

    private async ValueTask<byte[]> ReadAsync(string name, Digest? digest, CancellationToken cancellation) =>
        await BoundedRead.AllAsync(Open(name), Printable.Of(name), digest, null, options.Limits.MaxJsonBytes, cancellation).ConfigureAwait(false);
}
