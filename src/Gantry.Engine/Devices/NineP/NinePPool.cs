using System.Runtime.InteropServices;

namespace Gantry.Engine.Devices;

/// <summary>Small pieces of memory that come and go while the guest works: fids, nodes, names. Bounded, never given back to the host.</summary>
public unsafe struct NinePPool
{
    private const uint ChunkSize = 256 << 10;
    private const ulong MaxBytes = 128 << 20;
    private const int SmallestShift = 4;
    private const int Classes = 6;

    private byte** free;
    private byte* chunk;
    private uint chunkLeft;
    private ulong total;

    /// <summary>Largest piece.</summary>
    public const uint MaxPiece = 1u << (SmallestShift + Classes - 1);

    /// <summary>Makes an empty pool.</summary>
    public void Create() => free = (byte**)NativeMemory.AllocZeroed(Classes, (nuint)sizeof(byte*));

    /// <summary>A zeroed piece, aligned to 16; null when the bound is reached or the piece is larger than <see cref="MaxPiece"/>.</summary>
    public byte* Allocate(uint size)
    {
        var index = ClassOf(size);
        if (index >= Classes)
            return null;
        size = 1u << (SmallestShift + index);
        var piece = free[index];
        if (piece != null)
        {
            free[index] = *(byte**)piece;
        }
        else
        {
            if (chunkLeft < size && !Grow())
                return null;
            piece = chunk;
            chunk += size;
            chunkLeft -= size;
        }

        NativeMemory.Clear(piece, size);
        return piece;
    }

    /// <summary>Takes back a piece that was allocated with this size.</summary>
    public void Release(byte* piece, uint size)
    {
        var index = ClassOf(size);
        *(byte**)piece = free[index];
        free[index] = piece;
    }

    private static int ClassOf(uint size)
    {
        var index = 0;
        while (index < Classes && 1u << (SmallestShift + index) < size)
            index++;
        return index;
    }

    private bool Grow()
    {
        if (total >= MaxBytes)
            return false;
        var memory = (byte*)NativeMemory.AlignedAlloc(ChunkSize, 16);
        if (memory == null)
            return false;
        chunk = memory;
        chunkLeft = ChunkSize;
        total += ChunkSize;
        return true;
    }
}
