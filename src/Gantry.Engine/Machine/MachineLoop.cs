using Gantry.Engine.Devices;
using Gantry.Engine.Host;

namespace Gantry.Engine;

/// <summary>One slice of the machine's life between two visits of the host.</summary>
public static unsafe class MachineLoop
{
    /// <summary>Runs until the budget is used, the guest is idle, or the host is needed.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="budget">Instructions; negative: what is left of a run that came back for a module. Where runs end must not depend on modules, or devices would look at their queues elsewhere.</param>
    public static RunReason Run(Machine* machine, long budget)
    {
        var mailbox = machine->Mailbox;
        if (mailbox->HaltKind == (uint)HaltKind.Running)
        {
            if (budget >= 0 || machine->BudgetLeft == 0)
            {
                Poll(machine);
                machine->RunEnd = Processor.Instructions(machine) + (ulong)Math.Max(budget, 1);
                machine->BudgetLeft = Math.Max(budget, 1);
            }

            mailbox->Reason = (uint)Slice(machine);
            mailbox->Instructions = Processor.Instructions(machine);
            mailbox->Ticks = Clock.Ticks(machine);
        }
        else
        {
            mailbox->Reason = (uint)RunReason.Halted;
        }

        mailbox->Pending = (uint)Pending(machine);
        return (RunReason)mailbox->Reason;
    }

    private static RunReason Slice(Machine* machine)
    {
        var mailbox = machine->Mailbox;
        mailbox->IdleNanoseconds = 0;
        while (true)
        {
            var left = machine->BudgetLeft;
            machine->BudgetLeft = 0;
            if (left <= 0)
                return RunReason.Budget;
            var idle = Processor.Run(machine, left);
            if (mailbox->HaltKind != (uint)HaltKind.Running)
                return RunReason.Halted;
            if (machine->StopRequested != 0)
            {
                Processor.ClearStop(machine);
                return RunReason.Attention;
            }

            if (machine->BudgetLeft != 0)
                return RunReason.Module;

            // Not by the count of instructions: a guest that traps without end retires none.
            if (!idle)
                return RunReason.Budget;
            if (!WakeUp(machine))
                return RunReason.Idle;
            machine->BudgetLeft = (long)(machine->RunEnd - Processor.Instructions(machine));
        }
    }

    // True when the guest can go on at once: something came in meanwhile, or idle time is skipped.
    private static bool WakeUp(Machine* machine)
    {
        Poll(machine);
        if (Processor.HasInterrupt(machine))
            return true;
        var timer = Processor.NextTimer(machine);
        var now = Clock.Ticks(machine);
        var wait = timer == ulong.MaxValue ? ulong.MaxValue : timer > now ? timer - now : 0;
        if (wait == 0)
            return true;
        if (machine->Clock.InstructionsPerTick != 0 && machine->Mailbox->RequestsInFlight == 0 && wait != ulong.MaxValue)
        {
            machine->Mailbox->IdleTicks += wait;
            Clock.Skip(machine, wait);
            return true;
        }

        machine->Mailbox->IdleNanoseconds =
            wait > ulong.MaxValue / Clock.NanosecondsPerTick ? ulong.MaxValue : wait * Clock.NanosecondsPerTick;
        machine->IdleSince = now;
        return false;
    }

    /// <summary>What a run begins with: finished requests, rings, window size.</summary>
    public static void Poll(Machine* machine)
    {
        if (machine->IdleSince != 0)
        {
            machine->Mailbox->IdleTicks += Clock.Ticks(machine) - machine->IdleSince;
            machine->IdleSince = 0;
        }

        RequestTable.Collect(machine);
        for (var i = 0u; i < machine->SlotCount; i++)
            VirtioDispatch.Poll(machine->Slots + i);
        Uart.Poll(machine);
    }

    private static PendingWork Pending(Machine* machine)
    {
        var mailbox = machine->Mailbox;
        var pending = PendingWork.None;
        var output = mailbox->UartToHost.Count;
        var ports = (Port*)(nuint)mailbox->Ports;
        for (var i = 0u; i < mailbox->PortCount; i++)
            output |= ports[i].ToHost.Count;
        if (output != 0)
            pending |= PendingWork.Output;
        for (var i = 0; mailbox->RequestsInFlight != 0 && i < (int)RequestTable.Count; i++)
        {
            if (RequestTable.Slot(machine, i)->State == (uint)RequestState.Posted)
                pending |= PendingWork.Requests;
        }

        if (mailbox->NetToHost.Count != 0)
            pending |= PendingWork.Network;
        if (mailbox->Log.Count != 0)
            pending |= PendingWork.Log;
        return pending;
    }
}
