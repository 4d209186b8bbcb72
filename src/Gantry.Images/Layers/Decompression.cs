using System.IO.Compression;

namespace Gantry.Images.Layers;

/// <summary>Finds out a layer's compression from its first bytes, which never lie as media types sometimes do.</summary>
internal static class Decompression
{
    private const int MagicLength = 4;

    /// <summary>The decompressed bytes of <paramref name="stream"/>: gzip (RFC 1952), zstd (RFC 8878) or plain.</summary>
    public static async ValueTask<Stream> OpenAsync(Stream stream, CancellationToken cancellation)
    {
        var magic = new byte[MagicLength];
        var length = await stream.ReadAtLeastAsync(magic, MagicLength, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var whole = new PrefixedStream(magic.AsMemory(0, length), stream);
        if (magic is [0x1f, 0x8b, ..]) return new DecompressedStream(new GZipStream(whole, CompressionMode.Decompress));
        if (magic is [0x28, 0xb5, 0x2f, 0xfd] or [>= 0x50 and <= 0x5f, 0x2a, 0x4d, 0x18])
            return new DecompressedStream(new ZstdSharp.DecompressionStream(whole, leaveOpen: false));
        return whole;
    }

    /// <summary>Whether <see cref="OpenAsync"/> found compressed data behind this stream.</summary>
    public static bool IsCompressed(Stream opened) => opened is DecompressedStream;

    /// <summary>Turns the decompressors' exceptions about bad data into <see cref="ImageException"/>.</summary>
    private sealed class DecompressedStream(Stream inner) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdSharp.ZstdException)
            {
                throw new ImageException(ImageError.InvalidArchive, $"compressed data is damaged: {e.Message}", e);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>Bytes already read in front of the rest.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : ForwardStream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_prefix.IsEmpty) return await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            var count = Math.Min(_prefix.Length, buffer.Length);
            _prefix[..count].CopyTo(buffer);
            _prefix = _prefix[count..];
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
