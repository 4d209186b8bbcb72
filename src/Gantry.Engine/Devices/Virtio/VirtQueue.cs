using Gantry.Engine.Memory;

namespace Gantry.Engine.Devices;

/// <summary>What looking at a queue gave.</summary>
public enum QueueResult
{
    /// <summary>No chain is available.</summary>
    Empty,

    /// <summary>A chain.</summary>
    Chain,

    /// <summary>The driver broke the rules.</summary>
    Malformed,
}

/// <summary>A split virtqueue (virtio 1.2, section 2.7), device side.</summary>
/// <remarks>
/// The three areas are checked against RAM once, when the driver makes the queue ready; RAM never moves, so the pointers stay good.
/// All that is read through them is hostile and may change at any time: each value is read once and checked before use.
/// </remarks>
public unsafe struct VirtQueue
{
    private const ushort NoInterrupt = 1;

    /// <summary>Largest size the driver may choose.</summary>
    public uint MaxSize;

    /// <summary>Size the driver chose: a power of two.</summary>
    public uint Size;

    /// <summary>1 when the driver enabled the queue and its areas were found good.</summary>
    public uint Ready;

    /// <summary>Guest physical address of the descriptor table.</summary>
    public ulong DescriptorAddress;

    /// <summary>Guest physical address of the driver area (available ring).</summary>
    public ulong AvailableAddress;

    /// <summary>Guest physical address of the device area (used ring).</summary>
    public ulong UsedAddress;

    /// <summary>Index of the next available entry to take.</summary>
    public ushort LastAvailable;

    /// <summary>Index of the next used entry to write.</summary>
    public ushort NextUsed;

    private byte* descriptors;
    private byte* available;
    private byte* used;

    /// <summary>As after power-on.</summary>
    public void Reset()
    {
        Size = 0;
        Ready = 0;
        DescriptorAddress = 0;
        AvailableAddress = 0;
        UsedAddress = 0;
        LastAvailable = 0;
        NextUsed = 0;
    }

    /// <summary>Checks size, alignment (2.7) and placement of the areas; false when the driver may not have them there.</summary>
    public bool Enable(GuestMemory* memory)
    {
        if (Size == 0 || Size > MaxSize || (Size & (Size - 1)) != 0)
            return false;
        if ((DescriptorAddress & 15) != 0 || (AvailableAddress & 1) != 0 || (UsedAddress & 3) != 0)
            return false;
        descriptors = memory->TryMap(DescriptorAddress, 16UL * Size);
        available = memory->TryMap(AvailableAddress, 6UL + (2UL * Size));
        used = memory->TryMap(UsedAddress, 6UL + (8UL * Size));
        if (descriptors == null || available == null || used == null)
            return false;
        LastAvailable = 0;
        NextUsed = 0;
        Ready = 1;
        return true;
    }

    /// <summary>Reads the next available chain without taking it.</summary>
    public readonly QueueResult Peek(GuestMemory* memory, bool indirectAllowed, DescriptorChain* chain)
    {
        var index = *(ushort*)(available + 2);
        if (index == LastAvailable)
            return QueueResult.Empty;
        if ((ushort)(index - LastAvailable) > Size)
            return QueueResult.Malformed;
        var head = *(ushort*)(available + 4 + (2 * (LastAvailable & (Size - 1))));
        return chain->Parse(memory, descriptors, Size, head, indirectAllowed) ? QueueResult.Chain : QueueResult.Malformed;
    }

    /// <summary>Writes a used entry; returns whether the driver wants an interrupt.</summary>
    public bool Push(GuestMemory* memory, ushort head, uint written)
    {
        var slot = (uint)NextUsed & (Size - 1);
        var entry = (uint*)(used + 4 + (8 * slot));
        memory->NoteWrite(UsedAddress, 6UL + (8UL * Size));
        entry[0] = head;
        entry[1] = written;
        NextUsed++;
        *(ushort*)(used + 2) = NextUsed;
        return (*(ushort*)available & NoInterrupt) == 0;
    }
}
