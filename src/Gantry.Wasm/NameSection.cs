namespace Gantry.Wasm;

/// <summary>
/// The name custom section (core 7.4.1, with the extended-name-section proposal's globals and data segments): what tools and
/// traps call things. Maps go by index.
/// </summary>
public sealed class NameSection
{
    /// <summary>The custom section's name.</summary>
    public const string SectionName = "name";

    /// <summary>The module's name, if any.</summary>
    public string? Module { get; set; }

    /// <summary>The functions' names.</summary>
    public SortedDictionary<int, string> Functions { get; } = [];

    /// <summary>The locals' names, parameters first, by function.</summary>
    public SortedDictionary<int, SortedDictionary<int, string>> Locals { get; } = [];

    /// <summary>The globals' names.</summary>
    public SortedDictionary<int, string> Globals { get; } = [];

    /// <summary>The data segments' names.</summary>
    public SortedDictionary<int, string> Data { get; } = [];

    /// <summary>Reads the section of a module, if it has one. Subsections of other kinds are passed over.</summary>
    /// <exception cref="WasmException">It is malformed: names are lost, the module is as good as before. Offsets count from the
    /// section's content.</exception>
    public static NameSection? Find(Module module)
    {
        CustomSection? section = module.CustomSections.Find(custom => custom.Name == SectionName);
        return section is null ? null : Read(section.Bytes.Span);
    }

    /// <summary>Reads the content of a name section.</summary>
    /// <exception cref="WasmException">It is malformed.</exception>
    public static NameSection Read(ReadOnlySpan<byte> content)
    {
        var names = new NameSection();
        var outer = new ByteReader(content);
        while (!outer.AtEnd)
        {
            byte id = outer.Byte();
            int size = outer.Count(int.MaxValue, "bytes of a subsection");
            int offset = outer.Offset;
            var bytes = new ByteReader(outer.Bytes(size), offset);
            switch (id)
            {
                case 0: names.Module = bytes.Name(); break;
                case 1: ReadMap(ref bytes, names.Functions); break;
                case 2:
                    int count = bytes.Count(int.MaxValue, "functions");
                    for (int i = 0; i < count; i++)
                    {
                        int function = bytes.Index();
                        var locals = new SortedDictionary<int, string>();
                        ReadMap(ref bytes, locals);
                        names.Locals[function] = locals;
                    }

                    break;
                case 7: ReadMap(ref bytes, names.Globals); break;
                case 9: ReadMap(ref bytes, names.Data); break;
                default: continue;
            }

            if (!bytes.AtEnd) throw bytes.Error("subsection size mismatch");
        }

        return names;
    }

    private static void ReadMap(ref ByteReader bytes, SortedDictionary<int, string> names)
    {
        int count = bytes.Count(int.MaxValue, "names");
        for (int i = 0; i < count; i++)
        {
            int index = bytes.Index();
            names[index] = bytes.Name();
        }
    }

    /// <summary>Writes the section, to stand after all others.</summary>
    public CustomSection ToCustomSection()
    {
        var output = new CodeWriter(1024);
        var content = new CodeWriter(1024);
        if (Module is not null)
        {
            content.Name(Module);
            Flush(0);
        }

        WriteMap(1, Functions);
        if (Locals.Count != 0)
        {
            content.Index(Locals.Count);
            foreach ((int function, SortedDictionary<int, string> names) in Locals)
            {
                content.Index(function);
                Map(names);
            }

            Flush(2);
        }

        WriteMap(7, Globals);
        WriteMap(9, Data);
        return new CustomSection(SectionName, output.ToArray());

        void WriteMap(byte id, SortedDictionary<int, string> names)
        {
            if (names.Count == 0) return;
            Map(names);
            Flush(id);
        }

        void Map(SortedDictionary<int, string> names)
        {
            content.Index(names.Count);
            foreach ((int index, string name) in names)
            {
                content.Index(index);
                content.Name(name);
            }
        }

        void Flush(byte id)
        {
            output.Byte(id);
            output.ByteVector(content.WrittenSpan);
            content.Clear();
        }
    }
}
