using System.Numerics;
using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.Optimizer;

/// <summary>Evaluates pure operators on constants, with WebAssembly's semantics.</summary>
internal static class ConstantFolder
{
    /// <summary>The constant an operator yields, or null when it is not known (or would trap, or yields a NaN).</summary>
    public static Instr? Fold(Opcode code, Instr[] args)
    {
        foreach (var arg in args)
        {
            if (!arg.IsConst || arg.Type == ValType.V128)
                return null;
        }

        var a = args[0].Imm;
        if (args.Length == 1)
            return FoldUnary(code, a);
        if (args.Length != 2)
            return null;
        var b = args[1].Imm;
        return args[0].Type switch
        {
            ValType.I32 => FoldI32(code, (int)a, (int)b),
            ValType.I64 => FoldI64(code, a, b),
            ValType.F32 => FoldF32(code, BitConverter.Int32BitsToSingle((int)a), BitConverter.Int32BitsToSingle((int)b)),
            ValType.F64 => FoldF64(code, BitConverter.Int64BitsToDouble(a), BitConverter.Int64BitsToDouble(b)),
            _ => null,
        };
    }

    private static Instr Bool(bool value) => Instr.I32(value ? 1 : 0);

    private static Instr? Float(float value) => float.IsNaN(value) ? null : Instr.F32(value);

    private static Instr? Float(double value) => double.IsNaN(value) ? null : Instr.F64(value);

    private static Instr? FoldI32(Opcode code, int a, int b)
    {
        var ua = (uint)a;
        var ub = (uint)b;
        return code switch
        {
            Opcode.I32Add => Instr.I32(a + b),
            Opcode.I32Sub => Instr.I32(a - b),
            Opcode.I32Mul => Instr.I32(a * b),
            Opcode.I32DivS => b == 0 || (a == int.MinValue && b == -1) ? null : Instr.I32(a / b),
            Opcode.I32DivU => b == 0 ? null : Instr.I32((int)(ua / ub)),
            Opcode.I32RemS => b == 0 ? null : b == -1 ? Instr.I32(0) : Instr.I32(a % b),
            Opcode.I32RemU => b == 0 ? null : Instr.I32((int)(ua % ub)),
            Opcode.I32And => Instr.I32(a & b),
            Opcode.I32Or => Instr.I32(a | b),
            Opcode.I32Xor => Instr.I32(a ^ b),
            Opcode.I32Shl => Instr.I32(a << b),
            Opcode.I32ShrS => Instr.I32(a >> b),
            Opcode.I32ShrU => Instr.I32((int)(ua >> b)),
            Opcode.I32Rotl => Instr.I32((int)BitOperations.RotateLeft(ua, b)),
            Opcode.I32Rotr => Instr.I32((int)BitOperations.RotateRight(ua, b)),
            Opcode.I32Eq => Bool(a == b),
            Opcode.I32Ne => Bool(a != b),
            Opcode.I32LtS => Bool(a < b),
            Opcode.I32LtU => Bool(ua < ub),
            Opcode.I32GtS => Bool(a > b),
            Opcode.I32GtU => Bool(ua > ub),
            Opcode.I32LeS => Bool(a <= b),
            Opcode.I32LeU => Bool(ua <= ub),
            Opcode.I32GeS => Bool(a >= b),
            Opcode.I32GeU => Bool(ua >= ub),
            _ => null,
        };
    }

    private static Instr? FoldI64(Opcode code, long a, long b)
    {
        var ua = (ulong)a;
        var ub = (ulong)b;
        return code switch
        {
            Opcode.I64Add => Instr.I64(a + b),
            Opcode.I64Sub => Instr.I64(a - b),
            Opcode.I64Mul => Instr.I64(a * b),
            Opcode.I64DivS => b == 0 || (a == long.MinValue && b == -1) ? null : Instr.I64(a / b),
            Opcode.I64DivU => b == 0 ? null : Instr.I64((long)(ua / ub)),
            Opcode.I64RemS => b == 0 ? null : b == -1 ? Instr.I64(0) : Instr.I64(a % b),
            Opcode.I64RemU => b == 0 ? null : Instr.I64((long)(ua % ub)),
            Opcode.I64And => Instr.I64(a & b),
            Opcode.I64Or => Instr.I64(a | b),
            Opcode.I64Xor => Instr.I64(a ^ b),
            Opcode.I64Shl => Instr.I64(a << (int)b),
            Opcode.I64ShrS => Instr.I64(a >> (int)b),
            Opcode.I64ShrU => Instr.I64((long)(ua >> (int)b)),
            Opcode.I64Rotl => Instr.I64((long)BitOperations.RotateLeft(ua, (int)b)),
            Opcode.I64Rotr => Instr.I64((long)BitOperations.RotateRight(ua, (int)b)),
            Opcode.I64Eq => Bool(a == b),
            Opcode.I64Ne => Bool(a != b),
            Opcode.I64LtS => Bool(a < b),
            Opcode.I64LtU => Bool(ua < ub),
            Opcode.I64GtS => Bool(a > b),
            Opcode.I64GtU => Bool(ua > ub),
            Opcode.I64LeS => Bool(a <= b),
            Opcode.I64LeU => Bool(ua <= ub),
            Opcode.I64GeS => Bool(a >= b),
            Opcode.I64GeU => Bool(ua >= ub),
            _ => null,
        };
    }

    private static Instr? FoldF32(Opcode code, float a, float b) => code switch
    {
        Opcode.F32Add => Float(a + b),
        Opcode.F32Sub => Float(a - b),
        Opcode.F32Mul => Float(a * b),
        Opcode.F32Div => Float(a / b),
        Opcode.F32Eq => Bool(a == b),
        Opcode.F32Ne => Bool(a != b),
        Opcode.F32Lt => Bool(a < b),
        Opcode.F32Gt => Bool(a > b),
        Opcode.F32Le => Bool(a <= b),
        Opcode.F32Ge => Bool(a >= b),
        _ => null,
    };

    private static Instr? FoldF64(Opcode code, double a, double b) => code switch
    {
        Opcode.F64Add => Float(a + b),
        Opcode.F64Sub => Float(a - b),
        Opcode.F64Mul => Float(a * b),
        Opcode.F64Div => Float(a / b),
        Opcode.F64Eq => Bool(a == b),
        Opcode.F64Ne => Bool(a != b),
        Opcode.F64Lt => Bool(a < b),
        Opcode.F64Gt => Bool(a > b),
        Opcode.F64Le => Bool(a <= b),
        Opcode.F64Ge => Bool(a >= b),
        _ => null,
    };

    private static Instr? FoldUnary(Opcode code, long a)
    {
        var i = (int)a;
        var f = BitConverter.Int32BitsToSingle(i);
        var d = BitConverter.Int64BitsToDouble(a);
        return code switch
        {
            Opcode.I32Eqz => Bool(i == 0),
            Opcode.I64Eqz => Bool(a == 0),
            Opcode.I32Clz => Instr.I32(BitOperations.LeadingZeroCount((uint)i)),
            Opcode.I32Ctz => Instr.I32(BitOperations.TrailingZeroCount(i)),
            Opcode.I32Popcnt => Instr.I32(BitOperations.PopCount((uint)i)),
            Opcode.I64Clz => Instr.I64(BitOperations.LeadingZeroCount((ulong)a)),
            Opcode.I64Ctz => Instr.I64(BitOperations.TrailingZeroCount(a)),
            Opcode.I64Popcnt => Instr.I64(BitOperations.PopCount((ulong)a)),
            Opcode.I32WrapI64 => Instr.I32(i),
            Opcode.I64ExtendI32S => Instr.I64(i),
            Opcode.I64ExtendI32U => Instr.I64((uint)i),
            Opcode.I32Extend8S => Instr.I32((sbyte)i),
            Opcode.I32Extend16S => Instr.I32((short)i),
            Opcode.I64Extend8S => Instr.I64((sbyte)a),
            Opcode.I64Extend16S => Instr.I64((short)a),
            Opcode.I64Extend32S => Instr.I64(i),
            Opcode.F32ConvertI32S => Instr.F32(i),
            Opcode.F32ConvertI32U => Instr.F32((uint)i),
            Opcode.F64ConvertI32S => Instr.F64(i),
            Opcode.F64ConvertI32U => Instr.F64((uint)i),
            Opcode.F64ConvertI64S => Instr.F64(a),
            Opcode.F32Neg => Instr.F32(BitConverter.Int32BitsToSingle(i ^ int.MinValue)),
            Opcode.F64Neg => Instr.F64(BitConverter.Int64BitsToDouble(a ^ long.MinValue)),
            Opcode.F32Abs => Instr.F32(BitConverter.Int32BitsToSingle(i & int.MaxValue)),
            Opcode.F64Abs => Instr.F64(BitConverter.Int64BitsToDouble(a & long.MaxValue)),
            Opcode.F64PromoteF32 => Float((double)f),
            Opcode.F32DemoteF64 => Float((float)d),
            Opcode.I32ReinterpretF32 => Instr.I32(i),
            Opcode.I64ReinterpretF64 => Instr.I64(a),
            Opcode.F32ReinterpretI32 => new Instr(Op.Const, ValType.F32) { Imm = i },
            Opcode.F64ReinterpretI64 => new Instr(Op.Const, ValType.F64) { Imm = a },
            _ => null,
        };
    }
}
