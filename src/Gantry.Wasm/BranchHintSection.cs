namespace Gantry.Wasm;

/// <summary>Says of a conditional branch what it mostly does.</summary>
/// <param name="Offset">Where the <c>if</c> or <c>br_if</c> stands in <see cref="Function.Code"/>.</param>
/// <param name="IsTaken">Whether its condition is mostly true.</param>
public readonly record struct BranchHint(int Offset, bool IsTaken);

/// <summary>
/// The section <c>metadata.code.branch_hint</c> of the branch hinting proposal: engines that know it lay out code and give out registers by it, others pass it over.
/// </summary>
public static class BranchHintSection
{
    /// <summary>Its name.</summary>
    public const string SectionName = "metadata.code.branch_hint";

    /// <summary>Writes the section, which stands before the code.</summary>
    /// <param name="module">The module, with all its functions.</param>
    /// <param name="hints">For each of its functions (imports not counted) the hints, in the order of their offsets.</param>
    public static CustomSection Write(Module module, IReadOnlyList<IReadOnlyList<BranchHint>> hints)
    {
        CodeWriter output = new();
        output.Index(hints.Count(list => list.Count > 0));
        int imports = module.ImportCount(ExternKind.Function);
        for (int i = 0; i < hints.Count; i++)
        {
            if (hints[i].Count == 0) continue;
            output.Index(imports + i);
            output.Index(hints[i].Count);
            // Offsets count from the declarations of the locals on.
            int before = LocalsLength(module.Functions[i]);
            foreach (BranchHint hint in hints[i])
            {
                output.Index(before + hint.Offset);
                output.Byte(1);
                output.Byte(hint.IsTaken ? (byte)1 : (byte)0);
            }
        }

        return new CustomSection(SectionName, output.ToArray(), SectionId.DataCount);
    }

    /// <summary>Reads the section of a module: for each of its functions the hints, none where it has no such section.</summary>
    /// <exception cref="WasmException">It is malformed, or a hint is not at an <c>if</c> or <c>br_if</c>: engines pass such a section over. Offsets count from the section's content.</exception>
    public static IReadOnlyList<IReadOnlyList<BranchHint>> Read(Module module)
    {
        var result = new IReadOnlyList<BranchHint>[module.Functions.Count];
        Array.Fill(result, []);
        if (module.CustomSections.Find(custom => custom.Name == SectionName) is not { } section) return result;
        var bytes = new ByteReader(section.Bytes.Span);
        int imports = module.ImportCount(ExternKind.Function), last = -1;
        for (int functions = bytes.Count(int.MaxValue, "functions"); functions > 0; functions--)
        {
            int function = bytes.Index() - imports;
            if (function <= last || function >= result.Length) throw bytes.Error("hints of no function, or out of order");
            last = function;
            result[function] = ReadFunction(ref bytes, module.Functions[function]);
        }

        return bytes.AtEnd ? result : throw bytes.Error("section size mismatch");
    }

    private static List<BranchHint> ReadFunction(ref ByteReader bytes, Function function)
    {
        var hints = new List<BranchHint>();
        int before = LocalsLength(function);
        var code = new InstructionReader(function.Code.Span);
        for (int count = bytes.Count(int.MaxValue, "hints"); count > 0; count--)
        {
            int offset = bytes.Index() - before;
            while (code.NextPosition <= offset && code.Next()) { }
            if (code.Position != offset || code.Opcode is not (Opcode.If or Opcode.BrIf)) throw bytes.Error("a hint that is not at a branch");
            byte size = bytes.Byte(), value = bytes.Byte();
            if (size != 1 || value > 1) throw bytes.Error("a hint of another kind");
            hints.Add(new BranchHint(offset, value == 1));
        }

        return hints;
    }

    private static int LocalsLength(Function function)
    {
        CodeWriter locals = new();
        ModuleWriter.Locals(locals, function);
        return locals.Length;
    }
}
