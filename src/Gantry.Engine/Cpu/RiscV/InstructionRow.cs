using Gantry.Engine.Cpu.RiscV.Regions;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Where operands stand in an encoding (unprivileged specification, 2.2 and 2.3).</summary>
public enum Format : byte
{
    /// <summary>rd, rs1, rs2.</summary>
    R,

    /// <summary>rd, rs1; the rs2 field is part of the operation.</summary>
    Unary,

    /// <summary>rd, rs1, rs2, rs3.</summary>
    R4,

    /// <summary>rd, rs1, 12-bit immediate.</summary>
    I,

    /// <summary>rd, rs1, shift amount.</summary>
    Shift,

    /// <summary>rs1, rs2, 12-bit immediate.</summary>
    S,

    /// <summary>rs1, rs2, branch offset.</summary>
    B,

    /// <summary>rd, upper immediate.</summary>
    U,

    /// <summary>rd, jump offset.</summary>
    J,

    /// <summary>rd, rs2, (rs1); aq and rl are ignored.</summary>
    Amo,

    /// <summary>Nothing, or only rs1.</summary>
    None,

    /// <summary>The handler looks at the encoding itself, which is the immediate.</summary>
    System,
}

/// <summary>What else is to be known of an instruction.</summary>
[Flags]
public enum RowFlags : byte
{
    /// <summary>Integer registers, no rounding.</summary>
    None = 0,

    /// <summary>rd is a float register.</summary>
    FloatRd = 1,

    /// <summary>rd is an integer register, sources are float registers.</summary>
    FloatSources = 2,

    /// <summary>rd is a float register, the source is an integer register.</summary>
    IntegerSources = 4,

    /// <summary>funct3 is a rounding mode.</summary>
    Rounds = 8,

    /// <summary>Belongs to F or D: illegal while sstatus.FS is Off.</summary>
    Float = 16,
}

/// <summary>Where control goes behind an instruction that does not trap.</summary>
public enum Flow : byte
{
    /// <summary>To the next instruction.</summary>
    Next,

    /// <summary>There, or to pc + immediate.</summary>
    Branch,

    /// <summary>To pc + immediate.</summary>
    Jump,

    /// <summary>Anywhere.</summary>
    JumpIndirect,
}

/// <summary>One instruction.</summary>
public unsafe struct InstructionRow
{
    /// <summary>The bits of <see cref="Mask"/> that identify it.</summary>
    public uint Match;

    /// <summary>The bits that identify it.</summary>
    public uint Mask;

    /// <summary>Its operands.</summary>
    public Format Format;

    /// <summary>More about it.</summary>
    public RowFlags Flags;

    /// <summary>Bytes of <see cref="Name"/>.</summary>
    public byte NameLength;

    /// <summary>Mnemonic.</summary>
    public byte* Name;

    /// <summary>Handler for the compressed form.</summary>
    public delegate*<Hart*, Insn*, int, Insn*> TwoBytes;

    /// <summary>Handler for the full-size form.</summary>
    public delegate*<Hart*, Insn*, int, Insn*> FourBytes;

    /// <summary>Which instruction of <see cref="HotLoop"/> it is.</summary>
    public Hot Hot;

    /// <summary>In WebAssembly, what the translator stitches; null for what is always interpreted.</summary>
    public byte* Template;

    /// <summary>The same where the rounding mode is known to be RNE.</summary>
    public byte* NearestTemplate;

    /// <summary>Of multiply-adds, the same on a host whose relaxed multiply-add rounds once.</summary>
    public byte* FusingTemplate;

    /// <summary>Of loads and stores (the major opcodes LOAD, LOAD-FP, STORE and STORE-FP), the same where the place in RAM is known.</summary>
    public byte* PlacedTemplate;

    /// <summary>The holes of <see cref="Template"/>, once <see cref="RegionFlow.Operands"/> has asked; 0 before.</summary>
    public uint Holes;

    /// <summary>Has no second source register: see <see cref="Insn.Immediate"/>.</summary>
    public readonly bool HasImmediateOnly => Format is Format.I or Format.U or Format.J or Format.Shift or Format.System;

    /// <summary>Of loads and stores, a store.</summary>
    public readonly bool IsStore => (Match & 0x20) != 0;

    /// <summary>The width that funct3 of a load or store says (unprivileged specification, 2.6 and 21.3).</summary>
    public readonly int AccessBytes => 1 << (int)((Match >> 12) & 3);

    /// <summary>Where control goes: follows from the major opcode (unprivileged specification, table 24.1).</summary>
    public readonly Flow Flow => (Match & 0x7F) switch
    {
        0x63 => Flow.Branch,
        0x6F => Flow.Jump,
        0x67 => Flow.JumpIndirect,
        _ => Flow.Next,
    };
}
