using System.Numerics;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// The guest registers that a region keeps in locals. Sets of them are bits: x1 to x31 at their numbers, f0 to f31 from <see cref="FirstFloat"/> on.
/// </summary>
internal unsafe struct RegionRegisters
{
    /// <summary>Index of f0; before it stand x0 to x31.</summary>
    public const int FirstFloat = 32;

    private const int Count = 64;

    private fixed uint local[Count];

    /// <summary>Begins a region.</summary>
    public void Clear()
    {
        for (var i = 0; i < Count; i++)
            local[i] = 0;
    }

    /// <summary>Pushes a register's value.</summary>
    public void Get(FunctionBody* body, int register)
    {
        if (register == 0)
            body->Code.I64Const(0);
        else
            body->Code.Op(Wasm.LocalGet, LocalOf(body, register));
    }

    /// <summary>Pops into a register. <see cref="Hart.Sink"/> is not one of those meant here.</summary>
    public void Set(FunctionBody* body, int register) => body->Code.Op(Wasm.LocalSet, LocalOf(body, register));

    /// <summary>Appends loads of some.</summary>
    public void Load(Hart* hart, FunctionBody* body, ulong set)
    {
        for (; set != 0; set &= set - 1)
        {
            var register = BitOperations.TrailingZeroCount(set);
            body->Code.Op(Wasm.LocalGet, 0);
            body->Code.Access(Wasm.I64Load, 3, OffsetOf(hart, register));
            body->Code.Op(Wasm.LocalSet, LocalOf(body, register));
        }
    }

    /// <summary>Appends stores of some.</summary>
    public void Store(Hart* hart, FunctionBody* body, ulong set)
    {
        for (; set != 0; set &= set - 1)
        {
            var register = BitOperations.TrailingZeroCount(set);
            body->Code.Op(Wasm.LocalGet, 0);
            body->Code.Op(Wasm.LocalGet, LocalOf(body, register));
            body->Code.Access(Wasm.I64Store, 3, OffsetOf(hart, register));
        }
    }

    private uint LocalOf(FunctionBody* body, int register)
    {
        if (local[register] == 0)
            local[register] = body->NewLocal(Wasm.I64);
        return local[register];
    }

    private static uint OffsetOf(Hart* hart, int register)
    {
        var place = register < FirstFloat ? hart->X + register : hart->F + (register - FirstFloat);
        return (uint)((byte*)place - (byte*)hart);
    }
}
