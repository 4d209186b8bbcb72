using System.Runtime.InteropServices;

namespace Gantry.Engine.Memory;

/// <summary>What is known of one 4 KiB page of guest RAM; one byte a page, in <see cref="GuestMemory.PageFlags"/>.</summary>
[Flags]
public enum PageFlags : byte
{
    /// <summary>Plain data.</summary>
    None = 0,

    /// <summary>Decoded or translated code was made from this page: a write to it must be told to the CPU.</summary>
    HasCode = 1,
}

/// <summary>
/// The guest's RAM: one contiguous host block. The only place that turns a guest physical address into a host pointer.
/// </summary>
/// <remarks>
/// Invariant: <see cref="Base"/> points to <see cref="Size"/> readable and writable bytes, both multiples of 4096. Addresses and
/// lengths come from the guest and are hostile: callers go through <see cref="Contains"/> or <see cref="TryMap"/> in every build.
/// </remarks>
public unsafe struct GuestMemory
{
    /// <summary>log2 of the page size.</summary>
    public const int PageShift = 12;

    private const nuint PageMask = 0xFFF;

    /// <summary>Host address of the first byte of RAM.</summary>
    public byte* Base;

    /// <summary>Guest physical address of the first byte of RAM.</summary>
    public ulong Start;

    /// <summary>Size in bytes.</summary>
    public ulong Size;

    /// <summary>One <see cref="Memory.PageFlags"/> for each page of RAM.</summary>
    public byte* PageFlags;

    /// <summary>Called with <see cref="CodeWrittenContext"/> and the page's index when a page that has code was written to by a device.</summary>
    public delegate*<void*, uint, void> CodeWritten;

    /// <summary>First argument of <see cref="CodeWritten"/>.</summary>
    public void* CodeWrittenContext;

    /// <summary>Allocates zeroed RAM; <see cref="Base"/> stays null when there is none.</summary>
    /// <param name="start">Guest physical address of the first byte.</param>
    /// <param name="size">Bytes; rounded up to whole pages.</param>
    public void Allocate(ulong start, ulong size)
    {
        size = (size + 0xFFF) & ~0xFFFUL;
        // Fresh zeros cost nothing until they are touched; clearing would touch all of it.
        var memory = (nuint)NativeMemory.AllocZeroed((nuint)size + PageMask);
        if (memory == 0)
            return;
        Base = (byte*)((memory + PageMask) & ~PageMask);
        PageFlags = (byte*)NativeMemory.AllocZeroed((nuint)(size >> PageShift));
        Start = start;
        Size = size;
    }

    /// <summary>Whether all of [<paramref name="address"/>, +<paramref name="length"/>) is RAM.</summary>
    public readonly bool Contains(ulong address, ulong length)
    {
        var offset = address - Start;
        return offset <= Size && length <= Size - offset;
    }

    /// <summary>Host pointer for a guest physical range, or null when any byte of it is not RAM.</summary>
    public readonly byte* TryMap(ulong address, ulong length) =>
        Contains(address, length) ? Base + (nuint)(address - Start) : null;

    /// <summary>A device is about to write (or has written) this range: tells the CPU of pages that hold code.</summary>
    public readonly void NoteWrite(ulong address, ulong length)
    {
        if (length == 0 || !Contains(address, length))
            return;
        var first = (uint)((address - Start) >> PageShift);
        var last = (uint)((address - Start + length - 1) >> PageShift);
        for (var page = first; page <= last; page++)
        {
            if ((PageFlags[page] & (byte)Memory.PageFlags.HasCode) != 0 && CodeWritten != null)
                CodeWritten(CodeWrittenContext, page);
        }
    }
}
