using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>
/// A join that only branches on a phi: predecessors that bring a constant go straight to where it leads, even when the join's
/// phis are used further down. Those phis become variables for a moment; scalar replacement puts phis where they belong now.
/// (An inlined <c>if (!TryLoad(out value)) return;</c> makes such joins: the fast path brings true.)
/// </summary>
internal static class JumpThreading
{
    private const int MaxThreads = 400;

    /// <returns>Whether anything changed; then scalar replacement must run.</returns>
    public static bool Run(Function function)
    {
        var any = false;
        for (var i = 0; i < MaxThreads; i++)
        {
            function.ComputeOrder();
            if (!function.Blocks.Exists(b => TryThread(function, b)))
                break;
            any = true;
        }

        function.ComputeOrder();
        return any;
    }

    private static bool TryThread(Function function, Block join)
    {
        var branch = join.Terminator;
        if (branch.Op != Op.BrIf || branch.Args[0].Resolve() is not { Op: Op.Phi } condition || condition.Block != join || branch.Targets[0] == branch.Targets[1])
            return false;
        if (join.Instrs.Exists(i => i.Op != Op.Phi && !i.IsTerminator) || join.Preds.Exists(p => p.Index >= join.Index))
            return false;
        var threads = new List<(Block Pred, Block Target)>();
        for (var edge = 0; edge < join.Preds.Count; edge++)
        {
            var pred = join.Preds[edge];
            if (condition.Args[edge].Resolve() is not { IsConst: true } constant || pred.Terminator.Op == Op.Switch)
                continue;
            var target = branch.Targets[constant.Imm != 0 ? 0 : 1];
            if (!target.Preds.Contains(pred))
                threads.Add((pred, target));
        }

        // With every predecessor gone the join would be dead; with one left it is plain: both are fine.
        if (threads.Count == 0)
            return false;
        var phis = join.Phis.ToList();
        var arguments = new Dictionary<(Block, Instr), Instr>();
        foreach (var (pred, target) in threads)
        {
            var edge = join.Preds.IndexOf(pred);
            var from = target.Preds.IndexOf(join);
            foreach (var phi in target.Phis)
            {
                var value = phi.Args[from].Resolve();
                arguments[(pred, phi)] = value.Op == Op.Phi && value.Block == join ? value.Args[edge].Resolve() : value;
            }
        }

        Demote(function, join, phis);
        foreach (var (pred, target) in threads)
        {
            ControlFlow.Redirect(pred, join, target, phi => arguments[(pred, phi)]);
            join.Preds.Remove(pred);
        }

        return true;
    }

    /// <summary>Turns phis into variables: a store at the end of each predecessor, a load before each use.</summary>
    private static void Demote(Function function, Block join, List<Instr> phis)
    {
        var slots = new Dictionary<Instr, Instr>();
        foreach (var phi in phis)
        {
            var slot = new Instr(Op.Alloca, ValType.I32) { Imm = 16, Aux = new AllocaInfo(16, "join"), Block = function.Entry };
            function.Number(slot);
            slots[phi] = slot;
        }

        foreach (var block in function.Blocks)
        {
            for (var i = 0; i < block.Instrs.Count; i++)
            {
                var user = block.Instrs[i];
                for (var a = 0; a < user.Args.Length; a++)
                {
                    if (user.Args[a].Resolve() is not { Op: Op.Phi } phi || !slots.TryGetValue(phi, out var slot) || slots.ContainsKey(user))
                        continue;
                    var load = MakeLoad(function, phi, slot);
                    user.Args[a] = load;
                    if (user.Op == Op.Phi)
                    {
                        InsertAtEnd(block.Preds[a], load);
                        // Inserted before this very user's position only when the block is its own predecessor.
                        i = block.Instrs.IndexOf(user);
                    }
                    else
                    {
                        load.Block = block;
                        block.Instrs.Insert(i++, load);
                    }
                }
            }
        }

        foreach (var phi in phis)
        {
            for (var edge = 0; edge < join.Preds.Count; edge++)
            {
                var store = new Instr(Op.Store, Instr.NoValue, slots[phi], phi.Args[edge].Resolve()) { Code = StoreOf(phi.Type), Position = phi.Position };
                function.Number(store);
                InsertAtEnd(join.Preds[edge], store);
            }
        }

        join.Instrs.RemoveAll(slots.ContainsKey);
        function.Entry.Instrs.InsertRange(0, slots.Values);
    }

    private static Instr MakeLoad(Function function, Instr phi, Instr slot)
    {
        var load = new Instr(Op.Load, phi.Type, slot) { Code = Access.Load(ReprOf(phi.Type)).Code, Position = phi.Position };
        function.Number(load);
        return load;
    }

    private static void InsertAtEnd(Block block, Instr instr)
    {
        instr.Block = block;
        block.Instrs.Insert(block.Instrs.Count - 1, instr);
    }

    private static Opcode StoreOf(ValType type) => Access.Store(ReprOf(type));

    private static Repr ReprOf(ValType type) => type switch
    {
        ValType.I32 => Repr.I32,
        ValType.I64 => Repr.I64,
        ValType.F32 => Repr.F32,
        ValType.F64 => Repr.F64,
        _ => Repr.V128,
    };
}
