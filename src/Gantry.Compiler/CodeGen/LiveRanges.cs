namespace Gantry.Compiler.CodeGen;

/// <summary>A set of positions, as sorted ranges that neither overlap nor touch.</summary>
internal sealed class LiveRanges
{
    private readonly List<(int Start, int End)> _ranges = [];

    public int Count => _ranges.Count;

    /// <summary>The first position; 0 of an empty set.</summary>
    public int Start => _ranges.Count == 0 ? 0 : _ranges[0].Start;

    /// <summary>Adds a range that begins after the start of all there are.</summary>
    public void Append(int start, int end)
    {
        if (_ranges.Count > 0 && start <= _ranges[^1].End)
            _ranges[^1] = (_ranges[^1].Start, Math.Max(_ranges[^1].End, end));
        else
            _ranges.Add((start, end));
    }

    /// <summary>Adds a range.</summary>
    public void Add(int start, int end)
    {
        // All ranges that overlap or touch the new one become one with it.
        var first = FirstEndingAfter(start - 1);
        var last = first;
        while (last < _ranges.Count && _ranges[last].Start <= end)
        {
            start = Math.Min(start, _ranges[last].Start);
            end = Math.Max(end, _ranges[last].End);
            last++;
        }

        if (last == first)
        {
            _ranges.Insert(first, (start, end));
            return;
        }

        _ranges[first] = (start, end);
        _ranges.RemoveRange(first + 1, last - first - 1);
    }

    public void Add(LiveRanges other)
    {
        foreach (var (start, end) in other._ranges)
            Add(start, end);
    }

    public bool Overlaps(LiveRanges other)
    {
        var (few, many) = Count < other.Count ? (this, other) : (other, this);
        foreach (var (start, end) in few._ranges)
        {
            var at = many.FirstEndingAfter(start);
            if (at < many.Count && many._ranges[at].Start < end)
                return true;
        }

        return false;
    }

    /// <summary>Index of the first range whose end is greater than a position.</summary>
    private int FirstEndingAfter(int position)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End > position)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
