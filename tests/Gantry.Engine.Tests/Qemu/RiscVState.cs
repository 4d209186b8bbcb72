namespace Gantry.Engine.Tests.Qemu;

/// <summary>The user-visible state of a RISC-V hart, before or after a case.</summary>
public sealed class RiscVState
{
    /// <summary>Where the case starts or stopped.</summary>
    public ulong Pc { get; set; } = RiscVLayout.Entry;

    /// <summary>x0 to x31; x0 is ignored on the way in and zero on the way out.</summary>
    public ulong[] X { get; } = new ulong[32];

    /// <summary>f0 to f31, as bit patterns (NaN-boxed where they hold single precision).</summary>
    public ulong[] F { get; } = new ulong[32];

    /// <summary>frm in bits 7:5, fflags in bits 4:0.</summary>
    public uint Fcsr { get; set; }

    /// <summary>
    /// The first bytes of the memory at <see cref="RiscVLayout.Memory"/>: a multiple of 8, at most
    /// <see cref="RiscVLayout.MemorySize"/>. What lies behind reads as zero. All cases of one batch have equally many.
    /// </summary>
    public byte[] Memory { get; set; } = [];
}

/// <summary>Code and the state in which it starts. It ends at the first trap: c.ebreak (all around it), or a fault.</summary>
/// <param name="Code">Instructions, placed at <see cref="RiscVLayout.Entry"/>; an even number of bytes.</param>
/// <param name="Initial">Registers and memory.</param>
public sealed record RiscVCase(byte[] Code, RiscVState Initial)
{
    /// <summary>A case of 32-bit instructions. Compressed ones go two to a word, the first in the low half.</summary>
    public static RiscVCase Of(RiscVState initial, params ReadOnlySpan<uint> instructions)
    {
        var code = new byte[instructions.Length * 4];
        for (int i = 0; i < instructions.Length; i++)
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(i * 4), instructions[i]);
        return new RiscVCase(code, initial);
    }
}

/// <summary>What stopped a case, by Linux's numbers for riscv64.</summary>
public enum RiscVSignal
{
    SIGILL = 4,
    SIGTRAP = 5,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGSEGV = 11,

    /// <summary>The case did not end within half a second to a second.</summary>
    SIGALRM = 14,
}

/// <summary>How a case ended.</summary>
/// <param name="Final">Registers and memory at the trap; the pc is that of the instruction that trapped.</param>
/// <param name="Signal">SIGTRAP at the regular end (an ebreak).</param>
/// <param name="SignalCode">si_code, e.g. SEGV_MAPERR.</param>
/// <param name="FaultAddress">si_addr: the address that faulted, for SIGSEGV and SIGBUS.</param>
public sealed record RiscVOutcome(RiscVState Final, RiscVSignal Signal, int SignalCode, ulong FaultAddress);

/// <summary>Operands of one instruction run by <see cref="QemuRiscV.RunOperands"/>.</summary>
public record struct RiscVOperands(ulong F10, ulong F11, ulong F12, ulong X10, ulong X11, ulong Fcsr);

/// <summary>Results of one instruction run by <see cref="QemuRiscV.RunOperands"/>.</summary>
public record struct RiscVResults(ulong F10, ulong X10, ulong Fcsr);

/// <summary>Where things lie in the address space of a case. All else is unmapped, but for the agent and its stack (at 2^38).</summary>
public static class RiscVLayout
{
    /// <summary>The agent's image. sp must not point there when a case traps: it would be taken for the signal stack.</summary>
    public const ulong Agent = 0x3d5b_4000_0000;

    /// <summary>More than the agent needs, in bytes.</summary>
    public const ulong AgentSize = 0x1000_0000;

    /// <summary>The code area: read, write and execute, every halfword a c.ebreak except the case's own code.</summary>
    public const ulong Code = 0x4000_0000;

    /// <summary>Length of the code area in bytes.</summary>
    public const int CodeSize = 0x40_0000;

    /// <summary>Where the case's code starts: the middle of the code area, so that a jal reaches ebreaks both ways.</summary>
    public const ulong Entry = Code + (CodeSize / 2);

    /// <summary>c.ebreak, the filler of the code area.</summary>
    public const ushort Filler = 0x9002;

    /// <summary>The scratch memory: two pages, read and write.</summary>
    public const ulong Memory = 0x5000_0000;

    /// <summary>Length of the scratch memory in bytes.</summary>
    public const int MemorySize = 8192;
}
