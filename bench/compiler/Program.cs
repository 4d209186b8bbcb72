// The compiler's corpus programs timed on CoreCLR, in Wasmtime, Node and Chromium, each after warm-up; then how long the engine takes to compile.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gantry.Compiler;
using Gantry.Compiler.Corpus;
using Gantry.Compiler.Harness;

// Arguments that make one run last some 20 to 60 ms on CoreCLR.
(string Export, object[] Arguments)[] plan =
[
    ("program_sha256", [4095, 1500]), ("program_lz4", [1, 400]), ("program_rv64", [600, 8]), ("program_json", [0, 20_000]), ("program_sort", [4095, 40]),
    ("program_nbody", [600_000]), ("program_queens", [12]), ("program_crc32", [15_000_000]), ("program_mandelbrot", [1000]),
];
var runs = 20;
string? given = null, kept = null;
string[] columns = ["wasmtime", "node", "chromium"];
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--runs" when int.TryParse(args[i + 1], out var number) && number > 0: runs = number; break;
        case "--columns": columns = args[i + 1].Split(','); break;
        case "--rows": plan = [.. plan.Where(row => args[i + 1].Split(',').Contains(row.Export["program_".Length..]))]; break;
        case "--module": given = args[i + 1]; break;
        case "--keep": kept = args[i + 1]; break;
        default: return Usage();
    }
}

if (args.Length % 2 != 0 || plan.Length == 0)
    return Usage();

var assembly = typeof(InputsAttribute).Assembly;
var module = given != null ? File.ReadAllBytes(given) : CompilerDriver.CompileToWasm(assembly.Location).Binary ?? throw new InvalidOperationException("the corpus does not compile");
if (kept != null)
    File.WriteAllBytes(kept, module);
var all = CallPlan.Of(assembly);
Call[] calls = [.. plan.Select(row => all.First(call => call.Export == row.Export) with { Arguments = row.Arguments })];
var results = new List<(string Name, double[] Times)> { ("CoreCLR, ms", [.. calls.Select(call => Best(() => call.Method.Invoke(null, call.Arguments)))]) };
var expected = CoreClrRunner.Run(calls);
foreach (var column in columns)
{
    if (column == "wasmtime")
    {
        using var runner = new WasmtimeRunner(module, optimize: true);
        Check(column, runner.Run(calls));
        results.Add(("Wasmtime", [.. calls.Select(call => Best(() => runner.Run([call])))]));
        continue;
    }

    var text = CallPlan.Serialize(calls);
    var json = column == "node" ? JavaScriptRunner.NodeTimes(module, text, runs) : JavaScriptRunner.ChromiumTimes(module, text, runs);
    using var document = JsonDocument.Parse(json);
    Check(column, [.. document.RootElement.GetProperty("results").EnumerateArray().Select(result => result.GetString()!)]);
    results.Add((column == "node" ? "Node" : "Chromium", [.. document.RootElement.GetProperty("times").EnumerateArray().Select(time => time.GetDouble())]));
}

Console.WriteLine($"| program | {string.Join(" | ", results.Select(result => result.Name))} |");
Console.WriteLine("|---|" + string.Concat(results.Select(_ => "---:|")));
for (var row = 0; row < calls.Length; row++)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {calls[row].Export["program_".Length..]} | {results[0].Times[row]:0.0} | ")
        + string.Join(" | ", results.Skip(1).Select(result => (result.Times[row] / results[0].Times[row]).ToString("0.00", CultureInfo.InvariantCulture))) + " |");
}

var engine = typeof(Gantry.Engine.Host.HaltKind).Assembly.Location;
var clock = Stopwatch.StartNew();
var compiled = Compilation.Run(new CompilationOptions { Input = engine });
var cold = clock.Elapsed;
clock.Restart();
compiled = Compilation.Run(new CompilationOptions { Input = engine });
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"\nThe engine ({SourceLines()} lines of C#) compiles in {cold.TotalSeconds:0.0} s, in a warm compiler {clock.Elapsed.TotalSeconds:0.0} s: {compiled.Functions.Count} functions, {compiled.Module?.Length} bytes."));
return compiled.Module == null ? 1 : 0;

// Milliseconds. CoreCLR replaces code in the background after 30 calls, twice with tiered PGO: the warm-up leaves it time for both.
double Best(Action action)
{
    for (var i = 0; i < 3; i++)
    {
        for (var call = 0; call < 15; call++) action();
        Thread.Sleep(150);
    }

    var best = double.MaxValue;
    for (var i = 0; i < runs; i++)
    {
        var watch = Stopwatch.StartNew();
        action();
        best = Math.Min(best, watch.Elapsed.TotalMilliseconds);
    }

    return best;
}

void Check(string column, string[] actual)
{
    if (Differential.Compare(calls, expected, actual) is { Count: > 0 } wrong)
        throw new InvalidOperationException($"{column} computes something else: {wrong[0]}");
}

static int SourceLines()
{
    var folder = AppContext.BaseDirectory;
    while (folder != null && !File.Exists(Path.Combine(folder, "Gantry.slnx")))
        folder = Path.GetDirectoryName(folder);
    return folder == null ? 0 : Directory.EnumerateFiles(Path.Combine(folder, "src/Gantry.Engine"), "*.cs", SearchOption.AllDirectories).Sum(file => File.ReadLines(file).Count());
}

static int Usage()
{
    Console.Error.WriteLine("""
        usage: bench/compiler [--columns wasmtime,node,chromium] [--rows sha256,...] [--runs N] [--module FILE] [--keep FILE]
          --runs    measured runs a program after warm-up (20); the best counts
          --module  time this module instead of what the compiler makes now; --keep writes that
        """);
    return 2;
}
