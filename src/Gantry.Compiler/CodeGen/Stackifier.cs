using Gantry.Compiler.IR;
using Gantry.Compiler.Optimizer;

namespace Gantry.Compiler.CodeGen;

/// <summary>
/// Decides which values are computed right where they are used, on WebAssembly's operand stack, and which need a local.
/// A value used once, in its own block, moves down to its use when nothing between conflicts with it.
/// </summary>
internal static class Stackifier
{
    private const int Window = 400;

    /// <summary>
    /// Sets <see cref="Instr.Inlined"/>, and <see cref="Instr.Mark"/> to the position of the root an instruction is computed at (its own, if it is one).
    /// </summary>
    public static void Run(Function function)
    {
        SsaUtil.CountUses(function);
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                instr.Block = block;
                instr.Inlined = false;
            }

            RunBlock(block);
        }
    }

    /// <summary>Operands that are always made again where they are needed.</summary>
    public static bool IsRematerialized(Instr value) => value.Op is Op.Const or Op.SymAddr or Op.FuncAddr or Op.Alloca;

    /// <summary>What an instruction pops; a jump pops what it hands to its target's phis.</summary>
    public static IEnumerable<Instr> Operands(Instr instr)
    {
        foreach (var arg in instr.Args)
            yield return arg;
        if (instr.Op != Op.Br)
            yield break;
        var target = instr.Targets[0];
        var index = target.Preds.IndexOf(instr.Block!);
        foreach (var phi in target.Phis)
        {
            if (phi.Uses > 0 && phi.Args[index] != phi)
                yield return phi.Args[index];
        }
    }

    private static void RunBlock(Block block)
    {
        var instrs = block.Instrs;
        for (var i = 0; i < instrs.Count; i++)
            instrs[i].Mark = instrs[i].Order = i;
        var pulled = new List<Instr>();
        for (var r = instrs.Count - 1; r >= 0; r--)
        {
            var root = instrs[r];
            if (root.Op == Op.Phi || root.Inlined)
                continue;
            pulled.Clear();
            Pull(root, r, block, pulled);
        }
    }

    private static void Pull(Instr user, int root, Block block, List<Instr> pulled)
    {
        if (user.Op == Op.Br)
        {
            foreach (var operand in Operands(user).Reverse())
                PullOne(operand, root, block, pulled);
            return;
        }

        for (var k = user.Args.Length - 1; k >= 0; k--)
            PullOne(user.Args[k], root, block, pulled);
    }

    private static void PullOne(Instr candidate, int root, Block block, List<Instr> pulled)
    {
        if (candidate.Uses != 1 || candidate.Op is Op.Phi or Op.Param || IsRematerialized(candidate) || candidate.Block != block)
            return;
        if (candidate.Order >= root || root - candidate.Order > Window || !CanMove(candidate, root, block, pulled))
            return;
        candidate.Inlined = true;
        candidate.Mark = root;
        if (candidate.ReadsMemory || candidate.WritesMemory)
            pulled.Add(candidate);
        Pull(candidate, root, block, pulled);
    }

    private static bool CanMove(Instr candidate, int root, Block block, List<Instr> pulled)
    {
        if (!candidate.ReadsMemory && !candidate.WritesMemory)
            return true;
        foreach (var later in pulled)
        {
            // Already placed after the candidate's new position though it came before it.
            if (later.Order < candidate.Order && Conflict(candidate, later))
                return false;
        }

        for (var i = candidate.Order + 1; i < root; i++)
        {
            var between = block.Instrs[i];
            if (!between.WritesMemory && !between.ReadsMemory && between.Op != Op.TrapIf)
                continue;
            if (between.Inlined && between.Mark >= root)
                continue;
            if (Conflict(candidate, between))
                return false;
        }

        return true;
    }

    private static bool Conflict(Instr a, Instr b)
    {
        if (a.WritesMemory && (b.ReadsMemory || b.WritesMemory || b.Op == Op.TrapIf))
            return true;
        return a.ReadsMemory && b.WritesMemory && !(a.Op == Op.Load && b.Op is Op.GlobalSet or Op.StackAlloc);
    }
}
