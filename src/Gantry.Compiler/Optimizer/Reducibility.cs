using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>
/// WebAssembly has only loops with one entry. A loop that gotos enter in several places gets a dispatcher: every jump to one
/// of its entries stores the entry's number and goes to the dispatcher, which is the only entry then. Runs while all
/// variables are still in memory, so there are no phis to mend.
/// </summary>
internal static class Reducibility
{
    private const int MaxRounds = 64;

    public static void Ensure(Function function)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            function.ComputeDominators();
            if (!function.Blocks.Exists(b => b.Preds.Exists(p => p.Index >= b.Index && !Function.Dominates(b, p))))
                return;
            if (!FixOne(function, [.. function.Blocks]))
                return;
            function.ComputeOrder();
        }
    }

    /// <summary>Gives the first loop with several entries a dispatcher, looking into loops from the outside in.</summary>
    private static bool FixOne(Function function, List<Block> region)
    {
        foreach (var component in Components(region))
        {
            if (component.Count == 1)
                continue;
            var inside = component.ToHashSet();
            var entries = component.Where(b => b == function.Entry || b.Preds.Exists(p => !inside.Contains(p))).ToList();
            if (entries.Count > 1)
            {
                AddDispatcher(function, entries);
                return true;
            }

            // A proper loop: what is left of it without its header may still hold an improper one.
            if (FixOne(function, [.. component.Where(b => b != entries[0])]))
                return true;
        }

        return false;
    }

    private static void AddDispatcher(Function function, List<Block> entries)
    {
        var builder = new Builder(function);
        var slot = new Instr(Op.Alloca, ValType.I32) { Imm = 4, Aux = new AllocaInfo(4, "entry") };
        function.Number(slot);
        function.Entry.Instrs.Insert(0, slot);
        var dispatcher = function.NewBlock();
        builder.Current = dispatcher;
        builder.Emit(new Instr(Op.Switch, Instr.NoValue, builder.Load(TypeSystem.Repr.I32, slot)) { Targets = [.. entries] });
        for (var i = 0; i < entries.Count; i++)
        {
            foreach (var pred in entries[i].Preds)
            {
                var stub = function.NewBlock();
                builder.Current = stub;
                builder.Position = pred.Terminator.Position;
                builder.Store(TypeSystem.Repr.I32, slot, builder.I32(i));
                builder.Br(dispatcher);
                function.Blocks.Add(stub);
                for (var t = 0; t < pred.Terminator.Targets.Length; t++)
                {
                    if (pred.Terminator.Targets[t] == entries[i])
                        pred.Terminator.Targets[t] = stub;
                }
            }
        }

        function.Blocks.Add(dispatcher);
    }

    /// <summary>Strongly connected components (Tarjan), within a set of blocks.</summary>
    private static List<List<Block>> Components(List<Block> region)
    {
        var member = region.ToHashSet();
        var index = new Dictionary<Block, int>();
        var low = new Dictionary<Block, int>();
        var stack = new Stack<Block>();
        var onStack = new HashSet<Block>();
        var result = new List<List<Block>>();
        foreach (var block in region)
        {
            if (!index.ContainsKey(block))
                Visit(block);
        }

        return result;

        void Visit(Block block)
        {
            index[block] = low[block] = index.Count;
            stack.Push(block);
            onStack.Add(block);
            foreach (var succ in block.Succs)
            {
                if (!member.Contains(succ))
                    continue;
                if (!index.TryGetValue(succ, out var seen))
                {
                    Visit(succ);
                    low[block] = Math.Min(low[block], low[succ]);
                }
                else if (onStack.Contains(succ))
                {
                    low[block] = Math.Min(low[block], seen);
                }
            }

            if (low[block] != index[block])
                return;
            var component = new List<Block>();
            Block popped;
            do
            {
                popped = stack.Pop();
                onStack.Remove(popped);
                component.Add(popped);
            }
            while (popped != block);
            result.Add(component);
        }
    }
}
