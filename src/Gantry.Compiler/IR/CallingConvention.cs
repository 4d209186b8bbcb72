using Gantry.Compiler.TypeSystem;
using Gantry.Wasm;

namespace Gantry.Compiler.IR;

/// <summary>How C# signatures become WebAssembly signatures (docs/compiler.md, "ABI").</summary>
internal static class CallingConvention
{
    /// <summary>Structs of at most this many scalars are passed as those scalars.</summary>
    public const int MaxFlatParameter = 4;

    /// <summary>Structs of at most this many scalars are held as those scalars inside a method.</summary>
    public const int MaxFlatValue = 8;

    /// <summary>Whether a value of this type is held as scalars and not in memory.</summary>
    public static bool IsFlat(TypeDesc type) => type.Repr != Repr.Struct || type.Layout.Leaves is { Length: <= MaxFlatValue };

    public static bool IsFlatParameter(TypeDesc type) => type.Repr != Repr.Struct || type.Layout.Leaves is { Length: <= MaxFlatParameter };

    /// <summary>Whether the result is stored through a hidden first parameter.</summary>
    public static bool ReturnsThroughPointer(TypeDesc type) => type.Repr == Repr.Struct && type.Layout.Leaves is not { Length: <= 1 };

    /// <summary>The scalars of a flat type.</summary>
    public static Leaf[] Leaves(TypeDesc type) => type.Repr switch
    {
        Repr.Void => [],
        Repr.Struct => type.Layout.Leaves!,
        var repr => [new Leaf(0, repr)],
    };

    public static FuncType TypeOf(MethodSig signature)
    {
        var parameters = new List<ValType>();
        var results = new List<ValType>();
        if (ReturnsThroughPointer(signature.Return))
            parameters.Add(ValType.I32);
        else if (!signature.Return.IsVoid)
            results.AddRange(Leaves(signature.Return).Select(l => Access.TypeOf(l.Repr)));
        if (signature.HasThis)
            parameters.Add(ValType.I32);
        foreach (var parameter in signature.Parameters)
        {
            if (IsFlatParameter(parameter))
                parameters.AddRange(Leaves(parameter).Select(l => Access.TypeOf(l.Repr)));
            else
                parameters.Add(ValType.I32);
        }

        return new FuncType([.. parameters], [.. results]);
    }
}
