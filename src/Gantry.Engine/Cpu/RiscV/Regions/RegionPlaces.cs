using System.Numerics;
using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>Loads and stores of a block near each other, whatever registers they say it with: one look into the TLB serves them all.</summary>
internal struct AccessGroup
{
    /// <summary>The block's instruction that is its first.</summary>
    public int First;

    /// <summary>Which of the block's groups of several it is.</summary>
    public int Number;

    /// <summary>Distance of the first access's base register from the group's base.</summary>
    public int Delta;

    /// <summary>Offsets from the group's base: of the lowest byte, and behind the last.</summary>
    public int Low, High;

    /// <summary>Accesses.</summary>
    public int Count;

    /// <summary>A store is among them.</summary>
    public bool Stores;
}

/// <summary>
/// Groups of a block. A group's base is the value that a register had; registers that are made of others by adding a constant (a loop's pointers, a copy's addresses, a frame pointer) are at a known distance from it.
/// Between the first and the last access of a group nothing changes where its page is mapped: what could do that ends a region.
/// </summary>
internal unsafe struct RegionPlaces
{
    // A stack frame, an object: more is seldom in one page.
    private const int MaxSpan = 512;

    /// <summary>Groups of several accesses that a block has at most.</summary>
    public const int MaxNumbers = 32;

    // Values: those that the registers have when the block begins, then one for each instruction.
    private const int MaxValues = 32 + RegionGraph.MaxInstructions;

    private AccessGroup* groups;
    private byte* groupOf;
    private int* offsets;
    private byte* open;
    private int count, numbers;

    /// <summary>Allocates the tables, once.</summary>
    public void Allocate()
    {
        groups = (AccessGroup*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions + 1, (nuint)sizeof(AccessGroup));
        groupOf = (byte*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions, 1);
        offsets = (int*)NativeMemory.AllocZeroed(RegionGraph.MaxInstructions, sizeof(int));
        open = (byte*)NativeMemory.AllocZeroed(MaxValues, 1);
    }

    /// <summary>The group of a block's nth instruction, or null where it is on its own.</summary>
    public readonly AccessGroup* Of(int index)
    {
        var group = groups + groupOf[index];
        return groupOf[index] != 0 && group->Count > 1 && group->Number < MaxNumbers ? group : null;
    }

    /// <summary>Where a block's nth instruction accesses memory, from the base of its group.</summary>
    public readonly int OffsetOf(int index) => offsets[index];

    /// <summary>Finds them.</summary>
    public static void Run(RegionPlaces* places, Hart* hart, RegionGraph* graph, RegionBlock* block)
    {
        // What each register has: a value, and something added to it.
        var value = stackalloc int[32];
        var delta = stackalloc int[32];
        for (var i = 0; i < 32; i++)
        {
            value[i] = i;
            delta[i] = 0;
        }

        NativeMemory.Clear(places->open, (nuint)(32 + block->Count));
        places->count = 0;
        places->numbers = 0;
        var slot = block->Start;
        for (var index = 0; index < block->Count; index++)
        {
            var row = graph->RowAt(hart, block->Page, slot);
            var word = graph->WordAt(hart, block->Page, slot);
            slot += graph->LengthAt(block->Page, slot);
            places->groupOf[index] = 0;
            var register = (int)(word >> 15) & 31;
            var immediate = Decoder.ImmediateOf(row->Format, word);
            if (row->PlacedTemplate != null)
                places->Note(index, row, value[register], delta[register], immediate);

            ulong reads, writes;
            RegionFlow.Operands(row, word, &reads, &writes);
            if ((uint)writes == 0)
                continue;
            // At most one: rd.
            var written = BitOperations.TrailingZeroCount((uint)writes);
            var source = SourceOf(row, word);
            var added = row->Hot == Hot.Addi ? immediate : 0;
            value[written] = source == 0 ? 32 + index : value[source];
            delta[written] = source == 0 ? 0 : delta[source] + added;
        }
    }

    // Of addi, and of add as c.mv is one, the register to which a constant is added; 0 for all others.
    private static int SourceOf(InstructionRow* row, uint word)
    {
        int rs1 = (int)(word >> 15) & 31, rs2 = (int)(word >> 20) & 31;
        return row->Hot switch
        {
            Hot.Addi => rs1,
            Hot.Add when rs1 == 0 => rs2,
            _ => 0,
        };
    }

    private void Note(int index, InstructionRow* row, int value, int delta, int immediate)
    {
        var offset = delta + immediate;
        offsets[index] = offset;
        if (open[value] == 0 || !Join(groups + open[value], row, offset))
        {
            open[value] = (byte)++count;
            var group = groups + count;
            *group = default;
            group->First = index;
            group->Delta = delta;
            group->Low = offset;
            group->High = offset;
            Join(group, row, offset);
        }

        groupOf[index] = open[value];
        var joined = groups + open[value];
        if (joined->Count == 2)
            joined->Number = numbers++;
    }

    private static bool Join(AccessGroup* group, InstructionRow* row, int offset)
    {
        var low = Math.Min(group->Low, offset);
        var high = Math.Max(group->High, offset + row->AccessBytes);
        if (high - low > MaxSpan)
            return false;
        group->Low = low;
        group->High = high;
        group->Stores |= row->IsStore;
        group->Count++;
        return true;
    }
}
