namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// The C extension: every compressed instruction is the short form of a full-size one (unprivileged specification, chapter "C"), so it is turned into that
/// and has no meaning of its own.
/// </summary>
public static class Compressed
{
    private const uint Load = 0x03, LoadFp = 0x07, OpImm = 0x13, OpImm32 = 0x1B, Store = 0x23, StoreFp = 0x27, Op = 0x33, Lui = 0x37, Op32 = 0x3B,
        BranchOp = 0x63, Jalr = 0x67, Jal = 0x6F;

    private const uint Ebreak = 0x00100073;

    /// <summary>The full-size encoding; 0, which is illegal, for reserved ones.</summary>
    public static uint Expand(uint c)
    {
        var funct3 = c >> 13;
        return (c & 3) switch { 0 => Quadrant0(c, funct3), 1 => Quadrant1(c, funct3), _ => Quadrant2(c, funct3) };
    }

    private static uint Bits(uint c, int high, int low) => (c >> low) & ((1u << (high - low + 1)) - 1);

    private static int Signed(uint value, int bits) => (int)(value << (32 - bits)) >> (32 - bits);

    private static uint I(uint op, uint funct3, uint rd, uint rs1, int imm) => op | (rd << 7) | (funct3 << 12) | (rs1 << 15) | ((uint)imm << 20);

    private static uint R(uint op, uint funct3, uint funct7, uint rd, uint rs1, uint rs2) =>
        op | (rd << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (funct7 << 25);

    private static uint S(uint op, uint funct3, uint rs1, uint rs2, uint imm) =>
        op | ((imm & 31) << 7) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | ((imm >> 5) << 25);

    private static uint B(uint funct3, uint rs1, uint rs2, int imm)
    {
        var u = (uint)imm;
        return BranchOp | (((u >> 11) & 1) << 7) | (((u >> 1) & 15) << 8) | (funct3 << 12) | (rs1 << 15) | (rs2 << 20) | (((u >> 5) & 63) << 25) | (((u >> 12) & 1) << 31);
    }

    private static uint J(uint rd, int imm)
    {
        var u = (uint)imm;
        return Jal | (rd << 7) | (u & 0xFF000) | (((u >> 11) & 1) << 20) | (((u >> 1) & 0x3FF) << 21) | (((u >> 20) & 1) << 31);
    }

    private static uint Quadrant0(uint c, uint funct3)
    {
        var rd = Bits(c, 4, 2) + 8;
        var rs1 = Bits(c, 9, 7) + 8;
        var word = (Bits(c, 12, 10) << 3) | (Bits(c, 6, 6) << 2) | (Bits(c, 5, 5) << 6);
        var doubleword = (Bits(c, 12, 10) << 3) | (Bits(c, 6, 5) << 6);
        switch (funct3)
        {
            case 0:
                var imm = (Bits(c, 12, 11) << 4) | (Bits(c, 10, 7) << 6) | (Bits(c, 6, 6) << 2) | (Bits(c, 5, 5) << 3);
                return imm == 0 ? 0 : I(OpImm, 0, rd, 2, (int)imm); // c.addi4spn
            case 1: return I(LoadFp, 3, rd, rs1, (int)doubleword); // c.fld
            case 2: return I(Load, 2, rd, rs1, (int)word); // c.lw
            case 3: return I(Load, 3, rd, rs1, (int)doubleword); // c.ld
            case 5: return S(StoreFp, 3, rs1, rd, doubleword); // c.fsd
            case 6: return S(Store, 2, rs1, rd, word); // c.sw
            case 7: return S(Store, 3, rs1, rd, doubleword); // c.sd
            default: return 0;
        }
    }

    private static uint Quadrant1(uint c, uint funct3)
    {
        var rd = Bits(c, 11, 7);
        var imm = Signed((Bits(c, 12, 12) << 5) | Bits(c, 6, 2), 6);
        switch (funct3)
        {
            case 0: return I(OpImm, 0, rd, rd, imm); // c.addi, c.nop
            case 1: return rd == 0 ? 0 : I(OpImm32, 0, rd, rd, imm); // c.addiw
            case 2: return I(OpImm, 0, rd, 0, imm); // c.li
            case 3:
                if (imm == 0)
                    return 0;
                if (rd != 2)
                    return Lui | (rd << 7) | ((uint)imm << 12); // c.lui
                var sp = (Bits(c, 12, 12) << 9) | (Bits(c, 6, 6) << 4) | (Bits(c, 5, 5) << 6) | (Bits(c, 4, 3) << 7) | (Bits(c, 2, 2) << 5);
                return I(OpImm, 0, 2, 2, Signed(sp, 10)); // c.addi16sp
            case 4: return Arithmetic(c, imm);
            case 5:
                var jump = (Bits(c, 12, 12) << 11) | (Bits(c, 11, 11) << 4) | (Bits(c, 10, 9) << 8) | (Bits(c, 8, 8) << 10)
                    | (Bits(c, 7, 7) << 6) | (Bits(c, 6, 6) << 7) | (Bits(c, 5, 3) << 1) | (Bits(c, 2, 2) << 5);
                return J(0, Signed(jump, 12)); // c.j
            default:
                var offset = (Bits(c, 12, 12) << 8) | (Bits(c, 11, 10) << 3) | (Bits(c, 6, 5) << 6) | (Bits(c, 4, 3) << 1) | (Bits(c, 2, 2) << 5);
                return B(funct3 - 6, Bits(c, 9, 7) + 8, 0, Signed(offset, 9)); // c.beqz, c.bnez
        }
    }

    private static uint Arithmetic(uint c, int imm)
    {
        var rd = Bits(c, 9, 7) + 8;
        var rs2 = Bits(c, 4, 2) + 8;
        var shift = imm & 63;
        switch (Bits(c, 11, 10))
        {
            case 0: return I(OpImm, 5, rd, rd, shift); // c.srli
            case 1: return I(OpImm, 5, rd, rd, shift | 0x400); // c.srai
            case 2: return I(OpImm, 7, rd, rd, imm); // c.andi
        }

        return ((Bits(c, 12, 12) << 2) | Bits(c, 6, 5)) switch
        {
            0 => R(Op, 0, 0x20, rd, rd, rs2), // c.sub
            1 => R(Op, 4, 0, rd, rd, rs2), // c.xor
            2 => R(Op, 6, 0, rd, rd, rs2), // c.or
            3 => R(Op, 7, 0, rd, rd, rs2), // c.and
            4 => R(Op32, 0, 0x20, rd, rd, rs2), // c.subw
            5 => R(Op32, 0, 0, rd, rd, rs2), // c.addw
            _ => 0,
        };
    }

    private static uint Quadrant2(uint c, uint funct3)
    {
        var rd = Bits(c, 11, 7);
        var rs2 = Bits(c, 6, 2);
        var word = (Bits(c, 12, 12) << 5) | (Bits(c, 6, 4) << 2) | (Bits(c, 3, 2) << 6);
        var doubleword = (Bits(c, 12, 12) << 5) | (Bits(c, 6, 5) << 3) | (Bits(c, 4, 2) << 6);
        var storeWord = (Bits(c, 12, 9) << 2) | (Bits(c, 8, 7) << 6);
        var storeDoubleword = (Bits(c, 12, 10) << 3) | (Bits(c, 9, 7) << 6);
        switch (funct3)
        {
            case 0: return I(OpImm, 1, rd, rd, (int)((Bits(c, 12, 12) << 5) | rs2)); // c.slli
            case 1: return I(LoadFp, 3, rd, 2, (int)doubleword); // c.fldsp
            case 2: return rd == 0 ? 0 : I(Load, 2, rd, 2, (int)word); // c.lwsp
            case 3: return rd == 0 ? 0 : I(Load, 3, rd, 2, (int)doubleword); // c.ldsp
            case 4: return Moves(c, rd, rs2);
            case 5: return S(StoreFp, 3, 2, rs2, storeDoubleword); // c.fsdsp
            case 6: return S(Store, 2, 2, rs2, storeWord); // c.swsp
            default: return S(Store, 3, 2, rs2, storeDoubleword); // c.sdsp
        }
    }

    private static uint Moves(uint c, uint rd, uint rs2)
    {
        if (Bits(c, 12, 12) == 0)
        {
            if (rs2 != 0)
                return R(Op, 0, 0, rd, 0, rs2); // c.mv
            return rd == 0 ? 0 : I(Jalr, 0, 0, rd, 0); // c.jr
        }

        if (rs2 != 0)
            return R(Op, 0, 0, rd, rd, rs2); // c.add
        return rd == 0 ? Ebreak : I(Jalr, 0, 1, rd, 0); // c.jalr
    }
}
