using System.Runtime.CompilerServices;
using Gantry.Engine.Cpu.RiscV.Instructions;

namespace Gantry.Engine.Cpu.RiscV;

/// <summary>
/// In WebAssembly, executes the instructions that run most, from the meanings that the handlers are made of: one function, one loop, one <c>br_table</c>.
/// </summary>
/// <remarks>
/// A handler that is called costs its host a frame, a check of the stack and a check of the callee's type: twice what an addi costs. Here there is one indirect jump, and all state is in registers.
/// For that the loop calls nothing but in tail position; what is rare (a TLB miss, a branch to another page) gives up before anything has changed, and the instruction's own handler does it.
/// The loop is the handler of its instructions' records and has an entry of the table for each: the entry is at once what to call and which case is meant. All other handlers come and go as
/// handlers do, by a tail call of the record's.
/// </remarks>
public static unsafe class HotLoop
{
    /// <summary>How many cases there are.</summary>
    public const int Cases = (int)FirstPair + (int)Pair.Count;

    /// <summary>Behind the cases of single instructions, those of pairs.</summary>
    internal const uint FirstPair = (uint)Hot.Count + (uint)Hot.LastCompressed + 1;

    /// <summary>The loop as handler of an instruction's records; null where it does not execute it.</summary>
    public static delegate*<Hart*, Insn*, int, Insn*> HandlerOf(Hot instruction, int halfwords)
    {
        if (!WasmTarget.IsWebAssembly || instruction == Hot.None || (halfwords == 1 && instruction > Hot.LastCompressed))
            return null;
        return (delegate*<Hart*, Insn*, int, Insn*>)(First + Case(instruction, halfwords));
    }

    /// <summary>The loop as handler of the first record of a pair.</summary>
    internal static delegate*<Hart*, Insn*, int, Insn*> HandlerOf(Pair pair) => (delegate*<Hart*, Insn*, int, Insn*>)(First + Case(pair));

    /// <summary>The case of a pair.</summary>
    internal static uint Case(Pair pair) => FirstPair + (uint)pair;

    /// <summary>Whether a record leads to a pair's case.</summary>
    internal static bool IsPair(Insn* insn) => (nuint)insn->Handler - First - FirstPair < (nuint)Pair.Count;

    /// <summary>The case of a record's own instruction, paired or not; that of <see cref="Hot.None"/> when the loop does not execute it.</summary>
    internal static uint CaseOf(Insn* insn, PairTable* pairs)
    {
        var hotCase = (uint)((nuint)insn->Handler - First);
        if (hotCase >= Cases)
            return (uint)Hot.None;
        return hotCase < FirstPair ? hotCase : pairs->FirstOf((Pair)(hotCase - FirstPair));
    }

    private static nuint First => (nuint)(delegate*<Hart*, Insn*, int, Insn*>)&Run;

    /// <summary>The case of an instruction: full-size forms in the order of <see cref="Hot"/>, then compressed ones.</summary>
    public static uint Case(Hot instruction, int halfwords) => (uint)instruction + (halfwords == 1 ? (uint)Hot.Count : 0);

    [WasmTailCalls]
    [WasmTableEntries(Cases)]
    private static Insn* Run(Hart* hart, Insn* insn, int left)
    {
        while (true)
        {
            switch ((uint)((nuint)insn->Handler - First))
            {
                case (uint)Hot.Lui: if (Step<Lui, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Jal: if (Step<Jal, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Jalr: if (Step<Jalr, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Beq: if (Step<Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bne: if (Step<Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lw: if (Step<Lw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Ld: if (Step<Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sw: if (Step<Sw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sd: if (Step<Sd, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Addi: if (Step<Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Andi: if (Step<Andi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Slli: if (Step<Slli, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Srli: if (Step<Srli, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Srai: if (Step<Srai, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Addiw: if (Step<Addiw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Add: if (Step<Add, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sub: if (Step<Sub, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Xor: if (Step<Xor, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Or: if (Step<Or, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.And: if (Step<And, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Addw: if (Step<Addw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Subw: if (Step<Subw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Auipc: if (Step<Auipc, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Blt: if (Step<Blt, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bge: if (Step<Bge, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bltu: if (Step<Bltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bgeu: if (Step<Bgeu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lb: if (Step<Lb, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lh: if (Step<Lh, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lbu: if (Step<Lbu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lhu: if (Step<Lhu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Lwu: if (Step<Lwu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sb: if (Step<Sb, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sh: if (Step<Sh, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Slti: if (Step<Slti, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sltiu: if (Step<Sltiu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Xori: if (Step<Xori, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Ori: if (Step<Ori, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Slliw: if (Step<Slliw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Srliw: if (Step<Srliw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sraiw: if (Step<Sraiw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sll: if (Step<Sll, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Slt: if (Step<Slt, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sltu: if (Step<Sltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Srl: if (Step<Srl, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sra: if (Step<Sra, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sllw: if (Step<Sllw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Srlw: if (Step<Srlw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sraw: if (Step<Sraw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Mul: if (Step<Mul, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Mulw: if (Step<Mulw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.AddUw: if (Step<AddUw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sh1add: if (Step<Sh1add, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sh2add: if (Step<Sh2add, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Sh3add: if (Step<Sh3add, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.SlliUw: if (Step<SlliUw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Andn: if (Step<Andn, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Max: if (Step<Max, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Maxu: if (Step<Maxu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Min: if (Step<Min, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Minu: if (Step<Minu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.SextB: if (Step<SextB, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.SextH: if (Step<SextH, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.ZextH: if (Step<ZextH, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Rori: if (Step<Rori, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bext: if (Step<Bext, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Bexti: if (Step<Bexti, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.CzeroEqz: if (Step<CzeroEqz, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.CzeroNez: if (Step<CzeroNez, FourBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Lui: if (Step<Lui, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Jal: if (Step<Jal, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Jalr: if (Step<Jalr, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Beq: if (Step<Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Bne: if (Step<Bne, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Lw: if (Step<Lw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Ld: if (Step<Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Sw: if (Step<Sw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Sd: if (Step<Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Addi: if (Step<Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Andi: if (Step<Andi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Slli: if (Step<Slli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Srli: if (Step<Srli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Srai: if (Step<Srai, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Addiw: if (Step<Addiw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Add: if (Step<Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Sub: if (Step<Sub, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Xor: if (Step<Xor, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Or: if (Step<Or, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.And: if (Step<And, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Addw: if (Step<Addw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case (uint)Hot.Count + (uint)Hot.Subw: if (Step<Subw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCAdd: if (Steps<Add, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCAddi: if (Steps<Add, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddAddi: if (Steps<Add, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddAuipc: if (Steps<Add, TwoBytes, Auipc, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCBeq: if (Steps<Add, TwoBytes, Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddBeq: if (Steps<Add, TwoBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddBgeu: if (Steps<Add, TwoBytes, Bgeu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddBltu: if (Steps<Add, TwoBytes, Bltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCBne: if (Steps<Add, TwoBytes, Bne, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddBne: if (Steps<Add, TwoBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCJal: if (Steps<Add, TwoBytes, Jal, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddJal: if (Steps<Add, TwoBytes, Jal, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCJalr: if (Steps<Add, TwoBytes, Jalr, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddLbu: if (Steps<Add, TwoBytes, Lbu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCLd: if (Steps<Add, TwoBytes, Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddLd: if (Steps<Add, TwoBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddLhu: if (Steps<Add, TwoBytes, Lhu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCLw: if (Steps<Add, TwoBytes, Lw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCSd: if (Steps<Add, TwoBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCSlli: if (Steps<Add, TwoBytes, Slli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddSlli: if (Steps<Add, TwoBytes, Slli, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddCSub: if (Steps<Add, TwoBytes, Sub, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddCBeq: if (Steps<Add, FourBytes, Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddLbu: if (Steps<Add, FourBytes, Lbu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCAdd: if (Steps<Addi, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCAddi: if (Steps<Addi, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiAddi: if (Steps<Addi, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiAuipc: if (Steps<Addi, TwoBytes, Auipc, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiBeq: if (Steps<Addi, TwoBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiBltu: if (Steps<Addi, TwoBytes, Bltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCBne: if (Steps<Addi, TwoBytes, Bne, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiBne: if (Steps<Addi, TwoBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCJal: if (Steps<Addi, TwoBytes, Jal, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiJal: if (Steps<Addi, TwoBytes, Jal, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCJalr: if (Steps<Addi, TwoBytes, Jalr, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCLd: if (Steps<Addi, TwoBytes, Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCSd: if (Steps<Addi, TwoBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiSd: if (Steps<Addi, TwoBytes, Sd, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiSltu: if (Steps<Addi, TwoBytes, Sltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiCSub: if (Steps<Addi, TwoBytes, Sub, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiSub: if (Steps<Addi, TwoBytes, Sub, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCAdd: if (Steps<Addi, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCAddi: if (Steps<Addi, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiAddi: if (Steps<Addi, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiAndi: if (Steps<Addi, FourBytes, Andi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCBeq: if (Steps<Addi, FourBytes, Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiBeq: if (Steps<Addi, FourBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiBltu: if (Steps<Addi, FourBytes, Bltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiBne: if (Steps<Addi, FourBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCLw: if (Steps<Addi, FourBytes, Lw, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCSd: if (Steps<Addi, FourBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiSd: if (Steps<Addi, FourBytes, Sd, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiCSlli: if (Steps<Addi, FourBytes, Slli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiSlli: if (Steps<Addi, FourBytes, Slli, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiSrl: if (Steps<Addi, FourBytes, Srl, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAddiwCAddi: if (Steps<Addiw, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AddiwLui: if (Steps<Addiw, FourBytes, Lui, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAndSh: if (Steps<And, TwoBytes, Sh, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CAndiCBeq: if (Steps<Andi, TwoBytes, Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AndiCAdd: if (Steps<Andi, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AndiCBne: if (Steps<Andi, FourBytes, Bne, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AndiCSd: if (Steps<Andi, FourBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AuipcAddi: if (Steps<Auipc, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AuipcJalr: if (Steps<Auipc, FourBytes, Jalr, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AuipcLd: if (Steps<Auipc, FourBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.AuipcLw: if (Steps<Auipc, FourBytes, Lw, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LbuCAddi: if (Steps<Lbu, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LbuBeq: if (Steps<Lbu, FourBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LbuBne: if (Steps<Lbu, FourBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LbuLbu: if (Steps<Lbu, FourBytes, Lbu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdCAdd: if (Steps<Ld, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdCAddi: if (Steps<Ld, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdAddi: if (Steps<Ld, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdCBeq: if (Steps<Ld, TwoBytes, Beq, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdBeq: if (Steps<Ld, TwoBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdBne: if (Steps<Ld, TwoBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdCLd: if (Steps<Ld, TwoBytes, Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdLd: if (Steps<Ld, TwoBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdCSd: if (Steps<Ld, TwoBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLdSrl: if (Steps<Ld, TwoBytes, Srl, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdCAdd: if (Steps<Ld, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdCAddi: if (Steps<Ld, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdAddi: if (Steps<Ld, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdBeq: if (Steps<Ld, FourBytes, Beq, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdJalr: if (Steps<Ld, FourBytes, Jalr, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdCLd: if (Steps<Ld, FourBytes, Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdLd: if (Steps<Ld, FourBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LdCSd: if (Steps<Ld, FourBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LhuCAddi: if (Steps<Lhu, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LhuAddi: if (Steps<Lhu, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LuiCAddi: if (Steps<Lui, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LuiAddi: if (Steps<Lui, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LuiLd: if (Steps<Lui, FourBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLwCAdd: if (Steps<Lw, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLwCAddi: if (Steps<Lw, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLwAddi: if (Steps<Lw, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CLwBltu: if (Steps<Lw, TwoBytes, Bltu, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LwCAdd: if (Steps<Lw, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LwAddi: if (Steps<Lw, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.LwAuipc: if (Steps<Lw, FourBytes, Auipc, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SbSb: if (Steps<Sb, FourBytes, Sb, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdCAdd: if (Steps<Sd, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdCAddi: if (Steps<Sd, TwoBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdAddi: if (Steps<Sd, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdAuipc: if (Steps<Sd, TwoBytes, Auipc, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdJal: if (Steps<Sd, TwoBytes, Jal, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdCJalr: if (Steps<Sd, TwoBytes, Jalr, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdCLd: if (Steps<Sd, TwoBytes, Ld, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdCSd: if (Steps<Sd, TwoBytes, Sd, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSdSub: if (Steps<Sd, TwoBytes, Sub, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SdCAdd: if (Steps<Sd, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SdAddi: if (Steps<Sd, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SdLd: if (Steps<Sd, FourBytes, Ld, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SdSd: if (Steps<Sd, FourBytes, Sd, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.ShBne: if (Steps<Sh, FourBytes, Bne, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSlliCAdd: if (Steps<Slli, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSlliAddi: if (Steps<Slli, TwoBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSlliCSrli: if (Steps<Slli, TwoBytes, Srli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SlliCAdd: if (Steps<Slli, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SlliCSrli: if (Steps<Slli, FourBytes, Srli, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SlliSrli: if (Steps<Slli, FourBytes, Srli, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SltuCAddi: if (Steps<Sltu, FourBytes, Addi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SrlCAndi: if (Steps<Srl, FourBytes, Andi, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SrlAndi: if (Steps<Srl, FourBytes, Andi, FourBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSrliCAdd: if (Steps<Srli, TwoBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SrliCAdd: if (Steps<Srli, FourBytes, Add, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.CSubCAnd: if (Steps<Sub, TwoBytes, And, TwoBytes>(hart, ref insn, ref left)) continue; break;
                case FirstPair + (uint)Pair.SwAddi: if (Steps<Sw, FourBytes, Addi, FourBytes>(hart, ref insn, ref left)) continue; break;
                default: return insn->Handler(hart, insn, left);
            }

            return hart->Table.HotHandler((uint)((nuint)insn->Handler - First))(hart, insn, left);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Step<TOp, TLength>(Hart* hart, ref Insn* insn, ref int left)
        where TOp : struct, IInstruction
        where TLength : struct, ILength
    {
        var m = new Interpreted<TLength, InLoop>(hart, insn, left);
        TOp.Execute(ref m);
        if (m.GaveUp)
            return false;
        insn = m.Next;
        left--;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Steps<TFirst, TFirstLength, TSecond, TSecondLength>(Hart* hart, ref Insn* insn, ref int left)
        where TFirst : struct, IInstruction
        where TFirstLength : struct, ILength
        where TSecond : struct, IInstruction
        where TSecondLength : struct, ILength
    {
        if (!Step<TFirst, TFirstLength>(hart, ref insn, ref left))
            return false;
        // When the second gives up, the loop goes on with its own record, and there it gives up again.
        Step<TSecond, TSecondLength>(hart, ref insn, ref left);
        return true;
    }
}
