using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Gantry.Compiler.Harness;

/// <summary>What the compiler made of an assembly.</summary>
/// <param name="Binary">The module, or null if there were errors.</param>
/// <param name="Output">All it said.</param>
public sealed record CompilerResult(byte[]? Binary, string Output);

/// <summary>Drives the two compilers: Roslyn from source to an assembly, ours from there to a module.</summary>
public static class CompilerDriver
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(path) is "netstandard.dll" or "mscorlib.dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
        MetadataReference.CreateFromFile(typeof(WasmExportAttribute).Assembly.Location),
    ];

    /// <summary>Compiles C# to NAME.dll and NAME.pdb in a folder.</summary>
    /// <returns>The path of the assembly.</returns>
    public static string CompileSource(string folder, string name, bool optimize, params string[] sources)
    {
        SyntaxTree[] trees = [.. sources.Select((source, i) => CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Latest),
            Path.Combine(folder, $"{name}{i}.cs"), System.Text.Encoding.UTF8))];
        CSharpCompilation compilation = CSharpCompilation.Create(name, trees, References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true,
                optimizationLevel: optimize ? OptimizationLevel.Release : OptimizationLevel.Debug));
        string path = Path.Combine(folder, name + ".dll");
        using FileStream assembly = File.Create(path);
        using FileStream symbols = File.Create(Path.ChangeExtension(path, ".pdb"));
        EmitResult result = compilation.Emit(assembly, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        if (!result.Success)
        {
            throw new InvalidOperationException(string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Take(20))
                + "\n(source: " + name + ")");
        }

        for (int i = 0; i < sources.Length; i++) File.WriteAllText(Path.Combine(folder, $"{name}{i}.cs"), sources[i]);
        return path;
    }

    /// <summary>Loads an assembly so that it can be unloaded and its file deleted.</summary>
    public static Assembly Load(string path, out AssemblyLoadContext context)
    {
        context = new AssemblyLoadContext(Path.GetFileName(path), isCollectible: true);
        return context.LoadFromStream(new MemoryStream(File.ReadAllBytes(path)));
    }

    /// <summary>Compiles an assembly's exports to a module.</summary>
    /// <param name="assembly">The assembly's path.</param>
    /// <param name="exports">Which exports, or null for all.</param>
    /// <param name="optimize">Whether to optimise.</param>
    public static CompilerResult CompileToWasm(string assembly, IReadOnlySet<string>? exports = null, bool optimize = true)
    {
        CompilationResult result = Compilation.Run(new CompilationOptions { Input = assembly, Exports = exports, Optimize = optimize });
        return new CompilerResult(result.Module, string.Join('\n', result.Diagnostics));
    }
}
