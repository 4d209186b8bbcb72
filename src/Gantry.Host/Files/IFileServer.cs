using Gantry.Engine.Host;
using Gantry.Host.Engines;

namespace Gantry.Host.Files;

/// <summary>Answers the file requests of one mount (docs/host-interface.md, kinds 16 to 31).</summary>
public interface IFileServer : IDisposable
{
    /// <summary>Serves a request: reads its fields, fills attributes and segments, sets <see cref="Request.Result"/>.</summary>
    /// <returns>0 or a Linux errno.</returns>
    int Serve(ref FileRequest request);
}

/// <summary>A request together with the memory it speaks of.</summary>
public unsafe ref struct FileRequest
{
    private readonly IEngine engine;

    /// <summary>Wraps a slot.</summary>
    public FileRequest(IEngine engine, ref Request slot)
    {
        this.engine = engine;
        Slot = ref slot;
    }

    /// <summary>The slot.</summary>
    public readonly ref Request Slot;

    /// <summary>What is asked.</summary>
    public readonly RequestKind Kind => (RequestKind)Slot.Kind;

    /// <summary>The path's bytes.</summary>
    public readonly ReadOnlySpan<byte> Path => Bytes(Slot.Path, Slot.PathLength);

    /// <summary>The second path's bytes.</summary>
    public readonly ReadOnlySpan<byte> Path2 => Bytes(Slot.Path2, Slot.Path2Length);

    /// <summary>The attributes to fill or to set.</summary>
    public readonly ref NodeAttributes Attributes => ref *(NodeAttributes*)engine.Pointer(Slot.Attributes, (ulong)sizeof(NodeAttributes));

    /// <summary>The statistics to fill.</summary>
    public readonly ref FileSystemStatistics Statistics =>
        ref *(FileSystemStatistics*)engine.Pointer(Slot.Attributes, (ulong)sizeof(FileSystemStatistics));

    /// <summary>One of the <see cref="Request.SegmentCount"/> pieces of memory data moves to or from.</summary>
    public readonly Span<byte> Segment(int index)
    {
        var segments = (Segment*)engine.Pointer(Slot.Segments, Slot.SegmentCount * (ulong)sizeof(Segment));
        var segment = segments[index];
        return new Span<byte>(engine.Pointer(segment.Address, segment.Length), checked((int)segment.Length));
    }

    private readonly ReadOnlySpan<byte> Bytes(ulong address, uint length) =>
        length == 0 ? default : new ReadOnlySpan<byte>(engine.Pointer(address, length), (int)length);
}
