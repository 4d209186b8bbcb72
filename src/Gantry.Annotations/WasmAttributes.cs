namespace Gantry;

/// <summary>Marks a static method as a root of compilation, exported from the module under <paramref name="name"/>.</summary>
/// <param name="name">The export's name in the WebAssembly module.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmExportAttribute(string name) : Attribute
{
    /// <summary>The export's name in the WebAssembly module.</summary>
    public string Name { get; } = name;
}

/// <summary>Marks a static extern method as an import of the module; on CoreCLR calling it throws.</summary>
/// <param name="module">The import's module name, such as <c>wasi_snapshot_preview1</c>.</param>
/// <param name="name">The import's field name.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmImportAttribute(string module, string name) : Attribute
{
    /// <summary>The import's module name.</summary>
    public string Module { get; } = module;

    /// <summary>The import's field name.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// Demands that every call in tail position in this method (its result returned at once, or nothing after it) becomes
/// <c>return_call</c> or <c>return_call_indirect</c>. The compiler reports an error where it cannot do so.
/// </summary>
/// <remarks>On CoreCLR nothing is promised: code that also runs there must not depend on tail calls for its depth.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmTailCallsAttribute : Attribute;

/// <summary>
/// Says that calls of the method are seldom reached: branches to them are hinted at (branch hinting proposal, section <c>metadata.code.branch_hint</c>), so that an engine lays their code
/// out of the way and keeps registers for the other side.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmSeldomAttribute : Attribute;

/// <summary>
/// Marks a static method whose compiled body is data: its address (<c>&amp;Method</c>) is, in WebAssembly,
/// that of a template that a translator in the module stitches into functions it makes at run time (docs/compiler.md, "Templates"). It is never called.
/// </summary>
/// <remarks>
/// Calls of methods that are imports from the module <c>template</c> become holes: the import's name is the hole's number, 0 to 255. All other calls go through the module's table.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmTemplateAttribute : Attribute;

/// <summary>
/// Gives a method <paramref name="count"/> consecutive entries of the module's table instead of one: its address is the first, and a call of any of them calls it. A method that is
/// called through what it also looks at, such as an interpreter's loop, finds there which of its cases is meant.
/// </summary>
/// <param name="count">The number of entries, at least 1.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class WasmTableEntriesAttribute(int count) : Attribute
{
    /// <summary>The number of entries.</summary>
    public int Count { get; } = count;
}
