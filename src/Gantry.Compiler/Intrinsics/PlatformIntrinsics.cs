using Gantry.Compiler.Import;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <summary>What the target is, typeof comparisons, objects, and the compiler's own primitives.</summary>
internal static class PlatformIntrinsics
{
    public static void Register(Dictionary<string, Expander> table)
    {
        table["Gantry.WasmTarget.get_IsWebAssembly"] = (i, _, _) => Constant(i, 1);
        table["System.Object..ctor"] = (_, _, _) => true;
        table["System.GC.KeepAlive"] = (_, _, _) => true;
        table["System.Threading.Thread.MemoryBarrier"] = (_, _, _) => true;
        table["System.Threading.Interlocked.MemoryBarrier"] = (_, _, _) => true;
        table["System.Object.GetType"] = (i, _, a) =>
        {
            i.NullCheck(a[0]);
            i.Push(new Val(i.Types.Object, [i.B.I32(0)]) { Known = new TypeOfObject(i.B.Load(Repr.I32, a[0].V)), NotNull = true });
            return true;
        };
        table["System.Type.GetTypeFromHandle"] = (i, _, a) => Push(i, a[0]);
        table["System.Type.op_Equality"] = (i, _, a) => CompareTypes(i, a, true);
        table["System.Type.op_Inequality"] = (i, _, a) => CompareTypes(i, a, false);
        table["System.Type.get_IsValueType"] = (i, _, a) => TypeTest(i, a, t => t.IsValueType);
        table["System.Type.get_IsPrimitive"] = (i, _, a) => TypeTest(i, a, t => t.Primitive is { } p && p is not (System.Reflection.Metadata.PrimitiveTypeCode.String or System.Reflection.Metadata.PrimitiveTypeCode.Object or System.Reflection.Metadata.PrimitiveTypeCode.Void));
        table["System.Type.get_IsEnum"] = (i, _, a) => TypeTest(i, a, t => t.IsEnum);
        table["System.String.get_Length"] = (i, _, a) =>
        {
            i.PushI32(i.B.Load(Repr.I32, a[0].V, 4));
            return true;
        };
        table["System.String.get_Chars"] = StringChar;
        table["System.IntPtr.get_Size"] = (i, _, _) => Constant(i, 4);
        table["System.UIntPtr.get_Size"] = (i, _, _) => Constant(i, 4);
        table["System.Environment.get_Is64BitProcess"] = (i, _, _) => Constant(i, 0);
        table["System.Runtime.CompilerServices.RuntimeHelpers.IsReferenceOrContainsReferences"] = (i, m, _) => Constant(i, ContainsReferences(m.Arguments[0]) ? 1 : 0);
        table["System.Runtime.CompilerServices.RuntimeHelpers.IsBitwiseEquatable"] = (i, m, _) => Constant(i, IsBitwiseEquatable(m.Arguments[0]) ? 1 : 0);
        table["Gantry.Compiler.Runtime.Primitives.HeapBase"] = (i, _, _) =>
        {
            i.PushI32(i.B.Symbol(i.Unit.HeapBase));
            return true;
        };
        table["Gantry.Compiler.Runtime.Primitives.MemorySize"] = (i, _, _) =>
        {
            i.PushI32(i.B.Effect(Opcode.MemorySize));
            return true;
        };
        table["Gantry.Compiler.Runtime.Primitives.MemoryGrow"] = (i, _, a) =>
        {
            i.PushI32(i.B.Effect(Opcode.MemoryGrow, a[0].V));
            return true;
        };
    }

    /// <summary>Whether a method asks for a processor feature, and the answer.</summary>
    public static bool IsFeatureTest(MethodDesc method, out bool supported)
    {
        supported = false;
        var owner = method.Owner;
        if (!method.Module.IsFramework)
            return false;
        if (method.Name == "get_IsSupported" && owner.Namespace is "System.Runtime.Intrinsics.X86" or "System.Runtime.Intrinsics.Arm" or "System.Runtime.Intrinsics.Wasm")
        {
            supported = owner.Is("System.Runtime.Intrinsics.Wasm", "PackedSimd");
            return method.Name == "get_IsSupported";
        }

        if (method.Name == "get_IsHardwareAccelerated" && owner.Arguments.Length == 0
            && (owner.Namespace == "System.Runtime.Intrinsics" || owner.Is("System.Numerics", "Vector")))
        {
            supported = owner.MetadataName == "Vector128";
            return true;
        }

        if (method.Name == "get_IsSupported" && owner.Namespace == "System.Runtime.Intrinsics" && owner.Arguments.Length == 1)
        {
            supported = owner.Arguments[0].Primitive is System.Reflection.Metadata.PrimitiveTypeCode p
                && p is >= System.Reflection.Metadata.PrimitiveTypeCode.SByte and <= System.Reflection.Metadata.PrimitiveTypeCode.Double
                or System.Reflection.Metadata.PrimitiveTypeCode.IntPtr or System.Reflection.Metadata.PrimitiveTypeCode.UIntPtr;
            return true;
        }

        return false;
    }

    public static bool Constant(Importer importer, int value)
    {
        importer.PushI32(importer.B.I32(value));
        return true;
    }

    private static bool Push(Importer importer, Val value)
    {
        importer.Push(value);
        return true;
    }

    private static bool CompareTypes(Importer importer, Val[] args, bool equal)
    {
        switch (args[0].Known, args[1].Known)
        {
            case (TypeDesc a, TypeDesc b):
                return Constant(importer, (a == b) == equal ? 1 : 0);
            case (TypeOfObject o, TypeDesc { IsReference: true } type):
                return CompareTables(importer, o, type, equal);
            case (TypeDesc { IsReference: true } type, TypeOfObject o):
                return CompareTables(importer, o, type, equal);
            default:
                throw new UnsupportedException("types can only be compared as typeof(A) == typeof(B) or x.GetType() == typeof(C)");
        }
    }

    private static bool CompareTables(Importer importer, TypeOfObject o, TypeDesc type, bool equal)
    {
        var b = importer.B;
        importer.PushI32(b.Wasm(equal ? Opcode.I32Eq : Opcode.I32Ne, o.MethodTable, b.Symbol(importer.Unit.MethodTable(type))));
        return true;
    }

    private static bool TypeTest(Importer importer, Val[] args, Func<TypeDesc, bool> test)
    {
        if (args[0].Known is not TypeDesc type)
            throw new UnsupportedException("reflection is only for typeof(...)");
        return Constant(importer, test(type) ? 1 : 0);
    }

    private static bool StringChar(Importer importer, MethodDesc method, Val[] args)
    {
        var b = importer.B;
        var length = b.Load(Repr.I32, args[0].V, 4);
        b.TrapIf(b.Wasm(Opcode.I32GeU, args[1].V, length), importer.TrapFor("System.IndexOutOfRangeException", "Index was outside the bounds of the array."));
        importer.Push(importer.Types.Primitive(System.Reflection.Metadata.PrimitiveTypeCode.Char),
            b.Load(Repr.U16, b.Wasm(Opcode.I32Add, args[0].V, b.Wasm(Opcode.I32Shl, args[1].V, b.I32(1))), 8));
        return true;
    }

    public static bool ContainsReferences(TypeDesc type)
    {
        if (type.IsReference || type.Kind == TypeKind.ByRef)
            return true;
        return type.Kind == TypeKind.Struct && type.Primitive == null && !type.IsEnum && type.Fields.Any(f => !f.IsStatic && ContainsReferences(f.Type));
    }

    private static bool IsBitwiseEquatable(TypeDesc type) =>
        type.Repr is Repr.I8 or Repr.U8 or Repr.I16 or Repr.U16 or Repr.I32 or Repr.I64 && !type.IsReference;
}
