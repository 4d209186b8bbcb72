using System.Reflection.Metadata;
using Gantry.Compiler.Import;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <summary>
/// Vector128 as WebAssembly SIMD. What is not here is compiled from the base library's own fallback, which works on
/// halves in memory: right, but slow.
/// </summary>
internal static partial class VectorIntrinsics
{
    private const string Static = "System.Runtime.Intrinsics.Vector128.";
    private const string Instance = "System.Runtime.Intrinsics.Vector128`1.";

    public static void Register(Dictionary<string, Expander> table)
    {
        RegisterArithmetic(table);
        RegisterComparisons(table);
        RegisterLanes(table);
        RegisterMemory(table);
    }

    private static void Both(Dictionary<string, Expander> table, string name, string? operatorName, Expander expander)
    {
        table[Static + name] = expander;
        if (operatorName != null)
            table[Instance + operatorName] = expander;
    }

    private static void RegisterArithmetic(Dictionary<string, Expander> table)
    {
        Both(table, "Add", "op_Addition", (i, m, a) => Lanewise(i, m, a, "Add"));
        Both(table, "Subtract", "op_Subtraction", (i, m, a) => Lanewise(i, m, a, "Sub"));
        Both(table, "Multiply", "op_Multiply", (i, m, a) => Lanewise(i, m, a, "Mul"));
        Both(table, "Divide", "op_Division", (i, m, a) => Lanewise(i, m, a, "Div"));
        Both(table, "Negate", "op_UnaryNegation", (i, m, a) => Lanewise(i, m, a, "Neg"));
        Both(table, "BitwiseAnd", "op_BitwiseAnd", (i, m, a) => Whole(i, m, a, Opcode.V128And));
        Both(table, "BitwiseOr", "op_BitwiseOr", (i, m, a) => Whole(i, m, a, Opcode.V128Or));
        Both(table, "Xor", "op_ExclusiveOr", (i, m, a) => Whole(i, m, a, Opcode.V128Xor));
        Both(table, "OnesComplement", "op_OnesComplement", (i, m, a) => Whole(i, m, a, Opcode.V128Not));
        table[Static + "AndNot"] = (i, m, a) => Whole(i, m, a, Opcode.V128Andnot);
        table[Static + "ConditionalSelect"] = (i, m, a) => Whole(i, m, [a[1], a[2], a[0]], Opcode.V128Bitselect);
        // .NET leaves open whether it rounds once or twice, as relaxed SIMD does.
        table[Static + "MultiplyAddEstimate"] = (i, m, a) => Lanewise(i, m, a, "RelaxedMadd");
        foreach (var name in new[] { "Sqrt", "Floor" })
            table[Static + name] = (i, m, a) => Lanewise(i, m, a, name);
        table[Static + "Ceiling"] = (i, m, a) => Lanewise(i, m, a, "Ceil");
        table[Static + "Truncate"] = (i, m, a) => Lanewise(i, m, a, "Trunc");
        table[Static + "Round"] = (i, m, a) => a.Length == 1 && Lanewise(i, m, a, "Nearest");
        table[Static + "Abs"] = (i, m, a) => ElementOf(m) is { } e && IsUnsigned(e) ? Push(i, m, a[0].V) : Lanewise(i, m, a, "Abs");
        table[Static + "Min"] = (i, m, a) => Lanewise(i, m, a, Signed(m, "Min"));
        table[Static + "Max"] = (i, m, a) => Lanewise(i, m, a, Signed(m, "Max"));
        table[Static + "AddSaturate"] = (i, m, a) => ElementOf(m) is { Size: <= 2 } && Lanewise(i, m, a, Signed(m, "AddSat"));
        table[Static + "SubtractSaturate"] = (i, m, a) => ElementOf(m) is { Size: <= 2 } && Lanewise(i, m, a, Signed(m, "SubSat"));
        Both(table, "ShiftLeft", "op_LeftShift", (i, m, a) => Lanewise(i, m, a, "Shl"));
        table[Static + "ShiftRightArithmetic"] = (i, m, a) => Lanewise(i, m, a, "ShrS");
        table[Instance + "op_RightShift"] = (i, m, a) => Lanewise(i, m, a, Signed(m, "Shr"));
        Both(table, "ShiftRightLogical", "op_UnsignedRightShift", (i, m, a) => Lanewise(i, m, a, "ShrU"));
    }

    private static void RegisterComparisons(Dictionary<string, Expander> table)
    {
        Both(table, "EqualsAll", "op_Equality", (i, m, a) => Test(i, m, a, "Eq", all: true, negate: false));
        table[Instance + "op_Inequality"] = (i, m, a) => Test(i, m, a, "Eq", all: true, negate: true);
        foreach (var (name, suffix) in new[] { ("Equals", "Eq"), ("LessThan", "Lt"), ("GreaterThan", "Gt"), ("LessThanOrEqual", "Le"), ("GreaterThanOrEqual", "Ge") })
        {
            table[Static + name] = (i, m, a) => Compare(i, m, a, suffix) is { } result && Push(i, m, result);
            table[Static + name + "Any"] = (i, m, a) => Test(i, m, a, suffix, all: false, negate: false);
            table[Static + name + "All"] = (i, m, a) => Test(i, m, a, suffix, all: true, negate: false);
        }

        table[Static + "ExtractMostSignificantBits"] = (i, m, a) => ElementOf(m) is { } e
            && Push(i, m, i.B.Wasm(Find(IntegerShape(e), "Bitmask")!.Value, a[0].V));
    }

    public static bool Push(Importer importer, MethodDesc method, Instr value)
    {
        importer.Push(method.Signature.Return, value);
        return true;
    }

    /// <summary>The vector's element type, when it is a number.</summary>
    public static TypeDesc? ElementOf(MethodDesc method)
    {
        var type = method.Owner.Arguments.Length == 1 ? method.Owner.Arguments[0]
            : method.Arguments.Length > 0 ? method.Arguments[^1]
            : method.Signature.Parameters.FirstOrDefault(p => p.Arguments.Length == 1)?.Arguments[0] ?? method.Signature.Return.Arguments.FirstOrDefault();
        return type != null && Shape(type) != null ? type : null;
    }

    public static bool IsUnsigned(TypeDesc element) => element.Primitive is PrimitiveTypeCode.Byte or PrimitiveTypeCode.UInt16 or PrimitiveTypeCode.UInt32 or PrimitiveTypeCode.UInt64 or PrimitiveTypeCode.UIntPtr;

    private static bool IsFloat(TypeDesc element) => element.Repr is Repr.F32 or Repr.F64;

    public static string? Shape(TypeDesc element) => element.Primitive is null or PrimitiveTypeCode.Char or PrimitiveTypeCode.Boolean ? null : element.Repr switch
    {
        Repr.I8 or Repr.U8 => "I8x16",
        Repr.I16 or Repr.U16 => "I16x8",
        Repr.I32 when element.IsValueType => "I32x4",
        Repr.I64 => "I64x2",
        Repr.F32 => "F32x4",
        Repr.F64 => "F64x2",
        _ => null,
    };

    private static string IntegerShape(TypeDesc element) => element.Size switch { 1 => "I8x16", 2 => "I16x8", 4 => "I32x4", _ => "I64x2" };

    public static Opcode? Find(string shape, string suffix) => Enum.TryParse<Opcode>(shape + suffix, out var code) ? code : null;

    private static string Signed(MethodDesc method, string name) =>
        ElementOf(method) is not { } e || IsFloat(e) ? name : name + (IsUnsigned(e) ? "U" : "S");

    private static bool Whole(Importer importer, MethodDesc method, Val[] args, Opcode code) =>
        args.All(a => a.V.Type == ValType.V128) && Push(importer, method, importer.B.Wasm(code, [.. args.Select(a => a.V)]));

    /// <summary>An operator with one WebAssembly instruction for this element type; false when there is none.</summary>
    private static bool Lanewise(Importer importer, MethodDesc method, Val[] args, string suffix)
    {
        if (ElementOf(method) is not { } element || Find(Shape(element)!, suffix) is not { } code)
            return false;
        var type = OpcodeTable.Find(code)!.Type!;
        if (type.Parameters.Length != args.Length)
            return false;
        var values = new Instr[args.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (args[i].Parts.Length != 1)
                return false;
            values[i] = args[i].V;
            // A scalar beside a vector stands for a vector of it.
            if (type.Parameters[i] == ValType.V128 && values[i].Type != ValType.V128)
                values[i] = Splat(importer, element, values[i]);
            else if (type.Parameters[i] != values[i].Type)
                return false;
        }

        return Push(importer, method, importer.B.Wasm(code, values));
    }

    private static Instr? Compare(Importer importer, MethodDesc method, Val[] args, string suffix)
    {
        if (ElementOf(method) is not { } element || !args.All(a => a.Parts.Length == 1 && a.V.Type == ValType.V128))
            return null;
        var b = importer.B;
        var left = args[0].V;
        var right = args[1].V;
        var shape = Shape(element)!;
        if (suffix == "Eq" || IsFloat(element))
            return b.Wasm(Find(shape, suffix)!.Value, left, right);
        if (shape == "I64x2" && IsUnsigned(element))
        {
            // There is no unsigned 64-bit comparison: move both to the signed range.
            var bias = b.Emit(Instr.V128(((UInt128)0x8000000000000000 << 64) | 0x8000000000000000));
            left = b.Wasm(Opcode.V128Xor, left, bias);
            right = b.Wasm(Opcode.V128Xor, right, bias);
            return b.Wasm(Find(shape, suffix + "S")!.Value, left, right);
        }

        return b.Wasm(Find(shape, suffix + (IsUnsigned(element) ? "U" : "S"))!.Value, left, right);
    }

    private static bool Test(Importer importer, MethodDesc method, Val[] args, string suffix, bool all, bool negate)
    {
        if (ElementOf(method) is not { } element || Compare(importer, method, args, suffix) is not { } lanes)
            return false;
        var result = importer.B.Wasm(all ? Find(IntegerShape(element), "AllTrue")!.Value : Opcode.V128AnyTrue, lanes);
        return Push(importer, method, negate ? importer.Not(result) : result);
    }

    public static Instr Splat(Importer importer, TypeDesc element, Instr value)
    {
        if (value.IsConst)
            return importer.B.Emit(Instr.V128(Repeat(value.Imm, element.Size)));
        return importer.B.Wasm(Find(Shape(element)!, "Splat")!.Value, value);
    }

    private static UInt128 Repeat(long value, int size)
    {
        var lane = size == 8 ? (ulong)value : (ulong)value & ((1UL << (8 * size)) - 1);
        UInt128 result = 0;
        for (var at = 0; at < 16; at += size)
            result |= (UInt128)lane << (8 * at);
        return result;
    }
}
