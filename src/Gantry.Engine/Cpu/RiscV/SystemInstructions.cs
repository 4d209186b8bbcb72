namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Handlers of instructions that act on the hart itself. The slice ends where an interrupt may have become due.</summary>
public static unsafe class SystemInstructions
{
    /// <summary>ecall: a trap from user mode, an SBI call from supervisor mode.</summary>
    [WasmTailCalls]
    public static Insn* Ecall(Hart* hart, Insn* insn, int left)
    {
        var next = hart->Mode == Privilege.User
            ? CallKernel(hart, insn, left)
            : Call(hart, insn, left);
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>ebreak.</summary>
    [WasmTailCalls]
    public static Insn* Ebreak(Hart* hart, Insn* insn, int left)
    {
        var next = Trap.At(hart, insn, left, Cause.Breakpoint, hart->AddressOf(insn));
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>sret.</summary>
    [WasmTailCalls]
    public static Insn* Sret(Hart* hart, Insn* insn, int left)
    {
        Insn* next;
        if (hart->Mode == Privilege.User)
        {
            next = Trap.IllegalAt(hart, insn, left);
        }
        else
        {
            Trap.Return(hart);
            next = Trap.IsInterruptDue(hart) ? Interpreter.Finish(hart, left, hart->Pc) : Interpreter.JumpFar(hart, left, hart->Pc);
        }

        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>wfi: the run comes back when there is nothing to do.</summary>
    [WasmTailCalls]
    public static Insn* Wfi(Hart* hart, Insn* insn, int left)
    {
        Insn* next;
        if (hart->Mode == Privilege.User)
        {
            next = Trap.IllegalAt(hart, insn, left);
        }
        else
        {
            hart->Waiting = true;
            next = Interpreter.Finish(hart, left, hart->AddressOf(insn) + 4);
        }

        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>sfence.vma. The TLBs hold only the present address space: fences of others have nothing to forget.</summary>
    [WasmTailCalls]
    public static Insn* SfenceVma(Hart* hart, Insn* insn, int left)
    {
        Insn* next;
        if (hart->Mode == Privilege.User)
        {
            next = Trap.IllegalAt(hart, insn, left);
        }
        else
        {
            FenceTranslations(hart, insn);
            // The page being executed may be mapped elsewhere now.
            next = Interpreter.JumpFar(hart, left, hart->AddressOf(insn) + 4);
        }

        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>fence.i: stores invalidate what was decoded from them at once, so nothing is left to do.</summary>
    [WasmTailCalls]
    public static Insn* FenceI(Hart* hart, Insn* insn, int left)
    {
        var next = insn + 2;
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>cbo.inval, cbo.clean, cbo.flush: devices see memory as it is, so only the access is checked.</summary>
    [WasmTailCalls]
    public static Insn* CacheBlock(Hart* hart, Insn* insn, int left)
    {
        var next = CheckCacheBlock(hart, insn, left);
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>cbo.zero: clears the 64-byte block that holds rs1.</summary>
    [WasmTailCalls]
    public static Insn* CacheBlockZero(Hart* hart, Insn* insn, int left)
    {
        var next = ZeroBlock(hart, insn, left);
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    /// <summary>csrrw, csrrs, csrrc and their immediate forms.</summary>
    [WasmTailCalls]
    public static Insn* Csr(Hart* hart, Insn* insn, int left)
    {
        var next = AccessCsr(hart, insn, left);
        if (WasmTarget.IsWebAssembly)
            return next->Handler(hart, next, left - 1);
        return next;
    }

    // What senvcfg must allow to user mode (unprivileged specification, "CMO", 19.3): CBIE for inval, CBCFE for clean and flush, CBZE for zero.
    private static bool IsAllowed(Hart* hart, ulong environmentBits) =>
        hart->Mode == Privilege.Supervisor || (hart->EnvironmentConfig & environmentBits) != 0;

    private static Insn* ZeroBlock(Hart* hart, Insn* insn, int left)
    {
        if (!IsAllowed(hart, Csrs.CacheBlockZeroEnable))
            return Trap.IllegalAt(hart, insn, left);
        var block = hart->X[insn->Rs1] & ~63UL;
        Translation translation;
        var cause = PageWalk.Translate(hart, block, Access.Write, &translation);
        if (cause == 0 && !hart->Machine->Memory.Contains(translation.Address, 64))
            cause = Cause.StoreAccessFault;
        if (cause != 0)
            return Trap.At(hart, insn, left, cause, hart->X[insn->Rs1]);
        for (var i = 0UL; i < 64; i += 8)
            DataAccess.StoreSlow(hart, insn, left, 2, 8, block + i, 0);
        return insn + 2;
    }

    private static Insn* CheckCacheBlock(Hart* hart, Insn* insn, int left)
    {
        var isInvalidate = (uint)insn->Immediate >> 20 == 0;
        if (!IsAllowed(hart, isInvalidate ? Csrs.CacheBlockInvalidateEnable : Csrs.CacheBlockCleanEnable))
            return Trap.IllegalAt(hart, insn, left);
        var address = hart->X[insn->Rs1] & ~63UL;
        Translation translation;
        var cause = PageWalk.Translate(hart, address, Access.Read, &translation);
        // A store cause is reported whatever was checked (unprivileged specification, "CMO").
        return cause == 0
            ? insn + 2
            : Trap.At(hart, insn, left, cause == Cause.LoadPageFault ? Cause.StorePageFault : Cause.StoreAccessFault, hart->X[insn->Rs1]);
    }

    private static Insn* AccessCsr(Hart* hart, Insn* insn, int left)
    {
        hart->Left = left;
        var word = (uint)insn->Immediate;
        var number = word >> 20;
        var funct3 = (word >> 12) & 7;
        var operand = (funct3 & 4) != 0 ? (word >> 15) & 31 : hart->X[insn->Rs1];
        // csrrs and csrrc with x0 (or 0) do not write; csrrw with rd = x0 reads without effect here anyway.
        var writes = (funct3 & 3) == 1 || insn->Rs1 != 0;
        ulong old = 0;
        var legal = (!writes || (number >> 10) != 3)
            && ((number >> 8) & 3) <= (uint)hart->Mode
            && Csrs.Read(hart, number, &old);
        if (legal && writes)
        {
            var value = (funct3 & 3) switch { 1 => operand, 2 => old | operand, _ => old & ~operand };
            legal = Csrs.Write(hart, number, value);
        }

        if (!legal)
            return Trap.IllegalAt(hart, insn, left);
        hart->X[insn->Rd] = old;
        if (!writes)
            return insn + 2;
        if (Trap.IsInterruptDue(hart) || Csrs.EndsSlice(number))
            return Interpreter.Finish(hart, left, hart->AddressOf(insn) + 4);
        return Csrs.ChangesTranslation(number) ? Interpreter.JumpFar(hart, left, hart->AddressOf(insn) + 4) : insn + 2;
    }

    // The commonest trap: its handler's first page is nearly always known, so the run of handlers goes on.
    private static Insn* CallKernel(Hart* hart, Insn* insn, int left)
    {
        Trap.At(hart, insn, left, Cause.UserCall, 0);
        return Interpreter.JumpFar(hart, left, hart->Pc);
    }

    // Privileged specification, 4.2.1: rs2 other than x0 names an address space, whose global translations may stay.
    private static void FenceTranslations(Hart* hart, Insn* insn)
    {
        var rs2 = (insn->Immediate >> 20) & 31;
        if (rs2 != 0 && (hart->X[rs2] & 0xFFFF) != Csrs.AddressSpace(hart->AddressTranslation))
            return;
        if (insn->Rs1 != 0)
            Tlb.FlushAddress(hart, hart->X[insn->Rs1]);
        else if (rs2 != 0)
            Tlb.FlushAddressSpace(hart);
        else
            Tlb.Flush(hart);
    }

    private static Insn* Call(Hart* hart, Insn* insn, int left)
    {
        hart->Left = left;
        var next = hart->AddressOf(insn) + 4;
        Sbi.Call(hart);
        return Interpreter.Finish(hart, left, next);
    }
}
