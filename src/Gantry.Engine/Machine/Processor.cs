namespace Gantry.Engine;

/// <summary>The few things the machine asks of its processor, whichever architecture it has.</summary>
public static unsafe class Processor
{
    /// <summary>Guest instructions retired so far.</summary>
    public static ulong Instructions(Machine* machine) => machine->Mailbox->Instructions;

    /// <summary>Asks the processor to return from its run at the next safe point.</summary>
    public static void Stop(Machine* machine) => machine->StopRequested = 1;
}
