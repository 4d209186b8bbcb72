namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Handlers of instructions that act on the hart itself. The slice ends where an interrupt may have become due.</summary>
public static unsafe class SystemInstructions
{
    /// <summary>ecall: a trap from user mode, an SBI call from supervisor mode.</summary>
    [WasmTailCalls]
    public static Insn* Ecall(Hart* hart, Insn* insn, int left)
    {
        var next = hart->Mode == Privilege.User
            ? Trap.At(hart, insn, left, Cause.UserCall, 0)
            : Call(hart, insn, left);
        return next->Handler(hart, next, left);
    }

    /// <summary>ebreak.</summary>
    [WasmTailCalls]
    public static Insn* Ebreak(Hart* hart, Insn* insn, int left)
    {
        var next = Trap.At(hart, insn, left, Cause.Breakpoint, hart->AddressOf(insn));
        return next->Handler(hart, next, left);
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
            next = Trap.IsInterruptDue(hart) ? Interpreter.Finish(hart, left, hart->Pc) : Interpreter.GoTo(hart, left, hart->Pc);
        }

        return next->Handler(hart, next, left);
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

        return next->Handler(hart, next, left);
    }

    /// <summary>sfence.vma. Address spaces are not told apart: the TLBs hold only the present one's entries.</summary>
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
            if (insn->Rs1 == 0)
                Tlb.Flush(hart);
            else
                Tlb.FlushAddress(hart, hart->X[insn->Rs1]);
            // The page being executed may be mapped elsewhere now.
            next = Interpreter.GoTo(hart, left, hart->AddressOf(insn) + 4);
        }

        return next->Handler(hart, next, left);
    }

    /// <summary>fence.i: stores invalidate what was decoded from them at once, so nothing is left to do.</summary>
    [WasmTailCalls]
    public static Insn* FenceI(Hart* hart, Insn* insn, int left)
    {
        var next = insn + 2;
        return next->Handler(hart, next, left - 1);
    }

    /// <summary>cbo.inval, cbo.clean, cbo.flush: devices see memory as it is, so only the access is checked.</summary>
    [WasmTailCalls]
    public static Insn* CacheBlock(Hart* hart, Insn* insn, int left)
    {
        var next = CheckCacheBlock(hart, insn, left);
        return next->Handler(hart, next, left - 1);
    }

    /// <summary>cbo.zero: clears the 64-byte block that holds rs1.</summary>
    [WasmTailCalls]
    public static Insn* CacheBlockZero(Hart* hart, Insn* insn, int left)
    {
        var next = ZeroBlock(hart, insn, left);
        return next->Handler(hart, next, left - 1);
    }

    /// <summary>csrrw, csrrs, csrrc and their immediate forms.</summary>
    [WasmTailCalls]
    public static Insn* Csr(Hart* hart, Insn* insn, int left)
    {
        var next = AccessCsr(hart, insn, left);
        return next->Handler(hart, next, left - 1);
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
        return Csrs.ChangesTranslation(number) ? Interpreter.GoTo(hart, left, hart->AddressOf(insn) + 4) : insn + 2;
    }

    private static Insn* Call(Hart* hart, Insn* insn, int left)
    {
        hart->Left = left;
        var next = hart->AddressOf(insn) + 4;
        Sbi.Call(hart);
        return Interpreter.Finish(hart, left, next);
    }
}
