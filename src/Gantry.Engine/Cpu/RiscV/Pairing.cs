namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// In WebAssembly, makes pairs of instructions of which <see cref="HotLoop"/> has a case for both together. The first one's record leads to that case; the second has a record as ever, for who jumps there.
/// </summary>
internal static unsafe class Pairing
{
    /// <summary>Pairs an instruction with the one behind it, if that is to be.</summary>
    /// <param name="hart">The hart.</param>
    /// <param name="page">The page.</param>
    /// <param name="first">Its record, just decoded.</param>
    /// <param name="slot">The halfword behind it.</param>
    public static void Try(Hart* hart, CodePage* page, Insn* first, int slot)
    {
        var pairs = &hart->Table.Pairs;
        var firstCase = HotLoop.CaseOf(first, pairs);
        if (!pairs->IsFirst(firstCase) || slot >= CodePage.Halfwords)
            return;
        var second = page->First + slot;
        var pair = IsUndecoded(second) ? Decode(hart, page, firstCase, second, slot) : pairs->Find(firstCase, HotLoop.CaseOf(second, pairs));
        if (pair != Pair.None)
            first->Handler = HotLoop.HandlerOf(pair);
    }

    /// <summary>Takes apart what would run past a record at which something else begins now, if it is of this page.</summary>
    public static void Split(CodePage* page, Insn* record)
    {
        var slot = record - page->First;
        if (slot >= CodePage.Halfwords)
            return;
        for (var before = 1; before <= 2 && before <= slot; before++)
        {
            if (HotLoop.IsPair(record - before))
                (record - before)->Handler = &Decoder.DecodeAndRun;
        }
    }

    /// <summary>Handler of the second of a pair while only the first has been jumped to: it is executed, but not decided yet what it is paired with itself.</summary>
    [WasmTailCalls]
    public static Insn* RunSecond(Hart* hart, Insn* insn, int left) => Decoder.DecodeAndRun(hart, insn, left);

    private static bool IsUndecoded(Insn* insn) =>
        CodeCache.IsUndecoded(insn) || (nuint)insn->Handler == (nuint)(delegate*<Hart*, Insn*, int, Insn*>)&RunSecond;

    private static Pair Decode(Hart* hart, CodePage* page, uint firstCase, Insn* second, int slot)
    {
        var ram = Decoder.Halfword(hart, page, slot);
        var halfwords = Decoder.LengthAt(ram);
        if (slot + halfwords > CodePage.Halfwords)
            return Pair.None;
        var word = Decoder.WordAt(ram);
        var row = hart->Table.Find(word);
        if (row == null || HotLoop.HandlerOf(row->Hot, halfwords) == null)
            return Pair.None;
        var pair = hart->Table.Pairs.Find(firstCase, HotLoop.Case(row->Hot, halfwords));
        if (pair == Pair.None)
            return Pair.None;
        Decoder.Decode(hart, second, word, halfwords);
        second->Handler = &RunSecond;
        return pair;
    }
}
