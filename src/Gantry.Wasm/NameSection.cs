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
