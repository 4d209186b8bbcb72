namespace Gantry.Engine.Tests.Cpu;

/// <summary>An instruction's encoding as the specification's tables give it: the fixed bits and their values.</summary>
/// <param name="Name">The mnemonic.</param>
/// <param name="Mask">The fixed bits; a compressed instruction has none above bit 15.</param>
/// <param name="Match">Their values.</param>
public sealed record RiscVEncoding(string Name, uint Mask, uint Match)
{
    /// <summary>16 bits long.</summary>
    public bool IsCompressed => (Match & 3) != 3;

    /// <summary>Branches, jumps and traps: what does not go on to the next instruction.</summary>
    public bool IsControl => IsCompressed
        ? (Match & 3, Match >> 13) is (1, 5 or 6 or 7) || ((Match & 0xe003) == 0x8002 && (Mask & Match & 0x107f) is 0x0002 or 0x1002 && (Mask & 0x007c) != 0)
        : (Match & 0x7f) is 0x63 or 0x67 or 0x6f || ((Match & 0x7f) == 0x73 && (Match & 0x7000) == 0);

    /// <summary>Reads or writes a CSR.</summary>
    public bool IsCsr => (Match & 0x7f) == 0x73 && (Match & 0x3000) != 0;

    /// <summary>Whether an instruction is a branch or jump to itself: endless, and half a second each under the oracle.</summary>
    public static bool LoopsOnItself(uint instruction) => (instruction & 3) != 3
        ? (instruction & 0xffff) == 0xa001 || (instruction & 0xdc7f) == 0xc001
        : (instruction & 0x7f) switch
        {
            0x63 => (instruction & 0xfe00_0f80) == 0,
            0x6f => (instruction & 0xffff_f000) == 0,
            _ => false,
        };

    /// <summary>A random instance.</summary>
    public uint Instance(ulong random) => (Match | ((uint)random & ~Mask)) & (IsCompressed ? 0xffffu : 0xffff_ffff);
}

/// <summary>The address operand of a load, store or atomic.</summary>
/// <param name="Base">The base register.</param>
/// <param name="Offset">The immediate.</param>
/// <param name="Bytes">Width of the access.</param>
public readonly record struct RiscVAddress(int Base, int Offset, int Bytes)
{
    /// <summary>Takes an instruction apart; null if it does not access memory. Unprivileged specification, "RV32/64G Instruction Set Listings" and "C".</summary>
    public static RiscVAddress? Of(uint instruction)
    {
        int Bits(int high, int low) => (int)(instruction >> low) & ((1 << (high - low + 1)) - 1);
        if ((instruction & 3) == 3)
        {
            int width = 1 << (Bits(14, 12) & 3), rs1 = Bits(19, 15);
            return Bits(6, 0) switch
            {
                0x03 or 0x07 => new(rs1, (int)instruction >> 20, width),
                0x23 or 0x27 => new(rs1, ((int)instruction >> 25 << 5) | Bits(11, 7), width),
                0x2f => new(rs1, 0, width),
                _ => null,
            };
        }

        int near = Bits(9, 7) + 8, words = (Bits(12, 10) << 3) | (Bits(6, 6) << 2) | (Bits(5, 5) << 6), doubles = (Bits(12, 10) << 3) | (Bits(6, 5) << 6);
        return (Bits(1, 0), Bits(15, 13)) switch
        {
            (0, 2 or 6) => new(near, words, 4),
            (0, 1 or 3 or 5 or 7) => new(near, doubles, 8),
            (2, 2) => new(2, (Bits(12, 12) << 5) | (Bits(6, 4) << 2) | (Bits(3, 2) << 6), 4),
            (2, 1 or 3) => new(2, (Bits(12, 12) << 5) | (Bits(6, 5) << 3) | (Bits(4, 2) << 6), 8),
            (2, 6) => new(2, (Bits(12, 9) << 2) | (Bits(8, 7) << 6), 4),
            (2, 5 or 7) => new(2, (Bits(12, 10) << 3) | (Bits(9, 7) << 6), 8),
            _ => null,
        };
    }
}
