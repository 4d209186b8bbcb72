// Runs the benchmark program natively and in the machine, wherever the machine can run, and prints one Markdown table.
using Gantry.Bench.Machine;
using Gantry.Bench.Machine.Columns;
using Gantry.Engine.Jit;
using Gantry.Host.Engines;

string[] allRows =
    ["integer", "branchy", "calls", "dispersed-first", "dispersed", "chase", "copy", "copy-words", "copy-large", "fp", "fpdiv", "syscall", "fault", "forkexec"];
string[] programRows = ["gcc", "python3", "sh"];
string[] allColumns = ["native", "coreclr", "wasmtime-off", "wasmtime", "node-off", "node", "chromium-off", "chromium", "qemu"];
var rows = allRows;
var columns = allColumns;
var programs = args.Contains("--programs");
if (programs)
    (rows, args) = (programRows, [.. args.Where(arg => arg != "--programs")]);
var milliseconds = 200;
var timeout = TimeSpan.FromSeconds(120);
for (var i = 0; i < args.Length; i++)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    switch (args[i])
    {
        case "--rows":
            rows = Selection(value, programs ? programRows : allRows);
            break;
        case "--columns":
            columns = Selection(value, allColumns);
            break;
        case "--ms" when int.TryParse(value, out var number) && number > 0:
            milliseconds = number;
            break;
        case "--timeout" when int.TryParse(value, out var seconds) && seconds > 0:
            timeout = TimeSpan.FromSeconds(seconds);
            break;
        default:
            Console.Error.WriteLine($"""
                usage: bench/machine [--programs] [--columns LIST] [--rows LIST] [--ms N] [--timeout SECONDS]
                  columns  {string.Join(',', allColumns)}
                  rows     {string.Join(',', allRows)}; with --programs {string.Join(',', programRows)}
                  --ms     least time of a measured run, milliseconds (200); the best of three counts
                  --timeout  of a column (120)
                """);
            return 2;
    }

    i++;
}

var inputs = Inputs.Build(rows, programs, milliseconds, timeout);
var results = new List<Result>();
foreach (var name in columns)
{
    IColumn column = name switch
    {
        "native" => new NativeColumn(),
        "coreclr" => new EngineColumn("CoreCLR", _ => new NativeEngine(), TranslationMode.Off),
        "wasmtime-off" => new EngineColumn("Wasmtime, interpreting", given => new WasmEngine(File.ReadAllBytes(given.Wasm)), TranslationMode.Off),
        "wasmtime" => new EngineColumn("Wasmtime", given => new WasmEngine(File.ReadAllBytes(given.Wasm)), TranslationMode.Hot),
        "node-off" => new NodeColumn("Node, interpreting", "off"),
        "node" => new NodeColumn("Node", "hot"),
        "chromium-off" => new ChromiumColumn("Chromium, interpreting", "off"),
        "chromium" => new ChromiumColumn("Chromium", "hot"),
        _ => new QemuColumn(),
    };
    Console.Error.WriteLine($"{column.Name} ...");
    var result = new Result(column.Name);
    try
    {
        column.Run(inputs, result);
        if (!result.Ended)
            result.Problem = "ended before its last row";
    }
    catch (Exception problem) when (problem is IOException or TimeoutException or Gantry.Host.MachineException or System.ComponentModel.Win32Exception)
    {
        result.Problem = problem.Message;
    }

    if (result.Problem != null)
        Console.Error.WriteLine($"{column.Name}: {result.Problem}\n{result.Tail}");
    results.Add(result);
}

Console.Write(Table.Format(programs ? [.. rows.SelectMany(row => new[] { $"{row}-first", row })] : rows, results));
return results.Exists(result => result.Problem != null) ? 1 : 0;

static string[] Selection(string list, string[] known)
{
    var names = list.Split(',', StringSplitOptions.RemoveEmptyEntries);
    if (names.Length == 0 || Array.Find(names, name => !known.Contains(name)) is not null)
    {
        Console.Error.WriteLine($"'{list}' is not a list of {string.Join(", ", known)}");
        Environment.Exit(2);
    }

    return names;
}
