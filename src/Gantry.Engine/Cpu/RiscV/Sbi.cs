using Gantry.Engine.Host;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// The supervisor binary interface, version 2.0: what firmware would do in machine mode. a7 names the extension, a6 the function; error
/// and value come back in a0 and a1.
/// </summary>
public static unsafe class Sbi
{
    private const ulong Base = 0x10, Time = 0x54494D45, Ipi = 0x735049, Rfence = 0x52464E43, Hsm = 0x48534D, SystemReset = 0x53525354,
        DebugConsole = 0x4442434E;

    private const long Success = 0, Failed = -1, NotSupported = -2, InvalidParameter = -3, AlreadyAvailable = -6;

    // Unassigned implementation id space is large; this one is ours by the letters "Ga".
    private const ulong ImplementationId = 0x4761;

    private const ulong Version20 = 2UL << 24;

    /// <summary>Serves the call in the registers.</summary>
    public static void Call(Hart* hart)
    {
        ulong value = 0;
        var error = hart->X[17] switch
        {
            Base => BaseCall(hart, &value),
            Time => hart->X[16] == 0 ? SetTimer(hart) : NotSupported,
            Ipi => hart->X[16] == 0 ? SendIpi(hart) : NotSupported,
            Rfence => Fence(hart),
            Hsm => HartState(hart, &value),
            SystemReset => hart->X[16] == 0 ? Reset(hart) : NotSupported,
            DebugConsole => Console(hart, &value),
            _ => NotSupported,
        };
        hart->X[10] = (ulong)error;
        hart->X[11] = value;
    }

    private static long BaseCall(Hart* hart, ulong* value)
    {
        switch (hart->X[16])
        {
            case 0: *value = Version20; return Success;
            case 1: *value = ImplementationId; return Success;
            case 2: *value = HostInterface.Version; return Success;
            case 3:
                *value = hart->X[10] is Base or Time or Ipi or Rfence or Hsm or SystemReset or DebugConsole ? 1UL : 0;
                return Success;
            // mvendorid, marchid, mimpid: none.
            case 4 or 5 or 6: return Success;
            default: return NotSupported;
        }
    }

    private static long SetTimer(Hart* hart)
    {
        hart->TimerCompare = hart->X[10];
        return Success;
    }

    // Hart masks: a0 is the mask, a1 its base, or all ones for every hart.
    private static bool IsMeant(Hart* hart, ulong mask, ulong @base) => @base == ulong.MaxValue || (@base == 0 && (mask & 1) != 0);

    private static long SendIpi(Hart* hart)
    {
        if (!IsMeant(hart, hart->X[10], hart->X[11]))
            return InvalidParameter;
        hart->InterruptPending |= 1UL << Cause.SupervisorSoftware;
        return Success;
    }

    private static long Fence(Hart* hart)
    {
        // 0 fence.i, 1 sfence.vma, 2 the same with ASID; the rest is for the hypervisor extension.
        if (hart->X[16] > 2)
            return NotSupported;
        if (!IsMeant(hart, hart->X[10], hart->X[11]))
            return InvalidParameter;
        if (hart->X[16] != 0)
            Tlb.Flush(hart);
        return Success;
    }

    private static long HartState(Hart* hart, ulong* value)
    {
        switch (hart->X[16])
        {
            case 0: return hart->X[10] == 0 ? AlreadyAvailable : InvalidParameter;
            // The last hart cannot stop; status: started.
            case 1: return Failed;
            case 2: *value = 0; return hart->X[10] == 0 ? Success : InvalidParameter;
            default: return NotSupported;
        }
    }

    private static long Reset(Hart* hart)
    {
        if (hart->X[10] > 2 || hart->X[11] > 1)
            return InvalidParameter;
        Machine.Halt(hart->Machine, hart->X[10] == 0 ? HaltKind.PowerOff : HaltKind.Reset, (uint)hart->X[11], hart->X[11] == 0 ? default : "the guest reported a system failure"u8);
        return Success;
    }

    private static long Console(Hart* hart, ulong* value)
    {
        switch (hart->X[16])
        {
            case 0:
            {
                // a0 bytes at physical address a1 (high half in a2).
                var bytes = hart->X[12] == 0 ? hart->Machine->Memory.TryMap(hart->X[11], hart->X[10]) : null;
                if (bytes == null)
                    return InvalidParameter;
                *value = hart->Machine->Mailbox->UartToHost.Write(bytes, (uint)Math.Min(hart->X[10], 4096));
                return Success;
            }

            case 1: return Success;
            case 2:
            {
                var one = (byte)hart->X[10];
                hart->Machine->Mailbox->UartToHost.Write(&one, 1);
                return Success;
            }

            default: return NotSupported;
        }
    }
}
