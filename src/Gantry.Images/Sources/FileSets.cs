using Gantry.Images.Layers;
using Gantry.Images.Tar;

namespace Gantry.Images.Sources;

/// <summary>Named files: a folder's, or an archive's members.</summary>
internal interface IFileSet : IAsyncDisposable
{
    /// <summary>Opens a file by its relative path with <c>/</c>; null when there is none.</summary>
    Stream? Open(string path);

    /// <summary>For messages.</summary>
    string Name { get; }
}

internal sealed class FolderFiles(string folder) : IFileSet
{
    public string Name => folder;

    public Stream? Open(string path)
    {
        try
        {
            return new FileStream(Path.Combine(folder, path), FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The members of a tar archive, indexed once; compressed archives are unpacked into a spool first.</summary>
internal sealed class ArchiveFiles : IFileSet
{
    private const int MaxMembers = 100_000, MaxLinks = 8;
    private readonly Stream _archive;
    private readonly Dictionary<string, (long Offset, long Length, string? Link)> _members = new(StringComparer.Ordinal);

    private ArchiveFiles(string name, Stream archive) => (Name, _archive) = (name, archive);

    public string Name { get; }

    /// <summary>Indexes the archive at <paramref name="path"/>.</summary>
    public static async ValueTask<ArchiveFiles> OpenAsync(string path, ImageOptions options, CancellationToken cancellation)
    {
        Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try
        {
            file = await UnpackAsync(file, path, options, cancellation).ConfigureAwait(false);
            var files = new ArchiveFiles(path, file);
            await files.IndexAsync(options.Limits, cancellation).ConfigureAwait(false);
            return files;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the archive has a member of that name.</summary>
    public bool Contains(string path) => _members.ContainsKey(path);

    public Stream? Open(string path)
    {
        for (var links = 0; links < MaxLinks; links++)
        {
            if (!_members.TryGetValue(path, out var member)) return null;
            if (member.Link is null) return new MemberStream(_archive, member.Offset, member.Length);
            path = member.Link;
        }
        return null;
    }

    public ValueTask DisposeAsync() => _archive.DisposeAsync();

    private static async ValueTask<Stream> UnpackAsync(Stream file, string path, ImageOptions options, CancellationToken cancellation)
    {
        var opened = await Decompression.OpenAsync(file, cancellation).ConfigureAwait(false);
        if (!Decompression.IsCompressed(opened))
        {
            file.Position = 0;
            return file;
        }
        var spool = (options.CreateSpool ?? ContentSpool.CreateTemporaryFile)();
        try
        {
            var bounded = new VerifyingStream(opened, path, null, null, options.Limits.MaxLayerBytes);
            await using (bounded.ConfigureAwait(false)) await bounded.CopyToAsync(spool, 1 << 16, cancellation).ConfigureAwait(false);
            spool.Position = 0;
            return spool;
        }
        catch
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask IndexAsync(ImageLimits limits, CancellationToken cancellation)
    {
        var reader = new TarReader(_archive, limits);
        while (await reader.NextAsync(cancellation).ConfigureAwait(false) is { } entry)
        {
            if (_members.Count >= MaxMembers) throw new ImageException(ImageError.LimitExceeded, $"{Name} has more than {MaxMembers} members: not an image archive");
            var path = Normalize(entry.Name, "");
            if (path is null) continue;
            switch (entry.Type)
            {
                case TarEntryType.Regular when entry.Extents is null:
                    _members[path] = (reader.DataOffset, entry.DataLength, null);
                    break;
                // docker save links layers that are equal: ../ID/layer.tar.
                case TarEntryType.SymbolicLink when Normalize(entry.LinkName, path[..(path.LastIndexOf('/') + 1)]) is { } target:
                    _members[path] = (0, 0, target);
                    break;
                case TarEntryType.HardLink when Normalize(entry.LinkName, "") is { } target:
                    _members[path] = (0, 0, target);
                    break;
            }
        }
    }

    /// <summary>A relative path without <c>.</c> and <c>..</c>; null when it leaves the archive, where nothing can be meant.</summary>
    private static string? Normalize(string path, string folder)
    {
        if (path.StartsWith('/')) return null;
        var parts = new List<string>();
        foreach (var part in (folder + path).Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count == 0) return null;
            else parts.RemoveAt(parts.Count - 1);
        }
        return parts.Count == 0 ? null : string.Join('/', parts);
    }

    /// <summary>A window of the archive. Several may be open; each remembers its place.</summary>
    private sealed class MemberStream(Stream archive, long offset, long length) : ForwardStream
    {
        private long _position;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length > length - _position) buffer = buffer[..(int)(length - _position)];
            archive.Position = offset + _position;
            var count = await archive.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _position += count;
            return count;
        }
    }
}
