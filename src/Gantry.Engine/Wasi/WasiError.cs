namespace Gantry.Engine.Wasi;

/// <summary>WASI's errno numbers and what they are in Linux.</summary>
internal static class WasiError
{
    public const int BadDescriptor = 8;
    public const int Interrupted = 27;
    public const int Again = 6;
    public const int NoEntry = 44;

    /// <summary>Linux's number for WASI's; EIO for what a file server has no business to say.</summary>
    public static int ToLinux(int error)
    {
        if ((uint)error >= (uint)Linux.Length)
            return 5;
        return Linux[error];
    }

    // In WASI's order: success, 2big, acces, addrinuse, ... notcapable (EPERM).
    private static ReadOnlySpan<byte> Linux =>
    [
        0, 7, 13, 5, 5, 5, 11, 5, 9, 5, 16, 5, 5, 5, 5, 5, 5, 5, 5, 122, 17, 14, 27, 5, 5, 84, 5, 4, 22, 5, 5, 21, 40, 24, 31, 5, 5, 36, 5, 5,
        5, 23, 5, 19, 2, 5, 37, 5, 12, 5, 5, 28, 38, 5, 20, 39, 5, 5, 95, 5, 6, 75, 5, 1, 32, 5, 5, 5, 5, 30, 29, 5, 116, 5, 26, 18, 1,
    ];
}
