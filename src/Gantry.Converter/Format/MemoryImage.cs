namespace Gantry.Converter.Format;

/// <summary>Bytes for an address of linear memory.</summary>
public readonly record struct MemorySegment(uint Address, ReadOnlyMemory<byte> Bytes);

/// <summary>Finds what a memory image consists of: runs of pages that are not all zeros.</summary>
public static class MemoryImage
{
    /// <summary>The unit in which zeros are left out, in bytes.</summary>
    public const int PageSize = 4096;

    /// <summary>Most segments of a snapshot: engines refuse modules with more than 100,000 (V8, wasmparser).</summary>
    public const int MostSegments = 60_000;

    private const ulong LongestRun = 64 << 20;

    /// <summary>Copies the parts of <paramref name="memory"/> that are not zero, by ascending address.</summary>
    /// <param name="memory">The linear memory.</param>
    /// <param name="length">Its bytes, a multiple of 4096.</param>
    /// <param name="grownFrom">From here on it was anonymous memory, all zeros, when it was made: what was never touched since needs no look.</param>
    public static unsafe IReadOnlyList<MemorySegment> Split(byte* memory, ulong length, ulong grownFrom = ulong.MaxValue)
    {
        var touched = grownFrom < length ? TouchedPages.Read(memory, length) : null;
        var runs = new List<(ulong Start, ulong End)>();
        for (ulong page = 0; page < length; page += PageSize)
        {
            if (page >= grownFrom && touched != null && !touched[page / PageSize]) continue;
            if (!new ReadOnlySpan<byte>(memory + page, PageSize).ContainsAnyExcept((byte)0)) continue;
            if (runs.Count != 0 && runs[^1].End == page && page - runs[^1].Start < LongestRun) runs[^1] = (runs[^1].Start, page + PageSize);
            else runs.Add((page, page + PageSize));
        }

        while (runs.Count > MostSegments) runs = JoinNearest(runs);
        var segments = new List<MemorySegment>(runs.Count);
        foreach (var (start, end) in runs)
        {
            var bytes = new ReadOnlySpan<byte>(memory + start, checked((int)(end - start)));
            var first = bytes.IndexOfAnyExcept((byte)0);
            var last = bytes.LastIndexOfAnyExcept((byte)0);
            segments.Add(new MemorySegment((uint)(start + (uint)first), bytes[first..(last + 1)].ToArray()));
        }

        return segments;
    }

    // Joins across the smaller half of the gaps.
    private static List<(ulong Start, ulong End)> JoinNearest(List<(ulong Start, ulong End)> runs)
    {
        var gaps = new ulong[runs.Count - 1];
        for (var i = 0; i < gaps.Length; i++) gaps[i] = runs[i + 1].Start - runs[i].End;
        Array.Sort(gaps);
        var limit = gaps[gaps.Length / 2];
        var joined = new List<(ulong Start, ulong End)> { runs[0] };
        foreach (var run in runs.Skip(1))
        {
            if (run.Start - joined[^1].End <= limit) joined[^1] = (joined[^1].Start, run.End);
            else joined.Add(run);
        }

        return joined;
    }
}
