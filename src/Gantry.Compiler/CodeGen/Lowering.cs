using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <summary>Replaces what needs the whole program (virtual calls, type tests) and block copies by plain instructions.</summary>
internal sealed class Lowering(Function function, VirtualTables tables)
{
    private const int MaxUnrolledCopy = 64;

    private readonly Builder _builder = new(function);

    public void Run()
    {
        Optimizer.SsaUtil.CountUses(function);
        foreach (var block in function.Blocks)
        {
            var old = block.Instrs;
            block.Instrs = new List<Instr>(old.Count);
            _builder.Current = block;
            foreach (var instr in old)
            {
                instr.ResolveArgs();
                _builder.Position = instr.Position;
                Lower(instr);
            }
        }

        SplitSwitchEdges();
        Optimizer.SsaUtil.RemoveDeadCode(function);
        function.ComputeOrder();
    }

    private void Lower(Instr instr)
    {
        switch (instr.Op)
        {
            case Op.Copy:
                LowerCopy(instr);
                break;
            case Op.Zero:
                LowerZero(instr);
                break;
            case Op.IsInst:
                instr.Forward = LowerIsInst(instr);
                break;
            case Op.CallVirtual:
                LowerVirtual(instr);
                break;
            case Op.LoadVirtual:
                instr.Forward = TableEntry(instr.Args[0], (MethodDesc)instr.Aux!);
                break;
            case Op.Wasm when TryWiden(instr):
                break;
            default:
                if (instr.Op is Op.Load or Op.Store)
                    FoldOffset(instr);
                instr.Block = _builder.Current;
                _builder.Current.Instrs.Add(instr);
                break;
        }
    }

    /// <summary>A constant part of an address becomes the access's offset, also where the sum has other uses: the sum is often no longer needed then.</summary>
    private static void FoldOffset(Instr access)
    {
        while (access.Args[0] is { Op: Op.Wasm, Code: Opcode.I32Add } sum && sum.Args[1].Resolve() is { IsConst: true, Imm: >= 0 } constant
            && access.Imm >= 0 && access.Imm + constant.Imm < Emitter.FoldableOffset)
        {
            access.Imm += constant.Imm;
            access.Args[0] = sum.Args[0].Resolve();
        }
    }

    /// <summary>A load of which only the extension is used extends by itself.</summary>
    private static bool TryWiden(Instr extension)
    {
        if (extension.Args is not [{ Op: Op.Load, Uses: 1 } load] || Access.Widened(load.Code, extension.Code) is not { } wide)
            return false;
        load.Code = wide;
        load.Type = ValType.I64;
        extension.Forward = load;
        return true;
    }

    private Instr TableEntry(Instr target, MethodDesc declaration) =>
        _builder.LoadCode(Opcode.I32Load, _builder.Load(Repr.I32, target), 4 * tables.ColumnOf(declaration));

    private void LowerVirtual(Instr instr)
    {
        var declaration = (MethodDesc)instr.Aux!;
        var receiver = instr.Args[CallingConvention.ReturnsThroughPointer(declaration.Signature.Return) ? 1 : 0];
        var only = tables.OnlyImplementation(declaration);
        if (only != null)
        {
            instr.Op = Op.Call;
            instr.Aux = only;
        }
        else
        {
            var entry = TableEntry(receiver, declaration);
            instr.Op = Op.CallIndirect;
            instr.Aux = CallingConvention.TypeOf(declaration.Signature);
            instr.Args = [.. instr.Args, entry];
        }

        instr.Block = _builder.Current;
        _builder.Current.Instrs.Add(instr);
    }

    private Instr LowerIsInst(Instr instr)
    {
        var target = (TypeDesc)instr.Aux!;
        var value = instr.Args[0];
        var matching = tables.Allocated.Where(t => t.IsAssignableTo(target)).ToList();
        if (matching.Count == 0)
            return _builder.I32(0);
        // Address 0 is readable and holds 0, which is no method table: null needs no test of its own.
        var table = _builder.Load(Repr.I32, value);
        Instr? result = null;
        foreach (var type in matching)
        {
            var same = _builder.Wasm(Opcode.I32Eq, table, _builder.Symbol(tables.MethodTable(type)));
            result = result == null ? same : _builder.Wasm(Opcode.I32Or, result, same);
        }

        return result!;
    }

    private void LowerCopy(Instr instr)
    {
        var size = (int)instr.Imm;
        if (size > MaxUnrolledCopy)
        {
            _builder.Effect(Opcode.MemoryCopy, instr.Args[0], instr.Args[1], _builder.I32(size));
            return;
        }

        var pieces = Pieces(size, (instr.Aux as TypeDesc)?.Layout.Alignment ?? 1).ToList();
        var values = pieces.Select(p => _builder.LoadCode(p.Load, instr.Args[1], p.Offset)).ToList();
        for (var i = 0; i < pieces.Count; i++)
            _builder.Emit(new Instr(Op.Store, Instr.NoValue, instr.Args[0], values[i]) { Code = pieces[i].Store, Imm = pieces[i].Offset });
    }

    private void LowerZero(Instr instr)
    {
        var size = (int)instr.Imm;
        if (size > MaxUnrolledCopy)
        {
            _builder.Effect(Opcode.MemoryFill, instr.Args[0], _builder.I32(0), _builder.I32(size));
            return;
        }

        foreach (var (offset, load, store) in Pieces(size, 8))
        {
            var zero = _builder.Emit(Instr.ZeroOf(OpcodeTable.Find(load)!.Type!.Results[0]));
            _builder.Emit(new Instr(Op.Store, Instr.NoValue, instr.Args[0], zero) { Code = store, Imm = offset });
        }
    }

    private static IEnumerable<(int Offset, Opcode Load, Opcode Store)> Pieces(int size, int alignment)
    {
        _ = alignment;
        var offset = 0;
        while (offset < size)
        {
            var left = size - offset;
            var (step, load, store) = left >= 8 ? (8, Opcode.I64Load, Opcode.I64Store)
                : left >= 4 ? (4, Opcode.I32Load, Opcode.I32Store)
                : left >= 2 ? (2, Opcode.I32Load16U, Opcode.I32Store16)
                : (1, Opcode.I32Load8U, Opcode.I32Store8);
            yield return (offset, load, store);
            offset += step;
        }
    }

    /// <summary>A br_table cannot move values on its edges: an edge into phis gets a block of its own.</summary>
    private void SplitSwitchEdges()
    {
        foreach (var block in function.Blocks.ToArray())
        {
            var terminator = block.Terminator;
            if (terminator.Op != Op.Switch)
                continue;
            var splits = new Dictionary<Block, Block>();
            for (var i = 0; i < terminator.Targets.Length; i++)
            {
                var target = terminator.Targets[i];
                if (!target.Phis.Any())
                    continue;
                if (!splits.TryGetValue(target, out var split))
                {
                    splits[target] = split = function.NewBlock();
                    split.Instrs.Add(new Instr(Op.Br, Instr.NoValue) { Targets = [target], Position = terminator.Position, Block = split });
                    split.Preds.Add(block);
                    target.Preds[target.Preds.IndexOf(block)] = split;
                    function.Blocks.Add(split);
                }

                terminator.Targets[i] = split;
            }
        }
    }
}
