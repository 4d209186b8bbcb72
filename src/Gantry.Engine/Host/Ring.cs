using System.Runtime.InteropServices;

namespace Gantry.Engine.Host;

/// <summary>A byte queue between one producer and one consumer; positions run freely (docs/host-interface.md).</summary>
/// <remarks>
/// The other side's position is not trusted: a count above <see cref="Capacity"/> reads as full (or empty), and every index is
/// masked, so a confused host loses its own bytes but never the engine's memory.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Ring
{
    /// <summary><see cref="Flags"/>: the producer is done.</summary>
    public const uint Closed = 1;

    /// <summary>Address of the bytes.</summary>
    public ulong Base;

    /// <summary>Bytes; a power of two.</summary>
    public uint Capacity;

    /// <summary>Bytes ever produced, modulo 2^32.</summary>
    public uint Head;

    /// <summary>Bytes ever consumed, modulo 2^32.</summary>
    public uint Tail;

    /// <summary><see cref="Closed"/>.</summary>
    public uint Flags;

    /// <summary>Zero.</summary>
    public ulong Reserved;

    /// <summary>Bytes that can be read.</summary>
    public readonly uint Count => Math.Min(Head - Tail, Capacity);

    /// <summary>Bytes that can be written.</summary>
    public readonly uint Space => Capacity - Count;

    /// <summary>Allocates an empty ring.</summary>
    /// <param name="capacity">Bytes; a power of two.</param>
    public void Allocate(uint capacity)
    {
        Base = (ulong)(nuint)NativeMemory.AllocZeroed(capacity);
        Capacity = capacity;
        Head = 0;
        Tail = 0;
        Flags = 0;
    }

    /// <summary>Copies up to <paramref name="length"/> bytes in; returns how many fitted.</summary>
    public uint Write(byte* source, uint length)
    {
        length = Math.Min(length, Space);
        var at = Head & (Capacity - 1);
        var first = Math.Min(length, Capacity - at);
        var bytes = (byte*)(nuint)Base;
        Buffer.MemoryCopy(source, bytes + at, first, first);
        Buffer.MemoryCopy(source + first, bytes, length - first, length - first);
        Head += length;
        return length;
    }

    /// <summary>Copies up to <paramref name="length"/> bytes out without consuming them; returns how many there were.</summary>
    public readonly uint Peek(byte* target, uint length)
    {
        length = Math.Min(length, Count);
        var at = Tail & (Capacity - 1);
        var first = Math.Min(length, Capacity - at);
        var bytes = (byte*)(nuint)Base;
        Buffer.MemoryCopy(bytes + at, target, first, first);
        Buffer.MemoryCopy(bytes, target + first, length - first, length - first);
        return length;
    }

    /// <summary>Takes up to <paramref name="length"/> bytes out; returns how many there were.</summary>
    public uint Read(byte* target, uint length)
    {
        length = Peek(target, length);
        Tail += length;
        return length;
    }
}
