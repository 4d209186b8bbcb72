using Gantry.Compiler.Import;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <content>Making vectors, taking them apart, moving lanes, loads and stores.</content>
internal static partial class VectorIntrinsics
{
    private static void RegisterLanes(Dictionary<string, Expander> table)
    {
        table[Static + "Create"] = Create;
        table[Static + "CreateScalar"] = (i, m, a) => CreateScalar(i, m, a);
        table[Static + "CreateScalarUnsafe"] = (i, m, a) => CreateScalar(i, m, a);
        table[Instance + "get_Zero"] = (i, m, _) => Push(i, m, i.B.Emit(Instr.V128(0)));
        table[Instance + "get_AllBitsSet"] = (i, m, _) => Push(i, m, i.B.Emit(Instr.V128(UInt128.MaxValue)));
        table[Static + "ToScalar"] = (i, m, a) => Extract(i, m, a[0], 0);
        table[Static + "GetElement"] = (i, m, a) => a[1].V.IsConst && Extract(i, m, a[0], a[1].V.Imm);
        table[Static + "WithElement"] = WithElement;
        table[Static + "GetLower"] = (i, m, a) => Half(i, m, a[0], 0);
        table[Static + "GetUpper"] = (i, m, a) => Half(i, m, a[0], 1);
        table[Static + "As"] = Same;
        foreach (var name in new[] { "Byte", "SByte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Single", "Double", "NInt", "NUInt" })
            table[Static + "As" + name] = Same;
        table[Static + "WidenLower"] = (i, m, a) => Widen(i, m, a, "Low");
        table[Static + "WidenUpper"] = (i, m, a) => Widen(i, m, a, "High");
        table[Static + "Narrow"] = Narrow;
        table[Static + "NarrowWithSaturation"] = NarrowSaturating;
        table[Static + "Shuffle"] = (i, m, a) => Shuffle(i, m, a);
        table[Static + "ShuffleNative"] = (i, m, a) => ElementOf(m) is { Size: 1 } && Shuffle(i, m, a);
        table[Static + "ConvertToInt32"] = (i, m, a) => Whole(i, m, a, Opcode.I32x4TruncSatF32x4S);
        table[Static + "ConvertToUInt32"] = (i, m, a) => Whole(i, m, a, Opcode.I32x4TruncSatF32x4U);
        table[Static + "ConvertToSingle"] = (i, m, a) => Whole(i, m, a, IsUnsigned(m.Signature.Parameters[0].Arguments[0]) ? Opcode.F32x4ConvertI32x4U : Opcode.F32x4ConvertI32x4S);
    }

    private static void RegisterMemory(Dictionary<string, Expander> table)
    {
        foreach (var name in new[] { "Load", "LoadAligned", "LoadAlignedNonTemporal", "LoadUnsafe" })
            table[Static + name] = Load;
        foreach (var name in new[] { "Store", "StoreAligned", "StoreAlignedNonTemporal", "StoreUnsafe" })
            table[Static + name] = Store;
    }

    private static bool Same(Importer importer, MethodDesc method, Val[] args) =>
        args[0].Parts.Length == 1 && args[0].V.Type == ValType.V128 && method.Signature.Return.Repr == Repr.V128 && Push(importer, method, args[0].V);

    private static bool Load(Importer importer, MethodDesc method, Val[] args)
    {
        if (ElementOf(method) is not { } element)
            return false;
        var address = args[0].V;
        if (args.Length == 2)
            address = importer.B.Wasm(Opcode.I32Add, address, importer.Scale(args[1].V, element.Size));
        return Push(importer, method, importer.B.Load(Repr.V128, address));
    }

    private static bool Store(Importer importer, MethodDesc method, Val[] args)
    {
        if (ElementOf(method) is not { } element || args[0].V.Type != ValType.V128)
            return false;
        var address = args[1].V;
        if (args.Length == 3)
            address = importer.B.Wasm(Opcode.I32Add, address, importer.Scale(args[2].V, element.Size));
        importer.B.Store(Repr.V128, address, args[0].V);
        return true;
    }

    private static bool Create(Importer importer, MethodDesc method, Val[] args)
    {
        if (method.Signature.Return.Repr != Repr.V128 || Shape(method.Signature.Return.Arguments[0]) is not { } shape || Array.Exists(args, a => a.Parts.Length != 1 || a.InMemory))
            return false;
        var element = method.Signature.Return.Arguments[0];
        var b = importer.B;
        // Two 64-bit halves.
        if (args.Length == 2 && args[0].Type.Repr == Repr.Struct)
        {
            if (args[0].V.Type != ValType.I64)
                return false;
            return Push(importer, method, b.Lane(Opcode.I64x2ReplaceLane, 1, b.Wasm(Opcode.I64x2Splat, args[0].V), args[1].V));
        }

        if (args[0].Type.Repr == Repr.Struct || Array.Exists(args, a => a.V.Type != OpcodeTable.Find(Find(shape, "Splat")!.Value)!.Type!.Parameters[0]))
            return false;
        if (args.Length == 1)
            return Push(importer, method, Splat(importer, element, args[0].V));
        if (args.Length != 16 / element.Size)
            return false;
        // Constant lanes come from one constant, the others replace theirs.
        UInt128 known = 0;
        for (var lane = 0; lane < args.Length; lane++)
        {
            if (args[lane].V.IsConst)
                known |= (UInt128)((ulong)args[lane].V.Imm & (element.Size == 8 ? ulong.MaxValue : (1UL << (8 * element.Size)) - 1)) << (8 * element.Size * lane);
        }

        var vector = b.Emit(Instr.V128(known));
        for (var lane = 0; lane < args.Length; lane++)
        {
            if (!args[lane].V.IsConst)
                vector = b.Lane(Find(shape, "ReplaceLane")!.Value, lane, vector, args[lane].V);
        }

        return Push(importer, method, vector);
    }

    private static bool CreateScalar(Importer importer, MethodDesc method, Val[] args)
    {
        if (Shape(method.Signature.Return.Arguments[0]) is not { } shape || args[0].Parts.Length != 1)
            return false;
        var b = importer.B;
        return Push(importer, method, b.Lane(Find(shape, "ReplaceLane")!.Value, 0, b.Emit(Instr.V128(0)), args[0].V));
    }

    private static bool Extract(Importer importer, MethodDesc method, Val vector, long lane)
    {
        if (ElementOf(method) is not { } element || lane < 0 || lane >= 16 / element.Size || vector.V.Type != ValType.V128)
            return false;
        var suffix = element.Size <= 2 ? "ExtractLane" + (IsUnsigned(element) ? "U" : "S") : "ExtractLane";
        return Push(importer, method, importer.B.Lane(Find(Shape(element)!, suffix)!.Value, (int)lane, vector.V));
    }

    private static bool WithElement(Importer importer, MethodDesc method, Val[] args)
    {
        if (ElementOf(method) is not { } element || !args[1].V.IsConst || args[1].V.Imm < 0 || args[1].V.Imm >= 16 / element.Size)
            return false;
        return Push(importer, method, importer.B.Lane(Find(Shape(element)!, "ReplaceLane")!.Value, (int)args[1].V.Imm, args[0].V, args[2].V));
    }

    private static bool Half(Importer importer, MethodDesc method, Val vector, int lane)
    {
        if (vector.V.Type != ValType.V128 || CallingConvention.Leaves(method.Signature.Return) is not [{ Repr: Repr.I64 }])
            return false;
        return Push(importer, method, importer.B.Lane(Opcode.I64x2ExtractLane, lane, vector.V));
    }

    private static bool Widen(Importer importer, MethodDesc method, Val[] args, string half)
    {
        var from = method.Signature.Parameters[0].Arguments[0];
        if (from.Repr == Repr.F32)
            return half == "Low" && Whole(importer, method, args, Opcode.F64x2PromoteLowF32x4);
        var (wide, narrow) = from.Size switch { 1 => ("I16x8", "I8x16"), 2 => ("I32x4", "I16x8"), 4 => ("I64x2", "I32x4"), _ => ("", "") };
        return Find(wide, "Extend" + half + narrow + (IsUnsigned(from) ? "U" : "S")) is { } code && Whole(importer, method, args, code);
    }

    /// <summary>Narrowing cuts: the low halves of all lanes, by a shuffle.</summary>
    private static bool Narrow(Importer importer, MethodDesc method, Val[] args)
    {
        var from = method.Signature.Parameters[0];
        if (from.Repr != Repr.V128 || from.Arguments[0].Repr is Repr.F64 or Repr.F32 || args.Length != 2)
            return false;
        var size = from.Arguments[0].Size;
        var half = size / 2;
        UInt128 lanes = 0;
        for (var i = 0; i < 16; i++)
            lanes |= (UInt128)(byte)(i / half * size + i % half) << (8 * i);
        return Push(importer, method, ShuffleBytes(importer, args[0].V, args[1].V, lanes));
    }

    private static bool NarrowSaturating(Importer importer, MethodDesc method, Val[] args)
    {
        var from = method.Signature.Parameters[0];
        if (from.Repr != Repr.V128 || args.Length != 2)
            return false;
        return from.Arguments[0].Primitive switch
        {
            System.Reflection.Metadata.PrimitiveTypeCode.Int16 => Whole(importer, method, args, Opcode.I8x16NarrowI16x8S),
            System.Reflection.Metadata.PrimitiveTypeCode.Int32 => Whole(importer, method, args, Opcode.I16x8NarrowI32x4S),
            _ => false,
        };
    }

    private static Instr ShuffleBytes(Importer importer, Instr a, Instr b, UInt128 lanes) =>
        importer.B.Emit(new Instr(Op.Wasm, ValType.V128, a, b) { Code = Opcode.I8x16Shuffle, Wide = lanes });

    /// <summary>Bytes by swizzle (an index out of range gives 0, as in .NET); wider lanes when the indices are constant.</summary>
    private static bool Shuffle(Importer importer, MethodDesc method, Val[] args)
    {
        var vector = method.Signature.Parameters[0];
        if (vector.Repr != Repr.V128 || Shape(vector.Arguments[0]) == null || args[0].V.Type != ValType.V128 || args[1].V.Type != ValType.V128)
            return false;
        var size = vector.Arguments[0].Size;
        if (args[1].V.IsConst)
        {
            UInt128 lanes = 0;
            for (var i = 0; i < 16; i++)
            {
                var index = (ulong)(args[1].V.Wide >> (8 * size * (i / size))) & (size == 8 ? ulong.MaxValue : (1UL << (8 * size)) - 1);
                var source = index < (ulong)(16 / size) ? (int)index * size + i % size : 16;
                lanes |= (UInt128)(byte)source << (8 * i);
            }

            return Push(importer, method, ShuffleBytes(importer, args[0].V, importer.B.Emit(Instr.V128(0)), lanes));
        }

        return size == 1 && Whole(importer, method, args, Opcode.I8x16Swizzle);
    }
}
