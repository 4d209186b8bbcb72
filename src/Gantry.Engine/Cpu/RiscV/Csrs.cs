using Gantry.Engine.Cpu.Float;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Control and status registers by number (privileged specification, tables 2.2 to 2.4). The mode has been checked.</summary>
public static unsafe class Csrs
{
    private const uint Fflags = 0x001, Frm = 0x002, Fcsr = 0x003, Cycle = 0xC00, Time = 0xC01, Instret = 0xC02,
        Sstatus = 0x100, Sie = 0x104, Stvec = 0x105, Scounteren = 0x106, Senvcfg = 0x10A, Sscratch = 0x140, Sepc = 0x141, Scause = 0x142,
        Stval = 0x143, Sip = 0x144, Stimecmp = 0x14D, Satp = 0x180;

    private const ulong InterruptBits = (1UL << Cause.SupervisorSoftware) | (1UL << Cause.SupervisorTimer) | (1UL << Cause.SupervisorExternal);

    /// <summary>senvcfg.CBIE, CBCFE and CBZE (privileged specification, 4.1.10).</summary>
    public const ulong CacheBlockInvalidateEnable = 3UL << 4, CacheBlockCleanEnable = 1UL << 6, CacheBlockZeroEnable = 1UL << 7;

    // With FIOM.
    private const ulong EnvironmentBits = CacheBlockInvalidateEnable | CacheBlockCleanEnable | CacheBlockZeroEnable | 1;

    private const ulong ReservedInvalidate = 2UL << 4;

    /// <summary>Whether writing it changes how addresses are translated.</summary>
    public static bool ChangesTranslation(uint number) => number == Satp;

    /// <summary>Whether writing it changes when the next slice has to end.</summary>
    public static bool EndsSlice(uint number) => number == Stimecmp;

    /// <summary>The address space of satp (4.1.11), 16 bits.</summary>
    public static uint AddressSpace(ulong satp) => (uint)(satp >> 44) & 0xFFFF;

    /// <summary>Reads; false when there is no such register, or it may not be read now.</summary>
    public static bool Read(Hart* hart, uint number, ulong* value)
    {
        switch (number)
        {
            case Fflags: *value = (uint)hart->FloatFlags; return hart->FloatEnabled;
            case Frm: *value = hart->RoundingMode; return hart->FloatEnabled;
            case Fcsr: *value = (hart->RoundingMode << 5) | (uint)hart->FloatFlags; return hart->FloatEnabled;
            case Cycle: *value = hart->Instructions; return IsCounterOpen(hart, 1);
            case Time: *value = Clock.Ticks(hart->Machine); return IsCounterOpen(hart, 2);
            case Instret: *value = hart->Instructions; return IsCounterOpen(hart, 4);
            case Sstatus: *value = Status(hart); return true;
            case Sie: *value = hart->InterruptEnable; return true;
            case Stvec: *value = hart->Stvec; return true;
            case Scounteren: *value = hart->CounterEnable; return true;
            case Senvcfg: *value = hart->EnvironmentConfig; return true;
            case Sscratch: *value = hart->Sscratch; return true;
            case Sepc: *value = hart->Sepc; return true;
            case Scause: *value = hart->Scause; return true;
            case Stval: *value = hart->Stval; return true;
            case Sip: *value = Trap.Pending(hart); return true;
            case Stimecmp: *value = hart->TimerCompare; return true;
            case Satp: *value = hart->AddressTranslation; return true;
            default: return false;
        }
    }

    /// <summary>Writes; false when there is no such register. Fields keep legal values (WARL).</summary>
    public static bool Write(Hart* hart, uint number, ulong value)
    {
        switch (number)
        {
            case Fflags: hart->FloatFlags = (FloatFlags)(value & 31); break;
            case Frm: hart->RoundingMode = (uint)value & 7; break;
            case Fcsr:
                hart->FloatFlags = (FloatFlags)(value & 31);
                hart->RoundingMode = (uint)(value >> 5) & 7;
                break;
            case Sstatus: SetStatus(hart, value); break;
            case Sie: hart->InterruptEnable = value & InterruptBits; break;
            // Reserved modes are not taken.
            case Stvec: hart->Stvec = (value & 2) == 0 ? value : hart->Stvec; break;
            case Scounteren: hart->CounterEnable = value & 7; break;
            case Senvcfg:
                hart->EnvironmentConfig = value & EnvironmentBits;
                if ((value & CacheBlockInvalidateEnable) == ReservedInvalidate)
                    hart->EnvironmentConfig &= ~CacheBlockInvalidateEnable;
                break;
            case Sscratch: hart->Sscratch = value; break;
            case Sepc: hart->Sepc = value & ~1UL; break;
            case Scause: hart->Scause = value; break;
            case Stval: hart->Stval = value; break;
            case Sip:
                hart->InterruptPending = (hart->InterruptPending & ~(1UL << Cause.SupervisorSoftware)) | (value & (1UL << Cause.SupervisorSoftware));
                break;
            case Stimecmp:
                hart->TimerCompare = value;
                Trap.UpdateTimer(hart);
                break;
            case Satp: SetAddressTranslation(hart, value); break;
            default: return false;
        }

        return true;
    }

    /// <summary>The name in the specification, or the number in hexadecimal. For the disassembler.</summary>
    public static string Name(uint number) => number switch
    {
        Fflags => "fflags", Frm => "frm", Fcsr => "fcsr", Cycle => "cycle", Time => "time", Instret => "instret",
        Sstatus => "sstatus", Sie => "sie", Stvec => "stvec", Scounteren => "scounteren", Senvcfg => "senvcfg", Sscratch => "sscratch",
        Sepc => "sepc", Scause => "scause", Stval => "stval", Sip => "sip", Stimecmp => "stimecmp", Satp => "satp",
        _ => $"0x{number:x}",
    };

    private static bool IsCounterOpen(Hart* hart, ulong bit) => hart->Mode == Privilege.Supervisor || (hart->CounterEnable & bit) != 0;

    // FS is Off or Dirty: "dirty" may always be reported (privileged specification, 3.1.6.6).
    private static ulong Status(Hart* hart) =>
        hart->Status | StatusBits.UXL | (hart->FloatEnabled ? StatusBits.FS | StatusBits.SD : 0);

    private static void SetStatus(Hart* hart, ulong value)
    {
        var changed = hart->Status ^ value;
        hart->Status = value & StatusBits.Writable;
        hart->FloatEnabled = (value & StatusBits.FS) != 0;
        if ((changed & StatusBits.MXR) != 0)
            Tlb.Flush(hart);
        Tlb.Select(hart);
    }

    private static void SetAddressTranslation(Hart* hart, ulong value)
    {
        var mode = (uint)(value >> 60);
        // An unsupported mode makes the whole write have no effect (4.1.11).
        if (mode is not (PageWalk.Bare or PageWalk.Sv39 or PageWalk.Sv48))
            return;
        var changed = hart->AddressTranslation ^ value;
        hart->AddressTranslation = value;
        // The TLBs hold one address space: with another ASID it goes, its global part aside.
        if ((changed >> 60) != 0)
            Tlb.Flush(hart);
        else if (changed != 0)
            Tlb.FlushAddressSpace(hart);
    }
}
