using System.Buffers.Binary;
using Gantry.Images.Layers;

namespace Gantry.Images.Erofs;

/// <summary>The image on its way out: buffered, forwards only; puts the checksum in while the first block is still here.</summary>
internal sealed class ImageOutput(Stream output, Action<long> advanced)
{
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _used;
    private long _flushed;

    private long Position => _flushed + _used;

    public async ValueTask PadToAsync(long offset, CancellationToken cancellation)
    {
        if (offset < Position) throw new InvalidOperationException($"the layout overlaps itself at {offset}");
        while (Position < offset)
        {
            var room = await RoomAsync(offset - Position, cancellation).ConfigureAwait(false);
            room.Span.Clear();
            _used += room.Length;
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            var room = await RoomAsync(data.Length, cancellation).ConfigureAwait(false);
            data[..room.Length].CopyTo(room);
            data = data[room.Length..];
            _used += room.Length;
        }
    }

    public async ValueTask CopyAsync(FileContent content, long offset, long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            var room = await RoomAsync(count, cancellation).ConfigureAwait(false);
            await content.ReadAsync(offset, room, cancellation).ConfigureAwait(false);
            _used += room.Length;
            offset += room.Length;
            count -= room.Length;
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        if (_flushed == 0) SetChecksum();
        await output.WriteAsync(_buffer.AsMemory(0, _used), cancellation).ConfigureAwait(false);
        _flushed += _used;
        _used = 0;
        advanced(_flushed);
    }

    private async ValueTask<Memory<byte>> RoomAsync(long wanted, CancellationToken cancellation)
    {
        if (_used == _buffer.Length) await FlushAsync(cancellation).ConfigureAwait(false);
        return _buffer.AsMemory(_used, (int)Math.Min(wanted, _buffer.Length - _used));
    }

    /// <summary>The superblock's checksum covers the rest of the first block from the superblock on, its own field as zero.</summary>
    private void SetChecksum()
    {
        var covered = _buffer.AsSpan(ErofsFormat.SuperOffset, ErofsFormat.BlockSize - ErofsFormat.SuperOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(covered[ErofsFormat.SbChecksum..], ErofsFormat.Crc32C(uint.MaxValue, covered));
    }
}
