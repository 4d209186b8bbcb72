using System.Reflection;
using System.Reflection.Metadata;

namespace Gantry.Compiler.TypeSystem;

/// <summary>A scalar inside a struct.</summary>
/// <param name="Offset">Bytes from the struct's start.</param>
/// <param name="Repr">How it is held.</param>
internal readonly record struct Leaf(int Offset, Repr Repr);

/// <summary>Where a type's fields lie.</summary>
internal sealed class Layout(int size, int alignment, Dictionary<FieldDefinitionHandle, int> offsets, Leaf[]? leaves)
{
    public int Size { get; } = size;

    public int Alignment { get; } = alignment;

    /// <summary>All scalars in order of offset; null when fields overlap or the struct is an array of bytes in disguise.</summary>
    public Leaf[]? Leaves { get; } = leaves;

    public int OffsetOf(FieldDesc field) => offsets[field.Handle];
}

/// <summary>Lays out types as wasm32: pointers are four bytes, everything is naturally aligned.</summary>
internal static class LayoutBuilder
{
    /// <summary>Objects start with the address of their method table.</summary>
    public const int ObjectHeader = 4;

    /// <summary>Offset of an array's length.</summary>
    public const int ArrayLength = 4;

    /// <summary>Offset of an array's first element (aligned for every element type but V128, which gets 16).</summary>
    public static int ArrayData(TypeDesc element) => element.Alignment > 8 ? 16 : 8;

    public static Layout Build(TypeDesc type)
    {
        var offsets = new Dictionary<FieldDefinitionHandle, int>();
        if (type.Module == null)
            return new Layout(4, 4, offsets, null);
        var reader = type.Module.Reader;
        var declared = reader.GetTypeDefinition(type.Handle).GetLayout();
        var isExplicit = (type.Attributes & TypeAttributes.LayoutMask) == TypeAttributes.ExplicitLayout;
        var pack = declared.PackingSize == 0 ? 16 : declared.PackingSize;
        var offset = 0;
        var alignment = 1;
        if (!type.IsValueType)
        {
            offset = type.BaseType is { } parent && parent.IsDefinition ? parent.Layout.Size : ObjectHeader;
            if (offset < ObjectHeader)
                offset = ObjectHeader;
            alignment = type.BaseType is { IsDefinition: true } p ? Math.Max(4, p.Layout.Alignment) : 4;
        }

        var start = offset;
        var end = offset;
        foreach (var field in type.Fields)
        {
            if (field.IsStatic)
                continue;
            var fieldAlignment = Math.Min(field.Type.Alignment, pack);
            if (isExplicit)
                offset = start + field.ExplicitOffset;
            else
                offset = Align(offset, fieldAlignment);
            offsets[field.Handle] = offset;
            alignment = Math.Max(alignment, fieldAlignment);
            offset += field.Type.Size;
            end = Math.Max(end, offset);
        }

        var repeat = type.IsValueType ? type.Context.InlineArrayLength(type) : 0;
        if (repeat > 0)
            end *= repeat;
        var size = Align(end, alignment);
        var blob = repeat > 1;
        if (type.IsValueType)
        {
            if (declared.Size > size)
            {
                // A fixed buffer is a struct with one element and the size of all of them. (An empty struct has one byte that nobody sees.)
                blob |= (declared.Size >= end + alignment && declared.Size > 1) || type.Fields.Count(f => !f.IsStatic) == 1;
                size = declared.Size;
            }

            if (size == 0)
                size = 1;
        }

        return new Layout(size, alignment, offsets, blob ? null : CollectLeaves(type, offsets));
    }

    public static int Align(int value, int alignment) => (value + alignment - 1) & -alignment;

    private static Leaf[]? CollectLeaves(TypeDesc type, Dictionary<FieldDefinitionHandle, int> offsets)
    {
        if (!type.IsValueType)
            return null;
        var leaves = new List<Leaf>();
        foreach (var field in type.Fields)
        {
            if (field.IsStatic)
                continue;
            var offset = offsets[field.Handle];
            if (field.Type.Repr != Repr.Struct)
            {
                leaves.Add(new Leaf(offset, field.Type.Repr));
                continue;
            }

            var inner = field.Type.Layout.Leaves;
            if (inner == null)
                return null;
            leaves.AddRange(inner.Select(l => l with { Offset = l.Offset + offset }));
        }

        leaves.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        for (var i = 1; i < leaves.Count; i++)
        {
            if (leaves[i].Offset < leaves[i - 1].Offset + SizeOf(leaves[i - 1].Repr))
                return null;
        }

        return [.. leaves];
    }

    public static int SizeOf(Repr repr) => repr switch
    {
        Repr.I8 or Repr.U8 => 1,
        Repr.I16 or Repr.U16 => 2,
        Repr.I32 or Repr.F32 => 4,
        Repr.I64 or Repr.F64 => 8,
        Repr.V128 => 16,
        _ => 0,
    };
}
