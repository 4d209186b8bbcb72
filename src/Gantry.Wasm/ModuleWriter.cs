namespace Gantry.Wasm;

/// <summary>Writes a module in the binary format (core 5.5). It does not validate: see <see cref="ModuleValidator"/>.</summary>
public sealed class ModuleWriter
{
    private readonly Module module;
    private readonly CodeWriter output = new(4096);
    private readonly CodeWriter section = new(4096);
    private readonly CodeWriter entry = new();

    private ModuleWriter(Module module) => this.module = module;

    /// <summary>The module's bytes.</summary>
    public static byte[] Write(Module module) => new ModuleWriter(module).WriteAll().ToArray();

    /// <summary>The position in the binary of every defined function's code (after its locals), for source maps.</summary>
    public static byte[] Write(Module module, out int[] codeOffsets)
    {
        var writer = new ModuleWriter(module);
        byte[] bytes = writer.WriteAll().ToArray();
        codeOffsets = writer.codeOffsets;
        return bytes;
    }

    private int[] codeOffsets = [];

    private CodeWriter WriteAll()
    {
        output.Bytes("\0asm\u0001\0\0\0"u8);
        Customs(SectionId.Custom);
        Vector(SectionId.Type, module.Types, FunctionType);
        Vector(SectionId.Import, module.Imports, Import);
        Vector(SectionId.Function, module.Functions, function => section.Index(function.TypeIndex));
        Vector(SectionId.Table, module.Tables, Table);
        Vector(SectionId.Memory, module.Memories, Limits);
        Vector(SectionId.Global, module.Globals, Global);
        Vector(SectionId.Export, module.Exports, Export);
        if (module.Start is int start)
        {
            section.Index(start);
            Flush(SectionId.Start);
        }

        Customs(SectionId.Start);
        Vector(SectionId.Element, module.Elements, Element);
        if (module.HasDataCount)
        {
            section.Index(module.Data.Count);
            Flush(SectionId.DataCount);
        }

        Customs(SectionId.DataCount);
        Code();
        Vector(SectionId.Data, module.Data, Data);
        return output;
    }

    private void Vector<T>(SectionId id, List<T> items, Action<T> write)
    {
        if (items.Count != 0)
        {
            section.Index(items.Count);
            foreach (T item in items) write(item);
            Flush(id);
        }

        Customs(id);
    }

    private void Flush(SectionId id)
    {
        output.Byte((byte)id);
        output.ByteVector(section.WrittenSpan);
        section.Clear();
    }

    private void Customs(SectionId after)
    {
        foreach (CustomSection custom in module.CustomSections)
        {
            if (custom.After != after) continue;
            section.Name(custom.Name);
            section.Bytes(custom.Bytes.Span);
            Flush(SectionId.Custom);
        }
    }

    private void FunctionType(FuncType type)
    {
        section.Byte(0x60);
        ResultType(type.Parameters);
        ResultType(type.Results);
    }

    private void ResultType(ReadOnlySpan<ValType> types)
    {
        section.Index(types.Length);
        foreach (ValType type in types) section.Byte((byte)type);
    }

    private void Import(Import import)
    {
        section.Name(import.Module);
        section.Name(import.Name);
        section.Byte((byte)import.Kind);
        switch (import.Kind)
        {
            case ExternKind.Function: section.Index(import.TypeIndex); break;
            case ExternKind.Table: Table(import.Table); break;
            case ExternKind.Memory: Limits(import.Memory); break;
            default: GlobalType(import.Global); break;
        }
    }

    private void Table(TableType table)
    {
        section.Byte((byte)table.Element);
        Limits(table.Limits);
    }

    private void Limits(Limits limits)
    {
        section.Byte(limits.Maximum is null ? (byte)0 : (byte)1);
        section.U32(limits.Minimum);
        if (limits.Maximum is uint maximum) section.U32(maximum);
    }

    private void GlobalType(GlobalType type)
    {
        section.Byte((byte)type.Type);
        section.Byte(type.IsMutable ? (byte)1 : (byte)0);
    }

    private void Global(Global global)
    {
        GlobalType(global.Type);
        section.Bytes(global.Init.Code.Span);
    }

    private void Export(Export export)
    {
        section.Name(export.Name);
        section.Byte((byte)export.Kind);
        section.Index(export.Index);
    }

    // Flag bits (core 5.5.12): 1 passive or declarative, 2 table index (active) or declarative, 4 expressions.
    private void Element(ElementSegment element)
    {
        bool active = element.Mode == SegmentMode.Active;
        bool expressions = element.Expressions is not null;
        // The short forms 0 and 4 carry no type: they mean funcref in table 0.
        bool shortForm = active && element.Table == 0 && element.Type == ValType.FuncRef;
        uint flags = (expressions ? 4u : 0) | (active ? (shortForm ? 0u : 2) : element.Mode == SegmentMode.Passive ? 1u : 3);
        section.U32(flags);
        if (active)
        {
            if (!shortForm) section.Index(element.Table);
            section.Bytes(element.Offset.Code.Span);
        }

        if (!shortForm) section.Byte(expressions ? (byte)element.Type : (byte)0);
        if (element.Expressions is { } list)
        {
            section.Index(list.Count);
            foreach (ConstExpr expression in list) section.Bytes(expression.Code.Span);
            return;
        }

        IReadOnlyList<int> functions = element.Functions ?? [];
        section.Index(functions.Count);
        foreach (int function in functions) section.Index(function);
    }

    private void Code()
    {
        if (module.Functions.Count != 0)
        {
            codeOffsets = new int[module.Functions.Count];
            section.Index(module.Functions.Count);
            for (int i = 0; i < codeOffsets.Length; i++)
            {
                Function function = module.Functions[i];
                entry.Clear();
                Locals(entry, function);

                section.Index(entry.Length + function.Code.Length);
                section.Bytes(entry.WrittenSpan);
                codeOffsets[i] = section.Length;
                section.Bytes(function.Code.Span);
            }

            int payload = section.Length;
            Flush(SectionId.Code);
            int start = output.Length - payload;
            for (int i = 0; i < codeOffsets.Length; i++) codeOffsets[i] += start;
        }

        Customs(SectionId.Code);
    }

    /// <summary>The declarations of a function's locals, with which its body begins.</summary>
    internal static void Locals(CodeWriter output, Function function)
    {
        output.Index(function.Locals.Count);
        foreach (LocalGroup group in function.Locals)
        {
            output.U32(group.Count);
            output.Byte((byte)group.Type);
        }
    }

    private void Data(DataSegment data)
    {
        bool active = data.Mode == SegmentMode.Active;
        section.U32(!active ? 1u : data.Memory == 0 ? 0u : 2);
        if (active && data.Memory != 0) section.Index(data.Memory);
        if (active) section.Bytes(data.Offset.Code.Span);
        section.ByteVector(data.Bytes.Span);
    }
}
