namespace Gantry.Images.Layers;

/// <summary>
/// File data on its way from the layers to the image: appended once while layers are read, read back when the image is written.
/// A temporary file by default, so that memory holds metadata only; browsers supply their own stream.
/// </summary>
internal sealed class ContentSpool(Stream stream) : IAsyncDisposable
{
    private readonly byte[] _pending = new byte[1 << 18];
    private int _pendingLength;
    private long _flushed;

    /// <summary>Bytes appended so far.</summary>
    public long Length => _flushed + _pendingLength;

    /// <summary>A stream over a new temporary file that vanishes when it is closed.</summary>
    public static Stream CreateTemporaryFile() =>
        new FileStream(Path.Combine(Path.GetTempPath(), $"gantry-{Guid.NewGuid():n}.spool"), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            BufferSize = 0, // Buffered here.
        });

    /// <summary>Room to read into; <see cref="Commit"/> says how much of it was used.</summary>
    public async ValueTask<Memory<byte>> ReserveAsync(CancellationToken cancellation)
    {
        if (_pendingLength == _pending.Length) await FlushAsync(cancellation).ConfigureAwait(false);
        return _pending.AsMemory(_pendingLength);
    }

    public void Commit(int count) => _pendingLength += count;

    public async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
    {
        await FlushAsync(cancellation).ConfigureAwait(false);
        if (stream is FileStream file)
        {
            for (var done = 0; done < buffer.Length;)
            {
                var count = RandomAccess.Read(file.SafeFileHandle, buffer.Span[done..], offset + done);
                if (count == 0) throw new EndOfStreamException();
                done += count;
            }
            return;
        }
        stream.Position = offset;
        await stream.ReadExactlyAsync(buffer, cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_pendingLength == 0) return;
        if (stream is FileStream file) RandomAccess.Write(file.SafeFileHandle, _pending.AsSpan(0, _pendingLength), _flushed);
        else
        {
            stream.Position = _flushed;
            await stream.WriteAsync(_pending.AsMemory(0, _pendingLength), cancellation).ConfigureAwait(false);
        }
        _flushed += _pendingLength;
        _pendingLength = 0;
    }
}
