using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// Numbers for handlers on CoreCLR, where a function's address is too long for a record. (In WebAssembly it is an index into a table, and small.) There are some hundred handlers, each with
/// two or three addresses at most.
/// </summary>
internal static unsafe class HandlerNumbers
{
    private const int Capacity = 1 << 14;

    // A number is a place in this table of hashed addresses. Shared by all machines of the process.
    private static readonly nint* Addresses = (nint*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(nint));

    /// <summary>The handler with a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static delegate*<Hart*, Insn*, int, Insn*> Handler(ushort number) => (delegate*<Hart*, Insn*, int, Insn*>)Addresses[number];

    /// <summary>The number of a handler, given when it is first asked for.</summary>
    public static ushort Number(delegate*<Hart*, Insn*, int, Insn*> handler)
    {
        var address = (nint)handler;
        for (var place = (uint)(address >> 3) & (Capacity - 1); ; place = (place + 1) & (Capacity - 1))
        {
            var there = Addresses[place];
            if (there == 0)
                there = Interlocked.CompareExchange(ref Addresses[place], address, 0);
            if (there == address || there == 0)
                return (ushort)place;
        }
    }
}
