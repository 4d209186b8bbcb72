using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Which guest registers a region keeps in locals: loaded when it is entered, stored when it is left if anything in it writes them.</summary>
internal unsafe struct RegionRegisters
{
    /// <summary>Index of f0; before it stand x0 to x31.</summary>
    public const int FirstFloat = 32;

    private const int Count = 64;

    private fixed uint local[Count];
    private ulong written;

    /// <summary>Begins a region.</summary>
    public void Clear()
    {
        written = 0;
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
    public void Set(FunctionBody* body, int register)
    {
        written |= 1UL << register;
        body->Code.Op(Wasm.LocalSet, LocalOf(body, register));
    }

    /// <summary>Appends loads of all that are used.</summary>
    public void Load(Hart* hart, CodeBuffer* to)
    {
        for (var i = 0; i < Count; i++)
        {
            if (local[i] == 0)
                continue;
            to->Op(Wasm.LocalGet, 0);
            to->Access(Wasm.I64Load, 3, OffsetOf(hart, i));
            to->Op(Wasm.LocalSet, local[i]);
        }
    }

    /// <summary>Appends stores of all that are written.</summary>
    public void Store(Hart* hart, CodeBuffer* to)
    {
        for (var i = 0; i < Count; i++)
        {
            if ((written & (1UL << i)) == 0)
                continue;
            to->Op(Wasm.LocalGet, 0);
            to->Op(Wasm.LocalGet, local[i]);
            to->Access(Wasm.I64Store, 3, OffsetOf(hart, i));
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
