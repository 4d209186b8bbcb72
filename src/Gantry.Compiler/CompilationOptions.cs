namespace Gantry.Compiler;

/// <summary>What to compile and how.</summary>
public sealed record CompilationOptions
{
    /// <summary>The exports to compile, by name; all of them if null.</summary>
    public IReadOnlySet<string>? Exports { get; init; }

    /// <summary>The assembly whose <c>[WasmExport]</c> methods are compiled.</summary>
    public required string Input { get; init; }

    /// <summary>Folders in which referenced assemblies are looked for, besides the input's own and the .NET shared framework.</summary>
    public IReadOnlyList<string> ReferenceDirectories { get; init; } = [];

    /// <summary>Whether to optimize. Without, every variable lives on the shadow stack.</summary>
    public bool Optimize { get; init; } = true;

    /// <summary>Bytes of shadow stack.</summary>
    public int StackSize { get; init; } = 256 * 1024;

    /// <summary>The most pages of 64 KiB the memory may grow to.</summary>
    public uint MaximumPages { get; init; } = 65536;

    /// <summary>What the module says its source map is called, or null for none.</summary>
    public string? SourceMapUrl { get; init; }

    /// <summary>Methods whose full name contains this are printed as intermediate code.</summary>
    public string? Dump { get; init; }
}
