using Gantry.Images.Layers;
using Gantry.Images.Model;
using Gantry.Images.Registry;
using Gantry.Images.Sources;

namespace Gantry.Images;

/// <summary>Opens images by the references skopeo's users know; docs/images.md lists them.</summary>
public static class ImageSource
{
    /// <summary>
    /// Finds the image <paramref name="reference"/> names and reads its manifest and configuration; layers are not fetched yet.
    /// Throws <see cref="ImageException"/> with what is wrong and what to write instead.
    /// </summary>
    public static async Task<ResolvedImage> OpenAsync(string reference, ImageOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ImageOptions();
        var (transport, rest) = Split(reference);
        switch (transport)
        {
            case "docker":
                if (!rest.StartsWith("//", StringComparison.Ordinal)) throw Invalid($"write docker://{rest}, with two slashes");
                return await RegistrySource.OpenAsync(RegistryReference.Parse(rest[2..]), reference, options, cancellation).ConfigureAwait(false);
            case "oci":
                var (layout, layoutTag) = SplitTag(rest);
                RequireFolder(layout);
                return await new OciLayout(new FolderFiles(layout), options).ResolveAsync(layoutTag, reference, cancellation).ConfigureAwait(false);
            case "oci-archive" or "docker-archive":
                var (archive, archiveTag) = SplitTag(rest);
                RequireFile(archive);
                return await OpenArchiveAsync(archive, transport, archiveTag, reference, options, cancellation).ConfigureAwait(false);
            case "dir":
                RequireFolder(rest);
                return IsSkopeoDirectory(rest)
                    ? await new SkopeoDirectory(new FolderFiles(rest), options).ResolveAsync(reference, cancellation).ConfigureAwait(false)
                    : OpenFolder(rest, reference, options);
            case "rootfs":
                return Directory.Exists(rest) ? OpenFolder(rest, reference, options) : OpenRootTar(rest, reference, options);
            default:
                return await OpenPathAsync(rest, reference, options, cancellation).ConfigureAwait(false);
        }
    }

    private static async ValueTask<ResolvedImage> OpenPathAsync(string path, string reference, ImageOptions options, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
        {
            if (File.Exists(Path.Combine(path, "oci-layout")))
                return await new OciLayout(new FolderFiles(path), options).ResolveAsync(null, reference, cancellation).ConfigureAwait(false);
            if (IsSkopeoDirectory(path))
                return await new SkopeoDirectory(new FolderFiles(path), options).ResolveAsync(reference, cancellation).ConfigureAwait(false);
            return OpenFolder(path, reference, options);
        }
        if (!File.Exists(path))
            throw new ImageException(ImageError.NotFound, $"there is no file or folder \"{Printable.Of(path)}\"; an image in a registry is written docker://{Printable.Of(path)}");
        return await OpenArchiveAsync(path, null, null, reference, options, cancellation).ConfigureAwait(false);
    }

    /// <summary>Opens an archive; without a transport, its members tell what it is.</summary>
    private static async ValueTask<ResolvedImage> OpenArchiveAsync(
        string path, string? transport, string? tag, string reference, ImageOptions options, CancellationToken cancellation)
    {
        if (transport is null && !await LooksLikeImageArchiveAsync(path, options, cancellation).ConfigureAwait(false))
            return OpenRootTar(path, reference, options);
        var files = await ArchiveFiles.OpenAsync(path, options, cancellation).ConfigureAwait(false);
        try
        {
            var isOci = transport is null ? files.Contains("oci-layout") : transport == "oci-archive";
            return isOci
                ? await new OciLayout(files, options).ResolveAsync(tag, reference, cancellation).ConfigureAwait(false)
                : await new DockerArchive(files, options).ResolveAsync(tag, reference, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await files.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private const int MaxMembersToLookAt = 10_000; // Image archives have few and large members, root file systems many and small ones.

    /// <summary>Looks for a member only image archives have at their top.</summary>
    private static async ValueTask<bool> LooksLikeImageArchiveAsync(string path, ImageOptions options, CancellationToken cancellation)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        await using (file.ConfigureAwait(false))
        {
            var opened = await Decompression.OpenAsync(file, cancellation).ConfigureAwait(false);
            if (!Decompression.IsCompressed(opened)) file.Position = 0;
            var reader = new Tar.TarReader(Decompression.IsCompressed(opened) ? opened : file, options.Limits);
            for (var i = 0; i < MaxMembersToLookAt && await reader.NextAsync(cancellation).ConfigureAwait(false) is { } entry; i++)
                if (entry.Type == Tar.TarEntryType.Regular && entry.Name.TrimStart('.', '/') is ("oci-layout" or DockerArchive.ManifestName)) return true;
            return false;
        }
    }

    private static ResolvedImage OpenFolder(string path, string reference, ImageOptions options) => new()
    {
        Reference = reference,
        Platform = options.Platforms is [var first, ..] ? first : null,
        Config = new ImageConfig(),
        Layers = [],
        HostFolder = path,
    };

    private static ResolvedImage OpenRootTar(string path, string reference, ImageOptions options)
    {
        RequireFile(path);
        return new ResolvedImage
        {
            Reference = reference,
            Platform = options.Platforms is [var first, ..] ? first : null,
            Config = new ImageConfig(),
            Layers =
            [
                new ImageLayer(Path.GetFileName(path), null, null, null,
                    _ => ValueTask.FromResult<Stream>(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16))),
            ],
        };
    }

    private static bool IsSkopeoDirectory(string path) => File.Exists(Path.Combine(path, "version")) && File.Exists(Path.Combine(path, "manifest.json"));

    private static (string? Transport, string Name) Split(string reference)
    {
        var colon = reference.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 1) return (null, reference); // One letter is a Windows drive.
        var transport = reference[..colon];
        return transport switch
        {
            "docker" or "oci" or "oci-archive" or "docker-archive" or "dir" or "rootfs" => (transport, reference[(colon + 1)..]),
            "docker-daemon" or "containers-storage" or "ostree" or "sif" =>
                throw Invalid($"the transport {transport}: is not supported; save the image first: skopeo copy {reference} oci-archive:image.tar"),
            _ => (null, reference),
        };
    }

    /// <summary>Splits PATH[:TAG] at the first colon as skopeo does, Windows drives left alone.</summary>
    private static (string Path, string? Tag) SplitTag(string text)
    {
        var start = text.Length > 2 && char.IsAsciiLetter(text[0]) && text[1] == ':' && text[2] is ('\\' or '/') ? 2 : 0;
        var colon = text.IndexOf(':', start);
        return colon < 0 || colon == text.Length - 1 ? (text.TrimEnd(':'), null) : (text[..colon], text[(colon + 1)..]);
    }

    private static void RequireFolder(string path)
    {
        if (!Directory.Exists(path)) throw new ImageException(ImageError.NotFound, $"there is no folder \"{Printable.Of(path)}\"");
    }

    private static void RequireFile(string path)
    {
        if (!File.Exists(path)) throw new ImageException(ImageError.NotFound, $"there is no file \"{Printable.Of(path)}\"");
    }

    private static ImageException Invalid(string message) => new(ImageError.InvalidReference, message);
}
