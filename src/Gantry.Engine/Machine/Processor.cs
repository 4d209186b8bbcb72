namespace Gantry.Engine;

/// <summary>The few things the machine asks of its processor, whichever architecture it has.</summary>
public static unsafe class Processor
{
    /// <summary>Makes the processor.</summary>
    public static void Create(Machine* machine)
    {
    }

    /// <summary>Sets the processor to enter the kernel.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="entry">Guest address of the first instruction.</param>
    /// <param name="tree">Guest address of the device tree.</param>
    public static void Start(Machine* machine, ulong entry, ulong tree)
    {
    }

    /// <summary>Runs about <paramref name="budget"/> instructions; true when the guest waits for an interrupt.</summary>
    public static bool Run(Machine* machine, long budget) => true;

    /// <summary>Whether an interrupt would end a wait.</summary>
    public static bool HasInterrupt(Machine* machine) => false;

    /// <summary>Tick of the next timer interrupt; all ones: none.</summary>
    public static ulong NextTimer(Machine* machine) => ulong.MaxValue;

    /// <summary>The interrupt controller's line into the processor.</summary>
    public static void SetExternalInterrupt(Machine* machine, bool level)
    {
    }

    /// <summary>Guest instructions retired so far.</summary>
    public static ulong Instructions(Machine* machine) => machine->Mailbox->Instructions;

    /// <summary>Asks the processor to return from its run at the next safe point.</summary>
    public static void Stop(Machine* machine) => machine->StopRequested = 1;

    /// <summary>The run has come back.</summary>
    public static void ClearStop(Machine* machine) => machine->StopRequested = 0;
}
