namespace Gantry.Engine.Tests.Cpu;

/// <summary>
/// A part of the encoding space: a major opcode and the fields that choose the instruction there. Which of their values are instructions is
/// found by asking the oracle, so that an encoding that we forgot, or that we take though it is reserved, shows.
/// </summary>
/// <param name="Name">The major opcode's name (unprivileged specification, table "RISC-V base opcode map").</param>
/// <param name="Opcode">Bits 6:0, and of shifts funct3.</param>
/// <param name="Fields">The bits that choose the instruction.</param>
/// <param name="Cases">Random cases for each instruction.</param>
public sealed record RiscVEncodingSpace(string Name, uint Opcode, uint Fields, int Cases)
{
    private const uint Funct3 = 0x7000, Funct7 = 0xfe00_0000, Rs2 = 0x1f0_0000, Funct5 = 0xf800_0000, Format = 0x600_0000;

    /// <summary>All 32-bit major opcodes that Linux user code meets; the custom and reserved ones must be illegal.</summary>
    public static IReadOnlyList<RiscVEncodingSpace> All { get; } =
    [
        new("LOAD", 0x03, Funct3, 3000),
        new("LOAD-FP", 0x07, Funct3, 3000),
        new("custom-0", 0x0b, Funct3, 10),
        new("MISC-MEM", 0x0f, Funct3, 300),
        new("OP-IMM", 0x13, Funct3, 2000),
        new("OP-IMM, left shifts", 0x1013, Funct7 | Rs2, 32),
        new("OP-IMM, right shifts", 0x5013, Funct7 | Rs2, 32),
        new("AUIPC", 0x17, 0, 3000),
        new("OP-IMM-32", 0x1b, Funct3, 2000),
        new("OP-IMM-32, left shifts", 0x101b, Funct7 | Rs2, 32),
        new("OP-IMM-32, right shifts", 0x501b, Funct7 | Rs2, 32),
        new("STORE", 0x23, Funct3, 3000),
        new("STORE-FP", 0x27, Funct3, 3000),
        new("custom-1", 0x2b, Funct3, 10),
        new("AMO", 0x2f, Funct3 | Funct5, 1000),
        new("OP", 0x33, Funct3 | Funct7, 1000),
        new("LUI", 0x37, 0, 3000),
        new("OP-32", 0x3b, Funct3 | Funct7, 1000),
        new("MADD", 0x43, Format | Funct3, 2000),
        new("MSUB", 0x47, Format | Funct3, 2000),
        new("NMSUB", 0x4b, Format | Funct3, 2000),
        new("NMADD", 0x4f, Format | Funct3, 2000),
        new("OP-FP", 0x53, Funct3 | Funct7 | Rs2, 32),
        new("custom-2", 0x5b, Funct3, 10),
        new("BRANCH", 0x63, Funct3, 3000),
        new("JALR", 0x67, Funct3, 3000),
        new("reserved", 0x6b, Funct3, 10),
        new("JAL", 0x6f, 0, 3000),
        new("SYSTEM", 0x73, Funct3, 3000),
        new("custom-3", 0x7b, Funct3, 10),
    ];

    /// <summary>Every value of the fields.</summary>
    public IEnumerable<RiscVEncoding> Encodings()
    {
        uint fields = 0;
        do
        {
            yield return new RiscVEncoding($"{Name} {fields:x8}", (Opcode > 0x7f ? 0x707fu : 0x7f) | Fields, Opcode | fields);
            fields = (fields - Fields) & Fields; // the next subset of the bits
        }
        while (fields != 0);
    }

    /// <summary>
    /// Whether an instance may be compared: not with an oracle that makes a Linux system call of it, does not know the extension, or
    /// reads a clock.
    /// </summary>
    public static bool IsComparable(uint instruction)
    {
        uint opcode = instruction & 0x7f, funct3 = (instruction >> 12) & 7, upper = instruction >> 20;
        return opcode switch
        {
            0x73 => funct3 == 0 ? upper == 1 : upper is < 0xc00 or > 0xc9f, // ebreak; not the counters
            0x0f => funct3 != 2, // cbo.*: Zicbom and Zicboz
            0x1b => (instruction & ~0xf_8f80u) != 0x6010_101b, // ctzw: qemu 7.2 counts into the upper word when the lower is zero
            0x2f => (instruction & 0xf80f_8000) != 0x1800_0000, // sc to address 0: see RiscVRandom.Case
            0x33 => (instruction >> 25) != 7 || (funct3 != 5 && funct3 != 7), // Zicond
            _ => true,
        };
    }
}
