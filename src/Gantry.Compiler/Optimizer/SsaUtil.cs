using Gantry.Compiler.IR;

namespace Gantry.Compiler.Optimizer;

/// <summary>Small passes that others end with.</summary>
internal static class SsaUtil
{
    /// <summary>Sets <see cref="Instr.Uses"/>: in how many places a value is an operand. A pass that changes the function leaves them as they were.</summary>
    public static void CountUses(Function function)
    {
        foreach (var param in function.Params)
            param.Uses = 0;
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.Uses = 0;
        }

        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                foreach (var arg in instr.Args)
                    arg.Resolve().Uses++;
            }
        }
    }

    /// <summary>The body of the loop a block is the header of: what leads to the jumps back to it without passing it. Empty if it is none. Blocks must be in order.</summary>
    public static HashSet<Block> LoopBody(Block header)
    {
        var pending = new Stack<Block>(header.Preds.Where(p => p.Index >= header.Index));
        if (pending.Count == 0)
            return [];
        var body = new HashSet<Block> { header };
        while (pending.Count > 0)
        {
            var block = pending.Pop();
            if (!body.Add(block))
                continue;
            foreach (var pred in block.Preds)
                pending.Push(pred);
        }

        return body;
    }

    /// <summary>Replaces phis whose arguments are all one value (or the phi itself), and drops the phis nobody uses.</summary>
    public static void RemoveTrivialPhis(Function function)
    {
        for (var changed = true; changed;)
        {
            changed = false;
            foreach (var block in function.Blocks)
            {
                var any = false;
                foreach (var phi in block.Phis)
                {
                    if (phi.Forward != null)
                        continue;
                    Instr? same = null;
                    var trivial = true;
                    foreach (var arg in phi.Args)
                    {
                        var value = arg.Resolve();
                        if (value == phi || value == same)
                            continue;
                        if (same != null && !(same.IsConst && value.IsConst && same.Imm == value.Imm && same.Wide == value.Wide))
                        {
                            trivial = false;
                            break;
                        }

                        same = value;
                    }

                    if (!trivial || same == null)
                        continue;
                    phi.Forward = same;
                    any = true;
                }

                changed |= any;
                if (any)
                    block.Instrs.RemoveAll(i => i.Op == Op.Phi && i.Forward != null);
            }
        }

        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
                instr.ResolveArgs();
        }
    }

    /// <summary>Removes what has no effect and no use.</summary>
    public static void RemoveDeadCode(Function function)
    {
        var pending = new Stack<Instr>();
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                instr.ResolveArgs();
                instr.Mark = 0;
            }
        }

        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.HasEffect)
                    Keep(instr);
            }
        }

        while (pending.Count > 0)
        {
            foreach (var arg in pending.Pop().Args)
                Keep(arg);
        }

        foreach (var block in function.Blocks)
            block.Instrs.RemoveAll(i => i.Mark == 0);

        void Keep(Instr instr)
        {
            if (instr.Mark != 0)
                return;
            instr.Mark = 1;
            pending.Push(instr);
        }
    }
}
