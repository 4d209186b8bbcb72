using System.CommandLine;
using Gantry.Compiler;

var input = new Argument<FileInfo>("input") { Description = "The assembly to compile." };
var output = new Option<FileInfo>("--output", "-o") { Description = "The module to write; NAME.wasm beside the input by default." };
var references = new Option<DirectoryInfo[]>("--reference") { Description = "A folder with referenced assemblies." };
var sourceMap = new Option<bool>("--source-map") { Description = "Write NAME.wasm.map, for the browser's developer tools." };
var noOptimize = new Option<bool>("--no-optimize") { Description = "Leave out every optimization." };
var stats = new Option<bool>("--stats") { Description = "Print the size of every function." };
var dump = new Option<string?>("--dump") { Description = "Print the intermediate code of methods whose name contains this." };
var stack = new Option<int>("--stack") { Description = "Bytes of shadow stack.", DefaultValueFactory = _ => 256 * 1024 };
var command = new RootCommand("Compiles the [WasmExport] methods of a .NET assembly, and all they reach, to one WebAssembly module.")
{
    input, output, references, sourceMap, noOptimize, stats, dump, stack,
};
command.SetAction(parsed =>
{
    var file = parsed.GetValue(input)!;
    var target = parsed.GetValue(output)?.FullName ?? Path.ChangeExtension(file.FullName, ".wasm");
    if (!file.Exists)
    {
        Console.Error.WriteLine($"gantry-compiler : error GWC002: '{file.FullName}' does not exist");
        return 1;
    }

    var clock = System.Diagnostics.Stopwatch.StartNew();
    var result = Compilation.Run(new CompilationOptions
    {
        Input = file.FullName,
        ReferenceDirectories = [.. (parsed.GetValue(references) ?? []).Select(d => d.FullName)],
        Optimize = !parsed.GetValue(noOptimize),
        SourceMapUrl = parsed.GetValue(sourceMap) ? Path.GetFileName(target) + ".map" : null,
        StackSize = parsed.GetValue(stack),
        Dump = parsed.GetValue(dump),
    });
    Console.Write(result.DumpText);
    foreach (var diagnostic in result.Diagnostics)
        Console.Error.WriteLine(diagnostic);
    if (result.Module == null)
        return 1;
    try
    {
        if (Path.GetDirectoryName(Path.GetFullPath(target)) is { } folder)
            Directory.CreateDirectory(folder);
        File.WriteAllBytes(target, result.Module);
        if (result.SourceMap != null)
            File.WriteAllText(target + ".map", result.SourceMap);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"error: {target} cannot be written: {e.Message}");
        return 1;
    }

    if (parsed.GetValue(stats))
    {
        foreach (var (name, size) in result.Functions.OrderByDescending(f => f.Size))
            Console.WriteLine($"{size,8}  {name}");
        Console.WriteLine($"{result.Module.Length,8}  module, {result.Functions.Count} functions, {clock.ElapsedMilliseconds} ms");
    }

    return 0;
});
return command.Parse(args).Invoke();
