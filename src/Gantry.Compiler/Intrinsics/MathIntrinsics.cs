using Gantry.Compiler.Import;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <summary>Math, MathF and BitOperations members that are one or two WebAssembly operators.</summary>
internal static class MathIntrinsics
{
    public static void Register(Dictionary<string, Expander> table)
    {
        foreach (var (name, f32, f64) in new[]
        {
            ("Sqrt", Opcode.F32Sqrt, Opcode.F64Sqrt), ("Floor", Opcode.F32Floor, Opcode.F64Floor), ("Ceiling", Opcode.F32Ceil, Opcode.F64Ceil),
            ("Truncate", Opcode.F32Trunc, Opcode.F64Trunc), ("Abs", Opcode.F32Abs, Opcode.F64Abs), ("Round", Opcode.F32Nearest, Opcode.F64Nearest),
            ("Min", Opcode.F32Min, Opcode.F64Min), ("Max", Opcode.F32Max, Opcode.F64Max), ("CopySign", Opcode.F32Copysign, Opcode.F64Copysign),
        })
        {
            Expander expander = (i, m, a) => FloatOperator(i, m, a, f32, f64);
            foreach (var type in new[] { "Math", "MathF", "Single", "Double" })
                table[$"System.{type}.{name}"] = expander;
        }

        const string bits = "System.Numerics.BitOperations.";
        table[bits + "LeadingZeroCount"] = (i, m, a) => Count(i, m, a[0], Opcode.I32Clz, Opcode.I64Clz);
        table[bits + "TrailingZeroCount"] = (i, m, a) => Count(i, m, a[0], Opcode.I32Ctz, Opcode.I64Ctz);
        table[bits + "PopCount"] = (i, m, a) => Count(i, m, a[0], Opcode.I32Popcnt, Opcode.I64Popcnt);
        table[bits + "RotateLeft"] = (i, m, a) => Rotate(i, m, a, Opcode.I32Rotl, Opcode.I64Rotl);
        table[bits + "RotateRight"] = (i, m, a) => Rotate(i, m, a, Opcode.I32Rotr, Opcode.I64Rotr);
        table[bits + "Log2"] = Log2;
    }

    private static bool FloatOperator(Importer importer, MethodDesc method, Val[] args, Opcode f32, Opcode f64)
    {
        var repr = method.Signature.Return.Repr;
        if (repr is not (Repr.F32 or Repr.F64) || Array.Exists(args, a => a.Type.Repr is not (Repr.F32 or Repr.F64)))
            return false;
        var values = args.Select(a => importer.Coerce(a.V, Access.TypeOf(repr))).ToArray();
        return UnsafeIntrinsics.Push(importer, method, importer.B.Wasm(repr == Repr.F32 ? f32 : f64, values));
    }

    private static bool Count(Importer importer, MethodDesc method, Val value, Opcode i32, Opcode i64)
    {
        var b = importer.B;
        return UnsafeIntrinsics.Push(importer, method, value.V.Type == ValType.I64 ? b.Wasm(Opcode.I32WrapI64, b.Wasm(i64, value.V)) : b.Wasm(i32, value.V));
    }

    private static bool Rotate(Importer importer, MethodDesc method, Val[] args, Opcode i32, Opcode i64)
    {
        var b = importer.B;
        return UnsafeIntrinsics.Push(importer, method, args[0].V.Type == ValType.I64
            ? b.Wasm(i64, args[0].V, b.Wasm(Opcode.I64ExtendI32U, args[1].V))
            : b.Wasm(i32, args[0].V, args[1].V));
    }

    private static bool Log2(Importer importer, MethodDesc method, Val[] args)
    {
        var b = importer.B;
        var value = args[0].V;
        return UnsafeIntrinsics.Push(importer, method, value.Type == ValType.I64
            ? b.Wasm(Opcode.I32Xor, b.Wasm(Opcode.I32WrapI64, b.Wasm(Opcode.I64Clz, b.Wasm(Opcode.I64Or, value, b.I64(1)))), b.I32(63))
            : b.Wasm(Opcode.I32Xor, b.Wasm(Opcode.I32Clz, b.Wasm(Opcode.I32Or, value, b.I32(1))), b.I32(31)));
    }
}
