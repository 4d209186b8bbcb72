using Gantry.Host;
using Microsoft.Win32.SafeHandles;

namespace Gantry.Cli.Boot;

/// <summary>Standard input, passed on as it comes.</summary>
internal static class StandardInput
{
    private const int EnoughWaiting = 1 << 20;
    private const int PauseMilliseconds = 5;
    private const int BufferSize = 16384;

    /// <summary>Copies to a port on a thread of its own until standard input ends; <paramref name="close"/>: then ends the port's too.</summary>
    public static void CopyTo(HostPort port, bool close) => new Thread(() => Copy(port, close)) { IsBackground = true, Name = "stdin" }.Start();

    private static void Copy(HostPort port, bool close)
    {
        using var input = Open();
        var buffer = new byte[BufferSize];
        int length;
        while ((length = input.Read(buffer)) > 0)
        {
            port.Write(buffer.AsSpan(0, length));
            while (port.Waiting > EnoughWaiting) Thread.Sleep(PauseMilliseconds);
        }

        if (close) port.CloseInput();
    }

    // On Unix, Console's stream of a terminal edits lines itself and switches the terminal's keypad: the descriptor has the keys as they are pressed.
    private static Stream Open() =>
        OperatingSystem.IsWindows() || Console.IsInputRedirected
            ? Console.OpenStandardInput()
            : new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
}
