using System.Security.Cryptography;

namespace Gantry.Images;

/// <summary>
/// Passes a stream through while counting and hashing it. At its end size and digest must be what was announced; more bytes
/// than announced are refused as soon as they come. Only asynchronous reads.
/// </summary>
internal sealed class VerifyingStream(Stream inner, string what, Digest? digest, long? size, long limit) : ForwardStream
{
    private IncrementalHash? _hash = digest?.NewHash();
    private bool _ended;

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    /// <summary>Called with the number of bytes after each read.</summary>
    public Action<long>? Advanced { get; init; }

    /// <summary>Hashes even when no digest is announced.</summary>
    public bool AlwaysHash { init => _hash ??= value ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null; }

    /// <summary>The digest of all the bytes, once the end has been read; null when nothing was hashed.</summary>
    public string? ActualDigest { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended) return 0;
        var count = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count += count;
        if (Count > (size ?? limit))
            throw size is null
                ? new ImageException(ImageError.LimitExceeded, $"{what} is larger than {limit} bytes")
                : new ImageException(ImageError.SizeMismatch, $"{what} is larger than the {size} bytes its descriptor says");
        if (count > 0)
        {
            _hash?.AppendData(buffer.Span[..count]);
            Advanced?.Invoke(Count);
            return count;
        }
        _ended = true;
        if (size is { } expected && Count != expected)
            throw new ImageException(ImageError.SizeMismatch, $"{what} has {Count} bytes, its descriptor says {expected}");
        if (_hash is null) return 0;
        var hash = _hash.GetHashAndReset();
        digest?.Check(hash, what);
        ActualDigest = digest?.ToString() ?? "sha256:" + Convert.ToHexStringLower(hash);
        return 0;
    }

    /// <summary>Reads what is left, so that the whole stream is checked.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellation)
    {
        if (_ended) return;
        var buffer = new byte[1 << 16];
        while (await ReadAsync(buffer, cancellation).ConfigureAwait(false) > 0) { }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash?.Dispose();
            inner.Dispose();
        }
        base.Dispose(disposing);
    }
}
