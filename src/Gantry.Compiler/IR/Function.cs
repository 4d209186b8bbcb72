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

    public string Name => Method?.ToString() ?? "?";

    public Block NewBlock() => new() { Id = _nextBlock++ };

    public void Number(Instr instr) => instr.Id = ++_nextInstr;

    /// <summary>Recomputes the reachable blocks, their order and their predecessors, and drops phi arguments of lost edges.</summary>
    public void ComputeOrder()
    {
        var postorder = new List<Block>(Blocks.Count);
        var seen = new HashSet<Block> { Entry };
        var stack = new Stack<(Block Block, int Next)>();
        stack.Push((Entry, 0));
        while (stack.Count > 0)
        {
            var (block, next) = stack.Pop();
            var succs = block.Succs;
            if (next < succs.Length)
            {
                stack.Push((block, next + 1));
                // Last successor first: keeps the first one next to its predecessor in reverse postorder.
                var succ = succs[succs.Length - 1 - next];
                if (seen.Add(succ))
                    stack.Push((succ, 0));
            }
            else
            {
                postorder.Add(block);
            }
        }

        postorder.Reverse();
        foreach (var block in Blocks)
            block.Index = -1;
        for (var i = 0; i < postorder.Count; i++)
            postorder[i].Index = i;
        var newPreds = new Dictionary<Block, List<Block>>();
        foreach (var block in postorder)
            newPreds[block] = [];
        foreach (var block in postorder)
        {
            foreach (var succ in block.Succs)
            {
                if (!newPreds[succ].Contains(block))
                    newPreds[succ].Add(block);
            }
        }

        foreach (var block in postorder)
        {
            var preds = newPreds[block];
            if (block.Instrs.Count > 0 && block.Instrs[0].Op == Op.Phi && !preds.SequenceEqual(block.Preds))
            {
                foreach (var phi in block.Phis)
                {
                    var args = new Instr[preds.Count];
                    for (var i = 0; i < args.Length; i++)
                    {
                        var old = block.Preds.IndexOf(preds[i]);
                        if (old < 0)
                            throw new InvalidOperationException($"phi of {block} has nothing for {preds[i]}");
                        args[i] = phi.Args[old];
                    }

                    phi.Args = args;
                }
            }

            block.Preds = preds;
        }

        Blocks = postorder;
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

        Entry.DominatorDepth = 0;
        for (var i = 1; i < Blocks.Count; i++)
            Blocks[i].DominatorDepth = Blocks[i].Dominator!.DominatorDepth + 1;
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

    public static bool Dominates(Block a, Block b)
    {
        while (b.DominatorDepth > a.DominatorDepth)
            b = b.Dominator!;
        return a == b;
    }

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

    /// <summary>Whether nothing ever writes to it.</summary>
    public bool IsReadOnly { get; init; }

    public int Address { get; set; } = -1;
}

/// <summary>Why and where a trap happens.</summary>
internal sealed record TrapInfo(string Type, string Message, string Method)
{
    public string Text => Message.Length == 0 ? $"{Type} in {Method}" : $"{Type}: {Message} in {Method}";
}
