using System.Runtime.InteropServices;

namespace Gantry.Converter.Format;

/// <summary>
/// Which pages of anonymous memory this process has ever written or read. Looking at a page is enough to make some kernels back it with memory of its own: a guest's memory is mostly never touched.
/// </summary>
internal static class TouchedPages
{
    // A page is in memory, or swapped out (Linux, Documentation/admin-guide/mm/pagemap.rst).
    private const ulong PresentOrSwapped = (1UL << 63) | (1UL << 62);

    /// <summary>Reads it of a range.</summary>
    /// <param name="start">Start of the range, at a page's.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <returns>For each page of 4096 bytes whether it was touched; null where the system does not tell.</returns>
    public static unsafe bool[]? Read(byte* start, ulong length)
    {
        const int PageSize = MemoryImage.PageSize;
        if (!OperatingSystem.IsLinux() || Environment.SystemPageSize != PageSize || (nuint)start % PageSize != 0) return null;
        var entries = new ulong[length / PageSize];
        try
        {
            // Not a file that can be sought from its end, so a plain stream over it must not look for its length.
            using var map = new FileStream("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            map.Position = (long)((nuint)start / PageSize * sizeof(ulong));
            map.ReadExactly(MemoryMarshal.AsBytes(entries.AsSpan()));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }

        return Array.ConvertAll(entries, entry => (entry & PresentOrSwapped) != 0);
    }
}
