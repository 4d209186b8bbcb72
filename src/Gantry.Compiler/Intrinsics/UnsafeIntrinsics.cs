using Gantry.Compiler.Import;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <summary>System.Runtime.CompilerServices.Unsafe and the bit casts.</summary>
internal static class UnsafeIntrinsics
{
    public static void Register(Dictionary<string, Expander> table)
    {
        const string p = "System.Runtime.CompilerServices.Unsafe.";
        table[p + "As"] = (i, m, a) =>
        {
            i.Push(new Val(m.Signature.Return, a[0].Parts) { NotNull = a[0].NotNull });
            return true;
        };
        table[p + "AsRef"] = Same;
        table[p + "AsPointer"] = Same;
        table[p + "SkipInit"] = (_, _, _) => true;
        table[p + "NullRef"] = (i, m, _) => Push(i, m, i.B.I32(0));
        table[p + "IsNullRef"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Eqz, a[0].V));
        table[p + "AreSame"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Eq, a[0].V, a[1].V));
        table[p + "IsAddressGreaterThan"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32GtU, a[0].V, a[1].V));
        table[p + "IsAddressLessThan"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32LtU, a[0].V, a[1].V));
        table[p + "IsAddressGreaterThanOrEqualTo"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32GeU, a[0].V, a[1].V));
        table[p + "IsAddressLessThanOrEqualTo"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32LeU, a[0].V, a[1].V));
        table[p + "ByteOffset"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Sub, a[1].V, a[0].V));
        table[p + "SizeOf"] = (i, m, _) => Push(i, m, i.B.I32(m.Arguments[0].Size));
        table[p + "Add"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Add, a[0].V, i.Scale(a[1].V, m.Arguments[0].Size)));
        table[p + "Subtract"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Sub, a[0].V, i.Scale(a[1].V, m.Arguments[0].Size)));
        table[p + "AddByteOffset"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Add, a[0].V, a[1].V));
        table[p + "SubtractByteOffset"] = (i, m, a) => Push(i, m, i.B.Wasm(Opcode.I32Sub, a[0].V, a[1].V));
        table[p + "Read"] = Read;
        table[p + "ReadUnaligned"] = Read;
        table[p + "Write"] = Write;
        table[p + "WriteUnaligned"] = Write;
        table[p + "Copy"] = (i, m, a) =>
        {
            i.StoreValue(m.Arguments[0], a[0].V, 0, i.LoadValue(m.Arguments[0], a[1].V, 0));
            return true;
        };
        table[p + "CopyBlock"] = CopyBlock;
        table[p + "CopyBlockUnaligned"] = CopyBlock;
        table[p + "InitBlock"] = InitBlock;
        table[p + "InitBlockUnaligned"] = InitBlock;
        table[p + "BitCast"] = BitCast;
        foreach (var (from, to, code) in new[]
        {
            ("Single", "Int32", Opcode.I32ReinterpretF32), ("Single", "UInt32", Opcode.I32ReinterpretF32),
            ("Double", "Int64", Opcode.I64ReinterpretF64), ("Double", "UInt64", Opcode.I64ReinterpretF64),
            ("Int32", "Single", Opcode.F32ReinterpretI32), ("UInt32", "Single", Opcode.F32ReinterpretI32),
            ("Int64", "Double", Opcode.F64ReinterpretI64), ("UInt64", "Double", Opcode.F64ReinterpretI64),
        })
        {
            table[$"System.BitConverter.{from}{(to is "Single" or "Double" ? "Bits" : "")}To{to}{(to is "Single" or "Double" ? "" : "Bits")}"] =
                (i, m, a) => Push(i, m, i.B.Wasm(code, a[0].V));
        }
    }

    public static bool Push(Importer importer, MethodDesc method, Instr value)
    {
        importer.Push(method.Signature.Return, value);
        return true;
    }

    private static bool Same(Importer importer, MethodDesc method, Val[] args) => Push(importer, method, args[0].V);

    private static bool Read(Importer importer, MethodDesc method, Val[] args)
    {
        importer.Push(importer.LoadValue(method.Arguments[0], args[0].V, 0));
        return true;
    }

    private static bool Write(Importer importer, MethodDesc method, Val[] args)
    {
        importer.StoreValue(method.Arguments[0], args[0].V, 0, args[1]);
        return true;
    }

    private static bool CopyBlock(Importer importer, MethodDesc method, Val[] args)
    {
        importer.B.Effect(Opcode.MemoryCopy, args[0].V, args[1].V, args[2].V);
        return true;
    }

    private static bool InitBlock(Importer importer, MethodDesc method, Val[] args)
    {
        importer.B.Effect(Opcode.MemoryFill, args[0].V, args[1].V, args[2].V);
        return true;
    }

    private static bool BitCast(Importer importer, MethodDesc method, Val[] args)
    {
        var from = method.Arguments[0];
        var to = method.Arguments[1];
        if (from.Size != to.Size)
            throw new UnsupportedException($"Unsafe.BitCast from {from} to {to}: their sizes differ");
        var value = args[0];
        var b = importer.B;
        Instr? result = (from.Repr, to.Repr) switch
        {
            (Repr.F32, Repr.I32) => b.Wasm(Opcode.I32ReinterpretF32, value.V),
            (Repr.I32, Repr.F32) => b.Wasm(Opcode.F32ReinterpretI32, value.V),
            (Repr.F64, Repr.I64) => b.Wasm(Opcode.I64ReinterpretF64, value.V),
            (Repr.I64, Repr.F64) => b.Wasm(Opcode.F64ReinterpretI64, value.V),
            (Repr.Struct, _) or (_, Repr.Struct) => null,
            _ => importer.Narrow(value.V, to.Repr),
        };
        if (result != null)
            return Push(importer, method, result);
        importer.Push(importer.LoadValue(to, importer.Spill(value), 0));
        return true;
    }
}
