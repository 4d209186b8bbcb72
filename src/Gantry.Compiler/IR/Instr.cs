using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.IR;

/// <summary>What an instruction is. WebAssembly's own pure operators are <see cref="Wasm"/> with an opcode.</summary>
internal enum Op : byte
{
    /// <summary>A constant; its bits are in Imm (v128: Wide).</summary>
    Const,
    /// <summary>A WebAssembly parameter; Imm is its index.</summary>
    Param,
    /// <summary>One argument for each predecessor of its block, in the predecessors' order.</summary>
    Phi,
    /// <summary>A pure WebAssembly operator: Code, with a lane in Imm or a shuffle in Wide.</summary>
    Wasm,
    /// <summary>(address), Imm is added to it; Code says width.</summary>
    Load,
    /// <summary>(address, value), Imm is added to the address.</summary>
    Store,
    /// <summary>The address of Imm bytes on the shadow stack, zeroed only if stored to.</summary>
    Alloca,
    /// <summary>The address of a <see cref="DataSymbol"/> plus Imm.</summary>
    SymAddr,
    /// <summary>The table index of a method.</summary>
    FuncAddr,
    /// <summary>Calls the method in Aux.</summary>
    Call,
    /// <summary>Calls table entry (last argument) with the FuncType in Aux.</summary>
    CallIndirect,
    /// <summary>Calls what the first argument's class has for the method in Aux.</summary>
    CallVirtual,
    /// <summary>The table index of what the object's class has for the method in Aux.</summary>
    LoadVirtual,
    /// <summary>1 when the object (argument) is of the type in Aux, 0 also for null.</summary>
    IsInst,
    /// <summary>(to, from): copies Imm bytes, laid out as Aux (a type, may be null).</summary>
    Copy,
    /// <summary>(to): zeroes Imm bytes, laid out as Aux.</summary>
    Zero,
    /// <summary>A WebAssembly instruction with a side effect: memory.copy, memory.fill, memory.grow...</summary>
    Effect,
    /// <summary>Reads or writes a global of the compiler's own: Imm is its index.</summary>
    GlobalGet,
    GlobalSet,
    /// <summary>Allocates (size) bytes on the shadow stack until the method returns.</summary>
    StackAlloc,
    /// <summary>Traps with the message in Aux when the argument is not zero.</summary>
    TrapIf,

    // Terminators.
    Br,
    /// <summary>(condition): Targets[0] when not zero, else Targets[1].</summary>
    BrIf,
    /// <summary>(index): Targets[index], the last one when out of range.</summary>
    Switch,
    Return,
    /// <summary>A tail call of the method in Aux.</summary>
    ReturnCall,
    /// <summary>A tail call of the table entry (last argument).</summary>
    ReturnCallIndirect,
    /// <summary>Traps: the message is Aux, or the record whose address is the argument.</summary>
    Trap,
    /// <summary>Something that could not be compiled; an error if it is still there in the end. Aux is the diagnostic.</summary>
    Poison,
}

/// <summary>Where in the source an instruction comes from.</summary>
/// <param name="Method">The method whose IL it was (not the one it was inlined into).</param>
/// <param name="ILOffset">Offset of the IL instruction.</param>
internal readonly record struct SourcePosition(MethodDesc? Method, int ILOffset);

/// <summary>An SSA instruction and, if it has a type, the value it makes.</summary>
internal sealed class Instr
{
    public const ValType NoValue = 0;

    public Op Op;
    public Opcode Code;
    public ValType Type;
    public Instr[] Args;
    public long Imm;
    public UInt128 Wide;
    public object? Aux;
    public Block[] Targets = [];
    public SourcePosition Position;

    /// <summary>Set when another value has taken this one's place.</summary>
    public Instr? Forward;

    /// <summary>Scratch of the pass that runs.</summary>
    public int Mark;

    /// <summary>Scratch of the pass that runs.</summary>
    public int Uses;

    /// <summary>Index in its block before the code generator moved it.</summary>
    public int Order;

    /// <summary>The WebAssembly local that holds it, in the code generator; -1 without one.</summary>
    public int Local = -1;

    /// <summary>Whether it is computed where it is used, on the operand stack.</summary>
    public bool Inlined;

    public int Id;
    public Block? Block;

    public Instr(Op op, ValType type, params Instr[] args)
    {
        Op = op;
        Type = type;
        Args = args;
    }

    public bool HasValue => Type != NoValue;

    public bool IsConst => Op == Op.Const;

    public bool IsTerminator => Op >= Op.Br;

    /// <summary>The value that stands for this one now.</summary>
    public Instr Resolve()
    {
        var target = this;
        while (target.Forward != null)
            target = target.Forward;
        for (var i = this; i.Forward != null && i.Forward != target;)
        {
            var next = i.Forward;
            i.Forward = target;
            i = next;
        }

        return target;
    }

    public void ResolveArgs()
    {
        for (var i = 0; i < Args.Length; i++)
        {
            if (Args[i].Forward != null)
                Args[i] = Args[i].Resolve();
        }
    }

    /// <summary>Whether it may be dropped when nobody uses its value, and repeated or moved freely.</summary>
    public bool IsPure => Op is Op.Const or Op.Param or Op.Phi or Op.Wasm or Op.SymAddr or Op.FuncAddr or Op.Alloca or Op.IsInst;

    public bool ReadsMemory => Op is Op.Load or Op.Copy or Op.LoadVirtual or Op.GlobalGet or Op.IsInst || IsCall || Op == Op.Effect;

    public bool WritesMemory => Op is Op.Store or Op.Copy or Op.Zero or Op.Effect or Op.GlobalSet or Op.StackAlloc || IsCall;

    public bool IsCall => Op is Op.Call or Op.CallIndirect or Op.CallVirtual;

    /// <summary>Whether it must stay even if its value is unused.</summary>
    public bool HasEffect => WritesMemory || Op == Op.TrapIf || IsTerminator;

    public static Instr I32(int value) => new(Op.Const, ValType.I32) { Imm = value };

    public static Instr I64(long value) => new(Op.Const, ValType.I64) { Imm = value };

    public static Instr F32(float value) => new(Op.Const, ValType.F32) { Imm = BitConverter.SingleToInt32Bits(value) };

    public static Instr F64(double value) => new(Op.Const, ValType.F64) { Imm = BitConverter.DoubleToInt64Bits(value) };

    public static Instr V128(UInt128 value) => new(Op.Const, ValType.V128) { Wide = value };

    public static Instr ZeroOf(ValType type) => new(Op.Const, type);

    public override string ToString() => IRPrinter.Print(this);
}

/// <summary>Straight-line code that ends in a terminator.</summary>
internal sealed class Block
{
    public List<Instr> Instrs = [];
    public List<Block> Preds = [];

    /// <summary>Position in reverse postorder, after <see cref="Function.ComputeOrder"/>.</summary>
    public int Index = -1;

    public Block? Dominator;

    /// <summary>Numbers of a walk of the dominator tree, on the way in and on the way out.</summary>
    public int DominatorIn, DominatorOut;

    /// <summary>Scratch of the pass that runs.</summary>
    public int Mark;
    public int Id;

    public Instr Terminator => Instrs[^1];

    public bool IsTerminated => Instrs.Count > 0 && Instrs[^1].IsTerminator;

    public Block[] Succs => Terminator.Targets;

    public IEnumerable<Instr> Phis
    {
        get
        {
            foreach (var instr in Instrs)
            {
                if (instr.Op != Op.Phi)
                    yield break;
                yield return instr;
            }
        }
    }

    public override string ToString() => "b" + Id;
}
