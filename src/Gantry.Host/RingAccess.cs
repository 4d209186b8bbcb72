using Gantry.Engine.Host;

namespace Gantry.Host;

/// <summary>The host's side of rings, whose bytes are at a pointer of ours, not at <see cref="Ring.Base"/>.</summary>
internal static unsafe class RingAccess
{
    /// <summary>Puts bytes in; the caller has looked at <see cref="Ring.Space"/>.</summary>
    public static void Write(Ring* ring, byte* ringBytes, ReadOnlySpan<byte> bytes)
    {
        var at = ring->Head & (ring->Capacity - 1);
        var first = (int)Math.Min((uint)bytes.Length, ring->Capacity - at);
        bytes[..first].CopyTo(new Span<byte>(ringBytes + at, first));
        bytes[first..].CopyTo(new Span<byte>(ringBytes, (int)ring->Capacity));
        ring->Head += (uint)bytes.Length;
    }

    /// <summary>The next bytes that lie in one piece; consume them with <see cref="Ring.Tail"/>.</summary>
    public static ReadOnlySpan<byte> Peek(Ring* ring, byte* ringBytes)
    {
        var at = ring->Tail & (ring->Capacity - 1);
        return new ReadOnlySpan<byte>(ringBytes + at, (int)Math.Min(ring->Count, ring->Capacity - at));
    }
}
