namespace Gantry.Images.Tar;

/// <summary>Buffered reading with a position, for a stream that is only read forwards.</summary>
internal sealed class TarInput(Stream stream)
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start, _end;

    /// <summary>Bytes consumed since the beginning.</summary>
    public long Position { get; private set; }

    /// <summary>Reads up to <paramref name="destination"/>'s length; 0 at the end of the stream.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (_start == _end)
        {
            if (destination.Length >= _buffer.Length)
            {
                var direct = await stream.ReadAsync(destination, cancellation).ConfigureAwait(false);
                Position += direct;
                return direct;
            }
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
        }
        var count = Math.Min(destination.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(destination);
        _start += count;
        Position += count;
        return count;
    }

    /// <summary>Fills <paramref name="destination"/>; false when the stream ended before its first byte.</summary>
    public async ValueTask<bool> FillAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        for (var filled = 0; filled < destination.Length;)
        {
            var count = await ReadAsync(destination[filled..], cancellation).ConfigureAwait(false);
            if (count == 0) return filled == 0 ? false : throw Truncated();
            filled += count;
        }
        return true;
    }

    /// <summary>Passes over <paramref name="count"/> bytes, by seeking where the stream can.</summary>
    public async ValueTask SkipAsync(long count, CancellationToken cancellation)
    {
        var buffered = (int)Math.Min(count, _end - _start);
        _start += buffered;
        Position += buffered;
        count -= buffered;
        if (count > _buffer.Length && stream.CanSeek)
        {
            if (stream.Length - stream.Position < count) throw Truncated();
            stream.Seek(count, SeekOrigin.Current);
            Position += count;
            return;
        }
        while (count > 0)
        {
            _start = 0;
            _end = await stream.ReadAsync(_buffer, cancellation).ConfigureAwait(false);
            if (_end == 0) throw Truncated();
            _start = (int)Math.Min(count, _end);
            Position += _start;
            count -= _start;
        }
    }

    public static ImageException Truncated() => TarHeader.Invalid("the archive ends in the middle of an entry");
}
