namespace Gantry.Wasm;

/// <summary>A section's id in the binary format (core 5.5.2).</summary>
public enum SectionId : byte
{
    Custom = 0,
    Type = 1,
    Import = 2,
    Function = 3,
    Table = 4,
    Memory = 5,
    Global = 6,
    Export = 7,
    Start = 8,
    Element = 9,
    Code = 10,
    Data = 11,
    DataCount = 12,
}

/// <summary>
/// A WebAssembly module, in the spec's terms: what an index means is its place in the lists, imports before definitions
/// (core 2.5.1). Function bodies and constant expressions are bytes; <see cref="InstructionReader"/> walks them.
/// </summary>
public sealed class Module
{
    private Dictionary<FuncType, int>? typeIndices;

    /// <summary>The function types.</summary>
    public List<FuncType> Types { get; } = [];

    /// <summary>The imports, of all kinds in one list.</summary>
    public List<Import> Imports { get; } = [];

    /// <summary>The functions defined here.</summary>
    public List<Function> Functions { get; } = [];

    /// <summary>The tables defined here.</summary>
    public List<TableType> Tables { get; } = [];

    /// <summary>The memories defined here, in pages.</summary>
    public List<Limits> Memories { get; } = [];

    /// <summary>The globals defined here.</summary>
    public List<Global> Globals { get; } = [];

    /// <summary>The exports.</summary>
    public List<Export> Exports { get; } = [];

    /// <summary>The index of the function to run at instantiation, if any.</summary>
    public int? Start { get; set; }

    /// <summary>The element segments.</summary>
    public List<ElementSegment> Elements { get; } = [];

    /// <summary>The data segments.</summary>
    public List<DataSegment> Data { get; } = [];

    /// <summary>Whether a data count section is written; <c>memory.init</c> and <c>data.drop</c> need it.</summary>
    public bool HasDataCount { get; set; }

    /// <summary>The custom sections, each with its place.</summary>
    public List<CustomSection> CustomSections { get; } = [];

    /// <summary>The number of imports of one kind: the first index of that kind's definitions.</summary>
    public int ImportCount(ExternKind kind)
    {
        int count = 0;
        foreach (Import import in Imports) count += import.Kind == kind ? 1 : 0;
        return count;
    }

    /// <summary>Finds a function type or adds it.</summary>
    /// <returns>Its index.</returns>
    public int TypeIndex(FuncType type)
    {
        typeIndices ??= [];
        for (int i = typeIndices.Count; i < Types.Count; i++)
        {
            // A module that was read may list one type twice: the first wins.
            if (!typeIndices.TryAdd(Types[i], i)) return TypeIndexSlow(type);
        }

        if (typeIndices.TryGetValue(type, out int index)) return index;
        typeIndices.Add(type, Types.Count);
        Types.Add(type);
        return Types.Count - 1;
    }

    /// <inheritdoc cref="TypeIndex(FuncType)"/>
    public int TypeIndex(ReadOnlySpan<ValType> parameters, ReadOnlySpan<ValType> results) => TypeIndex(new FuncType(parameters, results));

    private int TypeIndexSlow(FuncType type)
    {
        typeIndices!.Clear();
        int index = Types.IndexOf(type);
        if (index >= 0) return index;
        Types.Add(type);
        return Types.Count - 1;
    }
}

/// <summary>An import. Which of the type members counts is <paramref name="Kind"/>'s to say.</summary>
public sealed record Import(string Module, string Name, ExternKind Kind)
{
    /// <summary>A function's type, as an index.</summary>
    public int TypeIndex { get; init; }

    /// <summary>A table's type.</summary>
    public TableType Table { get; init; }

    /// <summary>A memory's limits, in pages.</summary>
    public Limits Memory { get; init; }

    /// <summary>A global's type.</summary>
    public GlobalType Global { get; init; }

    /// <summary>Makes the import of a function.</summary>
    public static Import OfFunction(string module, string name, int typeIndex) => new(module, name, ExternKind.Function) { TypeIndex = typeIndex };

    /// <summary>Makes the import of a table.</summary>
    public static Import OfTable(string module, string name, TableType type) => new(module, name, ExternKind.Table) { Table = type };

    /// <summary>Makes the import of a memory.</summary>
    public static Import OfMemory(string module, string name, Limits limits) => new(module, name, ExternKind.Memory) { Memory = limits };

    /// <summary>Makes the import of a global.</summary>
    public static Import OfGlobal(string module, string name, GlobalType type) => new(module, name, ExternKind.Global) { Global = type };
}

/// <summary>An export: a name for the thing of that kind at that index.</summary>
public sealed record Export(string Name, ExternKind Kind, int Index);

/// <summary>A table's element type (a reference type) and its size in elements.</summary>
public readonly record struct TableType(ValType Element, Limits Limits);

/// <summary>A global's type.</summary>
public readonly record struct GlobalType(ValType Type, bool IsMutable);

/// <summary>A global and its initial value.</summary>
public sealed record Global(GlobalType Type, ConstExpr Init);

/// <summary>A run of locals of one type.</summary>
public readonly record struct LocalGroup(uint Count, ValType Type);

/// <summary>A function defined in the module.</summary>
/// <param name="TypeIndex">The index of its type.</param>
/// <param name="Locals">Its locals, after its parameters, in groups.</param>
/// <param name="Code">Its body's instructions up to and including the last <c>end</c>.</param>
public sealed record Function(int TypeIndex, IReadOnlyList<LocalGroup> Locals, ReadOnlyMemory<byte> Code)
{
    /// <summary>Where <see cref="Code"/> began in the binary it was read from, for messages; 0 if it was made.</summary>
    public int CodeOffset { get; init; }
}

/// <summary>How a segment is used.</summary>
public enum SegmentMode : byte
{
    /// <summary>Copied to its table or memory at instantiation.</summary>
    Active,

    /// <summary>Copied by <c>table.init</c> or <c>memory.init</c>.</summary>
    Passive,

    /// <summary>Only declares functions that <c>ref.func</c> may name (elements only).</summary>
    Declarative,
}

/// <summary>An element segment: references for a table. Either function indices or constant expressions.</summary>
public sealed record ElementSegment(SegmentMode Mode, ValType Type)
{
    /// <summary>Where an active segment goes.</summary>
    public int Table { get; init; }

    /// <summary>The first element an active segment fills.</summary>
    public ConstExpr Offset { get; init; }

    /// <summary>The elements as function indices, or null if <see cref="Expressions"/> holds them.</summary>
    public IReadOnlyList<int>? Functions { get; init; }

    /// <summary>The elements as constant expressions, or null if <see cref="Functions"/> holds them.</summary>
    public IReadOnlyList<ConstExpr>? Expressions { get; init; }

    /// <summary>Makes an active segment of functions for table 0.</summary>
    public static ElementSegment ActiveFunctions(int offset, IReadOnlyList<int> functions) =>
        new(SegmentMode.Active, ValType.FuncRef) { Offset = ConstExpr.I32(offset), Functions = functions };
}

/// <summary>A data segment: bytes for a memory.</summary>
public sealed record DataSegment(SegmentMode Mode, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Where an active segment goes.</summary>
    public int Memory { get; init; }

    /// <summary>The first address an active segment fills.</summary>
    public ConstExpr Offset { get; init; }

    /// <summary>Makes an active segment for memory 0.</summary>
    public static DataSegment Active(int address, ReadOnlyMemory<byte> bytes) =>
        new(SegmentMode.Active, bytes) { Offset = ConstExpr.I32(address) };
}

/// <summary>A custom section.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">What follows the name.</param>
/// <param name="After">The section it follows in the binary; <see cref="SectionId.Custom"/> puts it before all others.</param>
public sealed record CustomSection(string Name, ReadOnlyMemory<byte> Bytes, SectionId After = SectionId.Data);

/// <summary>A constant expression: its instructions up to and including <c>end</c> (core 3.3.10).</summary>
public readonly record struct ConstExpr(ReadOnlyMemory<byte> Code)
{
    /// <summary>Where <see cref="Code"/> began in the binary it was read from, for messages; 0 if it was made.</summary>
    public int CodeOffset { get; init; }

    public static ConstExpr I32(int value) => Make(value, static (writer, v) => writer.I32Const(v));

    public static ConstExpr I64(long value) => Make(value, static (writer, v) => writer.I64Const(v));

    public static ConstExpr F32(float value) => Make(value, static (writer, v) => writer.F32Const(v));

    public static ConstExpr F64(double value) => Make(value, static (writer, v) => writer.F64Const(v));

    public static ConstExpr V128(UInt128 value) => Make(value, static (writer, v) => writer.V128Const(v));

    public static ConstExpr RefFunc(int function) => Make(function, static (writer, v) => writer.RefFunc(v));

    public static ConstExpr RefNull(ValType type) => Make(type, static (writer, v) => writer.RefNull(v));

    public static ConstExpr GlobalGet(int global) => Make(global, static (writer, v) => writer.GlobalGet(v));

    private static ConstExpr Make<T>(T value, Action<CodeWriter, T> write)
    {
        var writer = new CodeWriter(24);
        write(writer, value);
        writer.End();
        return new ConstExpr(writer.ToArray());
    }
}
