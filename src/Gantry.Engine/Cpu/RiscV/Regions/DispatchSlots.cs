using System.Numerics;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// The dispatcher's table: a slot for each place where the region is entered, found from the record's address by a multiplication that keeps them apart, and behind these one for each place
/// inside that jumps go to through the dispatcher.
/// </summary>
internal unsafe struct DispatchSlots
{
    // The table is made larger when so many multipliers have not kept the entries apart.
    private const int Tries = 64, MaxBits = 10;

    /// <summary>By what an entry's record is multiplied.</summary>
    public uint Multiplier;

    /// <summary>By how many bits the product is shifted to the right.</summary>
    public int Shift;

    /// <summary>Slots.</summary>
    public int Count;

    private int entries, hashed;
    private fixed sbyte dispatch[1 << MaxBits];

    /// <summary>Finds the slots.</summary>
    public static void Find(DispatchSlots* slots, RegionGraph* graph, RegionLayout* layout)
    {
        slots->entries = 0;
        while (slots->entries < layout->DispatchCount && graph->Blocks[layout->Dispatched[slots->entries]].IsEntry)
            slots->entries++;
        var bits = BitOperations.Log2((uint)slots->entries) + 1;
        slots->Multiplier = 0x9E3779B1;
        for (var tries = 1; !slots->KeepsApart(graph, layout, bits); tries++)
        {
            slots->Multiplier = (slots->Multiplier * 1664525) + 1013904223;
            if (tries % Tries == 0 && bits < MaxBits)
                bits++;
        }

        slots->Count = slots->hashed + layout->DispatchCount - slots->entries;
    }

    /// <summary>Index among the dispatched blocks of what a slot leads to; the first where nothing comes.</summary>
    public readonly int DispatchOf(int slot) => slot < hashed ? Math.Max((int)dispatch[slot], 0) : slot - hashed + entries;

    /// <summary>The slot of a dispatched block.</summary>
    public readonly int Of(RegionGraph* graph, RegionBlock* block) => block->IsEntry ? OfRecord(Record(graph, block)) : hashed + block->Dispatch - entries;

    private static Insn* Record(RegionGraph* graph, RegionBlock* block) => graph->Page(block->Page)->First + block->Start;

    private readonly int OfRecord(Insn* record) => (int)(((uint)(nuint)record * Multiplier) >> Shift);

    private bool KeepsApart(RegionGraph* graph, RegionLayout* layout, int bits)
    {
        Shift = 32 - bits;
        hashed = 1 << bits;
        for (var i = 0; i < hashed; i++)
            dispatch[i] = -1;
        for (var i = 0; i < entries; i++)
        {
            var slot = OfRecord(Record(graph, graph->Blocks + layout->Dispatched[i]));
            if (dispatch[slot] >= 0)
                return false;
            dispatch[slot] = (sbyte)i;
        }

        return true;
    }
}
