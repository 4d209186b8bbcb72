using System.Runtime.InteropServices;
using Gantry.Engine.Jit;

namespace Gantry.Engine.Cpu.RiscV.Regions;

/// <summary>What the place where a slice ends tells the translator.</summary>
public enum SliceInterest
{
    /// <summary>Nothing new: no code is translated, or a loop that is goes on.</summary>
    Little,

    /// <summary>What runs often.</summary>
    Some,

    /// <summary>What the code calls that slices always end in: the slice shall end at the next jump.</summary>
    NextJump,

    /// <summary>What there is: all is translated, in short slices.</summary>
    Everything,
}

/// <summary>
/// Finds what runs often, has it written as functions and hands these to the host module by module; when they are there, <see cref="RegionTable"/> puts them into
/// the records where they begin, and the interpreter runs into them by itself.
/// </summary>
public unsafe struct Translator
{
    private const int ModuleCapacity = 1 << 20;

    // Room a module must have for another region to be begun.
    private const int RegionCapacity = 256 * 1024;

    // A module is made of so many regions, or of what there is after so many slices that ended where one of them is missed, or after so many slices whatever they are. Each module costs its host
    // a hundred kilobytes and more besides its code, so what can wait waits for company; a loop that is missed all the time does not.
    private const int Batch = 16, MostMissed = 256, MostSlices = 16384;

    // While the host compiles a module it is called after so many slices: it should not have to wait for the end of a long run.
    private const int CompilingSlices = 256;

    // Slices that ended at a place before it is translated; places that are watched; the count of those that were tried in vain.
    private const int Threshold = 32, Samples = 32768, InVain = ushort.MaxValue;

    // What is handed to the host is paced: so many bytes at once, then one for so many instructions. Code that runs everywhere a little (a compiler's) would keep the host's compiler busy for
    // longer than it runs; what is hottest is seen first, and most often while others wait.
    private const ulong MostCredit = 1 << 20, InstructionsPerByte = 512;

    // At first a place must be seen more often, then less and less: what runs while a guest starts is seldom run again, and the host's compiler has
    // its hands full with the engine itself, which gains more by it.
    private const int StartThreshold = 128;
    private const ulong StartInstructions = 32_000_000;

    // A slice ends at the first jump when its time is up. Where a translated loop calls a function without jumps, that is always the function's return, and the function itself is
    // never seen: so when slices end at regions, now and then the next ones are so short that they end at the very next jumps; less and less often while that shows nothing but regions.
    private const int Probes = 3, ProbeInterval = 4, MaxProbeInterval = 64;

    // Slices in a row at one region from which on the guest is taken to stay there, and what is between slices to matter.
    private const int SettledSlices = 8;

    /// <summary>What the host sees.</summary>
    public ModuleMailbox Mailbox;

    /// <summary>Which code is translated.</summary>
    public TranslationMode Mode;

    /// <summary>The host has f64x2.relaxed_madd, and it rounds once.</summary>
    public readonly bool HostFuses => Mailbox.Fuses != 0;

    /// <summary>All regions.</summary>
    internal RegionTable Regions;

    private RegionGraph graph;
    private RegionLayout layout;
    private RegionEmitter emitter;
    private ModuleBuffer module;
    private Insn** sampled;
    private ushort* samples;
    private ulong startedAt;

    // Bytes that may be handed over, and the instruction up to which they were earned.
    private ulong credit, creditedAt;

    // For those in vain: the page's generation then.
    private uint* vainSince;
    private int waited;

    // Slices that ended where a region of the module being made begins.
    private int missed;

    // Slices since the host was last called for a module that it has, and whether it shall be called.
    private int compiling;
    private bool wantsHost;

    // Slices at regions since the last probe, from one to the next, and how many are still to be short.
    private int sinceProbe, probeInterval, probing;

    // Slices in a row that ended at a region where the one before did too, and that region.
    private int sameRegion, lastRegion;

    // Regions of the module being made, and of the one at the host.
    private fixed int building[ModuleBuffer.MaxFunctions];
    private fixed int handedOver[ModuleBuffer.MaxFunctions];
    private int handedOverCount;

    /// <summary>Begins.</summary>
    /// <returns>The mailbox; null when the host's table is too long for it.</returns>
    public static ModuleMailbox* Start(Hart* hart, TranslationMode mode, uint firstEntry)
    {
        // A record has 16 bits for its handler.
        if (mode != TranslationMode.Off && firstEntry > ushort.MaxValue - RegionTable.Capacity)
            return null;
        var translator = hart->Translator;
        if (translator == null)
        {
            translator = (Translator*)NativeMemory.AllocZeroed((nuint)sizeof(Translator));
            translator->sampled = (Insn**)NativeMemory.AllocZeroed(Samples, (nuint)sizeof(Insn*));
            translator->samples = (ushort*)NativeMemory.AllocZeroed(Samples, sizeof(ushort));
            translator->vainSince = (uint*)NativeMemory.AllocZeroed(Samples, sizeof(uint));
            RegionTable.Allocate(&translator->Regions, &translator->Mailbox, firstEntry);
            translator->graph.Allocate();
            translator->layout.Allocate();
            translator->module.Allocate(ModuleCapacity);
            translator->emitter.Allocate(&translator->graph, &translator->layout, &translator->module.Types);
            translator->Mailbox.Registers = (nuint)hart->X;
            translator->Mailbox.Probe = FusionProbe.Address;
            translator->Mailbox.ProbeLength = (uint)FusionProbe.Bytes.Length;
            translator->startedAt = hart->InstructionsAtSlice;
            translator->creditedAt = translator->startedAt;
            translator->credit = MostCredit;
            translator->probeInterval = ProbeInterval;
            BeginModule(translator);
            hart->Translator = translator;
        }

        translator->Mode = mode;
        NotePlace(translator, hart);
        return &translator->Mailbox;
    }

    /// <summary>Before a run: takes what the host has made.</summary>
    public static void Pump(Translator* translator, Hart* hart)
    {
        NotePlace(translator, hart);
        RegionTable.TakeCleared(&translator->Regions);
        if (translator->Mailbox.State == (uint)ModuleState.Installed)
        {
            RegionTable.Install(&translator->Regions, hart, translator->handedOver, translator->handedOverCount);
            translator->handedOverCount = 0;
            translator->Mailbox.State = (uint)ModuleState.None;
        }
        else if (translator->Mailbox.State == (uint)ModuleState.Failed)
        {
            translator->Mode = TranslationMode.Off;
        }
    }

    /// <summary>Whether the run shall come back to the host: a module is ready, or may have been compiled. Once said, it is settled.</summary>
    public static bool WantsHost(Translator* translator)
    {
        var wants = translator->wantsHost;
        translator->wantsHost = false;
        return wants;
    }

    /// <summary>Behind a slice: looks where it ended.</summary>
    public static void Sample(Translator* translator, Hart* hart)
    {
        NotePlace(translator, hart);
        if (translator->Mode == TranslationMode.Off)
            return;
        if (translator->module.Count > 0 && (++translator->waited >= MostSlices || translator->missed >= MostMissed))
            Publish(translator, hart);
        if (translator->Mailbox.State == (uint)ModuleState.Taken && ++translator->compiling >= CompilingSlices)
        {
            translator->compiling = 0;
            translator->wantsHost = true;
        }

        var pc = hart->Pc;
        var entry = Tlb.ExecuteEntry(hart, pc);
        if (entry->Tag != (pc & Tlb.PageMask))
            return;
        var record = Insn.At(entry->Slots, pc & 0xFFF);
        if (translator->Regions.IsRegion(record))
        {
            var region = translator->Regions.NoteUse(record);
            translator->sameRegion = region == translator->lastRegion ? Math.Min(translator->sameRegion + 1, SettledSlices) : 0;
            translator->lastRegion = region;
            if (translator->Mode == TranslationMode.Hot)
                Probe(translator);
            return;
        }

        translator->probing = 0;
        translator->sameRegion = 0;
        // A host that is behind gets no more to do than it can: what is hot stays so.
        var isFull = translator->module.Count >= 2 * Batch || !translator->module.HasRoom(RegionCapacity) || !HasCredit(translator, hart);
        var page = CodeCache.PageOf(hart, entry->Slots);
        if (!IsHot(translator, hart, page, record))
            return;
        if (BeginsAmong(translator, translator->building, translator->module.Count, record))
        {
            translator->missed++;
            return;
        }

        if (isFull || BeginsAmong(translator, translator->handedOver, translator->handedOverCount, record))
            return;
        if (!RegionTable.MakeRoom(&translator->Regions, hart))
            return;
        translator->probeInterval = ProbeInterval;
        var index = SampleIndex(record);
        if (!Translate(translator, hart, entry->Tag, page, (int)(record - page->First)) && translator->sampled[index] == record)
        {
            translator->samples[index] = InVain;
            translator->vainSince[index] = page->Generation;
        }

        if (translator->module.Count >= (translator->Mode == TranslationMode.All ? 1 : Batch))
            Publish(translator, hart);
    }

    /// <summary>What the next slice's end can tell.</summary>
    public readonly SliceInterest Interest =>
        probing > 0 ? SliceInterest.NextJump
        : Mode == TranslationMode.All ? SliceInterest.Everything
        : Mode == TranslationMode.Off || sameRegion >= SettledSlices ? SliceInterest.Little
        : SliceInterest.Some;

    private static void Probe(Translator* translator)
    {
        if (translator->probing > 0)
        {
            if (--translator->probing == 0)
                translator->probeInterval = Math.Min(2 * translator->probeInterval, MaxProbeInterval);
        }
        else if (++translator->sinceProbe >= translator->probeInterval)
        {
            translator->sinceProbe = 0;
            translator->probing = Probes;
        }
    }

    private static void NotePlace(Translator* translator, Hart* hart)
    {
        translator->Mailbox.Pc = hart->Pc;
        translator->Mailbox.AddressSpace = hart->AddressTranslation;
    }

    private static int SampleIndex(Insn* record) => (int)((uint)(nuint)record / Insn.Size) & (Samples - 1);

    private static bool IsHot(Translator* translator, Hart* hart, CodePage* page, Insn* record)
    {
        var index = SampleIndex(record);
        var count = translator->samples + index;
        if (translator->sampled[index] != record)
        {
            // Of two that share a place in the table, the one that is seen more often wins it.
            if (*count > 1 && *count != InVain)
            {
                --*count;
                return translator->Mode == TranslationMode.All;
            }

            translator->sampled[index] = record;
            *count = 0;
        }

        if (*count == InVain)
        {
            // Other code may be there by now.
            if (translator->vainSince[index] == page->Generation)
                return false;
            *count = 0;
        }

        if (*count < InVain - 1)
            ++*count;
        return *count >= PresentThreshold(translator, hart) || translator->Mode == TranslationMode.All;
    }

    private static int PresentThreshold(Translator* translator, Hart* hart)
    {
        var done = hart->InstructionsAtSlice - translator->startedAt;
        var least = done >= StartInstructions ? Threshold : StartThreshold - ((StartThreshold - Threshold) * done / StartInstructions);
        return (int)least;
    }

    private static bool HasCredit(Translator* translator, Hart* hart)
    {
        if (translator->Mode != TranslationMode.Hot)
            return true;
        var earned = (hart->InstructionsAtSlice - translator->creditedAt) / InstructionsPerByte;
        translator->creditedAt += earned * InstructionsPerByte;
        translator->credit = Math.Min(translator->credit + earned, MostCredit);
        return translator->credit > 0;
    }

    private static bool BeginsAmong(Translator* translator, int* regions, int count, Insn* record)
    {
        for (var i = 0; i < count; i++)
        {
            if (translator->Regions.BeginsAt(regions[i], record))
                return true;
        }

        return false;
    }

    private static bool Translate(Translator* translator, Hart* hart, ulong virtualPage, CodePage* page, int slot)
    {
        var graph = &translator->graph;
        if (!RegionGraph.Build(graph, hart, virtualPage, page, slot, translator->Mode == TranslationMode.All))
            return false;
        var first = graph->Find(0, slot);
        graph->LimitEntries(first, Region.MaxEntries);
        RegionLayout.Run(&translator->layout, graph);
        var number = translator->Regions.Reserve();
        RegionEmitter.Run(&translator->emitter, hart);
        var count = translator->module.Count;
        var size = ModuleBuffer.Add(&translator->module, &translator->emitter.Body, &translator->emitter.Prologue, translator->Regions.TableEntry(number));
        if (size == 0)
        {
            translator->Regions.GiveBack(number);
            return false;
        }

        RegionTable.Fill(&translator->Regions, hart, number, graph, first, size);
        translator->building[count] = number;
        return true;
    }

    private static void BeginModule(Translator* translator)
    {
        // The type of handlers: three i32, one i32.
        var type = stackalloc byte[6];
        type[0] = 3;
        for (var i = 1; i < 6; i++)
            type[i] = Wasm.I32;
        type[4] = 1;
        translator->module.Begin(type);
        translator->waited = 0;
        translator->missed = 0;
    }

    private static void Publish(Translator* translator, Hart* hart)
    {
        if (translator->Mailbox.State != (uint)ModuleState.None)
            return;
        if (ModuleBuffer.Finish(&translator->module))
        {
            translator->Mailbox.Module = (nuint)translator->module.Module.Start;
            translator->Mailbox.Length = (uint)translator->module.Module.Length;
            translator->Mailbox.Modules++;
            translator->Mailbox.TotalBytes += translator->Mailbox.Length;
            translator->credit -= Math.Min(translator->credit, translator->Mailbox.Length);
            translator->Mailbox.State = (uint)ModuleState.Ready;
            translator->handedOverCount = translator->module.Count;
            for (var i = 0; i < translator->module.Count; i++)
                translator->handedOver[i] = translator->building[i];
            translator->wantsHost = true;
            translator->compiling = 0;
        }
        else
        {
            for (var i = 0; i < translator->module.Count; i++)
                RegionTable.Discard(&translator->Regions, hart, translator->building[i]);
        }

        BeginModule(translator);
    }
}
