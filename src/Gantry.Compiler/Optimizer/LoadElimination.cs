using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>A load of what was just stored or loaded at the same address takes that value.</summary>
internal sealed class LoadElimination
{
    private const int MaxKnown = 200;

    private readonly Function _function;
    private readonly Dictionary<Block, List<Entry>> _atEnd = [];

    private LoadElimination(Function function) => _function = function;

    public static void Run(Function function)
    {
        function.ComputeOrder();
        new LoadElimination(function).Run();
    }

    private void Run()
    {
        var any = false;
        foreach (var block in _function.Blocks)
        {
            var known = Entering(block);
            foreach (var instr in block.Instrs)
            {
                instr.ResolveArgs();
                if (instr.Op == Op.Load)
                    any |= VisitLoad(instr, known);
                else
                    Overwrite(instr, known);
                if (instr.Op == Op.Store)
                    Remember(instr, known);
            }

            _atEnd[block] = known;
            block.Instrs.RemoveAll(i => i.Op == Op.Load && i.Forward != null);
        }

        if (!any)
            return;
        foreach (var block in _function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.ResolveArgs();
        }
    }

    /// <summary>What is known on every way into a block: at the ends of all its predecessors, and for a loop, of what its body does not overwrite.</summary>
    private List<Entry> Entering(Block block)
    {
        List<Entry>? known = null;
        foreach (var pred in block.Preds)
        {
            if (pred.Index >= block.Index)
                continue;
            if (known == null)
                known = [.. _atEnd[pred]];
            else
                known.RemoveAll(e => !_atEnd[pred].Exists(other => Same(e, other)));
        }

        if (known == null)
            return [];
        foreach (var inLoop in known.Count > 0 ? SsaUtil.LoopBody(block) : [])
            inLoop.Instrs.ForEach(i => Overwrite(i, known));
        if (known.Count > MaxKnown)
            known.RemoveRange(0, known.Count - MaxKnown);
        return known;
    }

    private static bool Same(Entry a, Entry b) =>
        a.Code == b.Code && SameBase(a.Base, b.Base) && a.Offset + BaseImm(a.Base) == b.Offset + BaseImm(b.Base) && a.Value.Resolve() == b.Value.Resolve();

    /// <summary>Forgets what an instruction may change.</summary>
    private static void Overwrite(Instr instr, List<Entry> known)
    {
        switch (instr.Op)
        {
            case Op.Store:
                var (at, offset) = Base(instr.Args[0].Resolve());
                Kill(known, at, offset + instr.Imm, Access.Size(instr.Code));
                break;
            case Op.Copy or Op.Zero:
                var (to, toOffset) = Base(instr.Args[0].Resolve());
                Kill(known, to, toOffset, instr.Imm);
                break;
            case Op.Effect or Op.Call or Op.CallIndirect or Op.CallVirtual:
                known.RemoveAll(e => !IsConstant(e.Base));
                break;
        }
    }

    private static (Instr Base, long Offset) Base(Instr address)
    {
        long offset = 0;
        while (address.Op == Op.Wasm && address.Code == Opcode.I32Add && address.Args[1].Resolve().IsConst)
        {
            offset += address.Args[1].Resolve().Imm;
            address = address.Args[0].Resolve();
        }

        return (address, offset);
    }

    private static bool VisitLoad(Instr load, List<Entry> known)
    {
        var (at, offset) = Base(load.Args[0]);
        offset += load.Imm;
        foreach (var entry in known)
        {
            if (SameBase(entry.Base, at) && entry.Offset + BaseImm(entry.Base) == offset + BaseImm(at) && entry.Code == load.Code)
            {
                load.Forward = entry.Value.Resolve();
                return true;
            }
        }

        known.Add(new Entry(at, offset, load.Code, Access.Size(load.Code), load));
        return false;
    }

    private static void Remember(Instr store, List<Entry> known)
    {
        var (at, offset) = Base(store.Args[0]);
        var load = store.Code switch
        {
            Opcode.I32Store => Opcode.I32Load,
            Opcode.I64Store => Opcode.I64Load,
            Opcode.F32Store => Opcode.F32Load,
            Opcode.F64Store => Opcode.F64Load,
            Opcode.V128Store => Opcode.V128Load,
            Opcode.I32Store8 when Simplifier.PossibleBits(store.Args[1]) <= 0xFF => Opcode.I32Load8U,
            Opcode.I32Store16 when Simplifier.PossibleBits(store.Args[1]) <= 0xFFFF => Opcode.I32Load16U,
            _ => Opcode.Nop,
        };
        if (load != Opcode.Nop)
            known.Add(new Entry(at, offset + store.Imm, load, Access.Size(store.Code), store.Args[1]));
    }

    private static void Kill(List<Entry> known, Instr at, long offset, long size) =>
        known.RemoveAll(e => MayOverlap(e, at, offset, size));

    private static bool MayOverlap(Entry entry, Instr at, long offset, long size)
    {
        if (SameBase(entry.Base, at))
        {
            var a = entry.Offset + BaseImm(entry.Base);
            var b = offset + BaseImm(at);
            return a < b + size && b < a + entry.Size;
        }

        if (IsConstant(entry.Base))
            return false;
        // Two variables, or a variable and static data, are never the same memory.
        return !(IsIdentified(entry.Base) && IsIdentified(at));
    }

    private static bool IsIdentified(Instr at) => at.Op is Op.Alloca or Op.SymAddr;

    private static bool IsConstant(Instr at) => at.Op == Op.SymAddr && at.Aux is DataSymbol { IsReadOnly: true };

    private static long BaseImm(Instr at) => at.Op == Op.SymAddr ? at.Imm : 0;

    private static bool SameBase(Instr a, Instr b) => a == b || (a.Op == Op.SymAddr && b.Op == Op.SymAddr && a.Aux == b.Aux);

    /// <summary>A value that memory is known to hold.</summary>
    private sealed record Entry(Instr Base, long Offset, Opcode Code, int Size, Instr Value);
}
