using Gantry.Engine.Cpu.RiscV;
using Gantry.Engine.Tests.Qemu;

namespace Gantry.Engine.Tests.Cpu;

/// <summary>A machine of ours that runs cases.</summary>
public interface IRiscVRunner
{
    /// <summary>Runs one case.</summary>
    RiscVOutcome Run(RiscVCase one);
}

/// <summary>
/// Runs a case on our hart, in user mode under Sv39, with the same address space the agent under qemu has. The trap handler is a wfi, so a case ends
/// with the hart waiting in S-mode and scause, sepc and stval telling why.
/// </summary>
public sealed unsafe class RiscVMachineRunner : IRiscVRunner
{
    private const ulong RamStart = 0x8000_0000, RamSize = 16 << 20, Page = 4096, TrapAddress = 0x7000_0000;
    private const ulong Tables = RamStart, TrapPage = RamStart + 0x1_0000, MemoryPages = RamStart + 0x2_0000, CodePages = RamStart + 0x40_0000;
    private const ulong V = 1, R = 2, W = 4, X = 8, U = 16, AD = 0xc0;
    private const long Budget = 1_000_000;
    private const uint Wfi = 0x10500073;

    private readonly Machine* machine;
    private readonly Hart* hart;
    private ulong nextTable = Tables + Page;
    private int codeBytes;

    /// <summary>Makes a machine of its own.</summary>
    public RiscVMachineRunner()
    {
        machine = Machine.Allocate();
        machine->Memory.Allocate(RamStart, RamSize);
        hart = Hart.Create(machine);
        machine->Cpu = hart;
        new Span<ushort>(Ram(CodePages), RiscVLayout.CodeSize / 2).Fill(RiscVLayout.Filler);
        *(uint*)Ram(TrapPage) = Wfi;
        for (ulong at = 0; at < RiscVLayout.CodeSize; at += Page) Map(RiscVLayout.Code + at, CodePages + at, R | W | X | U);
        for (ulong at = 0; at < RiscVLayout.MemorySize; at += Page) Map(RiscVLayout.Memory + at, MemoryPages + at, R | W | U);
        Map(TrapAddress, TrapPage, R | X);
        hart->AddressTranslation = (8ul << 60) | (Tables >> 12);
        hart->Stvec = TrapAddress;
        hart->FloatEnabled = true;
        Tlb.Flush(hart);
    }

    /// <inheritdoc/>
    public RiscVOutcome Run(RiscVCase one)
    {
        Place(one.Code);
        var initial = one.Initial;
        var memory = new Span<byte>(Ram(MemoryPages), RiscVLayout.MemorySize);
        memory.Clear();
        initial.Memory.CopyTo(memory);
        machine->Memory.NoteWrite(MemoryPages, RiscVLayout.MemorySize);
        for (int i = 1; i < 32; i++) hart->X[i] = initial.X[i];
        for (int i = 0; i < 32; i++) hart->F[i] = initial.F[i];
        hart->FloatFlags = (Engine.Cpu.Float.FloatFlags)(initial.Fcsr & 31);
        hart->RoundingMode = (initial.Fcsr >> 5) & 7;
        hart->Reservation = Hart.NoReservation;
        hart->Mode = Privilege.User;
        hart->Waiting = false;
        hart->Pc = initial.Pc;
        Tlb.Select(hart);
        var reason = Interpreter.Run(hart, Budget);

        bool trapped = reason == RunOutcome.Waiting;
        var final = new RiscVState { Pc = trapped ? hart->Sepc : hart->Pc, Fcsr = (uint)hart->FloatFlags | (hart->RoundingMode << 5) };
        for (int i = 0; i < 32; i++) (final.X[i], final.F[i]) = (hart->X[i], hart->F[i]);
        final.Memory = memory[..initial.Memory.Length].ToArray();
        return new RiscVOutcome(final, trapped ? SignalOf(hart->Scause) : RiscVSignal.SIGALRM, 0, hart->Stval);
    }

    /// <summary>What Linux makes of a trap.</summary>
    public static RiscVSignal SignalOf(ulong cause) => cause switch
    {
        Cause.IllegalInstruction => RiscVSignal.SIGILL,
        Cause.Breakpoint => RiscVSignal.SIGTRAP,
        Cause.LoadMisaligned or Cause.StoreMisaligned or Cause.InstructionMisaligned => RiscVSignal.SIGBUS,
        Cause.UserCall => throw new InvalidOperationException("ecall in a case"),
        _ => RiscVSignal.SIGSEGV,
    };

    private byte* Ram(ulong address) => machine->Memory.TryMap(address, 1);

    private void Place(byte[] code)
    {
        ulong at = CodePages + (RiscVLayout.Entry - RiscVLayout.Code);
        int length = Math.Max(code.Length, codeBytes);
        var area = new Span<ushort>(Ram(at), (length + 1) / 2);
        area.Fill(RiscVLayout.Filler);
        code.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(area));
        codeBytes = code.Length;
        machine->Memory.NoteWrite(at, (ulong)length);
    }

    private void Map(ulong address, ulong physical, ulong permissions)
    {
        ulong table = Tables;
        for (int level = 2; level > 0; level--)
        {
            ulong* entry = (ulong*)Ram(table) + ((address >> (12 + (9 * level))) & 511);
            if (*entry == 0)
            {
                *entry = (nextTable >> 12 << 10) | V;
                nextTable += Page;
            }

            table = *entry >> 10 << 12;
        }

        ((ulong*)Ram(table))[(address >> 12) & 511] = (physical >> 12 << 10) | permissions | AD | V;
    }
}
