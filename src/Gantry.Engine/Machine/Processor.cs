using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Cpu.RiscV.Regions;
using Gantry.Engine.Jit;

namespace Gantry.Engine;

/// <summary>The few things the machine asks of its processor, whichever architecture it has.</summary>
public static unsafe class Processor
{
    /// <summary>Makes the processor; false when memory is exhausted.</summary>
    public static bool Create(Machine* machine)
    {
        machine->Cpu = Hart.Create(machine);
        return machine->Cpu != null;
    }

    /// <summary>Sets the processor to enter the kernel.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="entry">Guest address of the first instruction.</param>
    /// <param name="tree">Guest address of the device tree.</param>
    public static void Start(Machine* machine, ulong entry, ulong tree) => Hart.Start(Of(machine), entry, tree);

    /// <summary>Runs about <paramref name="budget"/> instructions; true when the guest waits for an interrupt. When it came back for a module, <see cref="Machine.BudgetLeft"/> says what is left.</summary>
    public static bool Run(Machine* machine, long budget) => Interpreter.Run(Of(machine), budget) == RunOutcome.Waiting;

    /// <summary>Whether an interrupt would end a wait.</summary>
    public static bool HasInterrupt(Machine* machine) => (Trap.Pending(Of(machine)) & Of(machine)->InterruptEnable) != 0;

    /// <summary>Tick of the next timer interrupt; all ones: none.</summary>
    public static ulong NextTimer(Machine* machine) =>
        (Of(machine)->InterruptEnable & (1UL << Cause.SupervisorTimer)) != 0 ? Of(machine)->TimerCompare : ulong.MaxValue;

    /// <summary>The interrupt controller's line into the processor.</summary>
    public static void SetExternalInterrupt(Machine* machine, bool level)
    {
        var hart = Of(machine);
        var bit = 1UL << Cause.SupervisorExternal;
        hart->InterruptPending = level ? hart->InterruptPending | bit : hart->InterruptPending & ~bit;
    }

    /// <summary>Guest instructions retired so far.</summary>
    public static ulong Instructions(Machine* machine) => machine->Cpu == null ? 0 : Of(machine)->Instructions;

    /// <summary>Asks the processor to return from its run at the next safe point.</summary>
    public static void Stop(Machine* machine) => machine->StopRequested = 1;

    /// <summary>The run has come back.</summary>
    public static void ClearStop(Machine* machine) => machine->StopRequested = 0;

    /// <summary>Between runs: zeroes what the processor can make again.</summary>
    public static void Trim(Machine* machine)
    {
        if (machine->Cpu != null)
            CodeCache.Trim(Of(machine));
    }

    /// <summary>Begins to translate guest code; null where that is not possible.</summary>
    public static ModuleMailbox* Translate(Machine* machine, TranslationMode mode, uint firstEntry) =>
        WasmTarget.IsWebAssembly && machine->Cpu != null ? Translator.Start(Of(machine), mode, firstEntry) : null;

    private static Hart* Of(Machine* machine) => (Hart*)machine->Cpu;
}
