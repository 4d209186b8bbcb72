using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.IR;

/// <summary>A method's body as a control flow graph in SSA form.</summary>
internal sealed class Function(MethodDesc? method, FuncType type)
{
    private int _nextBlock;
    private int _nextInstr;

    public MethodDesc? Method { get; } = method;

    public FuncType Type { get; } = type;

    public Instr[] Params = [];

    public Block Entry = null!;

    /// <summary>Reachable blocks in reverse postorder.</summary>
    public List<Block> Blocks = [];

    /// <summary>Types whose static constructor must have run because of a call, not of a field.</summary>
    public HashSet<TypeDesc> StaticConstructorsNeeded = [];

    /// <summary>What the inliner found out about the optimized body.</summary>
    public int? InlineCost;

    public string Name => Method?.ToString() ?? "?";

    public Block NewBlock() => new() { Id = _nextBlock++ };

    public void Number(Instr instr) => instr.Id = ++_nextInstr;

    /// <summary>Recomputes the reachable blocks, their order and their predecessors, and drops phi arguments of lost edges.</summary>
    public void ComputeOrder()
    {
        foreach (var block in Blocks)
            block.Index = -1;
        var postorder = new List<Block>(Blocks.Count);
        var stack = new Stack<(Block Block, int Next)>();
        stack.Push((Entry, 0));
        Entry.Index = 0;
        while (stack.Count > 0)
        {
            var (block, next) = stack.Pop();
            var succs = block.Succs;
            if (next < succs.Length)
            {
                stack.Push((block, next + 1));
                // Last successor first: keeps the first one next to its predecessor in reverse postorder.
                var succ = succs[succs.Length - 1 - next];
                if (succ.Index >= 0)
                    continue;
                succ.Index = 0;
                stack.Push((succ, 0));
            }
            else
            {
                postorder.Add(block);
            }
        }

        postorder.Reverse();
        var preds = new List<Block>[postorder.Count];
        for (var i = 0; i < postorder.Count; i++)
        {
            postorder[i].Index = i;
            preds[i] = [];
        }

        foreach (var block in postorder)
        {
            foreach (var succ in block.Succs)
            {
                // Several edges from one block are one predecessor.
                var list = preds[succ.Index];
                if (list.Count == 0 || list[^1] != block)
                    list.Add(block);
            }
        }

        foreach (var block in postorder)
        {
            if (block.Instrs.Count > 0 && block.Instrs[0].Op == Op.Phi && !preds[block.Index].SequenceEqual(block.Preds))
                ReorderPhis(block, preds[block.Index]);
            block.Preds = preds[block.Index];
        }

        Blocks = postorder;
    }

    private static void ReorderPhis(Block block, List<Block> preds)
    {
        foreach (var pred in preds)
            pred.Mark = -1;
        for (var i = block.Preds.Count - 1; i >= 0; i--)
            block.Preds[i].Mark = i;
        foreach (var phi in block.Phis)
        {
            var args = new Instr[preds.Count];
            for (var i = 0; i < args.Length; i++)
                args[i] = preds[i].Mark >= 0 ? phi.Args[preds[i].Mark] : throw new InvalidOperationException($"phi of {block} has nothing for {preds[i]}");
            phi.Args = args;
        }
    }

    /// <summary>Computes immediate dominators (Cooper, Harvey, Kennedy). Blocks must be in order.</summary>
    public void ComputeDominators()
    {
        foreach (var block in Blocks)
            block.Dominator = null;
        Entry.Dominator = Entry;
        var changed = true;
        while (changed)
        {
            changed = false;
            for (var i = 1; i < Blocks.Count; i++)
            {
                var block = Blocks[i];
                Block? best = null;
                foreach (var pred in block.Preds)
                {
                    if (pred.Dominator == null)
                        continue;
                    best = best == null ? pred : Intersect(pred, best);
                }

                if (block.Dominator != best)
                {
                    block.Dominator = best;
                    changed = true;
                }
            }
        }

        NumberDominatorTree();
    }

    private void NumberDominatorTree()
    {
        // A dominator comes before what it dominates: sizes of subtrees from the end, numbers from the start.
        var size = new int[Blocks.Count];
        for (var i = Blocks.Count - 1; i > 0; i--)
            size[Blocks[i].Dominator!.Index] += ++size[i];
        var next = new int[Blocks.Count];
        for (var i = 0; i < Blocks.Count; i++)
        {
            var block = Blocks[i];
            block.DominatorIn = i == 0 ? 0 : next[block.Dominator!.Index];
            next[i] = block.DominatorIn + 1;
            if (i == 0)
            {
                block.DominatorOut = Blocks.Count;
                continue;
            }

            block.DominatorOut = block.DominatorIn + size[i];
            next[block.Dominator!.Index] = block.DominatorOut;
        }
    }

    private static Block Intersect(Block a, Block b)
    {
        while (a != b)
        {
            while (a.Index > b.Index)
                a = a.Dominator!;
            while (b.Index > a.Index)
                b = b.Dominator!;
        }

        return a;
    }

    public static bool Dominates(Block a, Block b) => a.DominatorIn <= b.DominatorIn && b.DominatorOut <= a.DominatorOut;

    public int InstrCount => Blocks.Sum(b => b.Instrs.Count);
}

/// <summary>Bytes in the module's data, or zeroed memory (statics).</summary>
internal sealed class DataSymbol(string name, int size, int alignment)
{
    public string Name { get; } = name;

    public int Size { get; } = size;

    public int Alignment { get; } = alignment;

    /// <summary>Initial contents, or null for zeros.</summary>
    public byte[]? Bytes { get; set; }

    /// <summary>Places in <see cref="Bytes"/> that take another symbol's address.</summary>
    public List<(int Offset, DataSymbol Target, int Addend)> Relocations { get; } = [];

    /// <summary>The type whose static constructor fills this static field.</summary>
    public TypeDesc? StaticOf { get; init; }

    /// <summary>The class whose method table it is.</summary>
    public TypeDesc? MethodTableOf { get; init; }

    /// <summary>The method marked <c>[WasmTemplate]</c> whose serialized code it is.</summary>
    public MethodDesc? TemplateOf { get; init; }

    /// <summary>Whether nothing ever writes to it.</summary>
    public bool IsReadOnly { get; init; }

    public int Address { get; set; } = -1;
}

/// <summary>Why and where a trap happens.</summary>
internal sealed record TrapInfo(string Type, string Message, string Method)
{
    public string Text => Message.Length == 0 ? $"{Type} in {Method}" : $"{Type}: {Message} in {Method}";
}
