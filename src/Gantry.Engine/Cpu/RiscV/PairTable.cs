using System.Runtime.InteropServices;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>Which instructions make up each <see cref="Pair"/>.</summary>
internal unsafe struct PairTable
{
    private const int Size = (int)HotLoop.FirstPair;

    // By the cases of HotLoop: the pair that two make; whether one begins any; what a pair begins with.
    private byte* pairs;
    private byte* isFirst;
    private byte* firsts;

    /// <summary>Fills the table.</summary>
    public void Build()
    {
        pairs = (byte*)NativeMemory.AllocZeroed(Size * Size, 1);
        isFirst = (byte*)NativeMemory.AllocZeroed(Size, 1);
        firsts = (byte*)NativeMemory.AllocZeroed((int)Pair.Count, 1);
        Add(Pair.CAddCAdd, Hot.Add, 1, Hot.Add, 1);
        Add(Pair.CAddCAddi, Hot.Add, 1, Hot.Addi, 1);
        Add(Pair.CAddAddi, Hot.Add, 1, Hot.Addi, 2);
        Add(Pair.CAddAuipc, Hot.Add, 1, Hot.Auipc, 2);
        Add(Pair.CAddCBeq, Hot.Add, 1, Hot.Beq, 1);
        Add(Pair.CAddBeq, Hot.Add, 1, Hot.Beq, 2);
        Add(Pair.CAddBgeu, Hot.Add, 1, Hot.Bgeu, 2);
        Add(Pair.CAddBltu, Hot.Add, 1, Hot.Bltu, 2);
        Add(Pair.CAddCBne, Hot.Add, 1, Hot.Bne, 1);
        Add(Pair.CAddBne, Hot.Add, 1, Hot.Bne, 2);
        Add(Pair.CAddCJal, Hot.Add, 1, Hot.Jal, 1);
        Add(Pair.CAddJal, Hot.Add, 1, Hot.Jal, 2);
        Add(Pair.CAddCJalr, Hot.Add, 1, Hot.Jalr, 1);
        Add(Pair.CAddLbu, Hot.Add, 1, Hot.Lbu, 2);
        Add(Pair.CAddCLd, Hot.Add, 1, Hot.Ld, 1);
        Add(Pair.CAddLd, Hot.Add, 1, Hot.Ld, 2);
        Add(Pair.CAddLhu, Hot.Add, 1, Hot.Lhu, 2);
        Add(Pair.CAddCLw, Hot.Add, 1, Hot.Lw, 1);
        Add(Pair.CAddCSd, Hot.Add, 1, Hot.Sd, 1);
        Add(Pair.CAddCSlli, Hot.Add, 1, Hot.Slli, 1);
        Add(Pair.CAddSlli, Hot.Add, 1, Hot.Slli, 2);
        Add(Pair.CAddCSub, Hot.Add, 1, Hot.Sub, 1);
        Add(Pair.AddCBeq, Hot.Add, 2, Hot.Beq, 1);
        Add(Pair.AddLbu, Hot.Add, 2, Hot.Lbu, 2);
        Add(Pair.CAddiCAdd, Hot.Addi, 1, Hot.Add, 1);
        Add(Pair.CAddiCAddi, Hot.Addi, 1, Hot.Addi, 1);
        Add(Pair.CAddiAddi, Hot.Addi, 1, Hot.Addi, 2);
        Add(Pair.CAddiAuipc, Hot.Addi, 1, Hot.Auipc, 2);
        Add(Pair.CAddiBeq, Hot.Addi, 1, Hot.Beq, 2);
        Add(Pair.CAddiBltu, Hot.Addi, 1, Hot.Bltu, 2);
        Add(Pair.CAddiCBne, Hot.Addi, 1, Hot.Bne, 1);
        Add(Pair.CAddiBne, Hot.Addi, 1, Hot.Bne, 2);
        Add(Pair.CAddiCJal, Hot.Addi, 1, Hot.Jal, 1);
        Add(Pair.CAddiJal, Hot.Addi, 1, Hot.Jal, 2);
        Add(Pair.CAddiCJalr, Hot.Addi, 1, Hot.Jalr, 1);
        Add(Pair.CAddiCLd, Hot.Addi, 1, Hot.Ld, 1);
        Add(Pair.CAddiCSd, Hot.Addi, 1, Hot.Sd, 1);
        Add(Pair.CAddiSd, Hot.Addi, 1, Hot.Sd, 2);
        Add(Pair.CAddiSltu, Hot.Addi, 1, Hot.Sltu, 2);
        Add(Pair.CAddiCSub, Hot.Addi, 1, Hot.Sub, 1);
        Add(Pair.CAddiSub, Hot.Addi, 1, Hot.Sub, 2);
        Add(Pair.AddiCAdd, Hot.Addi, 2, Hot.Add, 1);
        Add(Pair.AddiCAddi, Hot.Addi, 2, Hot.Addi, 1);
        Add(Pair.AddiAddi, Hot.Addi, 2, Hot.Addi, 2);
        Add(Pair.AddiAndi, Hot.Addi, 2, Hot.Andi, 2);
        Add(Pair.AddiCBeq, Hot.Addi, 2, Hot.Beq, 1);
        Add(Pair.AddiBeq, Hot.Addi, 2, Hot.Beq, 2);
        Add(Pair.AddiBltu, Hot.Addi, 2, Hot.Bltu, 2);
        Add(Pair.AddiBne, Hot.Addi, 2, Hot.Bne, 2);
        Add(Pair.AddiCLw, Hot.Addi, 2, Hot.Lw, 1);
        Add(Pair.AddiCSd, Hot.Addi, 2, Hot.Sd, 1);
        Add(Pair.AddiSd, Hot.Addi, 2, Hot.Sd, 2);
        Add(Pair.AddiCSlli, Hot.Addi, 2, Hot.Slli, 1);
        Add(Pair.AddiSlli, Hot.Addi, 2, Hot.Slli, 2);
        Add(Pair.AddiSrl, Hot.Addi, 2, Hot.Srl, 2);
        Add(Pair.CAddiwCAddi, Hot.Addiw, 1, Hot.Addi, 1);
        Add(Pair.AddiwLui, Hot.Addiw, 2, Hot.Lui, 2);
        Add(Pair.CAndSh, Hot.And, 1, Hot.Sh, 2);
        Add(Pair.CAndiCBeq, Hot.Andi, 1, Hot.Beq, 1);
        Add(Pair.AndiCAdd, Hot.Andi, 2, Hot.Add, 1);
        Add(Pair.AndiCBne, Hot.Andi, 2, Hot.Bne, 1);
        Add(Pair.AndiCSd, Hot.Andi, 2, Hot.Sd, 1);
        Add(Pair.AuipcAddi, Hot.Auipc, 2, Hot.Addi, 2);
        Add(Pair.AuipcJalr, Hot.Auipc, 2, Hot.Jalr, 2);
        Add(Pair.AuipcLd, Hot.Auipc, 2, Hot.Ld, 2);
        Add(Pair.AuipcLw, Hot.Auipc, 2, Hot.Lw, 2);
        Add(Pair.LbuCAddi, Hot.Lbu, 2, Hot.Addi, 1);
        Add(Pair.LbuBeq, Hot.Lbu, 2, Hot.Beq, 2);
        Add(Pair.LbuBne, Hot.Lbu, 2, Hot.Bne, 2);
        Add(Pair.LbuLbu, Hot.Lbu, 2, Hot.Lbu, 2);
        Add(Pair.CLdCAdd, Hot.Ld, 1, Hot.Add, 1);
        Add(Pair.CLdCAddi, Hot.Ld, 1, Hot.Addi, 1);
        Add(Pair.CLdAddi, Hot.Ld, 1, Hot.Addi, 2);
        Add(Pair.CLdCBeq, Hot.Ld, 1, Hot.Beq, 1);
        Add(Pair.CLdBeq, Hot.Ld, 1, Hot.Beq, 2);
        Add(Pair.CLdBne, Hot.Ld, 1, Hot.Bne, 2);
        Add(Pair.CLdCLd, Hot.Ld, 1, Hot.Ld, 1);
        Add(Pair.CLdLd, Hot.Ld, 1, Hot.Ld, 2);
        Add(Pair.CLdCSd, Hot.Ld, 1, Hot.Sd, 1);
        Add(Pair.CLdSrl, Hot.Ld, 1, Hot.Srl, 2);
        Add(Pair.LdCAdd, Hot.Ld, 2, Hot.Add, 1);
        Add(Pair.LdCAddi, Hot.Ld, 2, Hot.Addi, 1);
        Add(Pair.LdAddi, Hot.Ld, 2, Hot.Addi, 2);
        Add(Pair.LdBeq, Hot.Ld, 2, Hot.Beq, 2);
        Add(Pair.LdJalr, Hot.Ld, 2, Hot.Jalr, 2);
        Add(Pair.LdCLd, Hot.Ld, 2, Hot.Ld, 1);
        Add(Pair.LdLd, Hot.Ld, 2, Hot.Ld, 2);
        Add(Pair.LdCSd, Hot.Ld, 2, Hot.Sd, 1);
        Add(Pair.LhuCAddi, Hot.Lhu, 2, Hot.Addi, 1);
        Add(Pair.LhuAddi, Hot.Lhu, 2, Hot.Addi, 2);
        Add(Pair.LuiCAddi, Hot.Lui, 2, Hot.Addi, 1);
        Add(Pair.LuiAddi, Hot.Lui, 2, Hot.Addi, 2);
        Add(Pair.LuiLd, Hot.Lui, 2, Hot.Ld, 2);
        Add(Pair.CLwCAdd, Hot.Lw, 1, Hot.Add, 1);
        Add(Pair.CLwCAddi, Hot.Lw, 1, Hot.Addi, 1);
        Add(Pair.CLwAddi, Hot.Lw, 1, Hot.Addi, 2);
        Add(Pair.CLwBltu, Hot.Lw, 1, Hot.Bltu, 2);
        Add(Pair.LwCAdd, Hot.Lw, 2, Hot.Add, 1);
        Add(Pair.LwAddi, Hot.Lw, 2, Hot.Addi, 2);
        Add(Pair.LwAuipc, Hot.Lw, 2, Hot.Auipc, 2);
        Add(Pair.SbSb, Hot.Sb, 2, Hot.Sb, 2);
        Add(Pair.CSdCAdd, Hot.Sd, 1, Hot.Add, 1);
        Add(Pair.CSdCAddi, Hot.Sd, 1, Hot.Addi, 1);
        Add(Pair.CSdAddi, Hot.Sd, 1, Hot.Addi, 2);
        Add(Pair.CSdAuipc, Hot.Sd, 1, Hot.Auipc, 2);
        Add(Pair.CSdJal, Hot.Sd, 1, Hot.Jal, 2);
        Add(Pair.CSdCJalr, Hot.Sd, 1, Hot.Jalr, 1);
        Add(Pair.CSdCLd, Hot.Sd, 1, Hot.Ld, 1);
        Add(Pair.CSdCSd, Hot.Sd, 1, Hot.Sd, 1);
        Add(Pair.CSdSub, Hot.Sd, 1, Hot.Sub, 2);
        Add(Pair.SdCAdd, Hot.Sd, 2, Hot.Add, 1);
        Add(Pair.SdAddi, Hot.Sd, 2, Hot.Addi, 2);
        Add(Pair.SdLd, Hot.Sd, 2, Hot.Ld, 2);
        Add(Pair.SdSd, Hot.Sd, 2, Hot.Sd, 2);
        Add(Pair.ShBne, Hot.Sh, 2, Hot.Bne, 2);
        Add(Pair.CSlliCAdd, Hot.Slli, 1, Hot.Add, 1);
        Add(Pair.CSlliAddi, Hot.Slli, 1, Hot.Addi, 2);
        Add(Pair.CSlliCSrli, Hot.Slli, 1, Hot.Srli, 1);
        Add(Pair.SlliCAdd, Hot.Slli, 2, Hot.Add, 1);
        Add(Pair.SlliCSrli, Hot.Slli, 2, Hot.Srli, 1);
        Add(Pair.SlliSrli, Hot.Slli, 2, Hot.Srli, 2);
        Add(Pair.SltuCAddi, Hot.Sltu, 2, Hot.Addi, 1);
        Add(Pair.SrlCAndi, Hot.Srl, 2, Hot.Andi, 1);
        Add(Pair.SrlAndi, Hot.Srl, 2, Hot.Andi, 2);
        Add(Pair.CSrliCAdd, Hot.Srli, 1, Hot.Add, 1);
        Add(Pair.SrliCAdd, Hot.Srli, 2, Hot.Add, 1);
        Add(Pair.CSubCAnd, Hot.Sub, 1, Hot.And, 1);
        Add(Pair.SwAddi, Hot.Sw, 2, Hot.Addi, 2);
    }

    /// <summary>The pair of two cases.</summary>
    public readonly Pair Find(uint first, uint second) => (Pair)pairs[(first * Size) + second];

    /// <summary>The case of a pair's first instruction.</summary>
    public readonly uint FirstOf(Pair pair) => firsts[(int)pair];

    /// <summary>Whether there are pairs that begin with a case.</summary>
    public readonly bool IsFirst(uint hotCase) => isFirst[hotCase] != 0;

    private readonly void Add(Pair pair, Hot first, int firstHalfwords, Hot second, int secondHalfwords)
    {
        var firstCase = HotLoop.Case(first, firstHalfwords);
        pairs[(firstCase * Size) + HotLoop.Case(second, secondHalfwords)] = (byte)pair;
        isFirst[firstCase] = 1;
        firsts[(int)pair] = (byte)firstCase;
    }
}
