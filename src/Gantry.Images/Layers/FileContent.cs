using Gantry.Images.Tar;

namespace Gantry.Images.Layers;

/// <summary>The bytes of a regular file, kept outside memory.</summary>
public abstract class FileContent(long length)
{
    /// <summary>A file without bytes.</summary>
    public static FileContent Empty { get; } = new EmptyContent();

    /// <summary>Length in bytes.</summary>
    public long Length { get; } = length;

    /// <summary>Fills <paramref name="buffer"/> from <paramref name="offset"/>; the range must lie inside the file.</summary>
    public abstract ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation);

    private sealed class EmptyContent() : FileContent(0)
    {
        public override ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation) =>
            buffer.IsEmpty ? ValueTask.CompletedTask : throw new ArgumentOutOfRangeException(nameof(buffer));
    }
}

/// <summary>Content in the spool, all of it there.</summary>
internal sealed class SpooledContent(ContentSpool spool, long start, long length) : FileContent(length)
{
    public override ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation) =>
        spool.ReadAsync(start + offset, buffer, cancellation);
}

/// <summary>Content of a sparse file: the spool holds only its data, holes read as zeros.</summary>
internal sealed class SparseContent : FileContent
{
    private readonly ContentSpool _spool;
    private readonly (Extent Extent, long Stored)[] _runs;

    /// <param name="spool">Holds the data of all extents, one after the other.</param>
    /// <param name="start">Where in the spool the first begins.</param>
    /// <param name="extents">Ascending, inside the file, none of them empty.</param>
    /// <param name="length">Length of the file in bytes.</param>
    public SparseContent(ContentSpool spool, long start, IReadOnlyList<Extent> extents, long length) : base(length)
    {
        _spool = spool;
        _runs = new (Extent, long)[extents.Count];
        for (var i = 0; i < _runs.Length; start += extents[i++].Length) _runs[i] = (extents[i], start);
    }

    public override async ValueTask ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
    {
        buffer.Span.Clear();
        var end = offset + buffer.Length;
        for (var i = FirstRunEndingAfter(offset); i < _runs.Length && _runs[i].Extent.Offset < end; i++)
        {
            var (extent, stored) = _runs[i];
            var from = Math.Max(extent.Offset, offset);
            var to = Math.Min(extent.Offset + extent.Length, end);
            var target = buffer.Slice((int)(from - offset), (int)(to - from));
            await _spool.ReadAsync(stored + (from - extent.Offset), target, cancellation).ConfigureAwait(false);
        }
    }

    private int FirstRunEndingAfter(long offset)
    {
        int low = 0, high = _runs.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_runs[middle].Extent.Offset + _runs[middle].Extent.Length > offset) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
