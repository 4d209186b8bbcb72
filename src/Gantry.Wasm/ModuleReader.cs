namespace Gantry.Wasm;

/// <summary>
/// Reads the binary format (core 5.5) into a <see cref="Module"/>. Checks form, order and limits; types and indices are
/// <see cref="ModuleValidator"/>'s. Bodies, data and custom sections are not copied: the module keeps the given memory alive,
/// and the caller must not change it.
/// </summary>
public ref partial struct ModuleReader
{
    private readonly ReadOnlyMemory<byte> binary;
    private readonly Module module;
    private ByteReader bytes;
    private int declaredFunctions;
    private List<int>? functionTypes;
    private int dataCount;

    private ModuleReader(ReadOnlyMemory<byte> binary)
    {
        this.binary = binary;
        module = new Module();
        bytes = new ByteReader(binary.Span);
    }

    /// <summary>Reads a module.</summary>
    /// <exception cref="WasmException">The bytes are malformed.</exception>
    public static Module Read(ReadOnlyMemory<byte> binary) => new ModuleReader(binary).ReadAll();

    private Module ReadAll()
    {
        if (bytes.Remaining < 8 || !bytes.Bytes(4).SequenceEqual("\0asm"u8)) throw new WasmException("magic header not detected", 0);
        if (!bytes.Bytes(4).SequenceEqual("\u0001\0\0\0"u8)) throw new WasmException("unknown binary version", 4);
        SectionId last = SectionId.Custom;
        bool sawCode = false;
        while (!bytes.AtEnd)
        {
            int offset = bytes.Offset;
            var id = (SectionId)bytes.Byte();
            int size = bytes.Count(int.MaxValue, "bytes of a section");
            int end = bytes.Offset + size;
            if (id == SectionId.Custom)
            {
                ByteReader outer = bytes;
                bytes = new ByteReader(binary.Span[..end]);
                bytes.Bytes(outer.Offset);
                string name = bytes.Name();
                module.CustomSections.Add(new CustomSection(name, binary[bytes.Offset..end], last));
                bytes = outer;
                bytes.Bytes(size);
                continue;
            }

            if (id > SectionId.DataCount) throw new WasmException("malformed section id", offset);
            if (last != SectionId.Custom && Order(id) <= Order(last)) throw new WasmException("unexpected section", offset);
            last = id;
            sawCode |= id == SectionId.Code;
            Section(id, end, offset);
        }

        if (!sawCode && declaredFunctions != 0) throw bytes.Error("function and code section have inconsistent lengths");
        if (module.HasDataCount && dataCount != module.Data.Count) throw bytes.Error("data count and data section have inconsistent lengths");
        return module;
    }

    // The data count section stands between element and code (core 5.5.16).
    private static int Order(SectionId id) => id switch
    {
        SectionId.DataCount => 10,
        SectionId.Code => 11,
        SectionId.Data => 12,
        _ => (int)id,
    };

    private void Section(SectionId id, int end, int offset)
    {
        ByteReader outer = bytes;
        bytes = new ByteReader(binary.Span[..end]);
        bytes.Bytes(outer.Offset);
        switch (id)
        {
            case SectionId.Type: ReadTypes(); break;
            case SectionId.Import: ReadImports(); break;
            case SectionId.Function: ReadFunctions(); break;
            case SectionId.Table: ReadTables(); break;
            case SectionId.Memory: ReadMemories(); break;
            case SectionId.Global: ReadGlobals(); break;
            case SectionId.Export: ReadExports(); break;
            case SectionId.Start: module.Start = bytes.Index(); break;
            case SectionId.Element: ReadElements(); break;
            case SectionId.DataCount:
                module.HasDataCount = true;
                dataCount = bytes.Index();
                break;
            case SectionId.Code: ReadCode(); break;
            default: ReadData(); break;
        }

        if (bytes.Offset != end) throw new WasmException("section size mismatch", offset);
        bytes = outer;
        bytes.Bytes(end - outer.Offset);
    }

    private void ReadTypes()
    {
        int count = bytes.Count(ImplementationLimits.Types, "types");
        for (int i = 0; i < count; i++)
        {
            if (bytes.Byte() != 0x60) throw new WasmException("malformed function type", bytes.Offset - 1);
            module.Types.Add(FuncType.Owning(ReadResultType(ImplementationLimits.Parameters), ReadResultType(ImplementationLimits.Results)));
        }
    }

    private ValType[] ReadResultType(int limit)
    {
        int count = bytes.Count(limit, "types");
        ValType[] types = count == 0 ? [] : new ValType[count];
        for (int i = 0; i < count; i++) types[i] = bytes.ValType();
        return types;
    }

    private void ReadImports()
    {
        int count = bytes.Count(ImplementationLimits.Imports, "imports");
        for (int i = 0; i < count; i++)
        {
            string from = bytes.Name();
            string name = bytes.Name();
            byte kind = bytes.Byte();
            module.Imports.Add(kind switch
            {
                0 => Import.OfFunction(from, name, bytes.Index()),
                1 => Import.OfTable(from, name, ReadTable()),
                2 => Import.OfMemory(from, name, ReadLimits()),
                3 => Import.OfGlobal(from, name, ReadGlobalType()),
                _ => throw new WasmException("malformed import kind", bytes.Offset - 1),
            });
        }
    }

    private void ReadFunctions()
    {
        declaredFunctions = bytes.Count(ImplementationLimits.Functions, "functions");
        functionTypes = new List<int>(declaredFunctions);
        for (int i = 0; i < declaredFunctions; i++) functionTypes.Add(bytes.Index());
    }

    private void ReadTables()
    {
        int count = bytes.Count(ImplementationLimits.Tables, "tables");
        for (int i = 0; i < count; i++) module.Tables.Add(ReadTable());
    }

    private void ReadMemories()
    {
        int count = bytes.Count(int.MaxValue, "memories");
        for (int i = 0; i < count; i++) module.Memories.Add(ReadLimits());
    }

    private void ReadGlobals()
    {
        int count = bytes.Count(ImplementationLimits.Globals, "globals");
        for (int i = 0; i < count; i++) module.Globals.Add(new Global(ReadGlobalType(), ReadConstExpr()));
    }

    private void ReadExports()
    {
        int count = bytes.Count(ImplementationLimits.Exports, "exports");
        for (int i = 0; i < count; i++)
        {
            string name = bytes.Name();
            byte kind = bytes.Byte();
            if (kind > (byte)ExternKind.Global) throw new WasmException("malformed export kind", bytes.Offset - 1);
            module.Exports.Add(new Export(name, (ExternKind)kind, bytes.Index()));
        }
    }

    private TableType ReadTable() => new(bytes.RefType(), ReadLimits());

    private GlobalType ReadGlobalType()
    {
        ValType type = bytes.ValType();
        byte mutability = bytes.Byte();
        if (mutability > 1) throw new WasmException("malformed mutability", bytes.Offset - 1);
        return new GlobalType(type, mutability == 1);
    }

    private Limits ReadLimits()
    {
        byte flags = bytes.Byte();
        if (flags > 1) throw new WasmException("malformed limits flags", bytes.Offset - 1);
        return new Limits(bytes.U32(), flags == 1 ? bytes.U32() : null);
    }
}
