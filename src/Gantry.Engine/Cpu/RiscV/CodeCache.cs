using System.Runtime.InteropServices;
using Gantry.Engine.Cpu.RiscV.Regions;
using Gantry.Engine.Memory;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>The decoded form of one page of RAM: a record for each halfword, and what executing beyond its end needs.</summary>
public unsafe struct CodePage
{
    /// <summary>Halfwords of a page.</summary>
    public const int Halfwords = 2048;

    /// <summary>Records: the page's, then two that lead to the next page (its first and its second halfword).</summary>
    public const int Slots = Halfwords + 2;

    /// <summary>Bytes of the page's own records: what a jump inside the page may reach.</summary>
    public const int SlotBytes = Halfwords * Insn.Size;

    /// <summary>The records. The one before them, First[-1], is not executed: its Immediate is the page's index in the cache.</summary>
    public Insn* First;

    /// <summary>Index of the page of RAM; <see cref="CodeCache.NoPage"/> when the entry is free.</summary>
    public uint RamPage;

    /// <summary>Stores that hit the page since it was last entered from elsewhere.</summary>
    public uint Writes;

    /// <summary>Was entered since the eviction hand last passed.</summary>
    public bool Used;

    /// <summary>Translated regions that have code of this page: head of a list of <see cref="Translator"/>, 0 when there are none.</summary>
    public int Regions;

    /// <summary>Grows whenever what was decoded of the page is forgotten.</summary>
    public uint Generation;

    /// <summary>Handler of the instruction that begins in the last halfword and ends on the next page.</summary>
    public delegate*<Hart*, Insn*, int, Insn*> Straddling;

    /// <summary>Second half of that instruction as it was decoded.</summary>
    public ushort StraddlingHalf;
}

/// <summary>Decoded pages, found by page of RAM. Bounded: pages are given up in clock order.</summary>
public unsafe struct CodeCache
{
    /// <summary>Pages held at most, 16 KiB each; the least and the most that a guest's memory makes of it.</summary>
    /// <remarks>A compiler alone executes 10 MB of code. What is given up takes its translations with it: too few pages cost more than slow decoding.</remarks>
    public const int LeastCapacity = 1536, MostCapacity = 6144;

    /// <summary>No page.</summary>
    public const uint NoPage = uint.MaxValue;

    // After so many stores a page is taken for data again.
    private const uint WritesBeforeGivingUp = 64;

    /// <summary>The pages.</summary>
    public CodePage* Pages;

    /// <summary>For each page of RAM, 1 + its index in <see cref="Pages"/>, or 0.</summary>
    public ushort* ByRamPage;

    /// <summary>Result of the last slow load.</summary>
    public ulong Loaded;

    /// <summary>Whether the last slow store was done although it ends the run of handlers.</summary>
    public bool Completed;

    private int capacity;
    private int hand;

    /// <summary>Allocates the tables; pages get their records when first used.</summary>
    public static void Create(Hart* hart)
    {
        var cache = &hart->Code;
        // An eighth of what the guest has, so that a tab's memory is a multiple of its guest's.
        cache->capacity = (int)Math.Clamp(hart->RamSize / (8 * CodePage.SlotBytes), LeastCapacity, MostCapacity);
        cache->Pages = (CodePage*)NativeMemory.AllocZeroed((nuint)cache->capacity, (nuint)sizeof(CodePage));
        cache->ByRamPage = (ushort*)NativeMemory.AllocZeroed((nuint)(hart->RamSize >> GuestMemory.PageShift), sizeof(ushort));
        for (var i = 0; i < cache->capacity; i++)
            cache->Pages[i].RamPage = NoPage;
    }

    /// <summary>The decoded form of a page of RAM, made when there is none.</summary>
    public static CodePage* Get(Hart* hart, uint ramPage)
    {
        var cache = &hart->Code;
        var index = cache->ByRamPage[ramPage];
        if (index != 0)
        {
            var known = cache->Pages + (index - 1);
            known->Used = true;
            return known;
        }

        var page = Evict(hart);
        if (page->First == null)
        {
            page->First = (Insn*)NativeMemory.AlignedAlloc((CodePage.Slots + 1) * Insn.Size, 16) + 1;
            page->First[-1].Immediate = (int)(page - cache->Pages);
        }

        Reset(hart, page, 0, CodePage.Halfwords - 1);
        page->First[CodePage.Halfwords].Handler = &Interpreter.NextPage;
        page->First[CodePage.Halfwords + 1].Handler = &Interpreter.NextPage;
        page->RamPage = ramPage;
        page->Writes = 0;
        page->Used = true;
        cache->ByRamPage[ramPage] = (ushort)(page - cache->Pages + 1);
        hart->Machine->Memory.PageFlags[ramPage] |= (byte)PageFlags.HasCode;
        Tlb.ProtectPage(hart, hart->Ram + ((nuint)ramPage << GuestMemory.PageShift));
        return page;
    }

    /// <summary>The page whose records begin at <paramref name="slots"/>.</summary>
    public static CodePage* PageOf(Hart* hart, Insn* slots) => hart->Code.Pages + slots[-1].Immediate;

    /// <summary>In WebAssembly, where a function has one address: whether the instruction of a record was never executed.</summary>
    public static bool IsUndecoded(Insn* insn) => (nuint)insn->Handler == (nuint)(delegate*<Hart*, Insn*, int, Insn*>)&Decoder.DecodeAndRun;

    /// <summary>The guest stored to a page that has code: forgets what was decoded from those bytes.</summary>
    public static void BytesWritten(Hart* hart, uint ramPage, int offset, int bytes)
    {
        var index = hart->Code.ByRamPage[ramPage];
        if (index == 0)
            return;
        var page = hart->Code.Pages + (index - 1);
        if (++page->Writes > WritesBeforeGivingUp && page->First != hart->PageSlots)
        {
            Drop(hart, page);
            return;
        }

        // An instruction may begin one halfword before, and a pair that it is the second of two more. (One that straddles into this page checks its second half itself.)
        var first = Math.Max((offset >> 1) - 3, 0);
        var last = (offset + bytes - 1) >> 1;
        Reset(hart, page, first, last);
    }

    /// <summary>A device wrote to a page that has code. Called through <see cref="GuestMemory.CodeWritten"/>.</summary>
    public static void PageWritten(void* context, uint ramPage)
    {
        var hart = (Hart*)context;
        var index = hart->Code.ByRamPage[ramPage];
        if (index == 0)
            return;
        Reset(hart, hart->Code.Pages + (index - 1), 0, CodePage.Halfwords - 1);
    }

    /// <summary>Between runs: gives up all pages and leaves zeros, for a small memory image. The next run decodes again.</summary>
    public static void Trim(Hart* hart)
    {
        hart->PageSlots = null;
        for (var i = 0; i < hart->Code.capacity; i++)
        {
            var page = hart->Code.Pages + i;
            if (page->RamPage != NoPage)
                Drop(hart, page);
            if (page->First != null)
                NativeMemory.Clear(page->First, CodePage.Slots * Insn.Size);
        }
    }

    // Forgets what was decoded, and translated, of some halfwords of a page.
    private static void Reset(Hart* hart, CodePage* page, int first, int last)
    {
        var undecoded = default(Insn);
        undecoded.Handler = &Decoder.DecodeAndRun;
        // The operands stay: the instruction that wrote here may be one of these, and still need its own.
        for (var i = first; i <= last; i++)
            page->First[i].TakeHandler(undecoded);
        page->Generation++;
        DropRegions(hart, page, first, last);
    }

    private static void DropRegions(Hart* hart, CodePage* page, int first, int last)
    {
        if (page->Regions != 0)
            RegionTable.DropPage(&hart->Translator->Regions, hart, page, first, last);
    }

    // Never the page being executed: handlers hold pointers into it.
    private static CodePage* Evict(Hart* hart)
    {
        var cache = &hart->Code;
        while (true)
        {
            var page = cache->Pages + cache->hand;
            cache->hand = (cache->hand + 1) % cache->capacity;
            if (page->RamPage == NoPage)
                return page;
            if (page->First == hart->PageSlots)
                continue;
            if (page->Used)
            {
                page->Used = false;
                continue;
            }

            Drop(hart, page);
            return page;
        }
    }

    private static void Drop(Hart* hart, CodePage* page)
    {
        DropRegions(hart, page, 0, CodePage.Halfwords - 1);
        Tlb.ForgetCode(hart, page->First);
        hart->Code.ByRamPage[page->RamPage] = 0;
        hart->Machine->Memory.PageFlags[page->RamPage] &= unchecked((byte)~PageFlags.HasCode);
        page->RamPage = NoPage;
    }
}
