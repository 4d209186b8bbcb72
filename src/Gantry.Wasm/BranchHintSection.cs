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

    private static int LocalsLength(Function function)
    {
        CodeWriter locals = new();
        ModuleWriter.Locals(locals, function);
        return locals.Length;
    }
}
