using System.Security.Cryptography;

namespace Gantry.Images;

/// <summary>A content digest as in OCI image-spec "descriptor.md#digests": algorithm and lower-case hexadecimal value.</summary>
public readonly record struct Digest
{
    private Digest(string algorithm, string hex) => (Algorithm, Hex) = (algorithm, hex);

    /// <summary><c>sha256</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }
    /// <summary>The value in lower-case hexadecimal digits.</summary>
    public string Hex { get; }

    /// <summary>Reads <c>sha256:…</c> or <c>sha512:…</c>; anything else throws <see cref="ImageException"/>.</summary>
    public static Digest Parse(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (colon > 0)
        {
            var algorithm = text![..colon];
            var hex = text[(colon + 1)..];
            var digits = algorithm switch { "sha256" => 64, "sha512" => 128, _ => 0 };
            if (digits == hex.Length && IsLowerHex(hex)) return new Digest(algorithm, hex);
        }
        throw new ImageException(ImageError.InvalidManifest, $"not a sha256 or sha512 digest: \"{Printable.Of(text ?? "")}\"");
    }

    /// <summary>A sha256 digest from its 64 hexadecimal digits, or null when <paramref name="hex"/> is something else.</summary>
    public static Digest? FromSha256Hex(string hex) => hex.Length == 64 && IsLowerHex(hex) ? new Digest("sha256", hex) : null;

    /// <summary>The sha256 digest of <paramref name="data"/>.</summary>
    public static Digest Sha256(ReadOnlySpan<byte> data) => new("sha256", Convert.ToHexStringLower(SHA256.HashData(data)));

    /// <summary>Throws unless <paramref name="data"/> has this digest; <paramref name="what"/> names the data in the error.</summary>
    public void Check(ReadOnlySpan<byte> data, string what)
    {
        var actual = Algorithm == "sha256" ? SHA256.HashData(data) : SHA512.HashData(data);
        Check(actual, what);
    }

    internal void Check(byte[] hash, string what)
    {
        var hex = Convert.ToHexStringLower(hash);
        if (hex != Hex)
            throw new ImageException(ImageError.DigestMismatch, $"{what}: expected {this}, the bytes have {Algorithm}:{hex}");
    }

    internal IncrementalHash NewHash() =>
        IncrementalHash.CreateHash(Algorithm == "sha256" ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512);

    /// <inheritdoc/>
    public override string ToString() => $"{Algorithm}:{Hex}";

    private static bool IsLowerHex(string text) => text.All(char.IsAsciiHexDigitLower);
}
