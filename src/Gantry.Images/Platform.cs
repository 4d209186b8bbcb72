namespace Gantry.Images;

/// <summary>An operating system and architecture in Go's terms (OCI image-spec "image-index.md", platform).</summary>
public sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>Reads <c>linux/arm64/v8</c> or <c>riscv64</c> (Linux is understood); throws <see cref="ImageException"/> otherwise.</summary>
    public static Platform Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length <= 3 && parts.All(part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
        {
            return parts.Length == 1
                ? new Platform("linux", Normalize(parts[0]))
                : new Platform(parts[0], Normalize(parts[1]), parts.Length == 3 ? parts[2] : null);
        }
        throw new ImageException(ImageError.InvalidReference, $"not a platform: \"{Printable.Of(text)}\"; write it as linux/amd64 or linux/arm/v7");
    }

    /// <summary>How well an image for <paramref name="offered"/> serves this platform: 0 not at all, more is better.</summary>
    public int Match(Platform offered)
    {
        if (Os != offered.Os || Architecture != offered.Architecture) return 0;
        var wanted = Variant ?? DefaultVariant(Architecture);
        var given = offered.Variant ?? DefaultVariant(Architecture);
        if (wanted == given) return 2;
        return Variant is null ? 1 : 0; // Without a variant asked for, any will do.
    }

    /// <inheritdoc/>
    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    // What containerd's platforms package takes for granted.
    private static string? DefaultVariant(string architecture) => architecture switch
    {
        "arm64" => "v8",
        "arm" => "v7",
        "amd64" => "v1",
        _ => null,
    };

    private static string Normalize(string architecture) => architecture switch
    {
        "x86_64" or "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" or "i686" => "386",
        "armhf" => "arm",
        _ => architecture,
    };
}
