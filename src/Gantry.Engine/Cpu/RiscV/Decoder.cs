namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Fills predecoded records from encodings.</summary>
public static unsafe class Decoder
{
    /// <summary>Handler of a record not decoded yet: decodes it and runs it.</summary>
    [WasmTailCalls]
    public static Insn* DecodeAndRun(Hart* hart, Insn* insn, int left)
    {
        var next = DecodeInPlace(hart, insn, left);
        return next->Handler(hart, next, left);
    }

    /// <summary>
    /// Handler of an instruction whose second half is on the next page. That page may be mapped elsewhere or rewritten since it was decoded,
    /// so the half is compared each time.
    /// </summary>
    [WasmTailCalls]
    public static Insn* RunStraddling(Hart* hart, Insn* insn, int left)
    {
        var page = CodeCache.PageOf(hart, hart->PageSlots);
        if (HasChanged(hart, page))
            return DecodeAndRun(hart, insn, left);
        return page->Straddling(hart, insn, left);
    }

    private static bool HasChanged(Hart* hart, CodePage* page)
    {
        uint second;
        return FetchNextHalf(hart, &second) != 0 || second != page->StraddlingHalf;
    }

    // Returns the record, or the one to go on with after a trap.
    private static Insn* DecodeInPlace(Hart* hart, Insn* insn, int left)
    {
        var page = CodeCache.PageOf(hart, hart->PageSlots);
        var slot = (int)(insn - page->First);
        var ram = Halfword(hart, page, slot);
        var halfwords = LengthAt(ram);
        if (slot + halfwords <= CodePage.Halfwords)
        {
            Decode(hart, insn, WordAt(ram), halfwords);
            if (WasmTarget.IsWebAssembly)
                Pairing.Try(hart, page, insn, slot + halfwords);
        }
        else
        {
            uint second;
            var cause = FetchNextHalf(hart, &second);
            if (cause != 0)
                return Trap.At(hart, insn, left, cause, hart->PageAddress + 4096);
            page->Straddling = Decode(hart, insn, *ram | (second << 16), 2);
            page->StraddlingHalf = (ushort)second;
            insn->Handler = &RunStraddling;
        }

        return insn;
    }

    /// <summary>Handler of what no row of the table matches.</summary>
    [WasmTailCalls]
    public static Insn* Illegal(Hart* hart, Insn* insn, int left)
    {
        var next = Trap.IllegalAt(hart, insn, left);
        return next->Handler(hart, next, left);
    }

    /// <summary>The encoding at an address as stval shows it; 0 when it cannot be fetched.</summary>
    public static ulong Refetch(Hart* hart, ulong address)
    {
        uint first, second;
        if (FetchHalf(hart, address, &first) != 0)
            return 0;
        if ((first & 3) != 3)
            return first;
        return FetchHalf(hart, address + 2, &second) != 0 ? 0 : first | (second << 16);
    }

    /// <summary>A halfword of a page of code.</summary>
    public static ushort* Halfword(Hart* hart, CodePage* page, int slot) => (ushort*)(hart->Ram + ((nuint)page->RamPage << 12)) + slot;

    /// <summary>Halfwords of an encoding (unprivileged specification, 1.5; longer ones are none we know).</summary>
    public static int LengthAt(ushort* ram) => (*ram & 3) == 3 ? 2 : 1;

    /// <summary>An encoding, all of which lies there; a compressed one expanded.</summary>
    public static uint WordAt(ushort* ram) => LengthAt(ram) == 2 ? ram[0] | ((uint)ram[1] << 16) : Compressed.Expand(*ram);

    /// <summary>Fills a record.</summary>
    /// <param name="hart">Whose table and handlers to use.</param>
    /// <param name="insn">The record.</param>
    /// <param name="word">A 32-bit encoding; 0 for what is illegal.</param>
    /// <param name="halfwords">Length of the encoding in memory.</param>
    /// <returns>The instruction's own handler, which executes the record whatever handler that has.</returns>
    public static delegate*<Hart*, Insn*, int, Insn*> Decode(Hart* hart, Insn* insn, uint word, int halfwords)
    {
        var row = hart->Table.Find(word);
        var mode = (word >> 12) & 7;
        if (row == null || ((row->Flags & RowFlags.Rounds) != 0 && mode is 5 or 6))
        {
            insn->Handler = &Illegal;
            return insn->Handler;
        }

        var rd = (byte)((word >> 7) & 31);
        insn->Rd = rd == 0 && (row->Flags & RowFlags.FloatRd) == 0 ? (byte)Hart.Sink : rd;
        insn->Rs1 = (byte)((word >> 15) & 31);
        var immediate = ImmediateOf(row->Format, word);
        if (row->HasImmediateOnly)
        {
            insn->Immediate = immediate;
        }
        else
        {
            insn->Rs2 = (byte)((word >> 20) & 31);
            insn->Rs3AndMode = (byte)((word >> 27) | (mode << 5));
            insn->ShortImmediate = (short)immediate;
        }

        var own = halfwords == 1 ? row->TwoBytes : row->FourBytes;
        var loop = HotLoop.HandlerOf(row->Hot, halfwords);
        insn->Handler = loop != null ? loop : own;
        return own;
    }

    /// <summary>The immediate of an encoding (unprivileged specification, 2.3).</summary>
    public static int ImmediateOf(Format format, uint word)
    {
        var sign = (int)word >> 31;
        return format switch
        {
            Format.I => (int)word >> 20,
            Format.S => ((int)word >> 25 << 5) | (int)((word >> 7) & 31),
            Format.B => (sign << 12) | (int)(((word >> 7) & 1) << 11) | (int)(((word >> 25) & 63) << 5) | (int)(((word >> 8) & 15) << 1),
            Format.U => (int)(word & 0xFFFFF000),
            Format.J => (sign << 20) | (int)(word & 0xFF000) | (int)(((word >> 20) & 1) << 11) | (int)(((word >> 21) & 0x3FF) << 1),
            Format.Shift => (int)((word >> 20) & 63),
            Format.System => (int)word,
            _ => 0,
        };
    }

    private static uint FetchNextHalf(Hart* hart, uint* half) => FetchHalf(hart, hart->PageAddress + 4096, half);

    private static uint FetchHalf(Hart* hart, ulong address, uint* half)
    {
        var entry = Tlb.ExecuteEntry(hart, address);
        if (entry->Tag == (address & Tlb.PageMask))
        {
            *half = *(ushort*)(hart->Ram + ((nuint)CodeCache.PageOf(hart, entry->Slots)->RamPage << 12) + (nuint)(address & 0xFFF));
            return 0;
        }

        Translation translation;
        var cause = PageWalk.Translate(hart, address, Access.Execute, &translation);
        if (cause != 0)
            return cause;
        var ram = hart->Machine->Memory.TryMap(translation.Address, 2);
        if (ram == null)
            return Cause.InstructionAccessFault;
        *half = *(ushort*)ram;
        return 0;
    }
}
