using Gantry.Engine.Host;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>scause values (privileged specification, table 4.2).</summary>
public static class Cause
{
    /// <summary>Exceptions.</summary>
    public const uint InstructionMisaligned = 0, InstructionAccessFault = 1, IllegalInstruction = 2, Breakpoint = 3,
        LoadMisaligned = 4, LoadAccessFault = 5, StoreMisaligned = 6, StoreAccessFault = 7, UserCall = 8,
        InstructionPageFault = 12, LoadPageFault = 13, StorePageFault = 15;

    /// <summary>Interrupts, without the top bit; also their bit numbers in sie and sip.</summary>
    public const int SupervisorSoftware = 1, SupervisorTimer = 5, SupervisorExternal = 9;
}

/// <summary>Bits of sstatus (privileged specification, 4.1.1).</summary>
public static class StatusBits
{
    /// <summary>Interrupts enabled in S-mode.</summary>
    public const ulong SIE = 1UL << 1;

    /// <summary>SIE before the trap.</summary>
    public const ulong SPIE = 1UL << 5;

    /// <summary>Mode before the trap.</summary>
    public const ulong SPP = 1UL << 8;

    /// <summary>Float unit state; 3 is Dirty.</summary>
    public const ulong FS = 3UL << 13;

    /// <summary>S-mode may access user pages.</summary>
    public const ulong SUM = 1UL << 18;

    /// <summary>Loads may read executable pages.</summary>
    public const ulong MXR = 1UL << 19;

    /// <summary>UXL = 64 bits.</summary>
    public const ulong UXL = 2UL << 32;

    /// <summary>Some state is dirty.</summary>
    public const ulong SD = 1UL << 63;

    /// <summary>What software may write, FS aside.</summary>
    public const ulong Writable = SIE | SPIE | SPP | SUM | MXR;
}

/// <summary>Entering and leaving traps.</summary>
public static unsafe class Trap
{
    /// <summary>An exception at an instruction of the page being executed, which does not retire.</summary>
    /// <returns>The record to go on with.</returns>
    [WasmSeldom]
    public static Insn* At(Hart* hart, Insn* insn, int left, uint cause, ulong value)
    {
        hart->Left = left - 1;
        hart->Trapped++;
        Enter(hart, hart->AddressOf(insn), cause, value);
        return &hart->Exit;
    }

    /// <summary>An instruction cannot be fetched. If it is the trap handler's own first one, nothing can ever help the guest.</summary>
    public static void FetchFailed(Hart* hart, ulong pc, uint cause)
    {
        if (hart->Mode == Privilege.Supervisor && pc == (hart->Stvec & ~3UL))
        {
            Machine.Halt(hart->Machine, HaltKind.Failed, cause, "the guest's trap handler (stvec) is not in executable memory: the kernel is damaged or not for this machine"u8);
            hart->Resume = false;
        }

        Enter(hart, pc, cause, pc);
    }

    /// <summary>An illegal instruction; stval gets its encoding, fetched again.</summary>
    [WasmSeldom]
    public static Insn* IllegalAt(Hart* hart, Insn* insn, int left) =>
        At(hart, insn, left, Cause.IllegalInstruction, Decoder.Refetch(hart, hart->AddressOf(insn)));

    /// <summary>Takes a trap into S-mode.</summary>
    /// <param name="hart">The hart.</param>
    /// <param name="pc">For sepc.</param>
    /// <param name="cause">For scause.</param>
    /// <param name="value">For stval.</param>
    public static void Enter(Hart* hart, ulong pc, ulong cause, ulong value)
    {
        hart->Sepc = pc;
        hart->Scause = cause;
        hart->Stval = value;
        var status = hart->Status & ~(StatusBits.SPIE | StatusBits.SPP | StatusBits.SIE);
        if ((hart->Status & StatusBits.SIE) != 0)
            status |= StatusBits.SPIE;
        if (hart->Mode == Privilege.Supervisor)
            status |= StatusBits.SPP;
        hart->Status = status;
        hart->Mode = Privilege.Supervisor;
        hart->Reservation = Hart.NoReservation;
        Tlb.Select(hart);
        var vectored = (hart->Stvec & 1) != 0 && (cause >> 63) != 0;
        hart->Pc = (hart->Stvec & ~3UL) + (vectored ? 4 * (cause & 63) : 0);
    }

    /// <summary>sret: back to where the trap came from.</summary>
    public static void Return(Hart* hart)
    {
        var status = hart->Status;
        hart->Mode = (status & StatusBits.SPP) != 0 ? Privilege.Supervisor : Privilege.User;
        hart->Status = (status & ~(StatusBits.SIE | StatusBits.SPP)) | StatusBits.SPIE | ((status & StatusBits.SPIE) != 0 ? StatusBits.SIE : 0);
        hart->Reservation = Hart.NoReservation;
        hart->Pc = hart->Sepc;
        Tlb.Select(hart);
    }

    /// <summary>Looks at the clock: whether the timer's interrupt is pending.</summary>
    /// <returns>What it says, in ticks.</returns>
    public static ulong UpdateTimer(Hart* hart)
    {
        var bit = 1UL << Cause.SupervisorTimer;
        var now = Clock.Ticks(hart->Machine);
        hart->InterruptPending = now >= hart->TimerCompare ? hart->InterruptPending | bit : hart->InterruptPending & ~bit;
        return now;
    }

    /// <summary>sip as software reads it.</summary>
    public static ulong Pending(Hart* hart)
    {
        UpdateTimer(hart);
        return hart->InterruptPending;
    }

    /// <summary>Whether an interrupt would be taken, as of the last look at the clock.</summary>
    public static bool IsInterruptDue(Hart* hart) =>
        (hart->InterruptPending & hart->InterruptEnable) != 0 && (hart->Mode == Privilege.User || (hart->Status & StatusBits.SIE) != 0);

    /// <summary>Takes the interrupt of the highest priority that is pending and enabled; false when there is none.</summary>
    public static bool TakeInterrupt(Hart* hart)
    {
        if (!IsInterruptDue(hart))
            return false;
        var pending = hart->InterruptPending & hart->InterruptEnable;
        // Priority: external, software, timer (privileged specification, 4.1.3).
        var number = (pending & (1UL << Cause.SupervisorExternal)) != 0 ? Cause.SupervisorExternal
            : (pending & (1UL << Cause.SupervisorSoftware)) != 0 ? Cause.SupervisorSoftware : Cause.SupervisorTimer;
        Enter(hart, hart->Pc, (1UL << 63) | (uint)number, 0);
        return true;
    }
}
