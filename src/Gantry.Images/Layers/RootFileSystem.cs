using System.Text;
using Gantry.Images.Sources;

namespace Gantry.Images.Layers;

/// <summary>The merged root file system of an image: metadata in memory, file data in a spool until disposed.</summary>
public sealed class RootFileSystem : IAsyncDisposable
{
    private readonly ContentSpool? _spool;

    private RootFileSystem(DirectoryInode root, ContentSpool? spool, string identity)
    {
        Root = root;
        _spool = spool;
        Identity = identity;
    }

    /// <summary>The root folder.</summary>
    public DirectoryInode Root { get; }

    /// <summary>Names the content: equal for equal layers (their uncompressed digests); for a host folder, empty.</summary>
    public string Identity { get; }

    /// <summary>
    /// Fetches, verifies and applies all layers of <paramref name="image"/>, lowest first; or reads the host's folder if it is one.
    /// Throws <see cref="ImageException"/> for whatever is wrong with them.
    /// </summary>
    public static async Task<RootFileSystem> MergeAsync(
        ResolvedImage image, ImageOptions? options = null, IProgress<ImageProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new ImageOptions();
        var tree = new TreeBuilder(options.Limits);
        if (image.HostFolder is { } folder)
        {
            if (!OperatingSystem.IsLinux())
                throw new ImageException(ImageError.Unsupported, "a folder's owners, devices and attributes can only be read on Linux; pack it as a tar archive there");
            HostFolder.Read(folder, tree);
            tree.CountLinks();
            return new RootFileSystem(tree.Root, null, "");
        }
        var spool = new ContentSpool((options.CreateSpool ?? ContentSpool.CreateTemporaryFile)());
        try
        {
            var applier = new LayerApplier(tree, spool, options.Limits);
            var identity = new StringBuilder();
            for (var i = 0; i < image.Layers.Count; i++)
            {
                if (i > 0) tree.NextLayer();
                var index = i;
                var layer = image.Layers[i];
                var digest = await ApplyAsync(layer, applier, options.Limits,
                    done => progress?.Report(new ImageProgress(ImageStage.Layers, index, image.Layers.Count, done, layer.Size)), cancellation).ConfigureAwait(false);
                identity.Append(digest).Append('\n');
            }
            tree.CountLinks();
            return new RootFileSystem(tree.Root, spool, identity.ToString());
        }
        catch
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Finds an inode by an absolute path in ordinary text, following symbolic links inside the root; null if there is none.</summary>
    public Inode? Find(string path)
    {
        var rest = new Stack<string>(Printable.ToName(path).Split('/').Reverse());
        Inode current = Root;
        for (var links = 0; rest.TryPop(out var name);)
        {
            if (name is "" or ".") continue;
            if (current is not DirectoryInode directory) return null;
            if (name == "..") { current = directory.Parent; continue; }
            if (directory.Find(name) is not { } found) return null;
            current = found;
            if (found is not SymbolicLinkInode link) continue;
            if (++links > 40) return null;
            current = link.Target.StartsWith('/') ? Root : directory;
            foreach (var part in link.Target.Split('/').Reverse()) rest.Push(part);
        }
        return current;
    }

    /// <summary>The bytes of a regular file of at most <paramref name="limit"/> bytes; null when there is no such file.</summary>
    public async ValueTask<byte[]?> ReadFileAsync(string path, int limit, CancellationToken cancellation = default)
    {
        if (Find(path) is not RegularInode file || file.Content.Length > limit) return null;
        var data = new byte[file.Content.Length];
        await file.Content.ReadAsync(0, data, cancellation).ConfigureAwait(false);
        return data;
    }

    /// <summary>The platform the tree's programs are for, told from the first usual program it has; null when none tells.</summary>
    public async ValueTask<Platform?> DetectPlatformAsync(CancellationToken cancellation = default)
    {
        foreach (var path in (string[])["/bin/sh", "/bin/busybox", "/usr/bin/env", "/sbin/init", "/lib/ld-linux.so.2", "/lib64/ld-linux-x86-64.so.2"])
        {
            if (Find(path) is not RegularInode { Content.Length: >= ElfPlatform.HeaderSize } program) continue;
            var header = new byte[ElfPlatform.HeaderSize];
            await program.Content.ReadAsync(0, header, cancellation).ConfigureAwait(false);
            if (ElfPlatform.Of(header) is { } platform) return platform;
        }
        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _spool?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Applies one layer and returns the digest of its uncompressed bytes.</summary>
    private static async ValueTask<string> ApplyAsync(
        ImageLayer layer, LayerApplier applier, ImageLimits limits, Action<long> advanced, CancellationToken cancellation)
    {
        var blob = new VerifyingStream(await layer.OpenAsync(cancellation).ConfigureAwait(false), layer.Name, layer.Digest, layer.Size, limits.MaxBlobBytes)
        {
            Advanced = advanced,
        };
        await using (blob.ConfigureAwait(false))
        {
            var plain = new VerifyingStream(await Decompression.OpenAsync(blob, cancellation).ConfigureAwait(false),
                $"{layer.Name} uncompressed", layer.DiffId, null, limits.MaxLayerBytes) { AlwaysHash = true };
            await using (plain.ConfigureAwait(false))
            {
                await applier.ApplyAsync(plain, cancellation).ConfigureAwait(false);
                await plain.DrainAsync(cancellation).ConfigureAwait(false);
                await blob.DrainAsync(cancellation).ConfigureAwait(false);
                return plain.ActualDigest!;
            }
        }
    }
}
