using Gantry.Compiler.IR;
using Gantry.Compiler.Import;
using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.Intrinsics;

/// <summary>Blocks of memory, arrays and static data.</summary>
internal static class MemoryIntrinsics
{
    public static void Register(Dictionary<string, Expander> table)
    {
        table["System.Buffer.Memmove"] = MoveElements;
        table["System.Span`1.Clear"] = ClearSpan;
        table["System.SpanHelpers.Fill"] = Fill;
        table["System.Runtime.InteropServices.NativeMemory.Clear"] = Clear;
        table["System.Runtime.InteropServices.NativeMemory.Copy"] = (i, _, a) =>
        {
            i.B.Effect(Opcode.MemoryCopy, a[1].V, a[0].V, a[2].V);
            return true;
        };
        table["System.Runtime.InteropServices.NativeMemory.Fill"] = (i, _, a) =>
        {
            i.B.Effect(Opcode.MemoryFill, a[0].V, a[2].V, a[1].V);
            return true;
        };
        table["System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference"] = (i, m, a) =>
        {
            if (m.Arguments.Length == 0)
                throw new UnsupportedException("an array of unknown element type");
            i.NullCheck(a[0]);
            return UnsafeIntrinsics.Push(i, m, i.B.Add(a[0].V, LayoutBuilder.ArrayData(m.Arguments[0])));
        };
        table["System.Array.Clear"] = ClearArray;
        table["System.Array.Copy"] = CopyArray;
        table["System.Array.get_Length"] = (i, m, a) =>
        {
            i.NullCheck(a[0]);
            return UnsafeIntrinsics.Push(i, m, i.B.Load(Repr.I32, a[0].V, LayoutBuilder.ArrayLength));
        };
        table["System.Runtime.CompilerServices.RuntimeHelpers.InitializeArray"] = InitializeArray;
        table["System.Runtime.CompilerServices.RuntimeHelpers.CreateSpan"] = CreateSpan;
    }

    private static bool MoveElements(Importer importer, MethodDesc method, Val[] args)
    {
        var size = method.Arguments.Length == 1 ? method.Arguments[0].Size : 1;
        importer.B.Effect(Opcode.MemoryCopy, args[0].V, args[1].V, importer.Scale(args[2].V, size));
        return true;
    }

    private static bool Clear(Importer importer, MethodDesc method, Val[] args)
    {
        importer.B.Effect(Opcode.MemoryFill, args[0].V, importer.B.I32(0), args[1].V);
        return true;
    }

    /// <summary>Of references too: the base library's own body counts in pointers of eight bytes, the ones it was built for.</summary>
    private static bool ClearSpan(Importer importer, MethodDesc method, Val[] args)
    {
        var span = importer.LoadValue(method.Owner, args[0].V, 0);
        importer.B.Effect(Opcode.MemoryFill, span.Parts[0], importer.B.I32(0), importer.Scale(span.Parts[1], method.Owner.Arguments[0].Size));
        return true;
    }

    private static bool ClearArray(Importer importer, MethodDesc method, Val[] args)
    {
        if (args[0].Type.Element is not { } element)
            throw new UnsupportedException("Array.Clear of an array whose element type is not known: use Span<T>.Clear");
        importer.NullCheck(args[0]);
        var b = importer.B;
        var data = b.Add(args[0].V, LayoutBuilder.ArrayData(element));
        var length = b.Load(Repr.I32, args[0].V, LayoutBuilder.ArrayLength);
        if (args.Length == 3)
        {
            // index and length are unsigned after the check that neither is negative and that they end inside.
            var trap = importer.TrapFor("System.IndexOutOfRangeException", "Index was outside the bounds of the array.");
            b.TrapIf(b.Wasm(Opcode.I32GtU, args[1].V, length), trap);
            b.TrapIf(b.Wasm(Opcode.I32GtU, args[2].V, b.Wasm(Opcode.I32Sub, length, args[1].V)), trap);
            data = b.Wasm(Opcode.I32Add, data, importer.Scale(args[1].V, element.Size));
            length = args[2].V;
        }

        b.Effect(Opcode.MemoryFill, data, b.I32(0), importer.Scale(length, element.Size));
        return true;
    }

    /// <summary>Array.Copy between arrays of one element type: (from, to, length) or (from, at, to, at, length).</summary>
    private static bool CopyArray(Importer importer, MethodDesc method, Val[] args)
    {
        var from = args[0];
        var to = args[args.Length == 3 ? 1 : 2];
        if (from.Type.Element is not { } element || to.Type.Element != element || args[^1].V.Type != ValType.I32)
            throw new UnsupportedException("Array.Copy of arrays whose element type is not known or not the same: use Span<T>.CopyTo");
        importer.NullCheck(from);
        importer.NullCheck(to);
        var b = importer.B;
        var count = args[^1].V;
        var source = Checked(from, args.Length == 3 ? b.I32(0) : args[1].V);
        var target = Checked(to, args.Length == 3 ? b.I32(0) : args[3].V);
        b.Effect(Opcode.MemoryCopy, target, source, importer.Scale(count, element.Size));
        return true;

        // Negative numbers are large unsigned ones: two comparisons check index, length and end.
        Instr Checked(Val array, Instr index)
        {
            var length = b.Load(Repr.I32, array.V, LayoutBuilder.ArrayLength);
            var negative = importer.TrapFor("System.ArgumentOutOfRangeException", Resources.Text("ArgumentOutOfRange_NeedNonNegNum"));
            b.TrapIf(b.Wasm(Opcode.I32LtS, index, b.I32(0)), negative);
            b.TrapIf(b.Wasm(Opcode.I32LtS, count, b.I32(0)), negative);
            var tooLong = importer.TrapFor("System.ArgumentException", Resources.Text("Arg_LongerThanSrcArray"));
            b.TrapIf(b.Wasm(Opcode.I32GtU, index, length), tooLong);
            b.TrapIf(b.Wasm(Opcode.I32GtU, count, b.Wasm(Opcode.I32Sub, length, index)), tooLong);
            return b.Add(b.Wasm(Opcode.I32Add, array.V, importer.Scale(index, element.Size)), LayoutBuilder.ArrayData(element));
        }
    }

    /// <summary>Fill of one-byte elements; wider ones are compiled from their IL.</summary>
    private static bool Fill(Importer importer, MethodDesc method, Val[] args)
    {
        if (method.Arguments.Length != 1 || method.Arguments[0].Repr is not (Repr.I8 or Repr.U8))
            return false;
        importer.B.Effect(Opcode.MemoryFill, args[0].V, args[2].V, args[1].V);
        return true;
    }

    private static bool InitializeArray(Importer importer, MethodDesc method, Val[] args)
    {
        if (args[1].Known is not FieldDesc field || args[0].Type.Element is not { } element)
            throw new UnsupportedException("InitializeArray of an unknown field");
        var b = importer.B;
        b.Effect(Opcode.MemoryCopy, b.Add(args[0].V, LayoutBuilder.ArrayData(element)), b.Symbol(importer.Unit.StaticField(field)), b.I32(field.Type.Size));
        return true;
    }

    private static bool CreateSpan(Importer importer, MethodDesc method, Val[] args)
    {
        if (args[0].Known is not FieldDesc field)
            throw new UnsupportedException("CreateSpan of an unknown field");
        var b = importer.B;
        importer.Push(new Val(method.Signature.Return, [b.Symbol(importer.Unit.StaticField(field)), b.I32(field.Type.Size / method.Arguments[0].Size)]));
        return true;
    }
}
