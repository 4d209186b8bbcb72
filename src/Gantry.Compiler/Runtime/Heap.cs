using System.Runtime.CompilerServices;

namespace Gantry.Compiler.Runtime;

/// <summary>The arena all objects, arrays and native memory come from. Nothing is ever given back.</summary>
internal static unsafe class Heap
{
    private const nuint PageSize = 65536;

    // Hosts pay for each growth (V8 makes views anew, and counts it towards garbage collection), so small ones are done in advance.
    private const nuint GrowthPages = 64;

    private static nuint s_next;

    /// <summary>Takes zeroed memory, growing the WebAssembly memory when needed.</summary>
    /// <param name="size">Bytes.</param>
    /// <param name="alignment">A power of two.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Allocate(nuint size, nuint alignment)
    {
        if (s_next == 0)
            s_next = Primitives.HeapBase();
        var start = (s_next + alignment - 1) & ~(alignment - 1);
        var end = start + size;
        if (end < start || start < s_next)
            throw new OutOfMemoryException("The address space is used up.");
        var available = (ulong)Primitives.MemorySize() * PageSize;
        if (end > available)
        {
            var pages = (nuint)((end - available + PageSize - 1) / PageSize);
            if ((pages >= GrowthPages || Primitives.MemoryGrow(GrowthPages) == -1) && Primitives.MemoryGrow(pages) == -1)
                throw new OutOfMemoryException("The host refused to grow the memory.");
        }

        s_next = end;
        return (void*)start;
    }

    /// <summary>Makes an object without running its constructor.</summary>
    public static nint NewObject(nint methodTable, int size)
    {
        var made = (nint*)Allocate((nuint)size, 16);
        *made = methodTable;
        return (nint)made;
    }

    /// <summary>Makes an array of zeroes.</summary>
    public static nint NewArray(nint methodTable, int length, int elementSize, int dataOffset)
    {
        if (length < 0)
            throw new OverflowException("Arithmetic operation resulted in an overflow.");
        var bytes = (ulong)(uint)length * (uint)elementSize + (uint)dataOffset;
        if (bytes > int.MaxValue)
            throw new OutOfMemoryException("Array dimensions exceeded supported range.");
        var made = (nint*)Allocate((nuint)bytes, 16);
        made[0] = methodTable;
        made[1] = length;
        return (nint)made;
    }
}

/// <summary>System.Runtime.InteropServices.NativeMemory on the arena.</summary>
internal static unsafe class NativeMemoryReplacement
{
    [Replaces("System.Runtime.InteropServices.NativeMemory.Alloc")]
    public static void* Alloc(nuint byteCount) => Heap.Allocate(byteCount, 16);

    [Replaces("System.Runtime.InteropServices.NativeMemory.Alloc")]
    public static void* Alloc(nuint elementCount, nuint elementSize) => Heap.Allocate(Product(elementCount, elementSize), 16);

    [Replaces("System.Runtime.InteropServices.NativeMemory.AllocZeroed")]
    public static void* AllocZeroed(nuint byteCount) => Heap.Allocate(byteCount, 16);

    [Replaces("System.Runtime.InteropServices.NativeMemory.AllocZeroed")]
    public static void* AllocZeroed(nuint elementCount, nuint elementSize) => Heap.Allocate(Product(elementCount, elementSize), 16);

    [Replaces("System.Runtime.InteropServices.NativeMemory.AlignedAlloc")]
    public static void* AlignedAlloc(nuint byteCount, nuint alignment)
    {
        if (alignment == 0 || (alignment & (alignment - 1)) != 0)
            throw new ArgumentException("The alignment must be a power of two.");
        return Heap.Allocate(byteCount, alignment < 16 ? 16 : alignment);
    }

    [Replaces("System.Runtime.InteropServices.NativeMemory.Free")]
    public static void Free(void* ptr) => _ = ptr;

    [Replaces("System.Runtime.InteropServices.NativeMemory.AlignedFree")]
    public static void AlignedFree(void* ptr) => _ = ptr;

    private static nuint Product(nuint count, nuint size)
    {
        var bytes = (ulong)count * size;
        if (bytes > uint.MaxValue)
            throw new OutOfMemoryException("The address space is used up.");
        return (nuint)bytes;
    }
}
