using Gantry.Compiler.Optimizer;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.IR;

/// <summary>Appends instructions to a block, simplifying pure ones while it does.</summary>
internal sealed class Builder(Function function)
{
    public Function Function { get; } = function;

    public Block Current { get; set; } = null!;

    public SourcePosition Position { get; set; }

    public Instr Emit(Instr instr)
    {
        Function.Number(instr);
        instr.Position = Position;
        instr.Block = Current;
        Current.Instrs.Add(instr);
        return instr;
    }

    /// <summary>A pure operator.</summary>
    public Instr Wasm(Opcode code, params Instr[] args)
    {
        var simple = Simplifier.Simplify(code, args, Wasm);
        if (simple != null)
            return simple is { Op: Op.Const or Op.SymAddr, Block: null } ? Emit(simple) : simple;
        return Emit(new Instr(Op.Wasm, ResultOf(code, args), args) { Code = code });
    }

    public Instr Lane(Opcode code, int lane, params Instr[] args) =>
        Emit(new Instr(Op.Wasm, ResultOf(code, args), args) { Code = code, Imm = lane });

    public static ValType ResultOf(Opcode code, Instr[] args)
    {
        if (code == Opcode.Select)
            return args[0].Type;
        var type = OpcodeTable.Find(code)?.Type;
        return type == null || type.Results.Length == 0 ? Instr.NoValue : type.Results[0];
    }

    public Instr I32(int value) => Emit(Instr.I32(value));

    public Instr I64(long value) => Emit(Instr.I64(value));

    public Instr Add(Instr address, int offset) => offset == 0 ? address : Wasm(Opcode.I32Add, address, I32(offset));

    public Instr Load(Repr repr, Instr address, int offset = 0)
    {
        var (code, type) = Access.Load(repr);
        return Emit(new Instr(Op.Load, type, address) { Code = code, Imm = offset });
    }

    public Instr LoadCode(Opcode code, Instr address, int offset = 0) =>
        Emit(new Instr(Op.Load, OpcodeTable.Find(code)!.Type!.Results[0], address) { Code = code, Imm = offset });

    public void Store(Repr repr, Instr address, Instr value, int offset = 0) =>
        Emit(new Instr(Op.Store, Instr.NoValue, address, value) { Code = Access.Store(repr), Imm = offset });

    public Instr Effect(Opcode code, params Instr[] args) =>
        Emit(new Instr(Op.Effect, ResultOf(code, args), args) { Code = code });

    public Instr Alloca(int size, int alignment, string? name = null) =>
        Emit(new Instr(Op.Alloca, ValType.I32) { Imm = Math.Max(1, size), Aux = new AllocaInfo(Math.Max(1, alignment), name) });

    public Instr Symbol(DataSymbol symbol, int addend = 0) =>
        Emit(new Instr(Op.SymAddr, ValType.I32) { Aux = symbol, Imm = addend });

    public void TrapIf(Instr condition, TrapInfo trap)
    {
        if (condition is { IsConst: true, Imm: 0 })
            return;
        Emit(new Instr(Op.TrapIf, Instr.NoValue, condition) { Aux = trap });
    }

    public void Br(Block target) => Emit(new Instr(Op.Br, Instr.NoValue) { Targets = [target] });

    public void BrIf(Instr condition, Block whenTrue, Block whenFalse)
    {
        if (condition.IsConst)
            Br(condition.Imm != 0 ? whenTrue : whenFalse);
        else if (whenTrue == whenFalse)
            Br(whenTrue);
        else
            Emit(new Instr(Op.BrIf, Instr.NoValue, condition) { Targets = [whenTrue, whenFalse] });
    }
}

/// <summary>What a shadow-stack variable needs and is called.</summary>
internal sealed record AllocaInfo(int Alignment, string? Name);

/// <summary>Opcodes of memory accesses by representation.</summary>
internal static class Access
{
    public static (Opcode Code, ValType Type) Load(Repr repr) => repr switch
    {
        Repr.I8 => (Opcode.I32Load8S, ValType.I32),
        Repr.U8 => (Opcode.I32Load8U, ValType.I32),
        Repr.I16 => (Opcode.I32Load16S, ValType.I32),
        Repr.U16 => (Opcode.I32Load16U, ValType.I32),
        Repr.I32 => (Opcode.I32Load, ValType.I32),
        Repr.I64 => (Opcode.I64Load, ValType.I64),
        Repr.F32 => (Opcode.F32Load, ValType.F32),
        Repr.F64 => (Opcode.F64Load, ValType.F64),
        Repr.V128 => (Opcode.V128Load, ValType.V128),
        _ => throw new InvalidOperationException($"no load of {repr}"),
    };

    public static Opcode Store(Repr repr) => repr switch
    {
        Repr.I8 or Repr.U8 => Opcode.I32Store8,
        Repr.I16 or Repr.U16 => Opcode.I32Store16,
        Repr.I32 => Opcode.I32Store,
        Repr.I64 => Opcode.I64Store,
        Repr.F32 => Opcode.F32Store,
        Repr.F64 => Opcode.F64Store,
        Repr.V128 => Opcode.V128Store,
        _ => throw new InvalidOperationException($"no store of {repr}"),
    };

    /// <summary>The load that does what a load and an operator that extends its value do, if there is one.</summary>
    public static Opcode? Widened(Opcode load, Opcode extension) => (load, extension) switch
    {
        (Opcode.I32Load, Opcode.I64ExtendI32S) => Opcode.I64Load32S,
        (Opcode.I32Load, Opcode.I64ExtendI32U) => Opcode.I64Load32U,
        (Opcode.I32Load16S, Opcode.I64ExtendI32S) => Opcode.I64Load16S,
        (Opcode.I32Load16U, Opcode.I64ExtendI32S or Opcode.I64ExtendI32U) => Opcode.I64Load16U,
        (Opcode.I32Load8S, Opcode.I64ExtendI32S) => Opcode.I64Load8S,
        (Opcode.I32Load8U, Opcode.I64ExtendI32S or Opcode.I64ExtendI32U) => Opcode.I64Load8U,
        (Opcode.I64Load32U, Opcode.I64Extend32S) => Opcode.I64Load32S,
        (Opcode.I64Load16U, Opcode.I64Extend16S) => Opcode.I64Load16S,
        (Opcode.I64Load8U, Opcode.I64Extend8S) => Opcode.I64Load8S,
        _ => null,
    };

    public static ValType TypeOf(Repr repr) => repr == Repr.Void ? Instr.NoValue : Load(repr).Type;

    /// <summary>Bytes that a load or store touches.</summary>
    public static int Size(Opcode code) => 1 << OpcodeTable.Find(code)!.NaturalAlignment;
}
