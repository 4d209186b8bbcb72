using System.Numerics;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// The guest registers that a region keeps in locals, and what is known of them at the place being written. Sets of them are bits: x1 to x31 at their numbers, f0 to f31 from <see cref="FirstFloat"/> on.
/// </summary>
internal unsafe struct RegionRegisters
{
    /// <summary>Index of f0; before it stand x0 to x31.</summary>
    public const int FirstFloat = 32;

    private const int Count = 64;

    /// <summary>Which are in their locals here.</summary>
    public RegisterState Now;

    private Hart* hart;
    private FunctionBody* body;

    private fixed uint local[Count];

    /// <summary>Begins a region.</summary>
    /// <param name="hart">The hart.</param>
    /// <param name="body">The function.</param>
    public void Begin(Hart* hart, FunctionBody* body)
    {
        this.hart = hart;
        this.body = body;
        for (var i = 0; i < Count; i++)
            local[i] = 0;
    }

    /// <summary>Pushes a register's value.</summary>
    public void Get(int register)
    {
        if (register == 0)
        {
            body->Code.I64Const(0);
            return;
        }

        if ((Now.Available & (1UL << register)) == 0)
            body->Failed = true;
        body->Code.Op(Wasm.LocalGet, LocalOf(register));
    }

    /// <summary>Pops into a register. <see cref="Hart.Sink"/> is not one of those meant here.</summary>
    public void Set(int register)
    {
        Now.Available |= 1UL << register;
        Now.Dirty |= 1UL << register;
        body->Code.Op(Wasm.LocalSet, LocalOf(register));
    }

    /// <summary>Appends loads of those of a set that are not there.</summary>
    public void Need(ulong set)
    {
        set &= ~Now.Available;
        Now.Available |= set;
        for (; set != 0; set &= set - 1)
        {
            var register = BitOperations.TrailingZeroCount(set);
            body->Code.Op(Wasm.LocalGet, RegionEmitter.HartLocal);
            body->Code.Access(Wasm.I64Load, 3, OffsetOf(register));
            body->Code.Op(Wasm.LocalSet, LocalOf(register));
        }
    }

    /// <summary>Makes of the registers as they are here what another place expects.</summary>
    public void Become(RegisterState there)
    {
        Store(Now.Dirty & ~there.Dirty);
        Need(there.Available);
    }

    /// <summary>Appends stores of all that are to be stored.</summary>
    public void StoreDirty() => Store(Now.Dirty);

    /// <summary>Appends stores of those of them that are not in a set.</summary>
    public void StoreDirtyBut(ulong set) => Store(Now.Dirty & ~set);

    /// <summary>For a way out beside the way on: appends the same stores, and here they remain to be done.</summary>
    public void CopyDirty()
    {
        var dirty = Now.Dirty;
        Store(dirty);
        Now.Dirty = dirty;
    }

    private void Store(ulong set)
    {
        Now.Dirty &= ~set;
        for (; set != 0; set &= set - 1)
        {
            var register = BitOperations.TrailingZeroCount(set);
            body->Code.Op(Wasm.LocalGet, RegionEmitter.HartLocal);
            body->Code.Op(Wasm.LocalGet, LocalOf(register));
            body->Code.Access(Wasm.I64Store, 3, OffsetOf(register));
        }
    }

    private uint LocalOf(int register)
    {
        if (local[register] == 0)
            local[register] = body->NewLocal(Wasm.I64);
        return local[register];
    }

    private readonly uint OffsetOf(int register)
    {
        var place = register < FirstFloat ? hart->X + register : hart->F + (register - FirstFloat);
        return (uint)((byte*)place - (byte*)hart);
    }
}
