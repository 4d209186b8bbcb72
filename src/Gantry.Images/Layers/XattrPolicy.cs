namespace Gantry.Images.Layers;

/// <summary>Which extended attributes enter the tree.</summary>
internal static class XattrPolicy
{
    private const int MaxName = 255, MaxValue = 65535; // XATTR_NAME_MAX; EROFS keeps the size in 16 bits.

    /// <summary>
    /// Drops what Linux could not store on any file system (unknown name spaces, such as macOS's) as unpacking tools do, and
    /// <c>trusted.overlay.*</c>: in a lower layer these would command the guest's overlay (hide, redirect).
    /// </summary>
    public static IReadOnlyDictionary<string, byte[]>? Filter(IReadOnlyDictionary<string, byte[]>? xattrs)
    {
        if (xattrs is null) return null;
        var kept = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var (name, value) in xattrs)
        {
            if (!IsKept(name)) continue;
            if (name.Length > MaxName || value.Length > MaxValue || name.Contains('\0'))
                throw new ImageException(ImageError.LimitExceeded, $"extended attribute \"{Printable.OfName(name)}\" is too long");
            kept.Add(name, value);
        }
        return kept.Count == 0 ? null : kept;
    }

    private static bool IsKept(string name) =>
        !name.StartsWith("trusted.overlay.", StringComparison.Ordinal) && Erofs.XattrNames.TrySplit(name, out _, out _);
}
