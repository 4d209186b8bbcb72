namespace Gantry.Images.Sources;

/// <summary>Reading small documents into memory, bounded and verified.</summary>
internal static class BoundedRead
{
    /// <summary>All bytes of <paramref name="stream"/>, which is disposed; at most <paramref name="limit"/>.</summary>
    public static async ValueTask<byte[]> AllAsync(
        Stream stream, string what, Digest? digest, long? size, int limit, CancellationToken cancellation)
    {
        if (size > limit) throw new ImageException(ImageError.LimitExceeded, $"{what} is larger than {limit} bytes");
        var verified = new VerifyingStream(stream, what, digest, size, limit);
        await using (verified.ConfigureAwait(false))
        {
            using var memory = new MemoryStream();
            await verified.CopyToAsync(memory, cancellation).ConfigureAwait(false);
            return memory.ToArray();
        }
    }
}
