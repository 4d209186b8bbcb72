using System.Runtime.InteropServices;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Sets of registers at a place of a region (<see cref="RegionRegisters"/> says which bit is which).</summary>
internal struct RegisterState
{
    /// <summary>Those whose value is in their local.</summary>
    public ulong Available;

    /// <summary>Of these, those whose value is not (or may not be) in the hart.</summary>
    public ulong Dirty;
}

/// <summary>
/// Which registers are in locals where: each is loaded where it is first read, and stored once a block, when it is not written again (<see cref="WrittenFrom"/>). A tight loop has all its registers loaded in front of it and stores them where it is
/// left, so that nothing is moved while it turns. (Elsewhere that would need stores at every place where the region may be left: code that is touched broadly waits for its own machine code to
/// come into the processor's caches.)
/// </summary>
/// <remarks>
/// One pass in reverse postorder is enough: what a loop's blocks do to its beginning is decided from what they read and write. Where the region is entered nothing is in locals.
/// </remarks>
internal unsafe struct RegionFlow
{
    // Most instructions of a tight loop.
    private const int MaxTight = 64;

    // By order of blocks: what they read and write; registers when they are entered (loops: in front of), when they begin, when they end.
    private ulong* reads;
    private ulong* writes;
    private RegisterState* front;
    private RegisterState* begin;
    private RegisterState* end;
    private bool* inLoop;
    private bool* tight;
    private int* stack;

    // Blocks one behind the other in their order: what each instruction or a later one of its block writes, and where each block begins there.
    private ulong* writtenFrom;
    private int* first;

    /// <summary>Allocates the tables, once.</summary>
    public void Allocate()
    {
        const int Nodes = RegionGraph.MaxBlocks + 2;
        reads = (ulong*)NativeMemory.AllocZeroed(Nodes, sizeof(ulong));
        writes = (ulong*)NativeMemory.AllocZeroed(Nodes, sizeof(ulong));
        front = (RegisterState*)NativeMemory.AllocZeroed(Nodes, (nuint)sizeof(RegisterState));
        begin = (RegisterState*)NativeMemory.AllocZeroed(Nodes, (nuint)sizeof(RegisterState));
        end = (RegisterState*)NativeMemory.AllocZeroed(Nodes, (nuint)sizeof(RegisterState));
        inLoop = (bool*)NativeMemory.AllocZeroed(Nodes, sizeof(bool));
        tight = (bool*)NativeMemory.AllocZeroed(Nodes, sizeof(bool));
        stack = (int*)NativeMemory.AllocZeroed(Nodes, sizeof(int));
        writtenFrom = (ulong*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions, sizeof(ulong));
        first = (int*)NativeMemory.AllocZeroed(Nodes, sizeof(int));
    }

    /// <summary>Where jumps forward to a block arrive. Behind it, a loop loads what it has besides in <see cref="Begin"/>.</summary>
    public readonly RegisterState Front(int order) => front[order];

    /// <summary>Before a block's first instruction.</summary>
    public readonly RegisterState Begin(int order) => begin[order];

    /// <summary>Whether a block is part of a tight loop.</summary>
    public readonly bool IsTight(int order) => tight[order];

    /// <summary>What a block's nth instruction or a later one of the block writes.</summary>
    public readonly ulong WrittenFrom(int order, int index) => writtenFrom[first[order] + index];

    /// <summary>Behind a block's last instruction.</summary>
    public readonly RegisterState End(int order) => end[order];

    /// <summary>The registers an instruction reads and writes: by the holes of its template.</summary>
    public static void Operands(InstructionRow* row, uint word, ulong* reads, ulong* writes)
    {
        if (row->Holes == 0)
            row->Holes = Template.Holes(row->Template);
        var holes = row->Holes;
        // Where they stand in an encoding is the same in all formats (unprivileged specification, 2.2).
        int rd = (int)(word >> 7) & 31, rs1 = (int)(word >> 15) & 31, rs2 = (int)(word >> 20) & 31, rs3 = (int)(word >> 27);
        *reads = (Bit(holes, 1) << rs1) | (Bit(holes, 2) << rs2);
        *writes = Bit(holes, 3) << rd;
        *reads |= ((Bit(holes, 5) << rs1) | (Bit(holes, 6) << rs2) | (Bit(holes, 7) << rs3)) << RegionRegisters.FirstFloat;
        *writes |= (Bit(holes, 8) << rd) << RegionRegisters.FirstFloat;
        *reads &= ~1UL;
        *writes &= ~1UL;
    }

    /// <summary>Computes it.</summary>
    public static void Run(RegionFlow* flow, Hart* hart, RegionGraph* graph, RegionLayout* layout)
    {
        flow->first[1] = 0;
        for (var order = 1; order < layout->Count; order++)
        {
            var block = graph->Blocks + layout->ByOrder[order];
            flow->first[order + 1] = flow->first[order] + block->Count;
            Collect(flow, hart, graph, block, order);
            flow->tight[order] = false;
            flow->begin[order] = default;
        }

        for (var order = 1; order < layout->Count; order++)
        {
            if (graph->Blocks[layout->ByOrder[order]].IsHeader && flow->FindLoop(graph, layout, order) <= MaxTight)
                flow->TakeTight(layout, order);
        }

        for (var order = 1; order < layout->Count; order++)
        {
            var block = graph->Blocks + layout->ByOrder[order];
            flow->front[order] = layout->IsDispatched(block) ? default : flow->Meet(layout, order);
            if (!flow->tight[order])
                flow->front[order].Dirty = 0;
            var state = flow->begin + order;
            state->Available |= flow->front[order].Available;
            state->Dirty |= flow->front[order].Dirty;
            flow->end[order].Available = state->Available | flow->reads[order] | flow->writes[order];
            flow->end[order].Dirty = flow->tight[order] ? state->Dirty | flow->writes[order] : 0;
        }
    }

    private static ulong Bit(uint holes, int hole) => (holes >> hole) & 1;

    private static void Collect(RegionFlow* flow, Hart* hart, RegionGraph* graph, RegionBlock* block, int order)
    {
        flow->reads[order] = 0;
        var written = flow->writtenFrom + flow->first[order];
        var index = 0;
        for (var slot = block->Start; slot < block->Stop; slot += graph->LengthAt(block->Page, slot))
        {
            ulong reads;
            Operands(graph->RowAt(hart, block->Page, slot), graph->WordAt(hart, block->Page, slot), &reads, written + index++);
            flow->reads[order] |= reads;
        }

        for (index -= 2; index >= 0; index--)
            written[index] |= written[index + 1];
        flow->writes[order] = block->Count > 0 ? written[0] : 0;
    }

    // Several jumps forward meet: in locals is what all of them have there. What some have written and others not have is stored on the way.
    private readonly RegisterState Meet(RegionLayout* layout, int order)
    {
        var met = new RegisterState { Available = ulong.MaxValue };
        for (var e = layout->FirstEdge(order); e < layout->FirstEdge(order + 1); e++)
        {
            var source = layout->EdgeSource(e);
            if (source >= order)
                continue;
            met.Available &= end[source].Available;
            met.Dirty |= end[source].Dirty;
        }

        met.Dirty &= met.Available;
        return met;
    }

    // Finds the blocks of a loop: those that reach a jump back to its header without passing that. Returns how many instructions they have.
    private readonly int FindLoop(RegionGraph* graph, RegionLayout* layout, int header)
    {
        for (var i = 0; i < layout->Count; i++)
            inLoop[i] = false;
        inLoop[header] = true;
        var count = 0;
        for (var e = layout->FirstEdge(header); e < layout->FirstEdge(header + 1); e++)
        {
            var source = layout->EdgeSource(e);
            if (source > header && layout->Dominates(graph->Blocks, header, source))
                Enter(source, &count);
        }

        while (count > 0)
        {
            var order = stack[--count];
            for (var e = layout->FirstEdge(order); e < layout->FirstEdge(order + 1); e++)
                Enter(layout->EdgeSource(e), &count);
        }

        var instructions = 0;
        for (var i = header; i < layout->Count; i++)
        {
            if (inLoop[i])
                instructions += graph->Blocks[layout->ByOrder[i]].Count;
        }

        return instructions;
    }

    // The loop that was just found is tight: all that it reads and writes is in locals where it begins.
    private readonly void TakeTight(RegionLayout* layout, int header)
    {
        for (var i = header; i < layout->Count; i++)
        {
            if (!inLoop[i])
                continue;
            tight[i] = true;
            begin[header].Available |= reads[i] | writes[i];
            begin[header].Dirty |= writes[i];
        }
    }

    private readonly void Enter(int order, int* count)
    {
        if (inLoop[order])
            return;
        inLoop[order] = true;
        stack[(*count)++] = order;
    }
}
