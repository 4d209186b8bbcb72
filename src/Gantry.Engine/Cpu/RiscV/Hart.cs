using System.Runtime.InteropServices;
using Gantry.Engine.Cpu.Float;
using Gantry.Engine.Cpu.RiscV.Regions;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Privilege modes below M (privileged specification, 1.2); the values are the encodings.</summary>
public enum Privilege : uint
{
    /// <summary>User.</summary>
    User = 0,

    /// <summary>Supervisor. The engine itself is the machine mode: it serves the SBI.</summary>
    Supervisor = 1,
}

/// <summary>
/// State of one hardware thread. Everything a running guest can reach hangs off this struct, which never moves; a snapshot of memory holds
/// all of it.
/// </summary>
public unsafe struct Hart
{
    /// <summary>Index of the register that takes writes to x0.</summary>
    public const int Sink = 32;

    /// <summary>x0 to x31, then <see cref="Sink"/>. X[0] is never written.</summary>
    public fixed ulong X[33];

    /// <summary>f0 to f31; single-precision values are NaN-boxed.</summary>
    public fixed ulong F[32];

    /// <summary>Accrued exceptions (fcsr bits 4:0).</summary>
    public FloatFlags FloatFlags;

    /// <summary>Dynamic rounding mode (fcsr bits 7:5); values above 4 are reserved and make instructions that use it illegal.</summary>
    public uint RoundingMode;

    /// <summary>Translations for data accesses in the present mode: one of <see cref="Tlbs"/>.</summary>
    public TlbEntry* DataTlb;

    /// <summary>Virtual address of the page being executed.</summary>
    public ulong PageAddress;

    /// <summary>Decoded form of the page being executed; where <see cref="PageAddress"/>'s first instruction is.</summary>
    public Insn* PageSlots;

    /// <summary>Translations for jumps in the present mode.</summary>
    public ExecuteTlbEntry* ExecuteTlb;

    /// <summary>Instructions left in this slice, as of the last exit from the handlers.</summary>
    public int Left;

    /// <summary>Of what was counted in this slice, instructions that trapped and so did not retire.</summary>
    public int Trapped;

    /// <summary>The slice goes on behind the exit; false when something between slices must be looked at first.</summary>
    public bool Resume;

    /// <summary>Length of this slice.</summary>
    public int SliceLength;

    /// <summary>Instructions retired when this slice began.</summary>
    public ulong InstructionsAtSlice;

    /// <summary>The pc, where no instruction is being executed.</summary>
    public ulong Pc;

    /// <summary>Virtual address reserved by LR; <see cref="NoReservation"/> when there is none.</summary>
    public ulong Reservation;

    /// <summary>What LR read there.</summary>
    public ulong ReservedValue;

    /// <summary>Present mode.</summary>
    public Privilege Mode;

    /// <summary>WFI was executed and no interrupt has come yet.</summary>
    public bool Waiting;

    /// <summary>sstatus.FS is not Off.</summary>
    public bool FloatEnabled;

    /// <summary>sstatus without FS, SD and the read-only fields.</summary>
    public ulong Status;

    /// <summary>scounteren, senvcfg: kept, and honoured where they matter to user mode.</summary>
    public ulong CounterEnable, EnvironmentConfig;

    /// <summary>Supervisor trap registers.</summary>
    public ulong Stvec, Sscratch, Sepc, Scause, Stval;

    /// <summary>sie and sip; the timer's bit is as of the last look at the clock.</summary>
    public ulong InterruptEnable, InterruptPending;

    /// <summary>satp.</summary>
    public ulong AddressTranslation;

    /// <summary>stimecmp (Sstc), also set by the SBI's timer call.</summary>
    public ulong TimerCompare;

    /// <summary>The sets that reach user pages hold something since they were flushed. (Kernels flush in pairs: satp, then a fence.)</summary>
    public bool TlbUsed;

    /// <summary>The same for the supervisor's sets, which outlive changes of the address space.</summary>
    public bool GlobalTlbUsed;

    /// <summary>A supervisor page without the G bit is in the supervisor's sets: they must go with the address space.</summary>
    public bool SupervisorPrivate;

    /// <summary>A user-half superpage is in the TLBs: fences by address must flush all.</summary>
    public bool UserSuperpages;

    /// <summary>Record that ends a run of handlers.</summary>
    public Insn Exit;

    /// <summary>The machine it is part of.</summary>
    public Machine* Machine;

    /// <summary>Copy of the machine's RAM description, for the fast paths.</summary>
    public byte* Ram;

    /// <summary>Start and size of RAM.</summary>
    public ulong RamStart, RamSize;

    /// <summary>The TLBs of all modes, see <see cref="Tlb"/>.</summary>
    public TlbEntry* Tlbs;

    /// <summary>The execute TLBs of all modes.</summary>
    public ExecuteTlbEntry* ExecuteTlbs;

    /// <summary>Decoded pages.</summary>
    public CodeCache Code;

    /// <summary>Translates what runs often; null: all is interpreted.</summary>
    public Translator* Translator;

    /// <summary>Decoding tables.</summary>
    public InstructionTable Table;

    /// <summary>Value of <see cref="Reservation"/> that equals no address LR accepts.</summary>
    public const ulong NoReservation = 1;

    /// <summary>Makes a hart; null when memory is exhausted.</summary>
    /// <param name="machine">Its machine, whose RAM exists.</param>
    public static Hart* Create(Machine* machine)
    {
        var hart = (Hart*)NativeMemory.AllocZeroed((nuint)sizeof(Hart));
        if (hart == null)
            return null;
        hart->Machine = machine;
        hart->Ram = machine->Memory.Base;
        hart->RamStart = machine->Memory.Start;
        hart->RamSize = machine->Memory.Size;
        hart->Exit.Handler = &Interpreter.Leave;
        hart->Reservation = NoReservation;
        hart->TimerCompare = ulong.MaxValue;
        hart->Mode = Privilege.Supervisor;
        // Linux sets these through firmware's defaults: user mode may read cycle, time and instret.
        hart->CounterEnable = 7;
        hart->Table.Build();
        Tlb.Create(hart);
        CodeCache.Create(hart);
        machine->Memory.CodeWritten = &CodeCache.PageWritten;
        machine->Memory.CodeWrittenContext = hart;
        return hart;
    }

    /// <summary>Enters a kernel as firmware does: S-mode, no translation, a0 = hart id, a1 = address of the device tree.</summary>
    public static void Start(Hart* hart, ulong entry, ulong deviceTree)
    {
        hart->Pc = entry;
        hart->X[10] = 0;
        hart->X[11] = deviceTree;
        hart->Mode = Privilege.Supervisor;
        Tlb.Flush(hart);
        Tlb.Select(hart);
    }

    /// <summary>Instructions retired so far. Exact between slices and in handlers that have saved <see cref="Left"/>.</summary>
    public readonly ulong Instructions => InstructionsAtSlice + (ulong)(SliceLength - Left - Trapped);

    /// <summary>Address of an instruction of the page being executed.</summary>
    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    public readonly ulong AddressOf(Insn* insn) => PageAddress + Insn.OffsetOf(PageSlots, insn);
}
