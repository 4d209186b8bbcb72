using Gantry.Engine.Host;
using Gantry.Host.Files;

namespace Gantry.Cli.Running;

/// <summary>A folder in which nothing can be changed. The guest's own read-only mount is not enough: its root could mount it again.</summary>
internal sealed class ReadOnlyFolder(IFileServer folder) : IFileServer
{
    private const int ReadOnlyFileSystem = 30;
    private const uint WritingFlags = 3 | 0x40 | 0x200; // O_ACCMODE, O_CREAT, O_TRUNC

    /// <inheritdoc/>
    public int Serve(ref FileRequest request)
    {
        var changes = request.Kind switch
        {
            RequestKind.Stat or RequestKind.List or RequestKind.Close or RequestKind.Read or RequestKind.ReadLink or RequestKind.StatFileSystem or RequestKind.Fsync => false,
            RequestKind.Open => (request.Slot.Flags & WritingFlags) != 0,
            _ => true,
        };
        return changes ? ReadOnlyFileSystem : folder.Serve(ref request);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
