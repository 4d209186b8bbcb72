using System.Runtime.InteropServices;
using Gantry.Converter.Format;

namespace Gantry.Converter.Tests.Format;

public sealed unsafe class MemoryImageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void SegmentsHoldAllThatIsNotZero(int seed)
    {
        var random = new Random(seed);
        var memory = new byte[300 * MemoryImage.PageSize];
        for (var i = 0; i < 200; i++) memory[random.Next(memory.Length)] = (byte)random.Next(256);
        IReadOnlyList<MemorySegment> segments;
        fixed (byte* at = memory) segments = MemoryImage.Split(at, (ulong)memory.Length);
        var rebuilt = new byte[memory.Length];
        var end = 0u;
        foreach (var segment in segments)
        {
            Assert.True(segment.Address >= end, $"segments overlap or are out of order (seed {seed})");
            Assert.NotEqual(0, segment.Bytes.Span[0]);
            Assert.NotEqual(0, segment.Bytes.Span[^1]);
            segment.Bytes.Span.CopyTo(rebuilt.AsSpan((int)segment.Address));
            end = segment.Address + (uint)segment.Bytes.Length;
        }

        Assert.Equal(memory, rebuilt);
    }

    [Fact]
    public void TooManyRunsAreJoined()
    {
        var memory = new byte[(MemoryImage.MostSegments * 2 + 10) * MemoryImage.PageSize];
        for (var page = 0; page * 2 * MemoryImage.PageSize < memory.Length; page++) memory[page * 2 * MemoryImage.PageSize] = 1;
        IReadOnlyList<MemorySegment> segments;
        fixed (byte* at = memory) segments = MemoryImage.Split(at, (ulong)memory.Length);
        Assert.InRange(segments.Count, 1, MemoryImage.MostSegments);
        Assert.Equal(memory.Count(b => b != 0), segments.Sum(segment => segment.Bytes.Span.Count((byte)1)));
    }

    [Fact]
    public void WhatWasNeverTouchedIsNotLookedAt()
    {
        const int Length = 64 << 20, Page = MemoryImage.PageSize;
        var memory = (byte*)NativeMemory.AlignedAlloc(Length, Page);
        try
        {
            int[] places = [0, Page - 1, 5 << 20, (5 << 20) + Page, Length - 1];
            foreach (var place in places) memory[place] = 7;
            var segments = MemoryImage.Split(memory, Length, grownFrom: 0);
            Assert.Equal(places, segments.SelectMany(segment => Enumerable.Range((int)segment.Address, segment.Bytes.Length).Where(at => segment.Bytes.Span[at - (int)segment.Address] == 7)));
            if (TouchedPages.Read(memory, Length) is { } touched)
                Assert.InRange(touched.Count(page => page), 4, Length / Page / 4);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }
}
