namespace Gantry.Wasm;

/// <summary>A value type, by its byte in the binary format (core 5.3.1-5.3.4).</summary>
public enum ValType : byte
{
    ExternRef = 0x6F,
    FuncRef = 0x70,
    V128 = 0x7B,
    F64 = 0x7C,
    F32 = 0x7D,
    I64 = 0x7E,
    I32 = 0x7F,
}

/// <summary>Questions about value types.</summary>
public static class ValTypes
{
    /// <summary>Whether the byte is a value type of core 2.0.</summary>
    public static bool IsValType(byte value) => value is 0x6F or 0x70 or (>= 0x7B and <= 0x7F);

    /// <summary>Whether the type is a reference type.</summary>
    public static bool IsReference(this ValType type) => type is ValType.FuncRef or ValType.ExternRef;

    /// <summary>The type's name in the text format.</summary>
    public static string Name(this ValType type) => type switch
    {
        ValType.I32 => "i32",
        ValType.I64 => "i64",
        ValType.F32 => "f32",
        ValType.F64 => "f64",
        ValType.V128 => "v128",
        ValType.FuncRef => "funcref",
        ValType.ExternRef => "externref",
        _ => $"0x{(byte)type:x2}",
    };
}

/// <summary>What an import or export is, by its byte in the binary format (core 5.5.5).</summary>
public enum ExternKind : byte
{
    Function = 0,
    Table = 1,
    Memory = 2,
    Global = 3,
}

/// <summary>A function type: parameters and results. Compares by content.</summary>
public sealed class FuncType : IEquatable<FuncType>
{
    private readonly ValType[] parameters;
    private readonly ValType[] results;

    /// <summary>Makes a function type of copies of the two lists.</summary>
    public FuncType(ReadOnlySpan<ValType> parameters, ReadOnlySpan<ValType> results)
        : this(parameters.ToArray(), results.ToArray(), false)
    {
    }

    private FuncType(ValType[] parameters, ValType[] results, bool _)
    {
        this.parameters = parameters;
        this.results = results;
    }

    /// <summary>The parameters' types, first parameter first.</summary>
    public ReadOnlySpan<ValType> Parameters => parameters;

    /// <summary>The results' types.</summary>
    public ReadOnlySpan<ValType> Results => results;

    /// <summary>Makes a function type that keeps the two arrays.</summary>
    internal static FuncType Owning(ValType[] parameters, ValType[] results) => new(parameters, results, false);

    /// <inheritdoc/>
    public bool Equals(FuncType? other) => other is not null && Parameters.SequenceEqual(other.Parameters) && Results.SequenceEqual(other.Results);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FuncType);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (ValType type in parameters) hash.Add((byte)type);
        hash.Add(-1);
        foreach (ValType type in results) hash.Add((byte)type);
        return hash.ToHashCode();
    }

    /// <summary>The type as the text format's (param ...) (result ...), shortened to <c>[i32 i64] -> [f32]</c>.</summary>
    public override string ToString() => $"[{Join(parameters)}] -> [{Join(results)}]";

    private static string Join(ValType[] types) => string.Join(' ', types.Select(ValTypes.Name));
}

/// <summary>A block's type: nothing, one result, or a function type by index (core 5.4.1); held as the format's s33 value.</summary>
/// <param name="Value">The s33: -64 for no result, the value type's byte minus 128 for one result, else a type index.</param>
public readonly record struct BlockType(long Value)
{
    /// <summary>Takes nothing, leaves nothing.</summary>
    public static BlockType Empty => new(-64);

    /// <summary>Takes nothing, leaves one value.</summary>
    public static BlockType Of(ValType result) => new((int)result - 128);

    /// <summary>Takes and leaves what the function type at this index says.</summary>
    public static BlockType Index(int typeIndex) => new(typeIndex);

    /// <summary>Whether <see cref="Value"/> is an index into the module's types.</summary>
    public bool IsIndex => Value >= 0;

    /// <summary>The one result's type, if there is one.</summary>
    public ValType? Result => Value is < 0 and not -64 ? (ValType)(Value + 128) : null;

    /// <summary>Lets a value type stand where a block type is wanted.</summary>
    public static implicit operator BlockType(ValType result) => Of(result);
}

/// <summary>The size limits of a table (elements) or a memory (pages of 64 KiB).</summary>
/// <param name="Minimum">The initial size.</param>
/// <param name="Maximum">The largest size, or null for no limit but the host's.</param>
public readonly record struct Limits(uint Minimum, uint? Maximum = null);

/// <summary>The immediate of a memory access.</summary>
/// <param name="AlignLog2">The alignment hint as a power of two, at most the access's natural alignment.</param>
/// <param name="Offset">A constant added to the address, in bytes.</param>
public readonly record struct MemArg(uint AlignLog2, uint Offset);
