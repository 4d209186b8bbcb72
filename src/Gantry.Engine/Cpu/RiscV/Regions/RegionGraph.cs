using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>
/// Which instructions make up a region: what can be reached from its entry by branches, jumps and calls, as far as it has been executed before, within bounds.
/// </summary>
internal unsafe struct RegionGraph
{
    /// <summary>Most blocks, instructions, pages, places returns are compared with.</summary>
    public const int MaxBlocks = 80, MaxInstructions = 200, MaxPages = 4, MaxReturnPoints = 6;

    private const ushort RowMask = 0xFF, Seen = 0x100, Full = 0x200, Leader = 0x400, Translatable = 0x800, Entered = 0x1000;
    private const int PendingCapacity = 1024, MaxDistance = 1 << 30;
    private const uint AuipcMatch = 0x17;

    /// <summary>The blocks.</summary>
    public RegionBlock* Blocks;

    /// <summary>Number of blocks.</summary>
    public int Count;

    /// <summary>Number of pages.</summary>
    public int PageCount;

    /// <summary>Instructions in all blocks.</summary>
    public int Instructions;

    /// <summary>Blocks behind calls into the region.</summary>
    public int ReturnPointCount;

    /// <summary>Their numbers.</summary>
    public fixed int ReturnPoints[MaxReturnPoints];

    // The pages, and how many pages behind the entry's each lies.
    private CodePage** pages;
    private fixed int distance[MaxPages];

    // For each halfword of each page: what is known of it. And, in the second pass, the block that begins there, plus 1.
    private ushort* marks;
    private byte* blockAt;
    private int* pending;
    private int head;
    private int pendingCount;

    /// <summary>Allocates the tables, once.</summary>
    public void Allocate()
    {
        Blocks = (RegionBlock*)NativeMemory.AllocZeroed(MaxBlocks, (nuint)sizeof(RegionBlock));
        pages = (CodePage**)NativeMemory.AllocZeroed(MaxPages, (nuint)sizeof(CodePage*));
        marks = (ushort*)NativeMemory.AllocZeroed(MaxPages * CodePage.Halfwords, sizeof(ushort));
        blockAt = (byte*)NativeMemory.AllocZeroed(MaxPages * CodePage.Halfwords, 1);
        pending = (int*)NativeMemory.AllocZeroed(PendingCapacity, sizeof(int));
    }

    /// <summary>A page of the region.</summary>
    public readonly CodePage* Page(int index) => pages[index];

    /// <summary>The row of an instruction of a block.</summary>
    public readonly InstructionRow* RowAt(Hart* hart, int page, int slot) => hart->Table[marks[(page * CodePage.Halfwords) + slot] & RowMask];

    /// <summary>Halfwords of an instruction of a block.</summary>
    public readonly int LengthAt(int page, int slot) => (marks[(page * CodePage.Halfwords) + slot] & Full) != 0 ? 2 : 1;

    /// <summary>First and last halfword of the region in a page.</summary>
    public readonly void Extent(int page, int* first, int* last)
    {
        *first = CodePage.Halfwords;
        *last = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Blocks[i].Page != page)
                continue;
            *first = Math.Min(*first, Blocks[i].Start);
            // What the interpreter executes behind a block is no part of it, but one halfword more does no harm.
            *last = Math.Max(*last, Math.Max(Blocks[i].Stop - 1, Blocks[i].Start));
        }
    }

    /// <summary>Builds the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="hart">The hart, executing in the address space of the entry.</param>
    /// <param name="virtualPage">Virtual address of the entry's page.</param>
    /// <param name="page">The entry's page.</param>
    /// <param name="slot">The entry's halfword.</param>
    /// <param name="all">Also what was never executed.</param>
    /// <returns>False when there is nothing to translate.</returns>
    public static bool Build(RegionGraph* graph, Hart* hart, ulong virtualPage, CodePage* page, int slot, bool all)
    {
        graph->Clear();
        graph->pages[0] = page;
        graph->distance[0] = 0;
        graph->PageCount = 1;
        graph->Push(null, 0, slot);
        while (graph->pendingCount > 0)
        {
            // First in, first out: what is near comes first when there is too much.
            var item = graph->Pop();
            Walk(graph, hart, virtualPage, item / CodePage.Halfwords, item % CodePage.Halfwords, all);
        }

        if ((graph->marks[slot] & Translatable) == 0)
            return false;
        graph->FormBlocks(hart);
        var entry = graph->Find(0, slot);
        if (entry < 0)
            return false;
        graph->Blocks[entry].IsEntry = true;
        Link(graph, hart);
        return true;
    }

    // Forgets the region before, and only what that had marked.
    private void Clear()
    {
        NativeMemory.Clear(marks, (nuint)(Math.Max(PageCount, 1) * CodePage.Halfwords * sizeof(ushort)));
        NativeMemory.Clear(blockAt, (nuint)(Math.Max(PageCount, 1) * CodePage.Halfwords));
        Count = 0;
        Instructions = 0;
        ReturnPointCount = 0;
        pendingCount = 0;
        head = 0;
    }

    private void Push(Hart* hart, int page, int slot)
    {
        var mark = marks + (page * CodePage.Halfwords) + slot;
        if ((*mark & Leader) != 0 || head + pendingCount == PendingCapacity)
            return;
        // What begins another region is not copied: that is one jump away.
        if (hart != null && hart->Translator->Regions.IsRegion(pages[page]->First + slot) && Instructions > 0)
            return;
        *mark |= Leader;
        if ((*mark & Seen) == 0)
            pending[head + pendingCount++] = (page * CodePage.Halfwords) + slot;
    }

    private void PushEntry(Hart* hart, int page, int slot)
    {
        if (slot >= CodePage.Halfwords)
            return;
        Push(hart, page, slot);
        marks[(page * CodePage.Halfwords) + slot] |= Entered;
    }

    private int Pop()
    {
        pendingCount--;
        return pending[head++];
    }

    // Marks instructions from a leader on, up to where control leaves or what is known begins.
    private static void Walk(RegionGraph* graph, Hart* hart, ulong virtualPage, int page, int slot, bool all)
    {
        var codePage = graph->pages[page];
        var before = -1;
        while (slot < CodePage.Halfwords)
        {
            var mark = graph->marks + (page * CodePage.Halfwords) + slot;
            if ((*mark & Seen) != 0)
            {
                *mark |= Leader;
                return;
            }

            if (graph->Instructions >= MaxInstructions || (!all && CodeCache.IsUndecoded(codePage->First + slot)))
                return;
            var ram = Decoder.Halfword(hart, codePage, slot);
            var next = slot + Decoder.LengthAt(ram);
            if (next > CodePage.Halfwords)
                return;
            var word = Decoder.WordAt(ram);
            var row = hart->Table.Find(word);
            if (row == null || IsReserved(row, word))
                return;
            if (row->Template == null)
            {
                // The interpreter executes it, and comes back behind it: a trap's sret as well.
                if (graph->Instructions > 0)
                    graph->PushEntry(hart, page, next);
                return;
            }

            *mark |= (ushort)(Seen | Translatable | (next == slot + 2 ? Full : 0) | hart->Table.IndexOf(row));
            graph->Instructions++;
            switch (row->Flow)
            {
                case Flow.Branch:
                    graph->PushTarget(hart, virtualPage, page, (slot * 2) + Decoder.ImmediateOf(row->Format, word));
                    graph->PushTarget(hart, virtualPage, page, next * 2);
                    return;
                case Flow.Jump:
                    graph->PushTarget(hart, virtualPage, page, (slot * 2) + Decoder.ImmediateOf(row->Format, word));
                    if (IsLink(word))
                        graph->PushTarget(hart, virtualPage, page, next * 2);
                    return;
                case Flow.JumpIndirect:
                    int offset;
                    if (before >= 0 && graph->IsFar(hart, page, before, slot, &offset))
                        graph->PushTarget(hart, virtualPage, page, offset);
                    if (IsLink(word))
                        graph->PushTarget(hart, virtualPage, page, next * 2);
                    return;
            }

            before = slot;
            slot = next;
        }

        graph->PushTarget(hart, virtualPage, page, 4096);
    }

    // Rounding modes that are no modes make an instruction illegal (unprivileged specification, 20.2): the interpreter's business.
    private static bool IsReserved(InstructionRow* row, uint word) => (row->Flags & RowFlags.Rounds) != 0 && ((word >> 12) & 7) is 5 or 6;

    // rd = x1 or x5: a call (unprivileged specification, table 2.1).
    private static bool IsLink(uint word) => ((word >> 7) & 31) is 1 or 5;

    // auipc and jalr through the same register: a jump that is too far for jal, as linkers make of most calls in large programs. Offset is from the start of the page.
    private readonly bool IsFar(Hart* hart, int page, int auipc, int jalr, int* offset)
    {
        if (RowAt(hart, page, auipc)->Match != AuipcMatch)
            return false;
        uint upper = WordAt(hart, page, auipc), word = WordAt(hart, page, jalr);
        if (((upper >> 7) & 31) != ((word >> 15) & 31))
            return false;
        var sum = (long)(auipc * 2) + Decoder.ImmediateOf(Format.U, upper) + (Decoder.ImmediateOf(Format.I, word) & ~1);
        *offset = (int)sum;
        return sum is > -MaxDistance and < MaxDistance;
    }

    private void PushTarget(Hart* hart, ulong virtualPage, int page, int offset)
    {
        var targetPage = PageAt(hart, virtualPage, page, offset);
        if (targetPage >= 0)
            Push(hart, targetPage, (offset & 0xFFF) >> 1);
    }

    // The page of an offset relative to another page, which becomes part of the region if it is mapped, known and fits.
    private int PageAt(Hart* hart, ulong virtualPage, int page, int offset)
    {
        var wanted = distance[page] + (offset >> 12);
        for (var i = 0; i < PageCount; i++)
        {
            if (distance[i] == wanted)
                return i;
        }

        if (hart == null || PageCount == MaxPages || Instructions >= MaxInstructions)
            return -1;
        var address = virtualPage + ((ulong)(long)wanted << 12);
        var entry = Tlb.ExecuteEntry(hart, address);
        if (entry->Tag != address)
            return -1;
        var found = CodeCache.PageOf(hart, entry->Slots);
        // The same memory mapped twice would be two pages with the same records.
        for (var i = 0; i < PageCount; i++)
        {
            if (pages[i] == found)
                return -1;
        }

        NativeMemory.Clear(marks + (PageCount * CodePage.Halfwords), CodePage.Halfwords * sizeof(ushort));
        NativeMemory.Clear(blockAt + (PageCount * CodePage.Halfwords), CodePage.Halfwords);
        pages[PageCount] = found;
        distance[PageCount] = wanted;
        return PageCount++;
    }

    /// <summary>The block that begins at a halfword of a page, or -1.</summary>
    public readonly int Find(int page, int slot) => blockAt[(page * CodePage.Halfwords) + slot] - 1;

    private void FormBlocks(Hart* hart)
    {
        for (var page = 0; page < PageCount; page++)
        {
            var mark = marks + (page * CodePage.Halfwords);
            for (var slot = 0; slot < CodePage.Halfwords; slot++)
            {
                if ((mark[slot] & (Leader | Translatable)) != (Leader | Translatable) || Count == MaxBlocks)
                    continue;
                var block = Blocks + Count;
                *block = default;
                block->Page = page;
                block->Start = slot;
                block->Next = -1;
                block->Taken = -1;
                block->Dispatch = -1;
                block->IsEntry = (mark[slot] & Entered) != 0;
                blockAt[(page * CodePage.Halfwords) + slot] = (byte)++Count;
                Extend(hart, block, mark);
            }
        }
    }

    private readonly void Extend(Hart* hart, RegionBlock* block, ushort* mark)
    {
        var slot = block->Start;
        while (true)
        {
            var before = block->Last;
            block->Count++;
            block->Last = slot;
            var row = hart->Table[mark[slot] & RowMask];
            slot += (mark[slot] & Full) != 0 ? 2 : 1;
            block->Stop = slot;
            block->End = row->Flow switch
            {
                Flow.Branch => BlockEnd.Branch,
                Flow.Jump => BlockEnd.Jump,
                Flow.JumpIndirect => BlockEnd.JumpIndirect,
                _ => BlockEnd.FallThrough,
            };
            int offset;
            if (block->End == BlockEnd.JumpIndirect && block->Count > 1 && IsFar(hart, block->Page, before, block->Last, &offset))
            {
                block->End = BlockEnd.Jump;
                block->IsFar = true;
                block->TakenOffset = offset;
            }

            if (block->End != BlockEnd.FallThrough || slot >= CodePage.Halfwords || (mark[slot] & Leader) != 0)
                return;
            if ((mark[slot] & Translatable) == 0)
            {
                block->End = BlockEnd.Interpret;
                return;
            }
        }
    }

    private static void Link(RegionGraph* graph, Hart* hart)
    {
        for (var i = 0; i < graph->Count; i++)
        {
            var block = graph->Blocks + i;
            if (block->End is BlockEnd.Branch or BlockEnd.Jump)
            {
                if (!block->IsFar)
                    block->TakenOffset = (block->Last * 2) + Decoder.ImmediateOf(graph->RowAt(hart, block->Page, block->Last)->Format, graph->WordAt(hart, block->Page, block->Last));
                block->Taken = graph->Target(block->Page, block->TakenOffset);
            }

            var behind = graph->Target(block->Page, block->Stop * 2);
            if (block->End is BlockEnd.FallThrough or BlockEnd.Branch)
            {
                block->Next = behind;
            }
            else if (!IsLink(graph->WordAt(hart, block->Page, block->Last)))
            {
                block->IsReturn = block->End == BlockEnd.JumpIndirect;
            }
            else if (block->End != BlockEnd.Interpret && behind >= 0)
            {
                // A callee in the region returns by comparing; what returns from elsewhere enters the region here.
                if (block->Taken < 0 || graph->ReturnPointCount == MaxReturnPoints)
                    graph->Blocks[behind].IsEntry = true;
                else if (!graph->Blocks[behind].IsReturnPoint)
                    graph->AddReturnPoint(behind);
            }
        }
    }

    private void AddReturnPoint(int block)
    {
        Blocks[block].IsReturnPoint = true;
        ReturnPoints[ReturnPointCount++] = block;
    }

    private int Target(int page, int offset)
    {
        var target = PageAt(null, 0, page, offset);
        return target < 0 ? -1 : Find(target, (offset & 0xFFF) >> 1);
    }

    /// <summary>Leaves no more ways in than so many, the first block among them.</summary>
    public readonly void LimitEntries(int first, int most)
    {
        var left = most - 1;
        for (var i = 0; i < Count; i++)
        {
            if (i != first && Blocks[i].IsEntry && left-- <= 0)
                Blocks[i].IsEntry = false;
        }
    }

    /// <summary>The 32-bit encoding of an instruction of the region.</summary>
    public readonly uint WordAt(Hart* hart, int page, int slot) => Decoder.WordAt(Decoder.Halfword(hart, pages[page], slot));
}
