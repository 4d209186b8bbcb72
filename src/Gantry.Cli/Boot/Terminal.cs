using System.Runtime.InteropServices;

namespace Gantry.Cli.Boot;

/// <summary>The terminal this program runs in, in raw mode until disposed: every key, Ctrl-C too, goes inside.</summary>
internal sealed unsafe partial class Terminal : IDisposable
{
    private const int Input = 0;
    private const int TCSADRAIN = 1; // Not TCSAFLUSH: what was typed ahead is kept.
    private const ulong TIOCGWINSZ = 0x5413;
    private const int TermiosSize = 256;

    private readonly byte[] saved = new byte[TermiosSize];
    private readonly PosixSignalRegistration? resized;
    private bool open;

    private Terminal()
    {
        fixed (byte* old = saved)
        {
            open = tcgetattr(Input, old) == 0;
            if (!open)
                return;
            var raw = (byte[])saved.Clone();
            fixed (byte* attributes = raw)
            {
                cfmakeraw(attributes);
                _ = tcsetattr(Input, TCSADRAIN, attributes);
            }
        }

        if (!OperatingSystem.IsWindows())
            resized = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Resized?.Invoke(Size));
    }

    /// <summary>Called, on a thread of the pool, when the window has a new size.</summary>
    public Action<(ushort Columns, ushort Rows)>? Resized { get; set; }

    /// <summary>The window's size.</summary>
    public (ushort Columns, ushort Rows) Size
    {
        get
        {
            var size = stackalloc ushort[4];
            return ioctl(Input, TIOCGWINSZ, size) == 0 && size[1] != 0 ? (size[1], size[0]) : ((ushort)80, (ushort)24);
        }
    }

    /// <summary>The terminal, when standard input and output are one.</summary>
    public static Terminal? TryOpen() =>
        OperatingSystem.IsWindows() || Console.IsInputRedirected || Console.IsOutputRedirected ? null : new Terminal();

    /// <inheritdoc/>
    public void Dispose()
    {
        resized?.Dispose();
        if (!open)
            return;
        open = false;
        fixed (byte* old = saved)
            _ = tcsetattr(Input, TCSADRAIN, old);
    }

    [LibraryImport("libc")]
    private static partial int tcgetattr(int fd, byte* attributes);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int fd, int when, byte* attributes);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(byte* attributes);

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, ulong request, ushort* size);
}
