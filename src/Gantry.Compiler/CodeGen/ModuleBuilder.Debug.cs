using Gantry.Compiler.IR;
using Gantry.Wasm;

namespace Gantry.Compiler.CodeGen;

/// <content>Names and source positions.</content>
internal sealed partial class ModuleBuilder
{
    private readonly List<List<(int Offset, SourcePosition Position)>> _lineTables = [];
    private readonly List<List<BranchHint>> _hints = [];

    /// <summary>The source map of the module built last, as JSON, if one was asked for.</summary>
    public string? SourceMap { get; private set; }

    /// <summary>Names and code sizes of the module's functions.</summary>
    public IReadOnlyList<(string Name, int Size)> FunctionSizes
    {
        get
        {
            var imports = _module.ImportCount(ExternKind.Function);
            return [.. _module.Functions.Select((f, i) => (_functionNames[imports + i], f.Code.Length))];
        }
    }

    private byte[] Finish()
    {
        var names = new NameSection();
        foreach (var (index, name) in _functionNames)
            names.Functions[index] = name;
        names.Globals[StackPointer] = "__stack_pointer";
        _module.CustomSections.Add(names.ToCustomSection());
        if (unit.Options.SourceMapUrl != null)
        {
            var url = new CodeWriter();
            url.Name(unit.Options.SourceMapUrl);
            _module.CustomSections.Add(new CustomSection("sourceMappingURL", url.ToArray()));
        }

        if (_hints.Exists(h => h.Count > 0))
            _module.CustomSections.Add(BranchHintSection.Write(_module, _hints));
        var bytes = ModuleWriter.Write(_module, out var offsets);
        if (unit.Options.SourceMapUrl != null)
            SourceMap = SourceMapWriter.Write(_lineTables, offsets);
        return bytes;
    }
}
