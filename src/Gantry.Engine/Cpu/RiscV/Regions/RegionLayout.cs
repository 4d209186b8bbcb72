using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// The order in which a region's blocks become structured code (Ramsey, "Beyond Relooper", ICFP 2022): reverse postorder, dominators, loop headers. Before all
/// blocks stands the dispatcher (order 0), which leads to where the region is entered; where control flow is irreducible, jumps go through it too.
/// </summary>
internal unsafe struct RegionLayout
{
    /// <summary>Most successors of a block.</summary>
    public const int MaxSuccessors = 2 + RegionGraph.MaxReturnPoints;

    /// <summary>Numbers of the blocks by order; the first is the dispatcher, -1.</summary>
    public int* ByOrder;

    /// <summary>Blocks that can be reached, the dispatcher included.</summary>
    public int Count;

    /// <summary>Numbers of the blocks the dispatcher leads to.</summary>
    public int* Dispatched;

    /// <summary>Number of those.</summary>
    public int DispatchCount;

    /// <summary>Some jump goes back to the dispatcher.</summary>
    public bool DispatcherLoops;

    // Edges by target order: where they begin, and the orders of their sources.
    private int* edgeStart;
    private int* edgeSource;
    private int* stack;

    /// <summary>Allocates the tables, once.</summary>
    public void Allocate()
    {
        const int Nodes = RegionGraph.MaxBlocks + 2;
        ByOrder = Table(Nodes);
        Dispatched = Table(Nodes);
        edgeStart = Table(Nodes + 1);
        edgeSource = Table(Nodes * (MaxSuccessors + 1));
        stack = Table(Nodes * 2);
    }

    /// <summary>The blocks control may go to from a block; -1 for none.</summary>
    public static int Successor(RegionGraph* graph, RegionBlock* block, int index)
    {
        if (index == 0)
            return block->Next;
        if (index == 1)
            return block->Taken;
        return block->IsReturn && index - 2 < graph->ReturnPointCount ? graph->ReturnPoints[index - 2] : -1;
    }

    /// <summary>Where the edges to a block begin; those to the next block follow.</summary>
    public readonly int FirstEdge(int order) => edgeStart[order];

    /// <summary>Order of the block that an edge comes from.</summary>
    public readonly int EdgeSource(int edge) => edgeSource[edge];

    /// <summary>There is a choice of where to begin.</summary>
    public readonly bool UsesTable => DispatchCount > 1 || DispatcherLoops;

    /// <summary>Whether the dispatcher leads to a block.</summary>
    public readonly bool IsDispatched(RegionBlock* block) => block->Dispatch >= 0;

    /// <summary>Whether a block dominates another.</summary>
    public readonly bool Dominates(RegionBlock* blocks, int dominator, int order)
    {
        while (order > dominator)
            order = blocks[ByOrder[order]].Dominator;
        return order == dominator;
    }

    /// <summary>Computes it.</summary>
    public static void Run(RegionLayout* layout, RegionGraph* graph)
    {
        layout->DispatchCount = 0;
        layout->DispatcherLoops = false;
        for (var i = 0; i < graph->Count; i++)
        {
            if (graph->Blocks[i].IsEntry)
                layout->Dispatch(graph, i);
        }

        do
        {
            Number(layout, graph);
            CollectEdges(layout, graph);
            FindDominators(layout, graph);
        }
        while (FindLoops(layout, graph));
    }

    private void Dispatch(RegionGraph* graph, int block)
    {
        graph->Blocks[block].Dispatch = DispatchCount;
        Dispatched[DispatchCount++] = block;
    }

    private static void Number(RegionLayout* layout, RegionGraph* graph)
    {
        for (var i = 0; i < graph->Count; i++)
            graph->Blocks[i].Order = -1;
        // Filled from the end: postorder, reversed.
        var free = graph->Count;
        var stack = layout->stack;
        for (var root = layout->DispatchCount - 1; root >= 0; root--)
        {
            if (graph->Blocks[layout->Dispatched[root]].Order != -1)
                continue;
            var depth = 0;
            stack[0] = layout->Dispatched[root];
            stack[1] = MaxSuccessors - 1;
            graph->Blocks[stack[0]].Order = -2;
            while (depth >= 0)
            {
                var block = graph->Blocks + stack[depth * 2];
                var next = stack[(depth * 2) + 1]--;
                if (next < 0)
                {
                    block->Order = free;
                    layout->ByOrder[free--] = stack[depth * 2];
                    depth--;
                    continue;
                }

                // The first successor comes last, so that it follows its predecessor in the order.
                var successor = Successor(graph, block, next);
                if (successor < 0 || graph->Blocks[successor].Order != -1)
                    continue;
                graph->Blocks[successor].Order = -2;
                depth++;
                stack[depth * 2] = successor;
                stack[(depth * 2) + 1] = MaxSuccessors - 1;
            }
        }

        // Blocks that nothing reaches leave a gap in front.
        layout->Count = graph->Count - free + 1;
        layout->ByOrder[0] = -1;
        for (var i = 1; i < layout->Count; i++)
        {
            layout->ByOrder[i] = layout->ByOrder[i + free];
            graph->Blocks[layout->ByOrder[i]].Order = i;
        }
    }

    private static void CollectEdges(RegionLayout* layout, RegionGraph* graph)
    {
        var start = layout->edgeStart;
        for (var i = 0; i <= layout->Count; i++)
            start[i] = 0;
        for (var pass = 0; pass < 2; pass++)
        {
            for (var i = 0; i < layout->DispatchCount; i++)
                layout->Edge(pass, graph->Blocks[layout->Dispatched[i]].Order, 0);
            for (var order = 1; order < layout->Count; order++)
            {
                for (var s = 0; s < MaxSuccessors; s++)
                {
                    var successor = Successor(graph, graph->Blocks + layout->ByOrder[order], s);
                    if (successor >= 0)
                        layout->Edge(pass, graph->Blocks[successor].Order, order);
                }
            }

            if (pass != 0)
                continue;
            for (var i = 1; i <= layout->Count; i++)
                start[i] += start[i - 1];
        }
    }

    // First pass: counts. Second: fills each target's edges from their end; what was its end then is its start.
    private readonly void Edge(int pass, int target, int source)
    {
        if (pass == 0)
            edgeStart[target]++;
        else
            edgeSource[--edgeStart[target]] = source;
    }

    private static void FindDominators(RegionLayout* layout, RegionGraph* graph)
    {
        var blocks = graph->Blocks;
        for (var order = 1; order < layout->Count; order++)
            blocks[layout->ByOrder[order]].Dominator = -1;
        var changed = true;
        while (changed)
        {
            changed = false;
            for (var order = 1; order < layout->Count; order++)
            {
                var best = -1;
                for (var e = layout->edgeStart[order]; e < layout->edgeStart[order + 1]; e++)
                {
                    var source = layout->edgeSource[e];
                    if (source != 0 && blocks[layout->ByOrder[source]].Dominator < 0)
                        continue;
                    best = best < 0 ? source : layout->Intersect(blocks, source, best);
                }

                var block = blocks + layout->ByOrder[order];
                if (block->Dominator == best)
                    continue;
                block->Dominator = best;
                changed = true;
            }
        }
    }

    private readonly int Intersect(RegionBlock* blocks, int a, int b)
    {
        while (a != b)
        {
            while (a > b)
                a = blocks[ByOrder[a]].Dominator;
            while (b > a)
                b = blocks[ByOrder[b]].Dominator;
        }

        return a;
    }

    // True when a jump back goes to a block that does not dominate where it comes from: it must go through the dispatcher, and all begins again.
    private static bool FindLoops(RegionLayout* layout, RegionGraph* graph)
    {
        var added = false;
        for (var order = 1; order < layout->Count; order++)
        {
            var block = graph->Blocks + layout->ByOrder[order];
            var forward = 0;
            block->IsHeader = false;
            for (var e = layout->edgeStart[order]; e < layout->edgeStart[order + 1]; e++)
            {
                var source = layout->edgeSource[e];
                if (source < order)
                {
                    forward++;
                }
                else if (layout->Dominates(graph->Blocks, order, source))
                {
                    block->IsHeader = true;
                }
                else
                {
                    layout->DispatcherLoops = true;
                    if (block->Dispatch >= 0)
                        continue;
                    layout->Dispatch(graph, layout->ByOrder[order]);
                    added = true;
                }
            }

            block->IsMerge = forward > 1;
        }

        return added;
    }

    private static int* Table(int count) => (int*)NativeMemory.AllocZeroed((nuint)count, sizeof(int));
}
