using Gantry.Compiler.CodeGen;
using Gantry.Compiler.Diagnostics;
using Gantry.Compiler.IR;
using Gantry.Compiler.TypeSystem;

namespace Gantry.Compiler;

/// <summary>Compiles an assembly's exported methods, and all they reach, to one WebAssembly module.</summary>
public static class Compilation
{
    private const int CompilerStackSize = 512 * 1024 * 1024;

    /// <summary>Compiles. Never throws for what the input contains.</summary>
    /// <param name="options">What to compile and how.</param>
    public static CompilationResult Run(CompilationOptions options)
    {
        CompilationResult? result = null;
        // Call graphs and dominator trees are walked recursively: a stack of our own is deep enough for any program.
        var thread = new Thread(
            () =>
            {
                try
                {
                    result = new Driver(options).Run();
                }
                catch (Exception e) when (e is TypeSystemException or BadImageFormatException or IOException or UnauthorizedAccessException)
                {
                    result = new CompilationResult { Diagnostics = [new Diagnostic(null, 0, options.Input, e.Message)] };
                }
                catch (Exception e) when (InternalError.IsCaught)
                {
                    result = new CompilationResult { Diagnostics = [Internal(options, e)] };
                }
            },
            CompilerStackSize);
        thread.Start();
        thread.Join();
        return result!;
    }

    private static Diagnostic Internal(CompilationOptions options, Exception e)
    {
        if (e is not InternalErrorException { InnerException: { } cause, Method: var method })
            return new Diagnostic(null, 0, options.Input, InternalError.Describe(e)) { IsInternal = true };
        var location = SourceLocator.Find(new SourcePosition(method, 0));
        return new Diagnostic(location?.File, location?.Line ?? 0, method.ToString(), InternalError.Describe(cause)) { IsInternal = true };
    }

    /// <summary>Runs a step on a method's function, so that a failure tells the method.</summary>
    internal static void OnMethod(Function function, Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (InternalError.IsCaught && e is not InternalErrorException)
        {
            throw new InternalErrorException(function.Method!, e);
        }
    }
}

/// <summary>Finds what is reachable, then hands it to the code generator.</summary>
internal sealed class Driver
{
    private readonly CompilationOptions _options;
    private readonly TypeSystemContext _types;
    private readonly ModuleDesc _input;
    private readonly CompilationUnit _unit;
    private readonly VirtualTables _tables;
    private readonly List<Function> _functions = [];
    private readonly List<Function> _templates = [];
    private readonly List<MethodDesc> _imports = [];
    private readonly HashSet<MethodDesc> _seen = [];
    private readonly Queue<MethodDesc> _queue = new();
    private readonly Dictionary<MethodDesc, HashSet<object>> _references = [];
    private readonly HashSet<TypeDesc> _constructed = [];
    private readonly Dictionary<MethodDesc, (MethodDesc Caller, SourcePosition At)> _reachedFrom = [];
    private readonly HashSet<Diagnostic> _diagnostics = [];
    private readonly System.Text.StringBuilder _dump = new();

    public Driver(CompilationOptions options)
    {
        _options = options;
        var input = Path.GetFullPath(options.Input);
        var runtimePath = typeof(Compilation).Assembly.Location;
        _types = new TypeSystemContext(
            [Path.GetDirectoryName(input)!, .. options.ReferenceDirectories, Path.GetDirectoryName(runtimePath)!],
            Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        _input = _types.LoadFile(input);
        var runtime = _input.Name == "Gantry.Compiler" ? _input : _types.LoadFile(runtimePath);
        _unit = new CompilationUnit(options, _types, runtime);
        _tables = new VirtualTables(_unit);
    }

    public CompilationResult Run()
    {
        var exports = FindExports();
        foreach (var (_, method) in exports)
            Add(method);
        do
        {
            Drain();
        }
        while (AddVirtualTargets());
        if (_diagnostics.Count > 0)
        {
            return new CompilationResult
            {
                Diagnostics = [.. _diagnostics.OrderBy(d => d.File, StringComparer.Ordinal).ThenBy(d => d.Line)],
                InputFiles = _types.LoadedFiles,
                DumpText = _dump.ToString(),
            };
        }

        var start = OrderStaticConstructors();
        foreach (var function in _functions.Concat(_templates))
            Compilation.OnMethod(function, new Lowering(function, _tables).Run);
        var builder = new ModuleBuilder(_unit);
        foreach (var (template, problem) in builder.WriteTemplates(_templates, _functions, _imports))
            _diagnostics.Add(_unit.MakeDiagnostic(new SourcePosition(template, 0), problem));
        if (_diagnostics.Count > 0)
            return new CompilationResult { Diagnostics = [.. _diagnostics], InputFiles = _types.LoadedFiles, DumpText = _dump.ToString() };
        var module = builder.Build(_functions, exports, start, _tables);
        return new CompilationResult
        {
            Module = module,
            SourceMap = builder.SourceMap,
            InputFiles = _types.LoadedFiles,
            Functions = builder.FunctionSizes,
            Intrinsics = _unit.Intrinsics.Usage(),
            DumpText = _dump.ToString(),
        };
    }

    private List<(string Name, MethodDesc Method)> FindExports()
    {
        var exports = new List<(string Name, MethodDesc Method)>();
        foreach (var handle in _input.Reader.MethodDefinitions)
        {
            var definition = _input.Reader.GetMethodDefinition(handle);
            if (definition.GetCustomAttributes().Count == 0)
                continue;
            var names = _types.AttributeStrings(_input, definition.GetCustomAttributes(), "Gantry.WasmExportAttribute");
            if (names == null || _options.Exports?.Contains(names[0]) == false)
                continue;
            var owner = _types.GetType(_input, definition.GetDeclaringType(), []);
            var method = _types.GetMethod(owner, handle, []);
            if (!method.IsStatic || definition.GetGenericParameters().Count > 0 || _input.Reader.GetTypeDefinition(owner.Handle).GetGenericParameters().Count > 0)
                _diagnostics.Add(_unit.MakeDiagnostic(new SourcePosition(method, 0), "an exported method must be static and not generic"));
            else
                exports.Add((names[0], method));
        }

        if (exports.Count == 0)
            _diagnostics.Add(new Diagnostic(null, 0, _input.Name, "no method carries [WasmExport(\"name\")]: there is nothing to compile"));
        foreach (var (name, method) in exports.Where(e => ModuleBuilder.ReservedExports.Contains(e.Name)))
            _diagnostics.Add(_unit.MakeDiagnostic(new SourcePosition(method, 0), $"the export name '{name}' is the compiler's own: choose another"));
        foreach (var twice in exports.GroupBy(e => e.Name).Where(g => g.Count() > 1))
            _diagnostics.Add(_unit.MakeDiagnostic(new SourcePosition(twice.Last().Method, 0), $"the export name '{twice.Key}' is used twice"));
        return exports;
    }

    private void Add(MethodDesc method, MethodDesc? from = null, SourcePosition at = default)
    {
        if (!_seen.Add(method))
            return;
        _queue.Enqueue(method);
        if (from != null)
            _reachedFrom[method] = (from, at);
    }

    /// <summary>How a method is reached, for what is in code the user did not write.</summary>
    private Diagnostic WithCallers(Diagnostic diagnostic, MethodDesc method)
    {
        var chain = new List<string>();
        for (var m = method; m != null && chain.Count < 12; m = _reachedFrom.GetValueOrDefault(m).Caller)
        {
            // What is wrong inside the base library is shown where the user's code calls it.
            if (diagnostic.File == null && _reachedFrom.TryGetValue(m, out var reached) && SourceLocator.Find(reached.At) is { } location)
                diagnostic = diagnostic with { File = location.File, Line = location.Line };
            if (chain.Count > 0 || m.ToString() != diagnostic.Method)
                chain.Add(m.ToString());
        }

        return chain.Count == 0 ? diagnostic : diagnostic with { Message = diagnostic.Message + " (reached from " + string.Join(" <- ", chain) + ")" };
    }

    private void Drain()
    {
        while (_queue.Count > 0)
        {
            var method = _queue.Dequeue();
            if (method.HasAttribute("Gantry.WasmImportAttribute"))
            {
                if (TemplateWriter.HoleOf(method) == null)
                    _imports.Add(method);
                else if (_reachedFrom.TryGetValue(method, out var reached) && !reached.Caller.HasAttribute("Gantry.WasmTemplateAttribute"))
                    _diagnostics.Add(WithCallers(_unit.MakeDiagnostic(reached.At, $"{method} is a hole: only templates have those"), reached.Caller));

                continue;
            }

            if (!method.HasBody)
            {
                _diagnostics.Add(WithCallers(_unit.MakeDiagnostic(new SourcePosition(method, 0), Unavailable(method)), method));
                continue;
            }

            var function = _unit.TryGetFunction(method)!;
            Compilation.OnMethod(function, () => Optimizer.TailCalls.Run(_unit, function));
            (method.HasAttribute("Gantry.WasmTemplateAttribute") ? _templates : _functions).Add(function);
            if (_options.Dump != null && function.Name.Contains(_options.Dump, StringComparison.Ordinal))
                _dump.AppendLine(IRPrinter.Print(function));
            Scan(method, function);
        }
    }

    private static string Unavailable(MethodDesc method) => method.IsAbstract
        ? $"{method} has no implementation here"
        : $"{method} is part of the .NET runtime and has no counterpart in WebAssembly; mark your own imports with [WasmImport]";

    private void Scan(MethodDesc method, Function function)
    {
        var references = _references[method] = [];
        foreach (var type in function.StaticConstructorsNeeded)
            NeedConstructor(type, references);
        foreach (var block in function.Blocks)
        {
            foreach (var instr in block.Instrs)
            {
                if (instr.Op == Op.Poison)
                    _diagnostics.Add(WithCallers((Diagnostic)instr.Aux!, method));
                ScanOne(method, instr, references);
                foreach (var arg in instr.Args)
                    ScanOne(method, arg.Resolve(), references);
            }
        }
    }

    private void ScanOne(MethodDesc method, Instr instr, HashSet<object> references)
    {
        switch (instr.Op)
        {
            case Op.Call or Op.ReturnCall or Op.FuncAddr:
                references.Add(instr.Aux!);
                Add((MethodDesc)instr.Aux!, method, instr.Position);
                break;
            case Op.CallVirtual or Op.LoadVirtual:
                references.Add(instr.Aux!);
                _tables.AddDeclaration((MethodDesc)instr.Aux!);
                break;
            case Op.SymAddr when instr.Aux is DataSymbol { StaticOf: { } owner }:
                NeedConstructor(owner, references);
                break;
            case Op.SymAddr when instr.Aux is DataSymbol { TemplateOf: { } template }:
                references.Add(template);
                Add(template, method, instr.Position);
                break;
            case Op.SymAddr when instr.Aux is DataSymbol { MethodTableOf: { } type }:
                _tables.Allocated.Add(type);
                break;
        }
    }

    private void NeedConstructor(TypeDesc type, HashSet<object> references)
    {
        references.Add(type);
        if (_constructed.Add(type))
            Add(type.StaticConstructor!);
    }

    private bool AddVirtualTargets()
    {
        var before = _seen.Count;
        foreach (var declaration in _tables.Declarations)
        {
            foreach (var type in _tables.Allocated)
            {
                if (_tables.Implementation(type, declaration) is { } method)
                    Add(method);
            }
        }

        return _seen.Count != before;
    }

    /// <summary>Constructors of types that another constructor reads (through whatever it calls) run before it.</summary>
    private List<MethodDesc> OrderStaticConstructors()
    {
        var order = new List<MethodDesc>();
        var done = new HashSet<TypeDesc>();
        foreach (var type in _constructed.OrderBy(t => t.Id))
            Visit(type);
        return order;

        void Visit(TypeDesc type)
        {
            if (!done.Add(type))
                return;
            var reached = new HashSet<MethodDesc>();
            var pending = new Stack<MethodDesc>();
            pending.Push(type.StaticConstructor!);
            while (pending.Count > 0)
            {
                var method = pending.Pop();
                if (!reached.Add(method) || !_references.TryGetValue(method, out var references))
                    continue;
                foreach (var reference in references)
                {
                    if (reference is TypeDesc other && other != type)
                        Visit(other);
                    else if (reference is MethodDesc called)
                    {
                        pending.Push(called);
                        if (!called.IsVirtual)
                            continue;
                        foreach (var allocated in _tables.Allocated)
                        {
                            if (_tables.Implementation(allocated, called) is { } implementation)
                                pending.Push(implementation);
                        }
                    }
                }
            }

            order.Add(type.StaticConstructor!);
        }
    }
}
