using System.Security.Cryptography;

namespace Gantry.Engine.Host;

/// <summary>Random bytes of the host: WASI's in wasm, the framework's on CoreCLR.</summary>
public static unsafe class HostEntropy
{
    /// <summary>Fills a buffer; false when the host refuses.</summary>
    public static bool Fill(byte* buffer, uint length)
    {
        if (WasmTarget.IsWebAssembly)
            return random_get(buffer, length) == 0;
        RandomNumberGenerator.Fill(new Span<byte>(buffer, (int)length));
        return true;
    }

    [WasmImport("wasi_snapshot_preview1", "random_get")]
    private static extern int random_get(byte* buffer, nuint length);
}
