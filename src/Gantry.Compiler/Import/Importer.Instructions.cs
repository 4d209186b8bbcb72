using System.Reflection.Metadata;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>One IL instruction to the method that imports its family.</content>
internal sealed partial class Importer
{
    private void ImportInstruction(in ILInstr instr)
    {
        var code = instr.Code;
        _fieldFollows = _indexOf.TryGetValue(instr.Next, out var next) && _code[next].Code == ILOpCode.Ldfld;
        if (instr.Switch != null || code.IsBranch() || code is ILOpCode.Ret or ILOpCode.Throw or ILOpCode.Rethrow or ILOpCode.Endfinally)
            ImportControl(instr);
        else if (ImportSimple(instr) || ImportMemory(instr) || ImportObject(instr))
            return;
        else
            throw new UnsupportedException($"IL instruction {code} is not in the subset");
    }

    private bool ImportSimple(in ILInstr instr)
    {
        var operand = instr.Operand;
        switch (instr.Code)
        {
            case ILOpCode.Nop or ILOpCode.Break or ILOpCode.Volatile or ILOpCode.Readonly or ILOpCode.Tail or ILOpCode.Unaligned or (ILOpCode)0xFE19:
                break;
            case ILOpCode.Constrained:
                _constrained = TypeToken(operand);
                break;
            case >= ILOpCode.Ldc_i4_m1 and <= ILOpCode.Ldc_i4_8:
                PushI32(B.I32((int)instr.Code - (int)ILOpCode.Ldc_i4_0));
                break;
            case ILOpCode.Ldc_i4_s or ILOpCode.Ldc_i4:
                PushI32(B.I32((int)operand));
                break;
            case ILOpCode.Ldc_i8:
                PushOf(B.I64(operand));
                break;
            case ILOpCode.Ldc_r4:
                PushOf(B.Emit(new Instr(Op.Const, ValType.F32) { Imm = (int)operand }));
                break;
            case ILOpCode.Ldc_r8:
                PushOf(B.Emit(new Instr(Op.Const, ValType.F64) { Imm = operand }));
                break;
            case ILOpCode.Dup:
                var top = Pop();
                Push(top);
                Push(top.InMemory ? LoadValue(top.Type, top.V, 0) : top);
                break;
            case ILOpCode.Pop:
                Pop();
                break;
            case ILOpCode.Add: Binary(AddRow); break;
            case ILOpCode.Sub: Binary(SubRow); break;
            case ILOpCode.Mul: Binary(MulRow); break;
            case ILOpCode.Div: Binary(DivSRow); break;
            case ILOpCode.Div_un: Binary(DivURow); break;
            case ILOpCode.Rem: Binary(RemSRow); break;
            case ILOpCode.Rem_un: Binary(RemURow); break;
            case ILOpCode.And: Binary(AndRow); break;
            case ILOpCode.Or: Binary(OrRow); break;
            case ILOpCode.Xor: Binary(XorRow); break;
            case ILOpCode.Shl: Shift(ShlRow); break;
            case ILOpCode.Shr: Shift(ShrSRow); break;
            case ILOpCode.Shr_un: Shift(ShrURow); break;
            case ILOpCode.Neg: Negate(); break;
            case ILOpCode.Not: Complement(); break;
            case ILOpCode.Add_ovf or ILOpCode.Add_ovf_un or ILOpCode.Sub_ovf or ILOpCode.Sub_ovf_un or ILOpCode.Mul_ovf or ILOpCode.Mul_ovf_un:
                CheckedBinary(instr.Code);
                break;
            case ILOpCode.Ceq or ILOpCode.Cgt or ILOpCode.Cgt_un or ILOpCode.Clt or ILOpCode.Clt_un:
                var (left, right) = PopPair();
                PushI32(Compare(instr.Code, left, right));
                break;
            case ILOpCode.Ckfinite:
                var finite = PopScalar();
                var wide = Coerce(finite, ValType.F64);
                B.TrapIf(Not(B.Wasm(Opcode.F64Lt, B.Wasm(Opcode.F64Abs, wide), B.Emit(Instr.F64(double.PositiveInfinity)))), TrapFor("System.OverflowException", "Number is not finite."));
                PushOf(finite);
                break;
            default:
                return ImportConversion(instr.Code, instr.Next);
        }

        return true;
    }

    private bool ImportConversion(ILOpCode code, int next)
    {
        switch (code)
        {
            case ILOpCode.Conv_i1: Convert(Repr.I8, false); break;
            case ILOpCode.Conv_u1: Convert(Repr.U8, true); break;
            case ILOpCode.Conv_i2: Convert(Repr.I16, false); break;
            case ILOpCode.Conv_u2: Convert(Repr.U16, true); break;
            case ILOpCode.Conv_i4 or ILOpCode.Conv_i: Convert(Repr.I32, false); break;
            case ILOpCode.Conv_u4 or ILOpCode.Conv_u: Convert(Repr.I32, true); break;
            case ILOpCode.Conv_i8: Convert(Repr.I64, false); break;
            case ILOpCode.Conv_u8: Convert(Repr.I64, true); break;
            case ILOpCode.Conv_r4: Convert(Repr.F32, false); break;
            case ILOpCode.Conv_r8: Convert(Repr.F64, false); break;
            case ILOpCode.Conv_r_un:
                ConvertUnsignedToFloat(_indexOf.TryGetValue(next, out var i) && _code[i].Code == ILOpCode.Conv_r4);
                break;
            case ILOpCode.Conv_ovf_i1: CheckedConvert(Repr.I8, false, false); break;
            case ILOpCode.Conv_ovf_u1: CheckedConvert(Repr.U8, true, false); break;
            case ILOpCode.Conv_ovf_i2: CheckedConvert(Repr.I16, false, false); break;
            case ILOpCode.Conv_ovf_u2: CheckedConvert(Repr.U16, true, false); break;
            case ILOpCode.Conv_ovf_i4 or ILOpCode.Conv_ovf_i: CheckedConvert(Repr.I32, false, false); break;
            case ILOpCode.Conv_ovf_u4 or ILOpCode.Conv_ovf_u: CheckedConvert(Repr.I32, true, false); break;
            case ILOpCode.Conv_ovf_i8: CheckedConvert(Repr.I64, false, false); break;
            case ILOpCode.Conv_ovf_u8: CheckedConvert(Repr.I64, true, false); break;
            case ILOpCode.Conv_ovf_i1_un: CheckedConvert(Repr.I8, false, true); break;
            case ILOpCode.Conv_ovf_u1_un: CheckedConvert(Repr.U8, true, true); break;
            case ILOpCode.Conv_ovf_i2_un: CheckedConvert(Repr.I16, false, true); break;
            case ILOpCode.Conv_ovf_u2_un: CheckedConvert(Repr.U16, true, true); break;
            case ILOpCode.Conv_ovf_i4_un or ILOpCode.Conv_ovf_i_un: CheckedConvert(Repr.I32, false, true); break;
            case ILOpCode.Conv_ovf_u4_un or ILOpCode.Conv_ovf_u_un: CheckedConvert(Repr.I32, true, true); break;
            case ILOpCode.Conv_ovf_i8_un: CheckedConvert(Repr.I64, false, true); break;
            case ILOpCode.Conv_ovf_u8_un: CheckedConvert(Repr.I64, true, true); break;
            default: return false;
        }

        return true;
    }
}
