using Gantry.Compiler.Diagnostics;

namespace Gantry.Compiler;

/// <summary>What a compilation gave: a module, or what is wrong.</summary>
public sealed record CompilationResult
{
    /// <summary>The module, or null when there are diagnostics.</summary>
    public byte[]? Module { get; init; }

    /// <summary>The source map's JSON, if one was asked for.</summary>
    public string? SourceMap { get; init; }

    /// <summary>All that could not be compiled.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];

    /// <summary>The files that were read: the inputs of an incremental build.</summary>
    public IReadOnlyList<string> InputFiles { get; init; } = [];

    /// <summary>Names and sizes (bytes of code) of the compiled functions.</summary>
    public IReadOnlyList<(string Name, int Size)> Functions { get; init; } = [];

    /// <summary>Every base-library member that is not compiled from its own IL, and whether this compilation met it.</summary>
    public IReadOnlyDictionary<string, bool> Intrinsics { get; init; } = new Dictionary<string, bool>();

    /// <summary>Intermediate code asked for with <see cref="CompilationOptions.Dump"/>.</summary>
    public string DumpText { get; init; } = "";
}
