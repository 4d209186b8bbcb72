namespace Gantry.Images.Layers;

/// <summary>Paths in layers: OCI image-spec "layer.md" and what hostile archives make of them.</summary>
internal static class LayerPath
{
    public const string WhiteoutPrefix = ".wh.";
    public const string MetadataPrefix = ".wh..wh.";
    public const string OpaqueName = ".wh..wh..opq";
    private const int MaxName = 255, MaxPath = 4096;

    /// <summary>
    /// The components of an entry's name or hard link's target, without <c>.</c> and empty ones; empty for the root.
    /// Absolute paths and <c>..</c> are refused, never repaired.
    /// </summary>
    public static List<string> Split(string path, string what)
    {
        if (path.StartsWith('/')) throw Unsafe(path, what, "is absolute");
        if (path.Length > MaxPath) throw new ImageException(ImageError.LimitExceeded, $"{what} \"{Printable.OfName(path)}\" is longer than {MaxPath} bytes");
        var components = new List<string>();
        foreach (var component in path.Split('/'))
        {
            if (component.Length == 0 || component == ".") continue;
            if (component == "..") throw Unsafe(path, what, "contains \"..\"");
            if (component.Length > MaxName) throw new ImageException(ImageError.LimitExceeded, $"{what} \"{Printable.OfName(path)}\" has a name longer than {MaxName} bytes");
            if (component.Contains('\0')) throw Unsafe(path, what, "contains a NUL");
            components.Add(component);
        }
        for (var i = 0; i < components.Count - 1; i++)
            if (components[i].StartsWith(WhiteoutPrefix, StringComparison.Ordinal)) throw Unsafe(path, what, "has a whiteout for a folder");
        return components;
    }

    /// <summary>The name that a whiteout hides.</summary>
    public static string HiddenName(string whiteout, string path)
    {
        var name = whiteout[WhiteoutPrefix.Length..];
        return name is "" or "." or ".." ? throw Unsafe(path, "whiteout", "names no file") : name;
    }

    private static ImageException Unsafe(string path, string what, string why) =>
        new(ImageError.UnsafePath, $"{what} \"{Printable.OfName(path)}\" {why}: refused");
}
