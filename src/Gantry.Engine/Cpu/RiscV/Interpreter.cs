using System.Runtime.CompilerServices;
using Gantry.Engine.Cpu.RiscV.Regions;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Why a run came back.</summary>
public enum RunOutcome
{
    /// <summary>The budget is used.</summary>
    Budget,

    /// <summary>WFI: nothing to do before an interrupt.</summary>
    Waiting,

    /// <summary>A device or the SBI asked for the host: <see cref="Machine.StopRequested"/>.</summary>
    Stopped,

    /// <summary>The host shall look at the translator's modules: <see cref="Machine.BudgetLeft"/> says what is left of the budget.</summary>
    Interrupted,
}

/// <summary>
/// Runs a hart: slices of handlers that call each other, and between slices what needs looking at (timer, interrupts, the host).
/// </summary>
public static unsafe class Interpreter
{
    // A slice is some microseconds: where it ends tells the translator what runs often. Where that is not news, more is often enough.
    private const int SliceInstructions = 4096, LongSliceInstructions = 16384;

    // The clock is a call of the host: looked at where it matters, every so many instructions; more while that takes less than so many ticks (20 us; Linux' own are 10 ms).
    private const ulong MinClockInstructions = 16384, MaxClockInstructions = 131072, ClockTicks = 200;

    // With everything translated, for tests: ends often, so that regions begin and end in many places.
    private const int ShortSliceInstructions = 64;

    /// <summary>Runs at most about <paramref name="budget"/> instructions.</summary>
    public static RunOutcome Run(Hart* hart, long budget)
    {
        var lookAt = hart->InstructionsAtSlice;
        var clockInstructions = MinClockInstructions;
        ulong lastTicks = 0;
        var translator = hart->Translator;
        if (translator != null)
            Translator.Pump(translator, hart);
        while (true)
        {
            if (hart->Machine->StopRequested != 0)
                return RunOutcome.Stopped;
            if (hart->Waiting)
            {
                if ((Trap.Pending(hart) & hart->InterruptEnable) == 0)
                    return RunOutcome.Waiting;
                hart->Waiting = false;
                lookAt = hart->InstructionsAtSlice;
            }

            if (budget <= 0)
                return RunOutcome.Budget;
            if (translator != null && Translator.WantsHost(translator))
            {
                hart->Machine->BudgetLeft = budget;
                return RunOutcome.Interrupted;
            }

            if (hart->InstructionsAtSlice >= lookAt || hart->Machine->Clock.InstructionsPerTick != 0)
            {
                var ticks = Trap.UpdateTimer(hart);
                clockInstructions = ticks - lastTicks < ClockTicks ? Math.Min(2 * clockInstructions, MaxClockInstructions) : MinClockInstructions;
                lastTicks = ticks;
                lookAt = hart->InstructionsAtSlice + clockInstructions;
            }

            Trap.TakeInterrupt(hart);
            // What trapped counts against the budget too: a guest whose trap handler traps must not keep the host waiting.
            budget -= Slice(hart, Length(hart, budget));
            if (translator != null)
                Translator.Sample(translator, hart);
        }
    }

    // Time made of instructions: a slice ends where the timer is due, so that the interrupt's place does not depend on the budget.
    private static int Length(Hart* hart, long budget)
    {
        var translator = hart->Translator;
        var length = Math.Min(budget, translator == null ? LongSliceInstructions : translator->Interest switch
        {
            SliceInterest.NextJump => 1,
            SliceInterest.Everything => ShortSliceInstructions,
            SliceInterest.Some => SliceInstructions,
            _ => LongSliceInstructions,
        });
        ulong perTick = hart->Machine->Clock.InstructionsPerTick;
        if (perTick == 0)
            return (int)length;
        var ticks = hart->TimerCompare - Clock.Ticks(hart->Machine);
        if (ticks == 0 || ticks > LongSliceInstructions)
            return (int)length;
        return (int)Math.Min((ulong)length, (ticks * perTick) - (hart->Instructions % perTick));
    }

    /// <summary>Runs handlers until one leaves; then all state is in the hart.</summary>
    /// <returns>How much of the budget it used: instructions retired and traps taken.</returns>
    public static int Slice(Hart* hart, int instructions)
    {
        hart->SliceLength = instructions;
        hart->Left = instructions;
        hart->Trapped = 0;
        do
        {
            var insn = Enter(hart);
            if (insn == null)
                continue;
            var left = hart->Left;
            if (WasmTarget.IsWebAssembly)
            {
                insn->Handler(hart, insn, left);
            }
            else
            {
                while ((insn = insn->Handler(hart, insn, left)) != null)
                    left--;
            }
        }
        while (hart->Left > 0 && hart->Resume);

        var used = instructions - hart->Left;
        hart->InstructionsAtSlice = hart->Instructions;
        hart->SliceLength = 0;
        hart->Left = 0;
        hart->Trapped = 0;
        return used;
    }

    /// <summary>The handler of <see cref="Hart.Exit"/>: ends a run of handlers. Whoever leads here has saved pc and count.</summary>
    public static Insn* Leave(Hart* hart, Insn* insn, int left) => null;

    /// <summary>The handler behind a page's last instruction: goes on with the next page.</summary>
    [WasmTailCalls]
    public static Insn* NextPage(Hart* hart, Insn* insn, int left)
    {
        // Not an instruction itself, so the count stays as it is. (On CoreCLR this is one nested call: the next handler returns.)
        var next = JumpFar(hart, left + 1, hart->AddressOf(insn));
        return next->Handler(hart, next, left);
    }

    /// <summary>Where a jump that leaves the page, or meets the end of the slice, goes on.</summary>
    /// <param name="hart">The hart.</param>
    /// <param name="left">Instructions left, the jump included.</param>
    /// <param name="target">Virtual address, even.</param>
    public static Insn* JumpFar(Hart* hart, int left, ulong target) => FindFar(hart, left, target);

    /// <summary>As <see cref="JumpFar"/>, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Insn* FindFar(Hart* hart, int left, ulong target)
    {
        if (left > 1)
        {
            var entry = Tlb.ExecuteEntry(hart, target);
            if (entry->Tag == (target & Tlb.PageMask))
            {
                hart->PageAddress = entry->Tag;
                hart->PageSlots = entry->Slots;
                return Insn.At(entry->Slots, target & 0xFFF);
            }
        }

        hart->Pc = target;
        hart->Left = left - 1;
        return &hart->Exit;
    }

    /// <summary>As <see cref="FindFar"/>, for a target that may well be on the same page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Insn* Find(Hart* hart, int left, ulong target)
    {
        var offset = target - hart->PageAddress;
        return offset < 4096 && left > 1
            ? Insn.At(hart->PageSlots, offset)
            : FindFar(hart, left, target);
    }

    /// <summary>
    /// A handler for one instruction at which a translated region begins, or which a region leaves to the interpreter: executes it whatever the record's own handler is.
    /// </summary>
    [WasmTailCalls]
    public static Insn* RunUntranslated(Hart* hart, Insn* insn, int left)
    {
        var page = CodeCache.PageOf(hart, hart->PageSlots);
        var own = insn->Handler;
        var ram = Decoder.Halfword(hart, page, (int)(insn - page->First));
        var handler = Decoder.Decode(hart, insn, Decoder.WordAt(ram), Decoder.LengthAt(ram));
        insn->Handler = own;
        return handler(hart, insn, left);
    }

    /// <summary>Ends the slice behind an instruction that retired and may have changed what is looked at between slices.</summary>
    public static Insn* Finish(Hart* hart, int left, ulong next)
    {
        hart->Pc = next;
        hart->Left = left - 1;
        hart->Resume = false;
        return &hart->Exit;
    }

    // The record for the pc, or null after a trap.
    private static Insn* Enter(Hart* hart)
    {
        hart->Resume = true;
        var pc = hart->Pc;
        var entry = Tlb.ExecuteEntry(hart, pc);
        if (entry->Tag != (pc & Tlb.PageMask))
        {
            Translation translation;
            var cause = PageWalk.Translate(hart, pc, Access.Execute, &translation);
            if (cause == 0 && !hart->Machine->Memory.Contains(translation.Address, 2))
                cause = Cause.InstructionAccessFault;
            if (cause != 0)
            {
                Trap.FetchFailed(hart, pc, cause);
                hart->Left--;
                hart->Trapped++;
                return null;
            }

            var page = CodeCache.Get(hart, (uint)((translation.Address - hart->RamStart) >> 12));
            page->Writes = 0;
            Tlb.Note(hart, &translation, pc);
            entry->Tag = pc & Tlb.PageMask;
            entry->Slots = page->First;
        }

        hart->PageAddress = entry->Tag;
        hart->PageSlots = entry->Slots;
        return Insn.At(entry->Slots, pc & 0xFFF);
    }
}
