using System.Reflection.Metadata;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Import;

/// <content>Arithmetic, comparisons and conversions (ECMA-335 III.1.5).</content>
internal sealed partial class Importer
{
    private const int AddRow = 0, SubRow = 1, MulRow = 2, DivSRow = 3, DivURow = 4, RemSRow = 5, RemURow = 6, AndRow = 7, OrRow = 8, XorRow = 9,
        ShlRow = 10, ShrSRow = 11, ShrURow = 12;

    private static readonly Opcode[] I32Ops = [Opcode.I32Add, Opcode.I32Sub, Opcode.I32Mul, Opcode.I32DivS, Opcode.I32DivU, Opcode.I32RemS, Opcode.I32RemU,
        Opcode.I32And, Opcode.I32Or, Opcode.I32Xor, Opcode.I32Shl, Opcode.I32ShrS, Opcode.I32ShrU];

    private static readonly Opcode[] I64Ops = [Opcode.I64Add, Opcode.I64Sub, Opcode.I64Mul, Opcode.I64DivS, Opcode.I64DivU, Opcode.I64RemS, Opcode.I64RemU,
        Opcode.I64And, Opcode.I64Or, Opcode.I64Xor, Opcode.I64Shl, Opcode.I64ShrS, Opcode.I64ShrU];

    private static readonly Opcode[] F32Ops = [Opcode.F32Add, Opcode.F32Sub, Opcode.F32Mul, Opcode.F32Div];

    private static readonly Opcode[] F64Ops = [Opcode.F64Add, Opcode.F64Sub, Opcode.F64Mul, Opcode.F64Div];

    private TypeDesc TypeOf(ValType type) => type switch
    {
        ValType.I32 => Types.Int32,
        ValType.I64 => Types.Int64,
        ValType.F32 => Types.Single,
        ValType.F64 => Types.Double,
        _ => throw new InvalidILException($"arithmetic on {type}"),
    };

    private void PushOf(Instr value) => Push(TypeOf(value.Type), value);

    /// <summary>Pops two operands and brings them to one type.</summary>
    private (Instr Left, Instr Right) PopPair()
    {
        var right = PopScalar();
        var left = PopScalar();
        if (left.Type != right.Type)
        {
            if (left.Type == ValType.F64 || right.Type == ValType.F64)
            {
                left = Coerce(left, ValType.F64);
                right = Coerce(right, ValType.F64);
            }
            else
            {
                throw new InvalidILException($"operands of {left.Type} and {right.Type}");
            }
        }

        return (left, right);
    }

    private void Binary(int row)
    {
        var (left, right) = PopPair();
        switch (left.Type)
        {
            case ValType.I32:
                GuardDivision(row, left, right);
                PushOf(B.Wasm(I32Ops[row], left, right));
                break;
            case ValType.I64:
                GuardDivision(row, left, right);
                PushOf(B.Wasm(I64Ops[row], left, right));
                break;
            case ValType.F32 or ValType.F64 when row == RemSRow:
                EmitCall(_unit.RuntimeMethod("FloatMath", left.Type == ValType.F32 ? "RemainderSingle" : "RemainderDouble"), [new Val(TypeOf(left.Type), [left]), new Val(TypeOf(right.Type), [right])]);
                break;
            case ValType.F32 when row <= DivSRow:
                PushOf(B.Wasm(F32Ops[row], left, right));
                break;
            case ValType.F64 when row <= DivSRow:
                PushOf(B.Wasm(F64Ops[row], left, right));
                break;
            default:
                throw new InvalidILException($"this operator on {left.Type}");
        }
    }

    /// <summary>Division by zero, and the quotient that does not fit, end with .NET's exceptions.</summary>
    private void GuardDivision(int row, Instr left, Instr right)
    {
        if (row is < DivSRow or > RemURow)
            return;
        var is64 = left.Type == ValType.I64;
        if (right is not { IsConst: true, Imm: not 0 })
            B.TrapIf(B.Wasm(is64 ? Opcode.I64Eqz : Opcode.I32Eqz, right), TrapFor("System.DivideByZeroException", "Attempted to divide by zero."));
        if (row is not (DivSRow or RemSRow) || right is { IsConst: true, Imm: not -1 })
            return;
        if (left.IsConst && left.Imm != (is64 ? long.MinValue : int.MinValue))
            return;
        var minimum = is64 ? B.I64(long.MinValue) : B.I32(int.MinValue);
        var isMinimum = B.Wasm(is64 ? Opcode.I64Eq : Opcode.I32Eq, left, minimum);
        var isMinusOne = B.Wasm(is64 ? Opcode.I64Eq : Opcode.I32Eq, right, is64 ? B.I64(-1) : B.I32(-1));
        B.TrapIf(B.Wasm(Opcode.I32And, isMinimum, isMinusOne), TrapFor("System.OverflowException", "Arithmetic operation resulted in an overflow."));
    }

    private void Shift(int row)
    {
        var amount = PopScalar();
        var value = PopScalar();
        if (value.Type == ValType.I64)
            PushOf(B.Wasm(I64Ops[row], value, amount.Type == ValType.I32 ? B.Wasm(Opcode.I64ExtendI32U, amount) : Coerce(amount, ValType.I64)));
        else if (value.Type == ValType.I32)
            PushOf(B.Wasm(I32Ops[row], value, Coerce(amount, ValType.I32)));
        else
            throw new InvalidILException($"a shift of {value.Type}");
    }

    private TrapInfo OverflowTrap => TrapFor("System.OverflowException", "Arithmetic operation resulted in an overflow.");

    private void CheckedBinary(ILOpCode code)
    {
        var (left, right) = PopPair();
        var is64 = left.Type == ValType.I64;
        if (!is64 && left.Type != ValType.I32)
            throw new InvalidILException($"checked arithmetic on {left.Type}");
        if (!is64)
        {
            PushOf(Checked32(code, left, right));
            return;
        }

        switch (code)
        {
            case ILOpCode.Add_ovf:
                var sum = B.Wasm(Opcode.I64Add, left, right);
                B.TrapIf(SignOf64(B.Wasm(Opcode.I64And, B.Wasm(Opcode.I64Xor, left, sum), B.Wasm(Opcode.I64Xor, right, sum))), OverflowTrap);
                PushOf(sum);
                break;
            case ILOpCode.Add_ovf_un:
                var usum = B.Wasm(Opcode.I64Add, left, right);
                B.TrapIf(B.Wasm(Opcode.I64LtU, usum, left), OverflowTrap);
                PushOf(usum);
                break;
            case ILOpCode.Sub_ovf:
                var difference = B.Wasm(Opcode.I64Sub, left, right);
                B.TrapIf(SignOf64(B.Wasm(Opcode.I64And, B.Wasm(Opcode.I64Xor, left, right), B.Wasm(Opcode.I64Xor, left, difference))), OverflowTrap);
                PushOf(difference);
                break;
            case ILOpCode.Sub_ovf_un:
                B.TrapIf(B.Wasm(Opcode.I64LtU, left, right), OverflowTrap);
                PushOf(B.Wasm(Opcode.I64Sub, left, right));
                break;
            default:
                var name = code == ILOpCode.Mul_ovf ? "MultiplyChecked" : "MultiplyCheckedUnsigned";
                EmitCall(_unit.RuntimeMethod("CheckedMath", name), [new Val(Types.Int64, [left]), new Val(Types.Int64, [right])]);
                break;
        }
    }

    private Instr SignOf64(Instr value) => B.Wasm(Opcode.I64LtS, value, B.I64(0));

    /// <summary>Computes in 64 bits, where nothing overflows, and checks that the result fits.</summary>
    private Instr Checked32(ILOpCode code, Instr left, Instr right)
    {
        var signed = code is ILOpCode.Add_ovf or ILOpCode.Sub_ovf or ILOpCode.Mul_ovf;
        var extend = signed ? Opcode.I64ExtendI32S : Opcode.I64ExtendI32U;
        var operation = code switch
        {
            ILOpCode.Add_ovf or ILOpCode.Add_ovf_un => Opcode.I64Add,
            ILOpCode.Sub_ovf or ILOpCode.Sub_ovf_un => Opcode.I64Sub,
            _ => Opcode.I64Mul,
        };
        var wide = B.Wasm(operation, B.Wasm(extend, left), B.Wasm(extend, right));
        var narrow = B.Wasm(Opcode.I32WrapI64, wide);
        B.TrapIf(B.Wasm(Opcode.I64Ne, B.Emit(new Instr(Op.Wasm, ValType.I64, narrow) { Code = extend }), wide), OverflowTrap);
        return narrow;
    }

    private Instr Compare(ILOpCode code, Instr left, Instr right)
    {
        var type = left.Type;
        // Unordered comparisons of floats are the opposite of the opposite comparison.
        if (type is ValType.F32 or ValType.F64)
        {
            var f32 = type == ValType.F32;
            return code switch
            {
                ILOpCode.Ceq => B.Wasm(f32 ? Opcode.F32Eq : Opcode.F64Eq, left, right),
                ILOpCode.Bne_un => B.Wasm(f32 ? Opcode.F32Ne : Opcode.F64Ne, left, right),
                ILOpCode.Cgt => B.Wasm(f32 ? Opcode.F32Gt : Opcode.F64Gt, left, right),
                ILOpCode.Clt => B.Wasm(f32 ? Opcode.F32Lt : Opcode.F64Lt, left, right),
                ILOpCode.Bge => B.Wasm(f32 ? Opcode.F32Ge : Opcode.F64Ge, left, right),
                ILOpCode.Ble => B.Wasm(f32 ? Opcode.F32Le : Opcode.F64Le, left, right),
                ILOpCode.Cgt_un => Not(B.Wasm(f32 ? Opcode.F32Le : Opcode.F64Le, left, right)),
                ILOpCode.Clt_un => Not(B.Wasm(f32 ? Opcode.F32Ge : Opcode.F64Ge, left, right)),
                ILOpCode.Bge_un => Not(B.Wasm(f32 ? Opcode.F32Lt : Opcode.F64Lt, left, right)),
                _ => Not(B.Wasm(f32 ? Opcode.F32Gt : Opcode.F64Gt, left, right)),
            };
        }

        if (type == ValType.V128)
            throw new InvalidILException("comparison of vectors");
        var is64 = type == ValType.I64;
        return B.Wasm(
            code switch
            {
                ILOpCode.Ceq => is64 ? Opcode.I64Eq : Opcode.I32Eq,
                ILOpCode.Bne_un => is64 ? Opcode.I64Ne : Opcode.I32Ne,
                ILOpCode.Cgt => is64 ? Opcode.I64GtS : Opcode.I32GtS,
                ILOpCode.Cgt_un => is64 ? Opcode.I64GtU : Opcode.I32GtU,
                ILOpCode.Clt => is64 ? Opcode.I64LtS : Opcode.I32LtS,
                ILOpCode.Clt_un => is64 ? Opcode.I64LtU : Opcode.I32LtU,
                ILOpCode.Bge => is64 ? Opcode.I64GeS : Opcode.I32GeS,
                ILOpCode.Bge_un => is64 ? Opcode.I64GeU : Opcode.I32GeU,
                ILOpCode.Ble => is64 ? Opcode.I64LeS : Opcode.I32LeS,
                _ => is64 ? Opcode.I64LeU : Opcode.I32LeU,
            },
            left,
            right);
    }

    public Instr Not(Instr condition) => B.Wasm(Opcode.I32Eqz, condition);

    private void Negate()
    {
        var value = PopScalar();
        PushOf(value.Type switch
        {
            ValType.I32 => B.Wasm(Opcode.I32Sub, B.I32(0), value),
            ValType.I64 => B.Wasm(Opcode.I64Sub, B.I64(0), value),
            ValType.F32 => B.Wasm(Opcode.F32Neg, value),
            ValType.F64 => B.Wasm(Opcode.F64Neg, value),
            _ => throw new InvalidILException($"the negative of {value.Type}"),
        });
    }

    private void Complement()
    {
        var value = PopScalar();
        PushOf(value.Type == ValType.I64 ? B.Wasm(Opcode.I64Xor, value, B.I64(-1)) : B.Wasm(Opcode.I32Xor, Coerce(value, ValType.I32), B.I32(-1)));
    }

    private void Convert(Repr to, bool unsigned)
    {
        var popped = Pop();
        if (popped.Parts.Length != 1 || popped.InMemory || popped.V.Type == ValType.V128)
            throw new InvalidILException($"conversion of a {popped.Type}");
        var value = popped.V;
        Instr result;
        switch (to)
        {
            case Repr.I64:
                result = value.Type switch
                {
                    ValType.I64 => value,
                    ValType.I32 => B.Wasm(unsigned ? Opcode.I64ExtendI32U : Opcode.I64ExtendI32S, value),
                    ValType.F32 => B.Wasm(unsigned ? Opcode.I64TruncSatF32U : Opcode.I64TruncSatF32S, value),
                    _ => B.Wasm(unsigned ? Opcode.I64TruncSatF64U : Opcode.I64TruncSatF64S, value),
                };
                break;
            case Repr.F32:
                result = value.Type switch
                {
                    ValType.I32 => B.Wasm(unsigned ? Opcode.F32ConvertI32U : Opcode.F32ConvertI32S, value),
                    ValType.I64 => B.Wasm(unsigned ? Opcode.F32ConvertI64U : Opcode.F32ConvertI64S, value),
                    ValType.F64 => B.Wasm(Opcode.F32DemoteF64, value),
                    _ => value,
                };
                break;
            case Repr.F64:
                result = value.Type switch
                {
                    ValType.I32 => B.Wasm(unsigned ? Opcode.F64ConvertI32U : Opcode.F64ConvertI32S, value),
                    ValType.I64 => B.Wasm(unsigned ? Opcode.F64ConvertI64U : Opcode.F64ConvertI64S, value),
                    ValType.F32 => B.Wasm(Opcode.F64PromoteF32, value),
                    _ => value,
                };
                break;
            default:
                var toInt = value.Type switch
                {
                    ValType.I32 => value,
                    ValType.I64 => B.Wasm(Opcode.I32WrapI64, value),
                    // Small types go through int: .NET saturates to 32 bits and then cuts.
                    ValType.F32 => B.Wasm(unsigned && to == Repr.I32 ? Opcode.I32TruncSatF32U : Opcode.I32TruncSatF32S, value),
                    _ => B.Wasm(unsigned && to == Repr.I32 ? Opcode.I32TruncSatF64U : Opcode.I32TruncSatF64S, value),
                };
                result = Narrow(toInt, to);
                break;
        }

        Push(new Val(TypeOf(result.Type), [result]) { NotNull = popped.NotNull });
    }

    /// <summary>conv.r.un: unsigned to the widest float; a conv.r4 that follows narrows it.</summary>
    private void ConvertUnsignedToFloat(bool toSingle)
    {
        var value = PopScalar();
        if (value.Type is ValType.F32 or ValType.F64)
        {
            PushOf(value);
            return;
        }

        if (value.Type == ValType.V128)
            throw new InvalidILException("conversion of a vector");
        var is64 = value.Type == ValType.I64;
        PushOf(toSingle
            ? B.Wasm(is64 ? Opcode.F32ConvertI64U : Opcode.F32ConvertI32U, value)
            : B.Wasm(is64 ? Opcode.F64ConvertI64U : Opcode.F64ConvertI32U, value));
    }

    /// <summary>conv.ovf.*: traps when the value does not fit.</summary>
    private void CheckedConvert(Repr to, bool targetUnsigned, bool sourceUnsigned)
    {
        var value = PopScalar();
        if (value.Type is ValType.F32 or ValType.F64)
        {
            CheckedConvertFloat(Coerce(value, ValType.F64), to, targetUnsigned);
            return;
        }

        if (value.Type == ValType.V128)
            throw new InvalidILException("conversion of a vector");

        if (to == Repr.I64)
        {
            if (value.Type == ValType.I32)
            {
                if (targetUnsigned && !sourceUnsigned)
                    B.TrapIf(B.Wasm(Opcode.I32LtS, value, B.I32(0)), OverflowTrap);
                PushOf(B.Wasm(sourceUnsigned ? Opcode.I64ExtendI32U : Opcode.I64ExtendI32S, value));
                return;
            }

            if (targetUnsigned != sourceUnsigned)
                B.TrapIf(SignOf64(value), OverflowTrap);
            PushOf(value);
            return;
        }

        // Widen to 64 bits, where the bounds of every small type can be compared.
        var wide = value.Type == ValType.I64 ? value : B.Wasm(sourceUnsigned ? Opcode.I64ExtendI32U : Opcode.I64ExtendI32S, value);
        var (low, high) = Bounds(to, targetUnsigned);
        var outside = sourceUnsigned && value.Type == ValType.I64
            ? B.Wasm(Opcode.I64GtU, wide, B.I64(high))
            : low == 0
                ? B.Wasm(Opcode.I64GtU, wide, B.I64(high))
                : B.Wasm(Opcode.I32Or, B.Wasm(Opcode.I64LtS, wide, B.I64(low)), B.Wasm(Opcode.I64GtS, wide, B.I64(high)));
        B.TrapIf(outside, OverflowTrap);
        PushOf(value.Type == ValType.I64 ? B.Wasm(Opcode.I32WrapI64, value) : value);
    }

    private static (long Low, long High) Bounds(Repr repr, bool unsigned) => repr switch
    {
        Repr.I8 => (sbyte.MinValue, sbyte.MaxValue),
        Repr.U8 => (0, byte.MaxValue),
        Repr.I16 => (short.MinValue, short.MaxValue),
        Repr.U16 => (0, ushort.MaxValue),
        _ => unsigned ? (0, uint.MaxValue) : (int.MinValue, int.MaxValue),
    };

    private void CheckedConvertFloat(Instr value, Repr to, bool unsigned)
    {
        // Truncation must fit: low - 1 < value < high + 1, which is false for NaN.
        double above, below;
        var orEqual = false;
        if (to == Repr.I64)
        {
            below = unsigned ? 18446744073709551616.0 : 9223372036854775808.0;
            above = unsigned ? -1.0 : -9223372036854775808.0;
            orEqual = !unsigned;
        }
        else
        {
            var (low, high) = Bounds(to, unsigned);
            above = low - 1.0;
            below = high + 1.0;
        }

        var fits = B.Wasm(Opcode.I32And,
            B.Wasm(orEqual ? Opcode.F64Ge : Opcode.F64Gt, value, B.Emit(Instr.F64(above))),
            B.Wasm(Opcode.F64Lt, value, B.Emit(Instr.F64(below))));
        B.TrapIf(Not(fits), OverflowTrap);
        PushOf(to == Repr.I64
            ? B.Wasm(unsigned ? Opcode.I64TruncSatF64U : Opcode.I64TruncSatF64S, value)
            : B.Wasm(unsigned && to == Repr.I32 ? Opcode.I32TruncSatF64U : Opcode.I32TruncSatF64S, value));
    }
}
