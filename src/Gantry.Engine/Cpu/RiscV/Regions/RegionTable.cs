using System.Runtime.InteropServices;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>All regions: which table entry each has, which pages it depends on, and when it is given up.</summary>
internal unsafe struct RegionTable
{
    /// <summary>Regions at most: entries of the table.</summary>
    public const int Capacity = 8192;

    // Bytes of the functions that are held at most. V8 makes about a quarter more of machine code of them.
    private const ulong MaxCodeBytes = 24 << 20;

    // A module is held as long as one of its functions is. When those that are left are less than one byte of so many, they are given up with the others: what is hot is soon made again, among its like.
    private const int LeastShare = 2;

    // As many as may be under way at once.
    private const int Reserved = 2 * ModuleBuffer.MaxFunctions;

    // Where there is no room, a hand looks at one region for so many instructions, at no more than so many at once: all are looked at in some 500 M instructions, so that another program need not
    // wait long. Those that were not seen where slices end (100,000 times meanwhile) since it last passed are given up, until there is a little room; what was seen often survives several passes. With an
    // eighth given up at once, cc1 was slower after a minute than all interpreted.
    private const ulong HandInstructions = 60_000;
    private const int MaxSteps = 1024;
    private const uint Slack = 64 * 1024;
    private const byte MostUsed = 7;

    private Region* regions;
    private byte* used;
    private uint* clear;
    private ModuleMailbox* mailbox;
    private uint firstEntry;
    private int freeCount;
    private int nextFree;
    private int hand;
    private ulong handAt;
    private int clearing;

    /// <summary>Allocates the table, once.</summary>
    public static void Allocate(RegionTable* table, ModuleMailbox* mailbox, uint firstEntry)
    {
        table->regions = (Region*)NativeMemory.AllocZeroed(Capacity, (nuint)sizeof(Region));
        table->used = (byte*)NativeMemory.AllocZeroed(Capacity, 1);
        table->clear = (uint*)NativeMemory.AllocZeroed(Capacity, sizeof(uint));
        table->mailbox = mailbox;
        table->firstEntry = firstEntry;
        table->freeCount = Capacity;
        mailbox->TableEntries = Capacity;
        mailbox->Clear = (nuint)table->clear;
    }

    /// <summary>The table entry of a region's function.</summary>
    public readonly uint TableEntry(int number) => firstEntry + (uint)number;

    /// <summary>Whether a region begins at a record, and runs.</summary>
    public readonly bool IsRegion(Insn* record) => (uint)(nuint)record->Handler - firstEntry < Capacity;

    /// <summary>Notes that the region that begins at a record is in use.</summary>
    /// <returns>Its number.</returns>
    public readonly int NoteUse(Insn* record)
    {
        var number = (int)((uint)(nuint)record->Handler - firstEntry);
        if (used[number] < MostUsed)
            used[number]++;
        return number;
    }

    /// <summary>Whether a region is entered at a record, be it under way or running.</summary>
    public readonly bool BeginsAt(int number, Insn* record)
    {
        var region = regions + number;
        for (var i = 0; i < region->EntryCount; i++)
        {
            if ((Insn*)(nuint)region->Entries[i] == record)
                return region->State is RegionState.Pending or RegionState.Live;
        }

        return false;
    }

    /// <summary>Makes sure that a region can be added; false when that must wait for the host.</summary>
    public static bool MakeRoom(RegionTable* table, Hart* hart)
    {
        if (table->IsFull)
            Evict(table, hart);
        return !table->IsFull;
    }

    /// <summary>A free region's number.</summary>
    public int Reserve()
    {
        while (regions[nextFree].State != RegionState.Free)
            nextFree = (nextFree + 1) % Capacity;
        freeCount--;
        regions[nextFree].State = RegionState.Pending;
        regions[nextFree].EntryCount = 0;
        regions[nextFree].PageCount = 0;
        return nextFree;
    }

    /// <summary>Undoes <see cref="Reserve"/>.</summary>
    public void GiveBack(int number)
    {
        regions[number].State = RegionState.Free;
        freeCount++;
    }

    /// <summary>Notes what a region is made of.</summary>
    /// <param name="table">The table.</param>
    /// <param name="hart">The hart.</param>
    /// <param name="number">The region.</param>
    /// <param name="graph">Its code.</param>
    /// <param name="first">The block it was made for.</param>
    /// <param name="size">Bytes of its function.</param>
    public static void Fill(RegionTable* table, Hart* hart, int number, RegionGraph* graph, int first, int size)
    {
        var region = table->regions + number;
        region->Size = size;
        AddEntry(region, graph, first);
        for (var i = 0; i < graph->Count; i++)
        {
            if (i != first && graph->Blocks[i].IsEntry)
                AddEntry(region, graph, i);
        }

        region->PageCount = graph->PageCount;
        for (var i = 0; i < graph->PageCount; i++)
        {
            var page = graph->Page(i);
            int start, end;
            graph->Extent(i, &start, &end);
            region->Pages[i] = (int)(page - hart->Code.Pages);
            region->First[i] = (short)start;
            region->Last[i] = (short)end;
            region->Next[i] = page->Regions;
            page->Regions = 1 + (number * RegionGraph.MaxPages) + i;
        }

        table->mailbox->CodeBytes += (ulong)size;
        table->mailbox->RegionsMade++;
    }

    /// <summary>A module's functions are in the table: from now on they run.</summary>
    /// <param name="table">The table.</param>
    /// <param name="hart">The hart.</param>
    /// <param name="numbers">The module's regions.</param>
    /// <param name="count">How many there are.</param>
    public static void Install(RegionTable* table, Hart* hart, int* numbers, int count)
    {
        var size = 0;
        for (var i = 0; i < count; i++)
            size += table->regions[numbers[i]].Size;
        var last = -1;
        for (var i = 0; i < count; i++)
        {
            var region = table->regions + numbers[i];
            if (region->State == RegionState.Stale)
            {
                Clear(table, numbers[i]);
                continue;
            }

            region->ModuleSize = size;
            region->Fellow = last < 0 ? numbers[i] : table->regions[last].Fellow;
            if (last >= 0)
                table->regions[last].Fellow = numbers[i];
            last = numbers[i];
            Install(table, hart, last);
        }

        if (last < 0)
            table->mailbox->CodeBytes -= (ulong)size;
    }

    private static void Install(RegionTable* table, Hart* hart, int number)
    {
        var region = table->regions + number;
        region->State = RegionState.Live;
        table->used[number] = 1;
        table->mailbox->Regions++;
        for (var i = 0; i < region->EntryCount; i++)
        {
            // What a region was made for is its own; where it can be entered besides, another may have been made for.
            var record = (Insn*)(nuint)region->Entries[i];
            if (i != 0 && table->IsRegion(record))
                continue;
            record->Handler = (delegate*<Hart*, Insn*, int, Insn*>)(nuint)table->TableEntry(number);
            for (var page = 0; page < region->PageCount; page++)
                Pairing.Split(hart->Code.Pages + region->Pages[page], record);
        }
    }

    /// <summary>Gives up all regions with code in a range of a page's halfwords.</summary>
    public static void DropPage(RegionTable* table, Hart* hart, CodePage* page, int first, int last)
    {
        var link = &page->Regions;
        while (*link != 0)
        {
            var number = (*link - 1) / RegionGraph.MaxPages;
            var index = (*link - 1) % RegionGraph.MaxPages;
            var region = table->regions + number;
            if (region->Last[index] < first || region->First[index] > last)
            {
                link = &region->Next[index];
                continue;
            }

            // Others of its module may go with it, and the one that was looked at before.
            Drop(table, hart, number);
            link = &page->Regions;
        }
    }

    /// <summary>Takes back a region whose module will not be made.</summary>
    public static void Discard(RegionTable* table, Hart* hart, int number)
    {
        UnlinkAll(table, hart, number);
        table->mailbox->CodeBytes -= (ulong)table->regions[number].Size;
        table->mailbox->RegionsDropped++;
        table->GiveBack(number);
    }

    // Gives up a region: nothing leads to it any more.
    private static void Drop(RegionTable* table, Hart* hart, int number)
    {
        var region = table->regions + number;
        UnlinkAll(table, hart, number);
        table->mailbox->RegionsDropped++;
        if (region->State == RegionState.Pending)
        {
            region->State = RegionState.Stale;
            return;
        }

        for (var i = 0; i < region->EntryCount; i++)
        {
            var record = (Insn*)(nuint)region->Entries[i];
            if ((uint)(nuint)record->Handler == table->TableEntry(number))
                record->Handler = &Decoder.DecodeAndRun;
        }

        table->mailbox->Regions--;
        Clear(table, number);
        LeaveModule(table, hart, number);
    }

    private static void LeaveModule(RegionTable* table, Hart* hart, int number)
    {
        var region = table->regions + number;
        var next = region->Fellow;
        if (next == number)
        {
            table->mailbox->CodeBytes -= (ulong)region->ModuleSize;
            return;
        }

        var last = next;
        var left = table->regions[last].Size;
        while (table->regions[last].Fellow != number)
        {
            last = table->regions[last].Fellow;
            left += table->regions[last].Size;
        }

        table->regions[last].Fellow = next;
        if (left * LeastShare < region->ModuleSize)
            Drop(table, hart, next);
    }

    /// <summary>Takes back what the host has cleared.</summary>
    public static void TakeCleared(RegionTable* table)
    {
        if (table->mailbox->ClearCount != 0)
            return;
        for (var i = 0; i < table->clearing; i++)
            table->GiveBack((int)(table->clear[i] - table->firstEntry));
        table->clearing = 0;
    }

    private static void Clear(RegionTable* table, int number)
    {
        table->regions[number].State = RegionState.Clearing;
        table->clear[table->clearing++] = table->TableEntry(number);
        table->mailbox->ClearCount = (uint)table->clearing;
    }

    private static void UnlinkAll(RegionTable* table, Hart* hart, int number)
    {
        var region = table->regions + number;
        for (var i = 0; i < region->PageCount; i++)
            Unlink(table, hart->Code.Pages + region->Pages[i], 1 + (number * RegionGraph.MaxPages) + i, region->Next[i]);
        region->PageCount = 0;
    }

    private static void Unlink(RegionTable* table, CodePage* page, int value, int next)
    {
        var link = &page->Regions;
        while (*link != value)
            link = &table->regions[(*link - 1) / RegionGraph.MaxPages].Next[(*link - 1) % RegionGraph.MaxPages];
        *link = next;
    }

    private readonly bool IsFull => IsShort(0);

    private readonly bool IsShort(uint bytes) => freeCount < Reserved || mailbox->CodeBytes + bytes > MaxCodeBytes;

    private static void Evict(RegionTable* table, Hart* hart)
    {
        var steps = (int)Math.Min((hart->InstructionsAtSlice - table->handAt) / HandInstructions, MaxSteps);
        if (steps == 0)
            return;
        table->handAt = hart->InstructionsAtSlice;
        for (; steps > 0 && table->IsShort(Slack); steps--)
        {
            var number = table->hand;
            table->hand = (number + 1) % Capacity;
            if (table->regions[number].State != RegionState.Live)
                continue;
            if (table->used[number] != 0)
                table->used[number] >>= 1;
            else
                Drop(table, hart, number);
        }
    }

    private static void AddEntry(Region* region, RegionGraph* graph, int block)
    {
        var b = graph->Blocks + block;
        region->Entries[region->EntryCount++] = (nuint)(graph->Page(b->Page)->First + b->Start);
    }
}
