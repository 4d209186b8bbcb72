using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>Local rewrites of one pure operator into an existing or simpler value.</summary>
internal static class Simplifier
{
    /// <summary>A value equal to <c>code(args)</c>: a constant, an argument, or null to keep the operator. May make new operators through <paramref name="make"/>.</summary>
    public static Instr? Simplify(Opcode code, Instr[] args, Func<Opcode, Instr[], Instr> make)
    {
        var folded = ConstantFolder.Fold(code, args);
        if (folded != null)
            return folded;
        return args.Length switch
        {
            1 => SimplifyUnary(code, args[0], make),
            2 => SimplifyBinary(code, args[0], args[1], make),
            3 when code == Opcode.Select => args[2].IsConst ? (args[2].Imm != 0 ? args[0] : args[1]) : args[0] == args[1] ? args[0] : null,
            _ => null,
        };
    }

    /// <summary>An upper bound of the bits that can be set in an i32 or i64 value, as a mask.</summary>
    public static ulong PossibleBits(Instr value, int depth = 0)
    {
        var all = value.Type == ValType.I32 ? uint.MaxValue : ulong.MaxValue;
        if (depth > 6)
            return all;
        switch (value.Op)
        {
            case Op.Const:
                return (ulong)value.Imm & all;
            case Op.IsInst:
                return 1;
            case Op.Load:
                return value.Code switch
                {
                    Opcode.I32Load8U or Opcode.I64Load8U => 0xFF,
                    Opcode.I32Load16U or Opcode.I64Load16U => 0xFFFF,
                    Opcode.I64Load32U => 0xFFFFFFFF,
                    _ => all,
                };
            case Op.Phi when depth < 3:
                ulong bits = 0;
                foreach (var arg in value.Args)
                {
                    var a = arg.Resolve();
                    if (a != value)
                        bits |= PossibleBits(a, depth + 3);
                }

                return bits;
            case Op.Wasm:
                break;
            default:
                return all;
        }

        var args = value.Args;
        switch (value.Code)
        {
            case Opcode.I32And or Opcode.I64And:
                return PossibleBits(args[0].Resolve(), depth + 1) & PossibleBits(args[1].Resolve(), depth + 1);
            case Opcode.I32Or or Opcode.I64Or or Opcode.I32Xor or Opcode.I64Xor:
                return PossibleBits(args[0].Resolve(), depth + 1) | PossibleBits(args[1].Resolve(), depth + 1);
            case Opcode.Select:
                return PossibleBits(args[0].Resolve(), depth + 1) | PossibleBits(args[1].Resolve(), depth + 1);
            case Opcode.I64ExtendI32U:
                return PossibleBits(args[0].Resolve(), depth + 1);
            case Opcode.I32WrapI64:
                return PossibleBits(args[0].Resolve(), depth + 1) & uint.MaxValue;
            case Opcode.I32ShrU when args[1].Resolve().IsConst:
                return PossibleBits(args[0].Resolve(), depth + 1) >> ((int)args[1].Resolve().Imm & 31);
            case Opcode.I64ShrU when args[1].Resolve().IsConst:
                return PossibleBits(args[0].Resolve(), depth + 1) >> ((int)args[1].Resolve().Imm & 63);
            case Opcode.I32Shl when args[1].Resolve().IsConst:
                return (PossibleBits(args[0].Resolve(), depth + 1) << ((int)args[1].Resolve().Imm & 31)) & uint.MaxValue;
            case Opcode.I64Shl when args[1].Resolve().IsConst:
                return PossibleBits(args[0].Resolve(), depth + 1) << ((int)args[1].Resolve().Imm & 63);
            case Opcode.I32Clz or Opcode.I32Ctz or Opcode.I32Popcnt:
                return 63;
            case Opcode.I64Clz or Opcode.I64Ctz or Opcode.I64Popcnt:
                return 127;
        }

        return IsBoolean(value.Code) ? 1 : all;
    }

    public static bool IsBoolean(Opcode code) => code is (>= Opcode.I32Eqz and <= Opcode.F64Ge) or Opcode.V128AnyTrue
        or Opcode.I8x16AllTrue or Opcode.I16x8AllTrue or Opcode.I32x4AllTrue or Opcode.I64x2AllTrue;

    /// <summary>The comparison with the opposite outcome, if there is one (floats have none: NaN).</summary>
    public static Opcode? Inverse(Opcode code) => code switch
    {
        Opcode.I32Eq => Opcode.I32Ne,
        Opcode.I32Ne => Opcode.I32Eq,
        Opcode.I32LtS => Opcode.I32GeS,
        Opcode.I32LtU => Opcode.I32GeU,
        Opcode.I32GtS => Opcode.I32LeS,
        Opcode.I32GtU => Opcode.I32LeU,
        Opcode.I32LeS => Opcode.I32GtS,
        Opcode.I32LeU => Opcode.I32GtU,
        Opcode.I32GeS => Opcode.I32LtS,
        Opcode.I32GeU => Opcode.I32LtU,
        Opcode.I64Eq => Opcode.I64Ne,
        Opcode.I64Ne => Opcode.I64Eq,
        Opcode.I64LtS => Opcode.I64GeS,
        Opcode.I64LtU => Opcode.I64GeU,
        Opcode.I64GtS => Opcode.I64LeS,
        Opcode.I64GtU => Opcode.I64LeU,
        Opcode.I64LeS => Opcode.I64GtS,
        Opcode.I64LeU => Opcode.I64GtU,
        Opcode.I64GeS => Opcode.I64LtS,
        Opcode.I64GeU => Opcode.I64LtU,
        Opcode.F32Eq => Opcode.F32Ne,
        Opcode.F32Ne => Opcode.F32Eq,
        Opcode.F64Eq => Opcode.F64Ne,
        Opcode.F64Ne => Opcode.F64Eq,
        _ => null,
    };

    private static bool IsWasm(Instr value, Opcode code) => value.Op == Op.Wasm && value.Code == code;

    private static bool IsZeroVector(Instr value) => value is { IsConst: true, Type: ValType.V128 } && value.Wide == 0;

    private static Instr? SimplifyUnary(Opcode code, Instr a, Func<Opcode, Instr[], Instr> make)
    {
        switch (code)
        {
            case Opcode.I32Eqz when a.Op == Op.Wasm && Inverse(a.Code) is { } inverse:
                return make(inverse, a.Args);
            case Opcode.I32Eqz when a.Op == Op.Wasm && a.Code == Opcode.I32Eqz && PossibleBits(a.Args[0].Resolve()) <= 1:
                return a.Args[0].Resolve();
            case Opcode.I32Eqz when a.Op is Op.Alloca or Op.SymAddr:
                return Instr.I32(0);
            case Opcode.I32WrapI64:
                return Narrowing.TryWrap(a, make);
            case Opcode.I8x16AllTrue when IsWasm(a, Opcode.I8x16Eq) && IsZeroVector(a.Args[1].Resolve()):
            case Opcode.I16x8AllTrue when IsWasm(a, Opcode.I16x8Eq) && IsZeroVector(a.Args[1].Resolve()):
            case Opcode.I32x4AllTrue when IsWasm(a, Opcode.I32x4Eq) && IsZeroVector(a.Args[1].Resolve()):
            case Opcode.I64x2AllTrue when IsWasm(a, Opcode.I64x2Eq) && IsZeroVector(a.Args[1].Resolve()):
                return make(Opcode.I32Eqz, [make(Opcode.V128AnyTrue, [a.Args[0].Resolve()])]);
            case Opcode.I64ExtendI32S when PossibleBits(a) <= 0x7FFFFFFF:
                return make(Opcode.I64ExtendI32U, [a]);
            case Opcode.I32Extend8S when PossibleBits(a) <= 0x7F:
            case Opcode.I32Extend16S when PossibleBits(a) <= 0x7FFF:
            case Opcode.I64Extend32S when PossibleBits(a) <= 0x7FFFFFFF:
                return a;
            case Opcode.I32Extend8S when a.Op == Op.Load && a.Code == Opcode.I32Load8S:
            case Opcode.I32Extend16S when a.Op == Op.Load && a.Code is Opcode.I32Load16S or Opcode.I32Load8S:
                return a;
            case Opcode.I32Extend8S when IsWasm(a, Opcode.I32Extend8S):
            case Opcode.I32Extend16S when IsWasm(a, Opcode.I32Extend16S) || IsWasm(a, Opcode.I32Extend8S):
                return a;
            case Opcode.I64ExtendI32S when IsWasm(a, Opcode.I32WrapI64):
                return make(Opcode.I64Extend32S, [a.Args[0].Resolve()]);
            case Opcode.I64ExtendI32U when IsWasm(a, Opcode.I32WrapI64):
                return make(Opcode.I64And, [a.Args[0].Resolve(), Instr.I64(0xFFFFFFFF)]);
            case Opcode.F32ReinterpretI32 when IsWasm(a, Opcode.I32ReinterpretF32):
            case Opcode.F64ReinterpretI64 when IsWasm(a, Opcode.I64ReinterpretF64):
            case Opcode.I32ReinterpretF32 when IsWasm(a, Opcode.F32ReinterpretI32):
            case Opcode.I64ReinterpretF64 when IsWasm(a, Opcode.F64ReinterpretI64):
                return a.Args[0].Resolve();
            default:
                return null;
        }
    }

    private static Instr? SimplifyBinary(Opcode code, Instr a, Instr b, Func<Opcode, Instr[], Instr> make)
    {
        if (a.IsConst && !b.IsConst && IsCommutative(code))
            return make(code, [b, a]);
        switch (code)
        {
            case Opcode.I32Add when b.IsConst && b.Imm == 0:
            case Opcode.I64Add when b.IsConst && b.Imm == 0:
            case Opcode.I32Sub when b.IsConst && b.Imm == 0:
            case Opcode.I64Sub when b.IsConst && b.Imm == 0:
            case Opcode.I32Or when b.IsConst && b.Imm == 0:
            case Opcode.I64Or when b.IsConst && b.Imm == 0:
            case Opcode.I32Xor when b.IsConst && b.Imm == 0:
            case Opcode.I64Xor when b.IsConst && b.Imm == 0:
            case Opcode.I32Mul when b.IsConst && b.Imm == 1:
            case Opcode.I64Mul when b.IsConst && b.Imm == 1:
            case Opcode.I32DivS or Opcode.I32DivU when b.IsConst && b.Imm == 1:
            case Opcode.I64DivS or Opcode.I64DivU when b.IsConst && b.Imm == 1:
            case Opcode.I32Shl or Opcode.I32ShrS or Opcode.I32ShrU or Opcode.I32Rotl or Opcode.I32Rotr when b.IsConst && (b.Imm & 31) == 0:
            case Opcode.I64Shl or Opcode.I64ShrS or Opcode.I64ShrU or Opcode.I64Rotl or Opcode.I64Rotr when b.IsConst && (b.Imm & 63) == 0:
                return a;
            case Opcode.I32Mul when b.IsConst && (int)b.Imm > 1 && System.Numerics.BitOperations.IsPow2((int)b.Imm):
                return make(Opcode.I32Shl, [a, Instr.I32(System.Numerics.BitOperations.Log2((uint)b.Imm))]);
            case Opcode.I64Mul when b.IsConst && b.Imm > 1 && System.Numerics.BitOperations.IsPow2(b.Imm):
                return make(Opcode.I64Shl, [a, Instr.I64(System.Numerics.BitOperations.Log2((ulong)b.Imm))]);
            case Opcode.I32And or Opcode.I32Mul when b.IsConst && b.Imm == 0:
                return Instr.I32(0);
            case Opcode.I64And or Opcode.I64Mul when b.IsConst && b.Imm == 0:
                return Instr.I64(0);
            case Opcode.I32And or Opcode.I64And when b.IsConst && (PossibleBits(a) & ~(ulong)b.Imm & (b.Type == ValType.I32 ? uint.MaxValue : ulong.MaxValue)) == 0:
                return a;
            case Opcode.I32And or Opcode.I64And or Opcode.I32Or or Opcode.I64Or when a == b:
                return a;
            case Opcode.I32Sub or Opcode.I32Xor when a == b:
                return Instr.I32(0);
            case Opcode.I64Sub or Opcode.I64Xor when a == b:
                return Instr.I64(0);
            case Opcode.I32Eq or Opcode.I64Eq or Opcode.I32LeS or Opcode.I32LeU or Opcode.I32GeS or Opcode.I32GeU when a == b:
                return Instr.I32(1);
            case Opcode.I32Ne or Opcode.I64Ne or Opcode.I32LtS or Opcode.I32LtU or Opcode.I32GtS or Opcode.I32GtU when a == b:
                return Instr.I32(0);
            case Opcode.I32Sub when b.IsConst:
                return make(Opcode.I32Add, [a, Instr.I32(-(int)b.Imm)]);
            case Opcode.I64Sub when b.IsConst:
                return make(Opcode.I64Add, [a, Instr.I64(-b.Imm)]);
            case Opcode.I32Add when b.IsConst && a.Op == Op.SymAddr:
                return new Instr(Op.SymAddr, ValType.I32) { Aux = a.Aux, Imm = (int)(a.Imm + b.Imm) };
            case Opcode.I32Add or Opcode.I64Add when b.IsConst && IsWasm(a, code) && a.Args[1].Resolve() is { IsConst: true } inner:
                return make(code, [a.Args[0].Resolve(), Constant(b.Type, inner.Imm + b.Imm)]);
            case Opcode.I32And or Opcode.I64And when b.IsConst && IsWasm(a, code) && a.Args[1].Resolve() is { IsConst: true } mask:
                return make(code, [a.Args[0].Resolve(), Constant(b.Type, mask.Imm & b.Imm)]);
            case Opcode.I32Shl or Opcode.I32ShrS or Opcode.I32ShrU or Opcode.I32Rotl or Opcode.I32Rotr
                when IsWasm(b, Opcode.I32And) && b.Args[1].Resolve() is { IsConst: true } m && (m.Imm & 31) == 31:
                return make(code, [a, b.Args[0].Resolve()]);
            case Opcode.I64Shl or Opcode.I64ShrS or Opcode.I64ShrU or Opcode.I64Rotl or Opcode.I64Rotr:
                return SimplifyWideShift(code, a, b, make);
            case Opcode.I32Shl when b.IsConst && Narrowing.TryField(a, (int)b.Imm & 31, make) is { } field:
                return field;
            case Opcode.I32Eq when b.IsConst && b.Imm == 0:
                return make(Opcode.I32Eqz, [a]);
            case Opcode.I64Eq when b.IsConst && b.Imm == 0:
                return make(Opcode.I64Eqz, [a]);
            case Opcode.I32GtU or Opcode.I32Ne when b.IsConst && b.Imm == 0 && PossibleBits(a) <= 1:
                return a;
            case Opcode.I32GtU when b.IsConst && b.Imm == 0:
                return make(Opcode.I32Ne, [a, b]);
            case Opcode.I64GtU when b.IsConst && b.Imm == 0:
                return make(Opcode.I64Ne, [a, b]);
            case Opcode.I32LtU or Opcode.I64LtU when b.IsConst && b.Imm == 0:
                return Instr.I32(0);
            case Opcode.I32GeU or Opcode.I64GeU when b.IsConst && b.Imm == 0:
                return Instr.I32(1);
            default:
                return null;
        }
    }

    private static Instr? SimplifyWideShift(Opcode code, Instr a, Instr b, Func<Opcode, Instr[], Instr> make)
    {
        // The amount is an int in C#; only its low six bits count.
        if (IsWasm(b, Opcode.I64And) && b.Args[1].Resolve() is { IsConst: true } mask && (mask.Imm & 63) == 63)
            return make(code, [a, b.Args[0].Resolve()]);
        if ((IsWasm(b, Opcode.I64ExtendI32U) || IsWasm(b, Opcode.I64ExtendI32S)) && b.Args[0].Resolve() is { } narrow
            && IsWasm(narrow, Opcode.I32And) && narrow.Args[1].Resolve() is { IsConst: true } narrowMask && (narrowMask.Imm & 63) == 63)
        {
            var amount = narrow.Args[0].Resolve();
            return make(code, [a, IsWasm(amount, Opcode.I32WrapI64) ? amount.Args[0].Resolve() : make(Opcode.I64ExtendI32U, [amount])]);
        }

        return null;
    }

    private static Instr Constant(ValType type, long value) => type == ValType.I32 ? Instr.I32((int)value) : Instr.I64(value);

    public static bool IsCommutative(Opcode code) => code is Opcode.I32Add or Opcode.I32Mul or Opcode.I32And or Opcode.I32Or or Opcode.I32Xor
        or Opcode.I32Eq or Opcode.I32Ne or Opcode.I64Add or Opcode.I64Mul or Opcode.I64And or Opcode.I64Or or Opcode.I64Xor or Opcode.I64Eq or Opcode.I64Ne;
}
