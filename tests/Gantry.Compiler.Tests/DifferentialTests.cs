using System.Reflection;
using Gantry.Compiler.Harness;
using Corpora = Gantry.Compiler.Corpus.InputsAttribute;

// The corpus keeps state in statics, and several engines at once would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Gantry.Compiler.Tests;

/// <summary>The same methods on CoreCLR and as WebAssembly: every result compared (<see cref="CallPlan"/> tells how).</summary>
public sealed class DifferentialTests(ITestOutputHelper output)
{
    private static readonly Lazy<string> Folder = new(() => Directory.CreateTempSubdirectory("gantry-compiler-tests").FullName);
    private static readonly Lazy<string> Scalars = new(() => CompilerDriver.CompileSource(Folder.Value, "Scalars", true, MatrixSource.Scalars()));
    private static readonly Lazy<string> Vectors = new(() => CompilerDriver.CompileSource(Folder.Value, "Vectors", true, MatrixSource.Vectors()));
    private static readonly Lazy<string> Odd = new(() => IntermediateCode.Write(Folder.Value));

    private static readonly Dictionary<string, (List<Call> Calls, string[] Results)> Expected = [];

    internal static string PathOf(string assembly) => assembly switch
    {
        "scalars" => Scalars.Value,
        "vectors" => Vectors.Value,
        "il" => Odd.Value,
        _ => typeof(Corpora).Assembly.Location,
    };

    [Theory]
    [InlineData("corpus", 70, true)]
    [InlineData("corpus", 70, false)]
    [InlineData("scalars", 800, true)]
    [InlineData("scalars", 800, false)]
    [InlineData("vectors", 500, true)]
    [InlineData("il", 260, true)]
    [InlineData("il", 260, false)]
    public void Wasmtime_agrees_with_CoreCLR(string assembly, int atLeast, bool optimize)
    {
        (byte[] module, List<Call> calls, string[] expected) = Prepare(assembly, atLeast, optimize);
        using var runner = new WasmtimeRunner(module);
        Report(Differential.Compare(calls, expected, runner.Run(calls)));
    }

    [Theory]
    [InlineData("corpus")]
    [InlineData("scalars")]
    [InlineData("vectors")]
    [InlineData("il")]
    public void Node_agrees_with_CoreCLR(string assembly)
    {
        (byte[] module, List<Call> calls, string[] expected) = Prepare(assembly, 1, true);
        Report(Differential.Compare(calls, expected, JavaScriptRunner.Node(module, calls)));
    }

    [Theory]
    [InlineData("corpus")]
    [InlineData("scalars")]
    [InlineData("vectors")]
    [InlineData("il")]
    public void Chromium_agrees_with_CoreCLR(string assembly)
    {
        (byte[] module, List<Call> calls, string[] expected) = Prepare(assembly, 1, true);
        Report(Differential.Compare(calls, expected, JavaScriptRunner.Chromium(module, calls)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2001)]
    public void Random_methods_agree_with_CoreCLR(int seed)
    {
        var lines = new List<string>();
        int failures = FuzzCommand.Run(seed, 1000, lines.Add, callsPerMethod: 8);
        foreach (string line in lines) output.WriteLine(line);
        Assert.True(failures == 0, string.Join('\n', lines));
    }

    [Fact]
    public void Every_IL_instruction_of_the_subset_is_exercised()
    {
        // With the reasons why the engine's C# has no use for them.
        string[] outside =
        [
            "arglist", "mkrefany", "refanyval", "refanytype", // variable arguments
            "box", "unbox", "unbox.any", // no garbage
            "jmp", "break", "ldvirtftn", // no C# in the subset makes them
            "endfilter", "rethrow", // exceptions are not control flow
        ];
        var used = new HashSet<System.Reflection.Metadata.ILOpCode>();
        foreach (string assembly in new[] { "corpus", "scalars", "vectors", "il" }) used.UnionWith(IntermediateCode.OpCodesOf(PathOf(assembly)));
        string[] missing = [.. IntermediateCode.AllOpCodes.Where(code => !used.Contains(code.Key)).Select(code => code.Value.Name!).Except(outside).Order()];
        Assert.True(missing.Length == 0, string.Join(' ', missing));
    }

    [Fact]
    public void Every_intrinsic_is_exercised()
    {
        var used = new Dictionary<string, bool>();
        foreach (string assembly in new[] { "corpus", "scalars", "vectors", "il" })
        {
            CompilationResult result = Compilation.Run(new CompilationOptions { Input = PathOf(assembly) });
            Assert.True(result.Module is not null, string.Join('\n', result.Diagnostics));
            foreach ((string name, bool met) in result.Intrinsics)
                used[name] = met || used.GetValueOrDefault(name);
        }

        Assert.True(used.Count > 150, $"{used.Count} intrinsics");
        // Relaxed SIMD is not on all hosts these run on, and may round twice: TemplateTests has it.
        string[] elsewhere = ["System.Runtime.Intrinsics.Vector128.MultiplyAddEstimate"];
        string[] missing = [.. used.Where(entry => !entry.Value).Select(entry => entry.Key).Except(elsewhere).Order()];
        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }

    private (byte[] Module, List<Call> Calls, string[] Expected) Prepare(string assembly, int exports, bool optimize)
    {
        string path = PathOf(assembly);
        CompilerResult compiled = CompilerDriver.CompileToWasm(path, null, optimize);
        Assert.True(compiled.Binary is not null, compiled.Output);
        // Once: methods may keep state in statics, and the module starts afresh too.
        if (!Expected.TryGetValue(assembly, out (List<Call> Calls, string[] Results) known))
        {
            known.Calls = CallPlan.Of(assembly == "corpus" ? typeof(Corpora).Assembly : Assembly.LoadFrom(path));
            known.Results = CoreClrRunner.Run(known.Calls);
            Expected.Add(assembly, known);
        }

        (List<Call> calls, string[] expected) = known;
        int methods = calls.Select(call => call.Export).Distinct().Count();
        output.WriteLine($"{methods} exports, {calls.Count} calls, {expected.Count(result => result.StartsWith("trap", StringComparison.Ordinal))} of them trap, {compiled.Binary.Length} bytes");
        Assert.True(methods >= exports, $"only {methods} exports");
        return (compiled.Binary, calls, expected);
    }

    private static void Report(List<string> wrong) => Assert.True(wrong.Count == 0, $"{wrong.Count} differences\n" + string.Join('\n', wrong.Take(40)));
}
