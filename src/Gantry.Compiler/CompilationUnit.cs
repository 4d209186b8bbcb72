using System.Buffers.Binary;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.Import;
using Gantry.Compiler.Intrinsics;
using Gantry.Compiler.IR;
using Gantry.Compiler.Optimizer;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler;

/// <summary>What one run shares: types, compiled functions, static data.</summary>
internal sealed class CompilationUnit
{
    private const int MaxConstantGetterSize = 24;

    private readonly Dictionary<MethodDesc, Function> _functions = [];
    private readonly HashSet<MethodDesc> _inProgress = [];
    private readonly Dictionary<FieldDesc, DataSymbol> _statics = [];
    private readonly Dictionary<string, DataSymbol> _strings = [];
    private readonly Dictionary<TypeDesc, DataSymbol> _methodTables = [];
    private readonly Dictionary<MethodDesc, DataSymbol> _templates = [];
    private readonly Dictionary<MethodDesc, Instr?> _constants = [];
    private readonly Dictionary<(string, string), MethodDesc> _runtimeMethods = [];
    private readonly ModuleDesc _runtime;

    public CompilationUnit(CompilationOptions options, TypeSystemContext types, ModuleDesc runtime)
    {
        Options = options;
        Types = types;
        _runtime = runtime;
        Intrinsics = new IntrinsicTable(this);
    }

    public CompilationOptions Options { get; }

    public TypeSystemContext Types { get; }

    public IntrinsicTable Intrinsics { get; }

    public DataSymbol HeapBase { get; } = new("__heap_base", 0, 16);

    /// <summary>A method of the support library (folder Runtime).</summary>
    public MethodDesc RuntimeMethod(string type, string name)
    {
        if (_runtimeMethods.TryGetValue((type, name), out var method))
            return method;
        var found = _runtime.FindType("Gantry.Compiler.Runtime", type) ?? throw new TypeSystemException($"no runtime type {type}");
        method = Types.GetType(found.Module, found.Handle, []).Methods.First(m => m.Name == name);
        return _runtimeMethods[(type, name)] = method;
    }

    /// <summary>All methods of a support type.</summary>
    public MethodDesc[] RuntimeMethods(string type)
    {
        var found = _runtime.FindType("Gantry.Compiler.Runtime", type) ?? throw new TypeSystemException($"no runtime type {type}");
        return Types.GetType(found.Module, found.Handle, []).Methods;
    }

    /// <summary>The optimized body of a method, or null while it is being made (recursion).</summary>
    public Function? TryGetFunction(MethodDesc method)
    {
        if (_functions.TryGetValue(method, out var function))
            return function;
        if (!_inProgress.Add(method))
            return null;
        function = Importer.Import(this, method);
        try
        {
            Pipeline.Run(this, function);
        }
        catch (Exception e) when (InternalError.IsCaught)
        {
            function = Importer.PoisonFunction(this, method, e);
        }

        _inProgress.Remove(method);
        return _functions[method] = function;
    }

    /// <summary>The constant a small parameterless getter returns, so that branches on it fold while importing.</summary>
    public Instr? TryConstantResult(MethodDesc method)
    {
        if (!method.IsStatic || method.NoInlining || method.Signature.Parameters.Length != 0 || !method.HasBody || method.Signature.Return.Repr is Repr.Void or Repr.Struct or Repr.V128)
            return null;
        if (_constants.TryGetValue(method, out var known))
            return known;
        if (method.Body.GetILReader().Length > MaxConstantGetterSize || TryGetFunction(method) is not { } function)
            return null;
        Instr? result = null;
        if (function.Blocks.Count == 1 && function.Entry.Terminator is { Op: Op.Return, Args.Length: 1 } ret && ret.Args[0].Resolve() is { IsConst: true } constant
            && !function.Entry.Instrs.Exists(i => i.HasEffect && !i.IsTerminator))
            result = constant;
        return _constants[method] = result;
    }

    public Diagnostic MakeDiagnostic(SourcePosition position, string message)
    {
        var location = SourceLocator.Find(position);
        return new Diagnostic(location?.File, location?.Line ?? 0, position.Method?.ToString() ?? "?", message);
    }

    /// <summary>The diagnostic for an exception that came up at a place in a method.</summary>
    public Diagnostic MakeDiagnostic(SourcePosition position, Exception e) =>
        MakeDiagnostic(position, InternalError.Describe(e)) with { IsInternal = !InternalError.IsOfInput(e) };

    public bool IsInLoop(Importer importer, int offset) => importer.HasBackwardBranchOver(offset);

    public DataSymbol StaticField(FieldDesc field)
    {
        if (_statics.TryGetValue(field, out var symbol))
            return symbol;
        var bytes = field.Rva == 0 ? null : FieldData(field);
        var hasConstructor = field.Rva == 0 && field.Owner.StaticConstructor != null;
        return _statics[field] = new DataSymbol(field.ToString(), field.Type.Size, Math.Max(field.Type.Alignment, field.Rva == 0 ? 1 : 8))
        {
            Bytes = bytes,
            StaticOf = hasConstructor ? field.Owner : null,
            IsReadOnly = field.Rva != 0,
        };
    }

    /// <summary>The initial bytes of a field that has them in the assembly.</summary>
    public static byte[] FieldData(FieldDesc field) =>
        [.. field.Owner.Module!.Image.GetSectionData(field.Rva).GetContent(0, field.Type.Size)];

    public DataSymbol String(string text)
    {
        if (_strings.TryGetValue(text, out var symbol))
            return symbol;
        var bytes = new byte[8 + 2 * text.Length + 2];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), text.Length);
        for (var i = 0; i < text.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8 + 2 * i), text[i]);
        symbol = new DataSymbol("string", bytes.Length, 4) { Bytes = bytes, IsReadOnly = true };
        return _strings[text] = symbol;
    }

    /// <summary>Where objects of a class point to.</summary>
    public DataSymbol MethodTable(TypeDesc type)
    {
        if (!_methodTables.TryGetValue(type, out var symbol))
            _methodTables[type] = symbol = new DataSymbol("method table of " + type, 4, 4) { MethodTableOf = type };
        return symbol;
    }

    /// <summary>The serialized code of a method marked <c>[WasmTemplate]</c>; its bytes are filled by <see cref="CodeGen.TemplateWriter"/>.</summary>
    public DataSymbol Template(MethodDesc method)
    {
        if (!_templates.TryGetValue(method, out var symbol))
            _templates[method] = symbol = new DataSymbol("template " + method, 1, 4) { TemplateOf = method, IsReadOnly = true, Bytes = [] };
        return symbol;
    }
}
