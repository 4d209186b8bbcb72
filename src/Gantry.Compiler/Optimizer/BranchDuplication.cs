using Gantry.Compiler.IR;

namespace Gantry.Compiler.Optimizer;

/// <summary>
/// A join that only branches on a phi, whose predecessors each bring a comparison of their own (a switch expression of bool, say):
/// each predecessor branches itself. The comparison and its branch become one machine instruction pair, and the processor
/// predicts each on its own.
/// </summary>
internal static class BranchDuplication
{
    private const int MaxTargetPhis = 2;

    /// <returns>Whether anything changed.</returns>
    public static bool Run(Function function)
    {
        Dictionary<Instr, int>? uses = null;
        var changed = false;
        foreach (var join in function.Blocks)
        {
            if (join.Preds.Count < 2 || join.Terminator is not { Op: Op.BrIf } branch || branch.Args[0].Resolve() is not { Op: Op.Phi } condition || condition.Block != join
                || branch.Targets[0] == branch.Targets[1])
                continue;
            if (join.Instrs.Exists(i => i.Op != Op.Phi && !i.IsTerminator) || join.Preds.Exists(p => p.Index >= join.Index) || join.Succs.Any(s => s.Index <= join.Index)
                || join.Succs.Sum(s => s.Phis.Count()) > MaxTargetPhis)
                continue;
            uses ??= ControlFlow.CountUses(function);
            if (!ControlFlow.PhisStayInside(join, uses))
                continue;
            var any = false;
            foreach (var pred in join.Preds.ToArray())
                any |= TryDuplicate(join, pred, branch, condition, uses);
            if (!any)
                continue;
            // Counts of uses and the order are stale now.
            changed = true;
            uses = null;
            function.ComputeOrder();
            return changed;
        }

        return changed;
    }

    private static bool TryDuplicate(Block join, Block pred, Instr branch, Instr condition, Dictionary<Instr, int> uses)
    {
        var edge = join.Preds.IndexOf(pred);
        var value = condition.Args[edge].Resolve();
        if (pred.Terminator.Op != Op.Br || value.Op != Op.Wasm || value.Block != pred || !Simplifier.IsBoolean(value.Code) || uses.GetValueOrDefault(value) != 1)
            return false;
        foreach (var target in branch.Targets)
        {
            if (target.Preds.Contains(pred))
                return false;
        }

        foreach (var target in branch.Targets)
        {
            var from = target.Preds.IndexOf(join);
            target.Preds.Add(pred);
            foreach (var phi in target.Phis)
            {
                var argument = phi.Args[from].Resolve();
                phi.Args = [.. phi.Args, argument.Op == Op.Phi && argument.Block == join ? argument.Args[edge].Resolve() : argument];
            }
        }

        pred.Instrs[^1] = new Instr(Op.BrIf, Instr.NoValue, value) { Targets = [.. branch.Targets], Position = branch.Position, Block = pred };
        join.Preds.RemoveAt(edge);
        foreach (var phi in join.Phis)
            phi.Args = [.. phi.Args.Where((_, i) => i != edge)];
        return true;
    }
}
