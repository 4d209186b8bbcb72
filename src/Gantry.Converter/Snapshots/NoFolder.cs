using Gantry.Host.Files;

namespace Gantry.Converter.Snapshots;

/// <summary>A mount that has no folder: devices are fixed before it is known how many are needed.</summary>
internal sealed class NoFolder : IFileServer
{
    private const int NoDevice = 19;

    /// <inheritdoc/>
    public int Serve(ref FileRequest request) => NoDevice;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
