using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>Merges blocks, skips empty ones, threads jumps over branches on phis, and turns tiny diamonds into selects.</summary>
internal static class ControlFlow
{
    private const int MaxRounds = 8;

    /// <returns>Whether anything changed.</returns>
    public static bool Run(Function function)
    {
        var any = false;
        for (var round = 0; round < MaxRounds; round++)
        {
            function.ComputeOrder();
            var changed = MergeChains(function);
            changed |= SkipEmpty(function);
            changed |= ThreadConstants(function);
            changed |= BranchDuplication.Run(function);
            changed |= MakeSelects(function);
            if (!changed)
                break;
            any = true;
        }

        function.ComputeOrder();
        SsaUtil.RemoveTrivialPhis(function);
        return any;
    }

    private static bool MergeChains(Function function)
    {
        var changed = false;
        foreach (var block in function.Blocks)
        {
            if (block.Instrs.Count == 0)
                continue;
            while (block.Terminator.Op == Op.Br && block.Terminator.Targets[0] is var next && next != block && next.Preds.Count == 1 && next != function.Entry)
            {
                foreach (var phi in next.Phis)
                    phi.Forward = phi.Args[0].Resolve();
                next.Instrs.RemoveAll(i => i.Op == Op.Phi);
                block.Instrs.RemoveAt(block.Instrs.Count - 1);
                foreach (var instr in next.Instrs)
                    instr.Block = block;
                block.Instrs.AddRange(next.Instrs);
                foreach (var succ in block.Succs)
                {
                    var at = succ.Preds.IndexOf(next);
                    if (at >= 0)
                        succ.Preds[at] = block;
                }

                // What was merged is gone; its list stays valid for those that still look at it.
                next.Instrs = [new Instr(Op.Trap, Instr.NoValue) { Aux = new TrapInfo("", "", "") }];
                changed = true;
            }
        }

        if (changed)
        {
            ResolveAll(function);
            function.ComputeOrder();
        }

        return changed;
    }

    private static void ResolveAll(Function function)
    {
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.ResolveArgs();
        }
    }

    /// <summary>Jumps to a block that only jumps on go there directly.</summary>
    private static bool SkipEmpty(Function function)
    {
        var changed = false;
        foreach (var block in function.Blocks)
        {
            if (block == function.Entry || block.Instrs.Count != 1 || block.Terminator.Op != Op.Br)
                continue;
            var target = block.Terminator.Targets[0];
            if (target == block)
                continue;
            var edge = target.Preds.IndexOf(block);
            foreach (var pred in block.Preds.ToArray())
            {
                // One edge cannot carry two values into a phi.
                if (target.Preds.Contains(pred) && target.Phis.Any(p => p.Args[target.Preds.IndexOf(pred)].Resolve() != p.Args[edge].Resolve()))
                    continue;
                if (pred.Terminator.Op == Op.Switch && target.Phis.Any())
                    continue;
                Redirect(pred, block, target, phi => phi.Args[edge]);
                block.Preds.Remove(pred);
                changed = true;
            }
        }

        if (changed)
            function.ComputeOrder();
        return changed;
    }

    public static void Redirect(Block pred, Block from, Block to, Func<Instr, Instr> argument)
    {
        for (var i = 0; i < pred.Terminator.Targets.Length; i++)
        {
            if (pred.Terminator.Targets[i] == from)
                pred.Terminator.Targets[i] = to;
        }

        if (!to.Preds.Contains(pred))
        {
            to.Preds.Add(pred);
            foreach (var phi in to.Phis)
                phi.Args = [.. phi.Args, argument(phi)];
        }

        if (pred.Terminator.Op == Op.BrIf && pred.Terminator.Targets[0] == pred.Terminator.Targets[1])
        {
            pred.Terminator.Op = Op.Br;
            pred.Terminator.Args = [];
            pred.Terminator.Targets = [to];
        }
    }

    /// <summary>A block of phis and a branch on one of them: predecessors that bring a constant go straight to the target.</summary>
    private static bool ThreadConstants(Function function)
    {
        Dictionary<Instr, int>? uses = null;
        var changed = false;
        foreach (var block in function.Blocks)
        {
            var terminator = block.Terminator;
            if (terminator.Op is not (Op.BrIf or Op.Switch) || terminator.Args[0].Resolve() is not { Op: Op.Phi } condition || condition.Block != block)
                continue;
            if (block.Instrs.Exists(i => i.Op != Op.Phi && !i.IsTerminator) || block.Preds.Exists(p => p.Index >= block.Index) || !block.Succs.All(s => s.Index > block.Index))
                continue;
            uses ??= CountUses(function);
            if (!PhisStayInside(block, uses))
                continue;
            foreach (var pred in block.Preds.ToArray())
            {
                var edge = block.Preds.IndexOf(pred);
                if (!condition.Args[edge].Resolve().IsConst)
                    continue;
                var value = condition.Args[edge].Resolve().Imm;
                var target = terminator.Op == Op.BrIf ? terminator.Targets[value != 0 ? 0 : 1]
                    : terminator.Targets[(uint)value < terminator.Targets.Length - 1 ? (uint)value : terminator.Targets.Length - 1];
                if (pred.Terminator.Op == Op.Switch || target.Preds.Contains(pred))
                    continue;
                // The counts of uses are kept true, so that the blocks that follow need not wait for the next round.
                var counts = uses;
                var from = target.Preds.IndexOf(block);
                Redirect(pred, block, target, phi =>
                {
                    var arg = phi.Args[from].Resolve();
                    arg = arg.Op == Op.Phi && arg.Block == block ? arg.Args[edge].Resolve() : arg;
                    counts[arg] = counts.GetValueOrDefault(arg) + 1;
                    return arg;
                });
                block.Preds.RemoveAt(edge);
                foreach (var phi in block.Phis)
                {
                    counts[phi.Args[edge].Resolve()]--;
                    phi.Args = [.. phi.Args.Where((_, i) => i != edge)];
                }

                changed = true;
            }
        }

        if (changed)
        {
            function.ComputeOrder();
            SsaUtil.RemoveTrivialPhis(function);
        }

        return changed;
    }

    public static Dictionary<Instr, int> CountUses(Function function)
    {
        var uses = new Dictionary<Instr, int>();
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                foreach (var arg in instr.Args)
                {
                    var value = arg.Resolve();
                    uses[value] = uses.GetValueOrDefault(value) + 1;
                }
            }
        }

        return uses;
    }

    /// <summary>Whether the block's phis are used only by its own terminator and by the phis of its successors, for this edge.</summary>
    public static bool PhisStayInside(Block block, Dictionary<Instr, int> uses)
    {
        foreach (var phi in block.Phis)
        {
            var inside = block.Terminator.Args.Count(a => a.Resolve() == phi);
            foreach (var succ in block.Succs.Distinct())
            {
                var edge = succ.Preds.IndexOf(block);
                inside += succ.Phis.Count(p => p.Args[edge].Resolve() == phi);
            }

            if (inside != uses.GetValueOrDefault(phi))
                return false;
        }

        return true;
    }

    /// <summary>if (c) x = a; else x = b; with nothing else in either side.</summary>
    private static bool MakeSelects(Function function)
    {
        var changed = false;
        var builder = new Builder(function);
        foreach (var block in function.Blocks)
        {
            if (block.Instrs.Count == 0 || block.Terminator is not { Op: Op.BrIf } branch)
                continue;
            var whenTrue = branch.Targets[0];
            var whenFalse = branch.Targets[1];
            var join = Through(whenTrue, block);
            if (join == null || join != Through(whenFalse, block))
            {
                join = Through(whenTrue, block) == whenFalse ? whenFalse : Through(whenFalse, block) == whenTrue ? whenTrue : null;
                if (join == null)
                    continue;
            }

            if (join.Preds.Count != 2 || join.Phis.Count() > 1 || join == block)
                continue;
            var truePred = whenTrue == join ? block : whenTrue;
            var falsePred = whenFalse == join ? block : whenFalse;
            var trueEdge = join.Preds.IndexOf(truePred);
            var falseEdge = join.Preds.IndexOf(falsePred);
            if (trueEdge < 0 || falseEdge < 0 || trueEdge == falseEdge)
                continue;
            var condition = branch.Args[0].Resolve();
            condition.ResolveArgs();
            block.Instrs.RemoveAt(block.Instrs.Count - 1);
            builder.Current = block;
            builder.Position = branch.Position;
            foreach (var phi in join.Phis.ToArray())
                phi.Forward = Select(builder, phi.Args[trueEdge].Resolve(), phi.Args[falseEdge].Resolve(), condition);
            join.Instrs.RemoveAll(i => i.Op == Op.Phi);
            builder.Br(join);
            // The emptied sides stay in the list until the order is computed anew; they are no one's predecessors any more.
            join.Preds = [block];
            changed = true;
        }

        if (changed)
        {
            ResolveAll(function);
            function.ComputeOrder();
        }

        return changed;
    }

    private static Instr Select(Builder builder, Instr whenTrue, Instr whenFalse, Instr condition)
    {
        if (whenTrue is { IsConst: true, Imm: 1, Type: ValType.I32 } && whenFalse is { IsConst: true, Imm: 0 } && Simplifier.PossibleBits(condition) <= 1)
            return condition;
        if (whenTrue is { IsConst: true, Imm: 0, Type: ValType.I32 } && whenFalse is { IsConst: true, Imm: 1 })
            return builder.Wasm(Opcode.I32Eqz, condition);
        return builder.Wasm(Opcode.Select, whenTrue, whenFalse, condition);
    }

    /// <summary>Where an empty side of a branch leads, or null if it is not empty or others come to it too.</summary>
    private static Block? Through(Block side, Block from) =>
        side.Instrs.Count == 1 && side.Terminator.Op == Op.Br && side.Preds.Count == 1 && side.Preds[0] == from ? side.Terminator.Targets[0] : null;
}
