using System.Numerics;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Loads and stores of a block at the same base register: one look into the TLB serves them all.</summary>
internal struct AccessGroup
{
    /// <summary>The block's instruction that is its first.</summary>
    public int First;

    /// <summary>Offsets from the register: of the lowest doubleword, and behind the last byte.</summary>
    public int Low, High;

    /// <summary>Bytes of the widest access.</summary>
    public int Widest;

    /// <summary>Accesses.</summary>
    public int Count;

    /// <summary>A store is among them.</summary>
    public bool Stores;
}

/// <summary>
/// Groups of a block. Between the first and the last access of a group nothing writes its base register, and nothing changes where its page is mapped: what could do that ends a region.
/// </summary>
internal unsafe struct RegionPlaces
{
    // A stack frame, an object: more is seldom in one page.
    private const int MaxSpan = 512;

    private AccessGroup* groups;
    private byte* groupOf;
    private int count;

    /// <summary>Allocates the tables, once.</summary>
    public void Allocate()
    {
        groups = (AccessGroup*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions + 1, (nuint)sizeof(AccessGroup));
        groupOf = (byte*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions, 1);
    }

    /// <summary>The group of a block's nth instruction, or null where it is on its own.</summary>
    public readonly AccessGroup* Of(int index) => groupOf[index] != 0 && groups[groupOf[index]].Count > 1 ? groups + groupOf[index] : null;

    /// <summary>Finds them.</summary>
    public static void Run(RegionPlaces* places, Hart* hart, RegionGraph* graph, RegionBlock* block)
    {
        // The group that is open for each base register.
        var open = stackalloc byte[32];
        for (var i = 0; i < 32; i++)
            open[i] = 0;
        places->count = 0;
        var slot = block->Start;
        for (var index = 0; index < block->Count; index++)
        {
            var row = graph->RowAt(hart, block->Page, slot);
            var word = graph->WordAt(hart, block->Page, slot);
            slot += graph->LengthAt(block->Page, slot);
            places->groupOf[index] = 0;
            if (row->PlacedTemplate != null)
            {
                var register = (int)(word >> 15) & 31;
                var offset = Decoder.ImmediateOf(row->Format, word);
                if (open[register] == 0 || !Join(places->groups + open[register], row, offset))
                {
                    open[register] = (byte)++places->count;
                    var group = places->groups + places->count;
                    *group = default;
                    group->First = index;
                    group->Low = offset & ~7;
                    group->High = offset;
                    if (!Join(group, row, offset))
                        open[register] = 0;
                }

                places->groupOf[index] = open[register];
            }

            ulong reads, writes;
            RegionFlow.Operands(row, word, &reads, &writes);
            // At most one: rd.
            if ((uint)writes != 0)
                open[BitOperations.TrailingZeroCount((uint)writes)] = 0;
        }
    }

    private static bool Join(AccessGroup* group, InstructionRow* row, int offset)
    {
        // The base is taken to be as aligned as the widest access wants it (and looked at): offsets then tell whether all are.
        var low = Math.Min(group->Low, offset & ~7);
        var high = Math.Max(group->High, offset + row->AccessBytes);
        if (high - low > MaxSpan || (offset & (row->AccessBytes - 1)) != 0)
            return false;
        group->Low = low;
        group->High = high;
        group->Widest = Math.Max(group->Widest, row->AccessBytes);
        group->Stores |= row->IsStore;
        group->Count++;
        return true;
    }
}
