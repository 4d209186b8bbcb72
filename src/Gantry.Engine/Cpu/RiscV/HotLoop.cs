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
    public const int Cases = (int)Hot.Count + (int)Hot.LastCompressed + 1;

    /// <summary>The loop as handler of an instruction's records; null where it does not execute it.</summary>
    public static delegate*<Hart*, Insn*, int, Insn*> HandlerOf(Hot instruction, int halfwords)
    {
        if (!WasmTarget.IsWebAssembly || instruction == Hot.None || (halfwords == 1 && instruction > Hot.LastCompressed))
            return null;
        return (delegate*<Hart*, Insn*, int, Insn*>)(First + Case(instruction, halfwords));
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
}
