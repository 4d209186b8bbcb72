using System.Runtime.InteropServices;
using Gantry.Engine.Host;
using Gantry.Engine.Memory;

namespace Gantry.Engine.Devices;

/// <summary>One chain of buffers, checked: the readable segments first, then the writable ones, all inside RAM.</summary>
/// <remarks>
/// Bounds (2.7.5): at most the queue's size of descriptors (so loops end), at most <see cref="HostInterface.MaxSegments"/> segments
/// once neighbours are merged, readable before writable, indirect tables one level deep.
/// </remarks>
public unsafe struct DescriptorChain
{
    private const ushort Next = 1;
    private const ushort Writable = 2;
    private const ushort Indirect = 4;

    /// <summary>Index of the chain's first descriptor; names it in the used ring.</summary>
    public ushort Head;

    /// <summary>Segments the device reads.</summary>
    public uint ReadableCount;

    /// <summary>Segments the device writes; they follow the readable ones.</summary>
    public uint WritableCount;

    /// <summary>Bytes the device may read.</summary>
    public ulong ReadableLength;

    /// <summary>Bytes the device may write.</summary>
    public ulong WritableLength;

    /// <summary>The segments, as host addresses.</summary>
    public Segment* Segments;

    /// <summary>The first writable segment.</summary>
    public readonly Segment* WritableSegments => Segments + ReadableCount;

    /// <summary>Makes room for the segments.</summary>
    public void Allocate() =>
        Segments = (Segment*)NativeMemory.AllocZeroed(HostInterface.MaxSegments, (nuint)sizeof(Segment));

    /// <summary>Reads the chain that starts at <paramref name="head"/>; false when it is malformed.</summary>
    public bool Parse(GuestMemory* memory, byte* table, uint size, ushort head, bool indirectAllowed)
    {
        Head = head;
        ReadableCount = 0;
        WritableCount = 0;
        ReadableLength = 0;
        WritableLength = 0;
        uint index = head;
        var left = size;
        var inIndirect = false;
        while (true)
        {
            if (index >= size || left == 0)
                return false;
            left--;
            var descriptor = table + (16 * index);
            var address = *(ulong*)descriptor;
            var length = *(uint*)(descriptor + 8);
            var flags = *(ushort*)(descriptor + 12);
            if ((flags & Indirect) != 0)
            {
                // 2.7.5.3: no table in a table, none with NEXT, a whole number of descriptors.
                if (!indirectAllowed || inIndirect || (flags & Next) != 0 || length == 0 || (length & 15) != 0 || length > 16 * 65536)
                    return false;
                table = memory->TryMap(address, length);
                if (table == null)
                    return false;
                inIndirect = true;
                size = length / 16;
                left = size;
                index = 0;
                continue;
            }

            if (!Add(memory, address, length, (flags & Writable) != 0))
                return false;
            if ((flags & Next) == 0)
                return true;
            index = *(ushort*)(descriptor + 14);
        }
    }

    /// <summary>Copies bytes out of the readable part, as many as there are from <paramref name="offset"/> on.</summary>
    public readonly uint Read(ulong offset, byte* target, uint length) => Copy(Segments, ReadableCount, offset, target, length, false);

    /// <summary>Copies bytes into the writable part, as many as fit from <paramref name="offset"/> on.</summary>
    public readonly uint Write(ulong offset, byte* source, uint length) =>
        Copy(WritableSegments, WritableCount, offset, source, length, true);

    /// <summary>Tells the CPU that the first <paramref name="length"/> bytes of the segments were written by a device.</summary>
    public static void NoteWritten(GuestMemory* memory, Segment* segments, uint count, ulong length)
    {
        for (var i = 0u; i < count && length > 0; i++)
        {
            var part = Math.Min(length, segments[i].Length);
            memory->NoteWrite(segments[i].Address - (nuint)memory->Base + memory->Start, part);
            length -= part;
        }
    }

    /// <summary>
    /// The part of <paramref name="segments"/> from <paramref name="offset"/> on, <paramref name="length"/> bytes long, into
    /// <paramref name="target"/>; returns how many segments that is. The two arrays may be the same.
    /// </summary>
    public static uint Slice(Segment* segments, uint count, ulong offset, ulong length, Segment* target)
    {
        var made = 0u;
        for (var i = 0u; i < count && length > 0; i++)
        {
            var segment = segments[i];
            if (offset >= segment.Length)
            {
                offset -= segment.Length;
                continue;
            }

            segment.Address += offset;
            segment.Length = Math.Min(segment.Length - offset, length);
            offset = 0;
            length -= segment.Length;
            target[made++] = segment;
        }

        return made;
    }

    private bool Add(GuestMemory* memory, ulong address, uint length, bool writable)
    {
        if (!writable && WritableCount != 0)
            return false;
        if (length == 0)
            return true;
        var host = memory->TryMap(address, length);
        if (host == null)
            return false;
        var count = ReadableCount + WritableCount;
        if (writable)
            WritableLength += length;
        else
            ReadableLength += length;
        if (count > 0 && (!writable || WritableCount > 0))
        {
            var last = Segments + (count - 1);
            if (last->Address + last->Length == (nuint)host)
            {
                last->Length += length;
                return true;
            }
        }

        if (count == HostInterface.MaxSegments)
            return false;
        Segments[count].Address = (nuint)host;
        Segments[count].Length = length;
        if (writable)
            WritableCount++;
        else
            ReadableCount++;
        return true;
    }

    private static uint Copy(Segment* segments, uint count, ulong offset, byte* bytes, uint length, bool toSegments)
    {
        var done = 0u;
        for (var i = 0u; i < count && done < length; i++)
        {
            if (offset >= segments[i].Length)
            {
                offset -= segments[i].Length;
                continue;
            }

            var part = (uint)Math.Min(segments[i].Length - offset, length - done);
            var place = (byte*)(nuint)(segments[i].Address + offset);
            if (toSegments)
                Buffer.MemoryCopy(bytes + done, place, part, part);
            else
                Buffer.MemoryCopy(place, bytes + done, part, part);
            done += part;
            offset = 0;
        }

        return done;
    }
}
